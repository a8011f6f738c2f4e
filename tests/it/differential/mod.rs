//! Random commands at the bundled engine and at a real redis-server: every reply must be the same.
//!
//! Each family has a file with a strategy for its commands; `REDLAB_DIFFERENTIAL_CASES` makes a run longer. What a
//! failure prints is the smallest program that still differs.

mod acl;
mod any_row;
mod bitfield;
mod bits;
mod blocking;
mod connection;
mod drawn;
mod dump;
mod files;
mod functions;
mod geo;
mod hashes;
mod hyperloglog;
mod introspection;
mod keys;
mod lists;
mod meant;
mod memory;
mod monitor;
mod notifications;
mod resp3;
mod pubsub;
mod scripting;
mod sets;
mod server;
mod streams;
mod strings;
mod together;
mod tracking;
mod transactions;
mod watches;
mod zsets;

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use redlab::engine::{Called, Client, ClientId, Delivery, Engine, Settings, Time};
use redlab::resp::{Decoded, Limits, Value, decode_value, encode_value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;

use self::meant::comparison;

/// One command, as its words.
pub type Line = Vec<Bytes>;

/// Programs in a run, unless the environment asks for more. Each has up to [`PROGRAM_COMMANDS`] commands.
const CASES: u32 = 100;
/// How long a failing program is made smaller, in milliseconds.
const SHRINK_MS: u32 = 20_000;
const PROGRAM_COMMANDS: usize = 60;

/// How two replies to the same command are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Byte for byte.
    Exact,
    /// As multisets, at every level: for commands whose order Redis leaves open.
    Unordered,
    /// As multisets of pairs: HGETALL of a hash table.
    UnorderedPairs,
    /// Integers that are not negative may differ by this much: TTLs.
    Near(u64),
    /// Only the shape (type and length) counts: random draws.
    Shape,
    /// Which of several errors in a library is told depends on the order of a hash table.
    Library,
    /// Rules of users: their words come in any order.
    Rules,
    /// Entries of ACL LOG: without their ages and clients.
    Log,
    /// Moments do not count, and idle times roughly: streams.
    Times,
    /// Only the type counts: texts in words of one's own.
    Help,
}

/// Words of a command from one text; `{}` places are for values with spaces or binary ones.
pub fn words(text: &str) -> Line {
    split_line(text).expect("a command line")
}

/// A key out of a small set, so that commands meet each other's keys.
pub fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "b", "c", "d", "e", ""]).prop_map(|k| Bytes::from_static(k.as_bytes()))
}

/// One of these words.
pub fn one_of(words: Vec<&'static str>) -> impl Strategy<Value = Bytes> {
    prop::sample::select(words).prop_map(|word| Bytes::from_static(word.as_bytes()))
}

/// An argument that is at times a number, at times text, at times neither.
pub fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => (-20i64..20).prop_map(|n| Bytes::from(n.to_string())),
        3 => "[a-e]{1,3}".prop_map(Bytes::from),
        1 => Just(Bytes::new()),
        1 => any::<i64>().prop_map(|n| Bytes::from(n.to_string())),
        1 => prop::collection::vec(any::<u8>(), 0..6).prop_map(Bytes::from),
        1 => prop::sample::select(vec!["1.5", "-0", "3.0e2", "inf", "-inf", "nan", "0x10", " 1", "9223372036854775808"])
            .prop_map(|t| Bytes::from_static(t.as_bytes())),
        1 => (40usize..80).prop_map(|n| Bytes::from("x".repeat(n))),
    ]
}

/// A small integer as an argument, at times out of range, at times none.
pub fn integer() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (-6i64..7).prop_map(|n| Bytes::from(n.to_string())),
        1 => prop::sample::select(vec![i64::MAX, i64::MIN, i64::MAX - 1, 100, 1000]).prop_map(|n| Bytes::from(n.to_string())),
        1 => prop::sample::select(vec!["x", "", "1.5", "01"]).prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

