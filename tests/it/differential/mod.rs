//! Random commands at the bundled engine and at a real redis-server: every reply must be the same.
//!
//! Each family has a file with a strategy for its commands; `REDLAB_DIFFERENTIAL_CASES` makes a run longer. What a
//! failure prints is the smallest program that still differs.

mod blocking;
mod hashes;
mod keys;
mod lists;
mod notifications;
mod resp3;
mod sets;
mod strings;
mod watches;
mod zsets;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;

/// One command, as its words.
pub type Line = Vec<Bytes>;

/// Programs in a run, unless the environment asks for more. Each has up to [`PROGRAM_COMMANDS`] commands.
const CASES: u32 = 100;
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
}

/// How the replies of `line` are compared. Families say so for their own commands.
fn comparison(line: &Line) -> Compare {
    let name = String::from_utf8_lossy(&line[0]).to_uppercase();
    let families = [sets::comparison, hashes::comparison, keys::comparison, strings::comparison, zsets::comparison];
    families.iter().find_map(|family| family(&name, line)).unwrap_or(Compare::Exact)
}

/// Words of a command from one text; `{}` places are for values with spaces or binary ones.
pub fn words(text: &str) -> Line {
    split_line(text).expect("a command line")
}

/// A key out of a small set, so that commands meet each other's keys.
pub fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "b", "c", "d", "e", ""]).prop_map(|k| Bytes::from_static(k.as_bytes()))
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

/// The bundled engine and the real server, side by side, with the same number of clients.
pub struct Pair {
    engine: Engine,
    ids: Vec<ClientId>,
    wires: Vec<Wire>,
}

impl Pair {
    pub fn new(server: &LocalServer, clients: usize) -> Pair {
        let mut engine = Engine::new(Settings::default(), now());
        let ids = (0..clients).map(|_| engine.connect("127.0.0.1:1", now())).collect();
        let mut wires: Vec<Wire> = (0..clients).map(|_| Wire::connect(server)).collect();
        wires[0].call(&words("FLUSHALL"));
        Pair { engine, ids, wires }
    }

    /// Runs one command on both; the two replies (engine's, server's), made comparable as its family says.
    pub fn call(&mut self, client: usize, line: &Line) -> (Value, Value) {
        self.call_as(client, line, comparison(line))
    }

    /// Runs one command on both; what differs, if anything.
    pub fn compare(&mut self, client: usize, line: &Line, how: Compare) -> Result<(), String> {
        let (bundled, real) = self.call_as(client, line, how);
        if bundled == real { Ok(()) } else { Err(format!("{line:?}\n bundled: {bundled:?}\n    real: {real:?}")) }
    }

    fn call_as(&mut self, client: usize, line: &Line, how: Compare) -> (Value, Value) {
        let bundled = match self.engine.call(self.ids[client], line, now()) {
            Called::Reply(value) | Called::Closed(value) => value,
            Called::Replies(values) => Value::Array(values),
            Called::Blocked => panic!("{line:?} blocked: use the blocking test for it"),
        };
        let real = self.wires[client].call(line);
        match (how, bundled.into_resp2(), real.into_resp2()) {
            (Compare::Near(most), Value::Integer(a), Value::Integer(b))
                if a >= 0 && b >= 0 && a.abs_diff(b) <= most =>
            {
                (Value::Integer(a), Value::Integer(a))
            }
            (_, bundled, real) => (comparable(bundled, how), comparable(real, how)),
        }
    }
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
        (Compare::Shape, Value::Array(items)) => Value::Integer(i64::try_from(items.len()).unwrap_or(-1)),
        (Compare::Shape, Value::Bulk(_)) => Value::simple("some string"),
        (Compare::Shape, Value::Integer(_)) => Value::simple("some number"),
        (_, value) => value,
    }
}

/// The same programs every time, unless `REDLAB_DIFFERENTIAL_SEED` (a number) asks for others.
fn seed() -> [u8; 32] {
    let number = std::env::var("REDLAB_DIFFERENTIAL_SEED").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let mut seed = [0u8; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Runs random programs of `command`s with as many clients on both, and shrinks the first difference.
pub fn run(command: impl Strategy<Value = Line>, clients: usize) {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    programs(command, clients, |program| {
        let mut pair = Pair::new(&server, clients);
        program.iter().try_for_each(|(client, line)| pair.compare(*client, line, comparison(line)))
    });
}

/// Draws random programs of `command`s by as many clients, and shrinks the first of which `holds` says how it fails.
pub fn programs(
    command: impl Strategy<Value = Line>,
    clients: usize,
    holds: impl Fn(&[(usize, Line)]) -> Result<(), String>,
) {
    let cases = std::env::var("REDLAB_DIFFERENTIAL_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let program = prop::collection::vec((0..clients, command), 1..PROGRAM_COMMANDS);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed());
    let result =
        TestRunner::new_with_rng(config, rng).run(&program, |program| holds(&program).map_err(TestCaseError::fail));
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
