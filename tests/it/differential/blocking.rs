//! Several clients that wait for keys: who is served, in which order, with what.
//!
//! Nothing here waits for luck. After each command the real server is asked over another connection which clients are
//! blocked (`CLIENT LIST`); it must be those that are blocked on the engine, and who is no longer must have got the
//! same reply.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Protocol, Value};
use redlab::target::LocalServer;

use super::{Line, lists, now, programs, sometimes_wrong, words};
use crate::oracle::Wire;

const CLIENTS: usize = 5;

/// How long a reply of the real server may take on a busy machine before the test says that it does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One client on both servers.
struct Seat {
    id: ClientId,
    wire: Wire,
    real_id: String,
}

/// The engine and the real server, with the same clients.
struct Table<'a> {
    engine: Engine,
    seats: Vec<Seat>,
    control: &'a mut Wire,
}

fn text(value: &Value) -> String {
    value.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_else(|| format!("{value:?}"))
}

impl<'a> Table<'a> {
    fn new(server: &LocalServer, control: &'a mut Wire) -> Table<'a> {
        // Whoever still waits from the program before would take what this one pushes.
        control.call(&words("CLIENT KILL TYPE normal SKIPME yes"));
        control.call(&words("FLUSHALL"));
        let mut engine = Engine::new(Settings::default(), now());
        let seat = |_| {
            let mut wire = Wire::connect(server);
            let Value::Integer(real_id) = wire.call(&words("CLIENT ID")) else { panic!("CLIENT ID is a number") };
            Seat { id: engine.connect("127.0.0.1:1", now()), wire, real_id: real_id.to_string() }
        };
        let seats = (0..CLIENTS).map(seat).collect();
        Table { engine, seats, control }
    }

    /// Which clients are blocked on the real server.
    fn really_blocked(&mut self) -> Vec<bool> {
        let list = text(&self.control.call(&words("CLIENT LIST")));
        let blocked = |seat: &Seat| {
            let is_it = |line: &&str| line.split(' ').next() == Some(&format!("id={}", seat.real_id));
            let flags =
                list.lines().find(is_it).and_then(|line| line.split(' ').find_map(|f| f.strip_prefix("flags=")));
            flags.is_some_and(|flags| flags.contains('b'))
        };
        self.seats.iter().map(blocked).collect()
    }

    fn blocked(&self) -> Vec<bool> {
        self.seats.iter().map(|seat| self.engine.is_blocked(seat.id)).collect()
    }

    /// The real server's reply, or `None` if the client is blocked now.
    fn really_call(&mut self, client: usize, line: &Line) -> Option<Value> {
        self.seats[client].wire.send(line);
        let started = Instant::now();
        loop {
            if let Some(value) = self.seats[client].wire.receive_within(Duration::from_millis(1)) {
                return Some(value.into_resp2());
            }
            if self.really_blocked()[client] {
                return None;
            }
            assert!(started.elapsed() < PATIENCE, "{line:?} is neither answered nor blocked");
        }
    }

    /// One command on both; what differs, if anything does. A client that is blocked can send none.
    fn step(&mut self, client: usize, line: &Line) -> Result<(), String> {
        let before = self.blocked();
        if before[client] {
            return Ok(());
        }
        let bundled = match self.engine.call(self.seats[client].id, line, now()) {
            Called::Reply(value) | Called::Closed(value) => Some(value.into_resp2()),
            Called::Replies(values) => Some(Value::Array(values)),
            Called::Blocked => None,
        };
        let real = self.really_call(client, line);
        if bundled != real {
            return Err(format!("client {client}: {line:?}\n bundled: {bundled:?}\n    real: {real:?}"));
        }
        let (after, really_after) = (self.blocked(), self.really_blocked());
        if after != really_after {
            return Err(format!("after client {client}'s {line:?}\n bundled: {after:?}\n    real: {really_after:?}"));
        }
        let mut delivered = self.engine.take_deliveries();
        for seat in (0..CLIENTS).filter(|seat| before[*seat] && !after[*seat]) {
            let at = delivered.iter().position(|delivery| delivery.client == self.seats[seat].id);
            let bundled = at.map(|at| delivered.remove(at).value.into_resp2());
            let real = self.seats[seat].wire.receive_within(PATIENCE).map(Value::into_resp2);
            if bundled != real {
                return Err(format!("client {seat} after {line:?}\n bundled: {bundled:?}\n    real: {real:?}"));
            }
        }
        if delivered.is_empty() { Ok(()) } else { Err(format!("nobody waited for {delivered:?}")) }
    }
}

fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(|key| Bytes::from_static(key.as_bytes()))
}