/// Breaks a command now and then: a word too few or too many.
pub fn sometimes_wrong(line: impl Strategy<Value = Line>) -> impl Strategy<Value = Line> {
    (line, 0u8..40).prop_map(|(mut line, dice)| {
        match dice {
            0 if line.len() > 1 => {
                line.pop();
            }
            1 => line.push(Bytes::from_static(b"x")),
            _ => {}
        }
        line
    })
}

/// On a busy machine any command may take ten milliseconds.
const SLOW: &str = "CONFIG SET slowlog-log-slower-than 1000000000 slowlog-max-len 128 latency-tracking yes latency-monitor-threshold 0";

/// What every program finds, whatever the programs before it have changed.
///
/// Whether memory was out when it was last looked at is remembered even without a limit, so there is one for a moment.
pub const FRESH: &[&str] = &[
    "CONFIG SET maxmemory 100gb maxmemory-policy noeviction",
    "FLUSHALL",
    "CONFIG SET maxmemory 0",
    "SCRIPT FLUSH",
    "FUNCTION FLUSH",
    "ACL DELUSER u1 u2",
    "ACL LOG RESET",
    "CONFIG SET acl-pubsub-default resetchannels acllog-max-len 128",
    "CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64 set-max-intset-entries 512 \
     zset-max-listpack-entries 128 zset-max-listpack-value 64 hll-sparse-max-bytes 3000 notify-keyspace-events \"\"",
    SLOW,
    "CONFIG SET stream-node-max-entries 100 stream-node-max-bytes 4096",
    "SLOWLOG RESET",
    "CONFIG RESETSTAT",
];

/// The bundled engine and the real server, side by side, with the same number of clients.
pub struct Pair {
    engine: Engine,
    ids: Vec<ClientId>,
    wires: Vec<Wire>,
    address: SocketAddr,
    /// How the replies of queued commands are to be compared, client by client.
    queued: Vec<Vec<Compare>>,
}

impl Pair {
    pub fn new(server: &LocalServer, clients: usize) -> Pair {
        let mut engine = Engine::new(Settings::default(), now());
        let mut wires: Vec<Wire> = (0..clients).map(|_| Wire::connect(server)).collect();
        // Both sides number their clients alike, so that a command may name one.
        let mut connect = |wire: &mut Wire| {
            let Value::Integer(id) = wire.call(&words("CLIENT ID")) else { panic!("a number") };
            engine.state_mut().next_client = id.unsigned_abs();
            engine.connect("127.0.0.1:1", now())
        };
        let ids: Vec<ClientId> = wires.iter_mut().map(&mut connect).collect();
        for line in FRESH {
            let reply = wires[0].call(&words(line));
            assert!(!matches!(reply, Value::Error(_)), "{line}: {reply:?}");
        }
        engine.call(ids[0], &words(SLOW), now());
        Pair { engine, ids, wires, address: server.address(), queued: vec![Vec::new(); clients] }
    }

    fn client(&self, client: usize) -> &Client {
        self.engine.state().clients.get(&self.ids[client]).expect("the client is connected")
    }

    /// Whether a command is left out here: one that would block; and three in a transaction: a message, which Redis 7.0
    /// writes into the middle of EXEC's reply where the sender listens itself; HELLO, which changes the protocol in
    /// the middle of that reply; and leaving all channels at once, which has no order.
    fn leaves_out(&self, client: usize, line: &Line) -> bool {
        let name = line[0].to_ascii_uppercase();
        let odd = name.ends_with(b"PUBLISH")
            || name.as_slice() == b"HELLO"
            || (line.len() == 1 && name.ends_with(b"UNSUBSCRIBE"));
        if odd {
            return self.client(client).transaction.is_some();
        }
        if self.has_no_order(client, line) {
            return true;
        }
        let may_block = name.starts_with(b"B") || name.starts_with(b"XREAD") || name.as_slice() == b"WAIT";
        may_block && self.engine.clone().call(self.ids[client], line, now()) == Called::Blocked
    }

    /// Whether a command asks for members in the order of their names from a sorted set of many whose scores may differ:
    /// what Redis finds then depends on the heights of its skiplist, which are chance.
    fn has_no_order(&self, client: usize, line: &Line) -> bool {
        let by_name =
            |word: &Bytes| word.to_ascii_uppercase().ends_with(b"LEX") || word.eq_ignore_ascii_case(b"ZLEXCOUNT");
        let db = self.client(client).db;
        let tall = |key: &Bytes| {
            let entry = self.engine.state().keyspace.entry(db, key);
            entry.is_some_and(|entry| entry.data.encoding() == "skiplist")
        };
        line.iter().any(by_name) && line[1..].iter().any(tall)
    }

