//! MONITOR: which commands are shown, in which order and in which words.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Engine, Settings};
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::{Line, now, programs, words};
use crate::oracle::Wire;

/// The last command of each look at what was shown.
const END: &[u8] = b"\"end\"";

/// A line without its time, and with `addr` in place of the caller's address.
fn told(line: &Value) -> Option<String> {
    let text = String::from_utf8_lossy(line.as_bytes()?).into_owned();
    let (_, rest) = text.split_once(' ')?;
    let (origin, rest) = rest.split_once(']')?;
    let (db, origin) = origin.split_once(' ')?;
    Some(format!("{db} {}]{rest}", if origin == "lua" { origin } else { "addr" }))
}

fn is_end(line: &Value) -> bool {
    line.as_bytes().is_some_and(|line| line.ends_with(END))
}

fn differs(server: &LocalServer, program: &[(usize, Line)]) -> Result<(), String> {
    let mut engine = Engine::new(Settings::default(), now());
    let [caller, watcher] = [1, 2].map(|n| engine.connect(&format!("127.0.0.1:{n}"), now()));
    let (mut caller_wire, mut watcher_wire) = (Wire::connect(server), Wire::connect(server));
    caller_wire.call(&words("FLUSHALL"));
    engine.call(watcher, &words("MONITOR"), now());
    assert_eq!(watcher_wire.call(&words("MONITOR")), Value::ok());
    for (_, line) in program {
        engine.call(caller, line, now());
        let bundled: Vec<_> = engine.take_deliveries().iter().filter_map(|sent| told(&sent.value)).collect();
        caller_wire.call(line);
        Wire::connect(server).call(&words("ECHO end"));
        let shown = std::iter::from_fn(|| Some(watcher_wire.receive()).filter(|line| !is_end(line)));
        let real: Vec<_> = shown.filter_map(|line| told(&line)).collect();
        if bundled != real {
            return Err(format!("{line:?}\n bundled: {bundled:?}\n    real: {real:?}"));
        }
    }
    Ok(())
}

const PLAIN: &[&str] = &[
    "GET a",
    "SET a \"x\\r\\n\\x00\\\"\\\\\\xff\"",
    "set a 1",
    "INCR a",
    "SELECT 1",
    "SELECT 0",
    "SELECT 99",
    "PING",
    "ECHO \"\"",
    "nonsense",
    "GET",
    "LPUSH a 1",
    "MULTI",
    "MULTI",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH a",
    "CONFIG GET hz",
    "CLIENT ID",
    "CLIENT LIST",
    "CLIENT KILL 1.2.3.4:5",
    "DEBUG SLEEP 0",
    "SLOWLOG LEN",
    "COMMAND COUNT",
    "AUTH x",
    "AUTH default secret",
    "HELLO 2",
    "HELLO 2 AUTH default secret SETNAME me",
    "EVAL \"return 1\" 0",
    "EVAL \"redis.call('set', KEYS[1], ARGV[1]); return redis.call('get', KEYS[1])\" 1 a b",
    "EVAL \"return redis.pcall('nonsense')\" 0",
    "EVAL \"return redis.pcall('lpush', 'a', 'b')\" 0",
    "EVAL \"return redis.call('config', 'get', 'x')\" 0",
    "EVAL \"redis.call('select', 1); return redis.call('get', 'a')\" 0",
    "EVAL_RO \"return redis.call('get', 'a')\" 0",
    "EVAL",
    "EVALSHA 0000000000000000000000000000000000000000 0",
    "SCRIPT EXISTS x",
    "BLPOP nothing 0.001",
    "RESET",
    "INFO server",
];

fn command() -> impl Strategy<Value = Line> {
    prop_oneof![
        4 => prop::sample::select(PLAIN).prop_map(words),
        1 => (prop::sample::select(vec!["ECHO", "GET"]), prop::collection::vec(any::<u8>(), 0..8))
            .prop_map(|(name, bytes)| vec![Bytes::from_static(name.as_bytes()), Bytes::from(bytes)]),
    ]
}

#[test]
fn whoever_watches_is_shown_what_redis_shows() {
    let server = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    programs(command(), 1, |program| differs(&server, program));
}

#[test]
fn who_watches_touches_no_keys_until_reset() {
    let server = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut engine = Engine::new(Settings::default(), now());
    let id = engine.connect("127.0.0.1:1", now());
    for line in ["MONITOR", "GET a", "SET a 1", "EVAL x 0", "PUBLISH a b", "RESET", "GET a"] {
        let bundled = match engine.call(id, &words(line), now()) {
            redlab::engine::Called::Reply(value) => value,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(bundled, wire.call(&words(line)), "{line}");
        engine.take_deliveries();
    }
}