fn keys() -> impl Strategy<Value = Line> {
    prop::collection::vec(key(), 1..4)
}

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(texts.to_vec()).prop_map(words)
}

fn elements() -> impl Strategy<Value = Line> {
    prop::collection::vec((0u8..30).prop_map(|n| Bytes::from(n.to_string())), 1..4)
}

/// Either none, or one that no test waits for.
fn timeout() -> impl Strategy<Value = Line> {
    pick(&["0", "0", "0", "1000", "0.0", "1e3", "0x10000", "-1", "x", "1e30", "-0.0000001", "inf"])
}

fn command() -> impl Strategy<Value = Line> {
    let ends = || pick(&["LEFT LEFT", "LEFT RIGHT", "RIGHT LEFT", "RIGHT RIGHT", "left up"]);
    let waits = prop_oneof![
        4 => (pick(&["BLPOP", "BRPOP"]), keys(), timeout()).prop_map(|(w, k, t)| [w, k, t].concat()),
        2 => (key(), key(), ends(), timeout()).prop_map(|(a, b, e, t)| [words("BLMOVE"), vec![a, b], e, t].concat()),
        1 => (key(), key(), timeout()).prop_map(|(a, b, t)| [words("BRPOPLPUSH"), vec![a, b], t].concat()),
        2 => (timeout(), lists::mpop()).prop_map(|(t, rest)| [words("BLMPOP"), t, rest].concat()),
        2 => (pick(&["BZPOPMIN", "BZPOPMAX"]), keys(), timeout()).prop_map(|(w, k, t)| [w, k, t].concat()),
        1 => (timeout(), keys(), pick(&["MIN", "MAX", "MIN COUNT 2"]))
            .prop_map(|(t, k, e)| [words("BZMPOP"), t, vec![k.len().to_string().into()], k, e].concat()),
    ];
    let serves = prop_oneof![
        6 => (pick(&["LPUSH", "RPUSH"]), key(), elements()).prop_map(|(w, k, e)| [w, vec![k], e].concat()),
        2 => (key(), elements()).prop_map(|(k, e)| {
            let pairs = e.into_iter().flat_map(|member| [member.clone(), member]);
            [words("ZADD"), vec![k], pairs.collect()].concat()
        }),
        1 => (key(), key(), ends()).prop_map(|(a, b, e)| [words("LMOVE"), vec![a, b], e].concat()),
        2 => (pick(&["RENAME", "COPY", "RENAMENX"]), key(), key()).prop_map(|(w, a, b)| [w, vec![a, b]].concat()),
        1 => (key(), key()).prop_map(|(a, b)| [words("COPY"), vec![a, b], words("REPLACE")].concat()),
        1 => (key(), key()).prop_map(|(a, b)| [words("SORT"), vec![a], words("ALPHA STORE"), vec![b]].concat()),
        1 => (key(), keys()).prop_map(|(d, k)| [words("ZUNIONSTORE"), vec![d, k.len().to_string().into()], k].concat()),
        1 => (key(), key()).prop_map(|(d, k)| [words("ZRANGESTORE"), vec![d, k], words("0 -1")].concat()),
    ];
    let others = prop_oneof![
        2 => key().prop_map(|k| [words("DEL"), vec![k]].concat()),
        1 => key().prop_map(|k| [words("SET"), vec![k], words("text")].concat()),
        1 => (pick(&["LPOP", "RPOP", "LLEN", "TYPE", "LPUSHX"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        1 => key().prop_map(|k| [words("LRANGE"), vec![k], words("0 -1")].concat()),
        1 => key().prop_map(|k| [words("WATCH"), vec![k]].concat()),
        1 => (key(), pick(&["0", "1"])).prop_map(|(k, db)| [words("MOVE"), vec![k], db].concat()),
        3 => pick(&["MULTI", "EXEC", "EXEC", "DISCARD", "FLUSHALL", "SELECT 0", "SELECT 1", "SELECT 0", "PING"]),
    ];
    sometimes_wrong(prop_oneof![3 => waits, 4 => serves, 2 => others])
}

/// Readers of streams, alone and in groups, among others who wait for lists. Not SWAPDB: of several keys that it makes
/// ready at once Redis begins with any.
fn stream_command() -> impl Strategy<Value = Line> {
    let group = || pick(&["g", "g", "h"]);
    let read = || pick(&["BLOCK 0", "COUNT 1 BLOCK 0", "BLOCK 1000000 COUNT 2", "block 0"]);
    let ids = || pick(&["$", "$", "$", "0", "3-1", "6", "18446744073709551615-18446744073709551615"]);
    let waits = prop_oneof![
        3 => (read(), key(), ids()).prop_map(|(b, k, id)| [words("XREAD"), b, words("STREAMS"), vec![k], id].concat()),
        2 => (read(), key(), key(), ids(), ids())
            .prop_map(|(b, k, l, i, j)| [words("XREAD"), b, words("STREAMS"), vec![k, l], i, j].concat()),
        5 => (group(), pick(&["x", "y", "x NOACK"]), read(), key())
            .prop_map(|(g, c, b, k)| [words("XREADGROUP GROUP"), g, c, b, words("STREAMS"), vec![k], words(">")].concat()),
        2 => (group(), pick(&["x", "y"]), read(), key(), key()).prop_map(|(g, c, b, k, l)| {
            [words("XREADGROUP GROUP"), g, c, b, words("STREAMS"), vec![k, l], words("> >")].concat()
        }),
        1 => key().prop_map(|k| [words("BLPOP"), vec![k], words("0")].concat()),
    ];
    let entry =
        || (key(), 0u64..9).prop_map(|(k, ms)| [words("XADD"), vec![k], words(&format!("{ms}-* f {ms}"))].concat());
    let serves = prop_oneof![
        8 => entry(),
        4 => (key(), group(), pick(&["0 MKSTREAM", "0 MKSTREAM", "$ MKSTREAM", "$", "4"]))
            .prop_map(|(k, g, rest)| [words("XGROUP CREATE"), vec![k], g, rest].concat()),
        1 => (key(), group()).prop_map(|(k, g)| [words("XGROUP DESTROY"), vec![k], g].concat()),
        1 => (key(), group(), pick(&["0", "$"])).prop_map(|(k, g, id)| [words("XGROUP SETID"), vec![k], g, id].concat()),
        1 => (key(), pick(&["9", "0-1"])).prop_map(|(k, id)| [words("XSETID"), vec![k], id].concat()),
        1 => (key(), 0u64..9).prop_map(|(k, ms)| [words("XDEL"), vec![k], words(&format!("{ms}-0 {ms}-1"))].concat()),
        1 => key().prop_map(|k| [words("XTRIM"), vec![k], words("MAXLEN 1")].concat()),
        1 => (pick(&["RENAME", "COPY", "COPY"]), key(), key()).prop_map(|(w, a, b)| [w, vec![a, b]].concat()),
        1 => (key(), key()).prop_map(|(a, b)| [words("COPY"), vec![a, b], words("REPLACE")].concat()),
    ];
    let others = prop_oneof![
        3 => (pick(&["DEL", "UNLINK"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        1 => (pick(&["SET", "RPUSH", "SADD"]), key()).prop_map(|(w, k)| [w, vec![k], words("text")].concat()),
        2 => (pick(&["XLEN", "XINFO GROUPS"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        1 => (key(), pick(&["0", "1"])).prop_map(|(k, db)| [words("MOVE"), vec![k], db].concat()),
        4 => pick(&["MULTI", "EXEC", "EXEC", "FLUSHALL", "FLUSHDB", "SELECT 0", "SELECT 1", "SELECT 0"]),
    ];
    sometimes_wrong(prop_oneof![5 => waits, 6 => serves, 2 => others])
}

fn serve_alike(command: impl Strategy<Value = Line>) {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let control = RefCell::new(Wire::connect(&server));
    programs(command, CLIENTS, |program| {
        let control = &mut *control.borrow_mut();
        let mut table = Table::new(&server, control);
        program.iter().try_for_each(|(client, line)| table.step(*client, line))
    });
}

#[test]
fn clients_are_served_as_redis_serves_them() {
    serve_alike(command());
}

#[test]
fn readers_of_streams_are_served_as_redis_serves_them() {
    serve_alike(stream_command());
}

/// Stories with an end of their own, each line `client: command`.
#[test]
fn stories_of_waiting_end_as_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut control = Wire::connect(&server);
    for story in [
        // First come, first served; one push serves several.
        "0: BLPOP a 0 / 1: BRPOP a 0 / 2: BLPOP a 0 / 3: RPUSH a 1 2 3 4 / 3: LRANGE a 0 -1",
        // Within a transaction the last state counts, and the order in which keys came into being.
        "0: BLPOP a b 0 / 4: MULTI / 4: RPUSH b 1 / 4: RPUSH a 2 / 4: EXEC / 4: LRANGE a 0 -1",
        "0: BLPOP a 0 / 4: MULTI / 4: RPUSH a 1 / 4: DEL a / 4: EXEC / 4: RPUSH a 2",
        "0: BLPOP a 0 / 4: MULTI / 4: RPUSH a 1 / 4: DEL a / 4: SET a x / 4: EXEC / 4: DEL a / 4: RPUSH a 2",
        // A chain: what one is served serves the next.
        "0: BLMOVE a b LEFT LEFT 0 / 1: BLMOVE b c LEFT RIGHT 0 / 2: BLPOP c 0 / 3: RPUSH a x / 3: EXISTS a b c",
        "0: BLPOP a 0 / 1: BLMOVE b a LEFT LEFT 0 / 2: BLPOP a 0 / 3: RPUSH b 1 2 / 3: RPUSH b 3",
        "0: BRPOPLPUSH a a 0 / 1: BLPOP a 0 / 2: RPUSH a 1",
        // A target of the wrong type is found out when the time has come.
        "0: SET b x / 1: BLMOVE a b LEFT LEFT 0 / 2: BLPOP a 0 / 3: RPUSH a 1 2 / 3: LRANGE a 0 -1",
        // Types do not mix, and a place in the queue is kept.
        "0: BZPOPMIN a 0 / 1: BLPOP a 0 / 2: BZPOPMAX a 0 / 3: RPUSH a 1 / 3: ZADD a 1 x 2 y 3 z / 3: ZRANGE a 0 -1",
        "0: BLPOP a 0 / 3: SADD a x / 3: DEL a / 3: RPUSH a 1",
        // A value in place of another wakes nobody, a key that takes another's place does.
        "0: BLPOP a 0 / 3: SET a x / 3: RPUSH b 1 / 3: SORT b STORE a / 3: RPUSH a 2 / 3: LRANGE a 0 -1",
        "0: BLPOP a 0 / 3: SET a x / 3: RPUSH b 1 2 / 3: RENAME b a / 3: LRANGE a 0 -1",
        "0: BLPOP a 0 / 3: SELECT 1 / 3: RPUSH a 1 / 3: MOVE a 0 / 3: EXISTS a",
        "0: BLPOP a 0 / 3: SELECT 1 / 3: RPUSH a 1 / 3: SWAPDB 0 1 / 3: EXISTS a",
        // All who read a stream are served by one entry; each entry goes to one consumer of a group.
        "0: XREAD BLOCK 0 STREAMS a $ / 1: XREAD BLOCK 0 STREAMS b a 0 0 / 2: XADD a 1-1 f v / 2: XLEN a",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 1: XREADGROUP GROUP g y BLOCK 0 STREAMS a > / \
         2: XREAD BLOCK 0 STREAMS a $ / 3: XADD a 1-1 f v / 3: XADD a 1-2 f v / 3: XINFO GROUPS a",
        // What is gone before anybody could look leaves an empty answer.
        "0: XREAD BLOCK 0 STREAMS a $ / 3: MULTI / 3: XADD a 1-1 f v / 3: XDEL a 1-1 / 3: EXEC",
        // Groups end with their stream.
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 1: XREAD BLOCK 0 STREAMS a $ / \
         3: XGROUP DESTROY a g / 3: XADD a 1-1 f v",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 1: BLPOP a 0 / 3: DEL a / 3: RPUSH a 1",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 3: SET a 1",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 3: FLUSHALL",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 3: RENAME a b",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 3: SWAPDB 0 1",
        "4: XGROUP CREATE a g $ MKSTREAM / 0: XREADGROUP GROUP g x BLOCK 0 STREAMS a > / 3: PEXPIREAT a 1",
        "0: MULTI / 0: XREAD BLOCK 0 STREAMS a $ / 0: EXEC / \
         0: EVAL \"return redis.call('xread','BLOCK',0,'STREAMS','a','0')\" 0",
        // Counts.
        "0: BLMPOP 0 2 a b LEFT COUNT 2 / 1: BLMPOP 0 1 b RIGHT COUNT 9 / 3: RPUSH b 1 2 3 / 3: EXISTS b",
        // The same key twice is one place.
        "0: BLPOP a a 0 / 1: BLPOP a 0 / 3: RPUSH a 1 2",
        // A connection waits no longer than it lives, and its own WATCH sees what served it.
        "0: WATCH a / 0: BLPOP a 0 / 3: RPUSH a 1 2 / 0: MULTI / 0: GET x / 0: EXEC",
        "0: MULTI / 0: BLPOP a 0 / 0: BLMOVE a b LEFT LEFT 0 / 0: BRPOPLPUSH a b 0 / 0: BLMPOP 0 1 a LEFT / 0: BZPOPMIN a 0 / 0: EXEC",
    ] {
        let mut table = Table::new(&server, &mut control);
        for line in story.split(" / ") {
            let (client, command) = line.split_once(": ").expect("client: command");
            let step = table.step(client.parse().expect("a number"), &words(command));
            step.unwrap_or_else(|difference| panic!("{story}\n{difference}"));
        }
    }
}

const IN_VAIN: &[&str] = &[
    "BLPOP a b 0.01",
    "BRPOP a 0.01",
    "BLMOVE a b LEFT LEFT 0.01",
    "BRPOPLPUSH a b 0.01",
    "BLMPOP 0.01 1 a LEFT",
    "BZPOPMIN a 0.01",
    "BZMPOP 0.01 1 a MIN",
    "XREAD BLOCK 10 STREAMS a b $ 5",
];

#[test]
fn who_waits_in_vain_is_told_so_in_time() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let start = Time::from_ms(1_000_000);
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut wire = Wire::connect(&server);
        wire.call(&words(&format!("HELLO {}", protocol.version())));
        for line in IN_VAIN {
            let mut engine = Engine::new(Settings::default(), start);
            let id = engine.connect("127.0.0.1:1", start);
            engine.call(id, &words(&format!("HELLO {}", protocol.version())), start);
            assert_eq!(engine.call(id, &words(line), start), Called::Blocked, "{line}");
            assert_eq!(engine.next_due(), Some(start.plus_us(10_000)), "{line}");
            engine.advance(start.plus_us(9_999));
            assert!(engine.take_deliveries().is_empty(), "{line}");
            engine.advance(start.plus_us(10_000));
            let delivered = engine.take_deliveries();
            let mut bytes = [Vec::new(), Vec::new()];
            redlab::resp::encode_value(&delivered[0].value, protocol, &mut bytes[0]);
            redlab::resp::encode_value(&wire.call(&words(line)), protocol, &mut bytes[1]);
            assert_eq!(bytes[0], bytes[1], "{line}");
            assert!(delivered[0].is_reply && delivered.len() == 1 && !engine.is_blocked(id), "{line}");
        }
    }
}

#[test]
fn who_goes_on_waiting_keeps_its_deadline() {
    let start = Time::from_ms(1_000_000);
    let mut engine = Engine::new(Settings::default(), start);
    let [waiting, other] = [1, 2].map(|n| engine.connect(&format!("127.0.0.1:{n}"), start));
    engine.call(waiting, &words("BLPOP a 1"), start);
    let later = start.plus_us(600_000);
    for line in ["ZADD a 1 x", "DEL a", "MULTI", "RPUSH a 1", "DEL a", "EXEC"] {
        engine.call(other, &words(line), later);
        assert!(engine.is_blocked(waiting), "{line}");
    }
    assert_eq!(engine.next_due(), Some(start.plus_us(1_000_000)));
    engine.disconnect(waiting);
    assert_eq!(engine.next_due(), None);
    engine.call(other, &words("RPUSH a 1"), later);
    assert_eq!(engine.call(other, &words("LLEN a"), later), Called::Reply(Value::Integer(1)));
    assert!(engine.take_deliveries().is_empty());
}

#[test]
fn who_blocks_is_counted_once() {
    let mut engine = Engine::new(Settings::default(), now());
    let [waiting, other] = [1, 2].map(|n| engine.connect(&format!("127.0.0.1:{n}"), now()));
    engine.call(waiting, &words("BLPOP a 0"), now());
    engine.call(other, &words("RPUSH a 1"), now());
    assert!(!engine.is_blocked(waiting));
    let Called::Reply(stats) = engine.call(other, &words("INFO commandstats stats"), now()) else { panic!("a reply") };
    let stats = text(&stats);
    assert!(stats.contains("cmdstat_blpop:calls=1,"), "{stats}");
    assert!(stats.contains("total_commands_processed:2\r\n"), "{stats}");
}