    /// Runs one command on both; what the caller and all others are sent by the engine and by the server, made
    /// comparable.
    pub fn call(&mut self, client: usize, line: &Line) -> (Value, Value) {
        self.call_as(client, line, comparison(line))
    }

    /// Runs one command on both; what differs, if anything.
    pub fn compare(&mut self, client: usize, line: &Line, how: Compare) -> Result<(), String> {
        let (bundled, real) = self.call_as(client, line, how);
        if bundled == real { Ok(()) } else { Err(format!("{line:?}\n bundled: {bundled:?}\n    real: {real:?}")) }
    }

    /// A command in which `@0` is the number of the first client.
    fn named(&self, line: &Line) -> Line {
        let place = |word: &Bytes| std::str::from_utf8(word.strip_prefix(b"@")?).ok()?.parse::<usize>().ok();
        let id = |word: &Bytes| self.ids.get(place(word)?).map(|id| Bytes::from(id.to_string()));
        line.iter().map(|word| id(word).unwrap_or_else(|| word.clone())).collect()
    }

    fn call_as(&mut self, client: usize, line: &Line, how: Compare) -> (Value, Value) {
        let line = &self.named(line);
        if self.leaves_out(client, line) {
            return (Value::Null, Value::Null);
        }
        let mut closed = Vec::new();
        let called = self.engine.call(self.ids[client], line, now());
        self.engine.take_sleep_us();
        self.engine.report_duration(self.ids[client], line, 1, now());
        let bundled = match called {
            Called::Reply(value) => vec![value],
            Called::Closed(value) => {
                closed.push(client);
                vec![value]
            }
            Called::Replies(values) => values,
            Called::Blocked => panic!("{line:?} blocked: use the blocking test for it"),
        };
        let mut messages = vec![Vec::new(); self.ids.len()];
        for Delivery { client, value, .. } in self.engine.take_deliveries() {
            let place = self.ids.iter().position(|id| *id == client).expect("one of the clients");
            messages[place].push(value);
        }
        self.wires[client].send(line);
        if bundled.is_empty() {
            self.wait_for_silence();
        }
        let (mut ours, mut theirs) = (vec![Value::Null], vec![Value::Null]);
        for place in (0..self.ids.len()).filter(|place| *place != client) {
            if !self.engine.state().clients.contains_key(&self.ids[place]) {
                continue;
            }
            let count = messages[place].len();
            ours.extend(in_order(self.seen(place, std::mem::take(&mut messages[place]))));
            theirs.extend(in_order(self.wires[place].receive_some(count)));
        }
        let own = std::mem::take(&mut messages[client]);
        let received = self.wires[client].receive_some(bundled.len() + own.len());
        if received.iter().any(|value| holds_push(value, 0)) {
            self.reconnect(closed);
            return (Value::Null, Value::Null);
        }
        let received = without_pushes(received);
        let sorts = line[0].to_ascii_uppercase().starts_with(b"SORT");
        let how = if sorts && bundled.iter().any(holds_zero) { Compare::Shape } else { how };
        // A message of its own comes to the sender before its reply in Redis 7.0, and after it here (as in 7.2).
        let (messages, replies): (Vec<Value>, Vec<Value>) =
            received.into_iter().partition(|value| !own.is_empty() && is_message(value));
        ours.extend(in_order(self.seen(client, own)));
        theirs.extend(in_order(messages));
        (ours[0], theirs[0]) = self.compare_replies(client, line, how, bundled, replies);
        self.reconnect(closed);
        match ours.len().max(theirs.len()) {
            1 => (ours.remove(0), theirs.remove(0)),
            _ => (Value::Array(ours), Value::Array(theirs)),
        }
    }

