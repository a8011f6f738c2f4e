//! The connection itself.

use bytes::Bytes;
use proptest::prelude::*;

use redlab::engine::{Called, Engine, Settings};
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::meant::comparison;
use super::{Compare, Line, key, now, run, sometimes_wrong, value, words};
use crate::oracle::Wire;

/// Commands as they stand.
const PLAIN: &[&str] = &[
    "PING",
    "PING hello",
    "PING a b",
    "HELLO",
    "HELLO 2",
    "HELLO 3",
    "HELLO 4",
    "HELLO x",
    "HELLO 3 AUTH default x",
    "HELLO 3 AUTH nobody x",
    "HELLO 2 SETNAME me",
    "HELLO 3 SETNAME \"a b\"",
    "HELLO 3 SETNAME",
    "HELLO 3 NONSENSE x",
    "RESET",
    "SELECT 1",
    "SELECT 0",
    "SELECT 15",
    "SELECT 16",
    "SELECT -1",
    "SELECT x",
    "AUTH x",
    "AUTH default x",
    "AUTH nobody x",
    "AUTH a b c",
    "CLIENT",
    "CLIENT NONSENSE",
    "CLIENT HELP",
    "CLIENT ID",
    "CLIENT INFO",
    "CLIENT LIST TYPE pubsub",
    "CLIENT LIST TYPE nonsense",
    "CLIENT LIST ID x",
    "CLIENT LIST ID 99999999",
    "CLIENT LIST NONSENSE",
    "CLIENT LIST ID",
    "CLIENT GETNAME",
    "CLIENT SETNAME me",
    "CLIENT SETNAME \"\"",
    "CLIENT SETNAME \"a b\"",
    "CLIENT GETREDIR",
    "CLIENT TRACKINGINFO",
    "CLIENT NO-EVICT on",
    "CLIENT NO-EVICT maybe",
    "CLIENT REPLY on",
    "CLIENT REPLY on",
    "CLIENT REPLY off",
    "CLIENT REPLY skip",
    "CLIENT REPLY maybe",
    "CLIENT KILL nobody:0",
    "CLIENT KILL ID 0",
    "CLIENT KILL ID x",
    "CLIENT KILL ID 99999999",
    "CLIENT KILL TYPE nonsense",
    "CLIENT KILL TYPE replica",
    "CLIENT KILL USER nobody",
    "CLIENT KILL SKIPME maybe",
    "CLIENT KILL ADDR nobody:0 LADDR nobody:0 SKIPME no",
    "CLIENT KILL a b c",
    "CLIENT PAUSE x",
    "CLIENT PAUSE -1",
    "CLIENT PAUSE 1 NONSENSE",
    "CLIENT UNPAUSE",
    "CLIENT UNBLOCK 0",
    "CLIENT UNBLOCK x",
    "CLIENT UNBLOCK 1 ERROR",
    "CLIENT UNBLOCK 1 NONSENSE",
    "nonsense",
    "nonsense a b \"c\\nd\"",
    "\"non\\x00sense\" a",
    "client|list",
];

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![
        8 => prop::sample::select(PLAIN).prop_map(words),
        1 => value().prop_map(|v| [words("ECHO"), vec![v]].concat()),
        1 => value().prop_map(|v| [words("PING"), vec![v]].concat()),
        1 => value().prop_map(|v| [words("CLIENT SETNAME"), vec![v]].concat()),
        1 => (value(), prop::collection::vec(value(), 0..4))
            .prop_filter("a number is no command", |(name, _)| !name.is_empty())
            .prop_map(|(name, rest)| [vec![Bytes::from([b"no-", name.as_ref()].concat())], rest].concat()),
        2 => (key(), value()).prop_map(|(k, v)| [words("SET"), vec![k, v]].concat()),
        2 => key().prop_map(|k| [words("GET"), vec![k]].concat()),
    ])
    .prop_filter("it holds commands back", |line| {
        let words: Vec<String> = line.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        words != ["CLIENT", "PAUSE", "1"]
    })
}

/// What a client may do before it has given the password, and how it gives it.
const LOGIN: &[&str] = &[
    "GET a",
    "NONSENSE",
    "CONFIG NONSENSE",
    "GET",
    "EXEC",
    "EXEC x",
    "RESET",
    "HELLO 3",
    "AUTH wrong",
    "AUTH nobody secret",
    "HELLO 3 AUTH default wrong",
    "PING",
    "HELLO 3 AUTH default secret SETNAME me",
    "CLIENT GETNAME",
    "RESET",
    "PING",
    "AUTH secret",
    "PING",
    "RESET",
    "AUTH default secret",
    "MULTI",
    "RESET",
    "GET a",
];

#[test]
fn a_password_is_asked_for_as_redis_does() {
    let server = LocalServer::start(&["--requirepass", "secret"]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut engine = Engine::new(Settings { password: "secret".into(), ..Settings::default() }, now());
    let id = engine.connect("127.0.0.1:1", now());
    for line in LOGIN {
        let Called::Reply(bundled) = engine.call(id, &words(line), now()) else { panic!("{line}: no reply") };
        let real = wire.call(&words(line));
        let how = comparison(&words(line));
        let both_maps = matches!((&bundled, &real), (Value::Map(_), Value::Map(_)));
        assert!(bundled == real || (how == Compare::Shape && both_maps), "{line}: {bundled:?} {real:?}");
    }
}

#[test]
fn connections_answer_as_redis_does() {
    run(command(), 2);
}