    /// Waits until the real server has carried out a command whose reply is not sent: what comes on another connection
    /// later is answered later.
    fn wait_for_silence(&mut self) {
        Wire::open(self.address).call(&words("PING"));
        // Both sides have numbered one client more.
        self.engine.state_mut().next_client += 1;
    }

    /// Opens the connections again that a command has closed: the caller's, and those of others.
    fn reconnect(&mut self, mut closed: Vec<usize>) {
        for id in self.engine.take_killed() {
            closed.extend(self.ids.iter().position(|other| *other == id));
        }
        for place in closed {
            self.engine.disconnect(self.ids[place]);
            self.ids[place] = self.engine.connect("127.0.0.1:1", now());
            self.wires[place] = Wire::open(self.address);
            self.queued[place].clear();
        }
    }

    /// Values as they arrive at a client: in its protocol.
    fn seen(&self, client: usize, values: Vec<Value>) -> Vec<Value> {
        let protocol = self.client(client).protocol;
        let arrives = |value: Value| {
            let mut bytes = Vec::new();
            encode_value(&value, protocol, &mut bytes);
            match decode_value(&mut bytes.as_slice().into(), Limits::default()) {
                Ok(Decoded::Whole(value)) => value,
                other => panic!("{value:?} is written as what is read as {other:?}"),
            }
        };
        values.into_iter().map(arrives).collect()
    }

    fn compare_replies(
        &mut self,
        client: usize,
        line: &Line,
        how: Compare,
        ours: Vec<Value>,
        theirs: Vec<Value>,
    ) -> (Value, Value) {
        let single = ours.len() == 1 && theirs.len() == 1;
        let (mut ours, mut theirs) = (self.seen(client, ours), theirs);
        if line[0].eq_ignore_ascii_case(b"EXEC") {
            return self.compare_executed(client, ours, theirs);
        }
        if !single {
            return (several(ours, how), several(theirs, how));
        }
        let (ours, theirs) = (ours.remove(0), theirs.remove(0));
        let name = line[0].to_ascii_uppercase();
        match (name.as_slice(), ours, theirs) {
            (name, ours, theirs) if ours == Value::simple("QUEUED") => {
                // A SUBSCRIBE answers once for each channel.
                let many = name.ends_with(b"SUBSCRIBE") && name != b"SSUBSCRIBE";
                let replies = if many { line.len() - 1 } else { 1 };
                self.queued[client].extend(std::iter::repeat_n(how, replies));
                (ours, theirs)
            }
            (name, ours, theirs) => {
                if matches!(name, b"DISCARD" | b"RESET") {
                    self.queued[client].clear();
                }
                alike(ours, theirs, how)
            }
        }
    }

    /// EXEC: each of its replies is compared as that of its command.
    fn compare_executed(&mut self, client: usize, ours: Vec<Value>, theirs: Vec<Value>) -> (Value, Value) {
        let hows = std::mem::take(&mut self.queued[client]);
        let (ours, theirs) = (flat(ours), flat(theirs));
        if ours.len() != theirs.len() {
            return (Value::Array(ours), Value::Array(theirs));
        }
        let pairs = ours.into_iter().zip(theirs).zip(hows.into_iter().chain(std::iter::repeat(Compare::Exact)));
        let (ours, theirs) = pairs.map(|((a, b), how)| alike(a, b, how)).unzip();
        (Value::Array(ours), Value::Array(theirs))
    }

    /// Whether the server has sent nothing but what was compared.
    pub fn is_finished(&mut self) -> bool {
        let marker = words("PING finished");
        (0..self.ids.len()).all(|place| {
            let Some(client) = self.engine.state().clients.get(&self.ids[place]) else { return true };
            if client.transaction.is_some() || !client.replies {
                return true;
            }
            let silent = client.skip_next_reply;
            let replies = match self.engine.call(self.ids[place], &marker, now()) {
                Called::Reply(value) => vec![value],
                _ => Vec::new(),
            };
            let expected = self.seen(place, replies);
            self.wires[place].send(&marker);
            if silent {
                return true;
            }
            let received = self.wires[place].receive_some(1);
            if received != expected {
                eprintln!("client {place} got {received:?} at the end");
                return false;
            }
            true
        })
    }
}

/// The replies of EXEC: those in its array and what follows it.
fn flat(replies: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for (n, reply) in replies.into_iter().enumerate() {
        match reply {
            Value::Array(items) if n == 0 => all.extend(items),
            other => all.push(other),
        }
    }
    all
}

/// Pushes in the middle of a reply, set free: Redis 7.0 writes an invalidation into EXEC's reply, where the transaction
/// changes a key that its own client hears of; here it comes after the reply (as in 7.2).
fn without_pushes(received: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for reply in received {
        match reply {
            Value::Array(items) if items.iter().any(is_message) => {
                let (pushes, items) = items.into_iter().partition(is_message);
                all.push(Value::Array(items));
                all.extend::<Vec<Value>>(pushes);
            }
            other => all.push(other),
        }
    }
    all
}

/// Whether a push stands deep within a reply: ZMPOP and LMPOP of Redis 7.0 tell of their change while their reply is
/// being written, and nobody can say then which of its parts are whose.
fn holds_push(value: &Value, depth: usize) -> bool {
    let items = value.items().unwrap_or_default();
    items.iter().any(|item| depth > 0 && is_message(item) || holds_push(item, depth + 1))
}

/// Whether there is a zero byte in a reply: C ends a string there, so SORT takes what differs behind it for equal.
fn holds_zero(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_zero),
        Value::Bulk(bytes) => bytes.contains(&0),
        _ => false,
    }
}

/// One reply of each side, made comparable.
fn alike(ours: Value, theirs: Value, how: Compare) -> (Value, Value) {
    if how == Compare::Exact {
        return (ours, theirs);
    }
    match (how, ours.into_resp2(), theirs.into_resp2()) {
        (Compare::Near(most), Value::Integer(a), Value::Integer(b)) if a >= 0 && b >= 0 && a.abs_diff(b) <= most => {
            (Value::Integer(a), Value::Integer(a))
        }
        (_, ours, theirs) => (comparable(ours, how), comparable(theirs, how)),
    }
}

/// The replies of a command that has any number of them, made comparable: who leaves all channels at once leaves them
/// in no particular order.
fn several(replies: Vec<Value>, how: Compare) -> Value {
    if how != Compare::Unordered {
        return Value::Array(replies);
    }
    let column = |n: usize| replies.iter().filter_map(move |reply| reply.items()?.get(n).cloned());
    let mut names: Vec<Value> = column(1).collect();
    names.sort_by_key(|name| format!("{name:?}"));
    Value::Array([column(0).collect(), names, column(2).collect()].map(Value::Array).into())
}

fn kind(value: &Value) -> Option<&[u8]> {
    value.items()?.first()?.as_bytes().map(|kind| kind.as_ref())
}

fn is_message(value: &Value) -> bool {
    matches!(kind(value), Some(b"message" | b"pmessage" | b"smessage" | b"invalidate" | b"tracking-redir-broken"))
}

/// Messages of one command: those of several patterns come in no particular order, and Redis tells of a key whose time
/// is over when it comes across it.
fn in_order(mut messages: Vec<Value>) -> Vec<Value> {
    let free = |value: &Value| matches!(kind(value), Some(b"pmessage" | b"invalidate"));
    messages.sort_by_key(|value| if free(value) { format!("{value:?}") } else { String::new() });
    messages
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Time(i64::try_from(since.as_micros()).expect("a clock before the year 294000"))
}

/// Brings a reply into a form in which equal means alike.
fn comparable(value: Value, how: Compare) -> Value {
    match (how, value) {
        (Compare::Unordered, Value::Array(items)) => {
            let mut items: Vec<Value> = items.into_iter().map(|item| comparable(item, how)).collect();
            items.sort_by_key(|item| format!("{item:?}"));
            Value::Array(items)
        }
        (Compare::UnorderedPairs, Value::Array(items)) => {
            let mut pairs: Vec<Value> = items.chunks(2).map(|pair| Value::Array(pair.to_vec())).collect();
            pairs.sort_by_key(|pair| format!("{pair:?}"));
            Value::Array(pairs)
        }
        (Compare::Library, value) => functions::without_choice(value),
        (Compare::Rules, value) => acl::ordered_rules(value),
        (Compare::Times, value) => streams::without_times(value),
        (Compare::Log, value) => acl::without_client(value),
        (Compare::Help, Value::Array(_)) => Value::simple("some lines"),
        (Compare::Help, Value::Bulk(_)) => Value::simple("some text"),
        (Compare::Shape, Value::Array(items)) => Value::Integer(i64::try_from(items.len()).unwrap_or(-1)),
        (Compare::Shape, Value::Bulk(_)) => Value::simple("some string"),
        (Compare::Shape, Value::Integer(_)) => Value::simple("some number"),
        (_, value) => value,
    }
}

/// The same programs every time, unless `REDLAB_DIFFERENTIAL_SEED` (a number) asks for others.
fn seed_number() -> u64 {
    std::env::var("REDLAB_DIFFERENTIAL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0u8; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Runs random programs of `command`s with as many clients on both, and shrinks the first difference. About half of
/// the programs speak RESP3.
pub fn run(command: impl Strategy<Value = Line>, clients: usize) {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    programs(command, clients, |program| same(&server, clients, program));
}

/// Whether both answer a program alike.
fn same(server: &LocalServer, clients: usize, program: &[(usize, Line)]) -> Result<(), String> {
    same_by(server, clients, program, |_, _| Ok(()))
}

/// Whether both answer a program alike, and `holds` what it says of them afterwards.
fn same_by(
    server: &LocalServer,
    clients: usize,
    program: &[(usize, Line)],
    holds: impl Fn(&mut Pair, &[(usize, Line)]) -> Result<(), String>,
) -> Result<(), String> {
    let mut pair = Pair::new(server, clients);
    if program.iter().map(|(_, line)| line.len()).sum::<usize>() % 2 == 1 {
        (0..clients).for_each(|client| drop(pair.call(client, &words("HELLO 3"))));
    }
    program.iter().try_for_each(|(client, line)| pair.compare(*client, line, comparison(line)))?;
    if !pair.is_finished() {
        return Err("the real server has sent more than the bundled engine".into());
    }
    holds(&mut pair, program)
}

/// Draws random programs of `command`s by as many clients, and shrinks the first of which `holds` says how it fails.
pub fn programs(
    command: impl Strategy<Value = Line>,
    clients: usize,
    holds: impl Fn(&[(usize, Line)]) -> Result<(), String>,
) {
    let cases = wanted_cases().unwrap_or(CASES);
    draw(seed_number(), cases, prop::collection::vec((0..clients, command), 1..PROGRAM_COMMANDS), holds);
}

/// How many programs the environment asks for, if it does.
fn wanted_cases() -> Option<u32> {
    std::env::var("REDLAB_DIFFERENTIAL_CASES").ok()?.parse().ok()
}

fn draw(
    number: u64,
    cases: u32,
    program: impl Strategy<Value = Vec<(usize, Line)>>,
    holds: impl Fn(&[(usize, Line)]) -> Result<(), String>,
) {
    let config = Config { cases, failure_persistence: None, max_shrink_time: SHRINK_MS, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed(number));
    let result =
        TestRunner::new_with_rng(config, rng).run(&program, |program| holds(&program).map_err(TestCaseError::fail));
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// A command of any family that works on keys.
pub fn key_command() -> impl Strategy<Value = Line> {
    prop_oneof![
        strings::command().boxed(),
        bitfield::command().boxed(),
        hyperloglog::command().boxed(),
        geo::command().boxed(),
        bits::command().boxed(),
        keys::command().boxed(),
        zsets::command().boxed(),
        hashes::command().boxed(),
        lists::command().boxed(),
        sets::command().boxed(),
        streams::on_keys().boxed(),
    ]
}

/// Runs one program on both, as a test with this name.
pub fn tell(name: &str, clients: usize, program: &[(usize, Line)]) {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut pair = Pair::new(&server, clients);
    let compare = |(client, line): &(usize, Line)| pair.compare(*client, line, comparison(line));
    program.iter().try_for_each(compare).unwrap_or_else(|difference| panic!("{name}\n{difference}"));
    assert!(pair.is_finished(), "{name}: the real server has sent more");
}
