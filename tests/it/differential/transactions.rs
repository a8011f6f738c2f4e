//! Transactions of several clients, mixed with writes.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, integer, key, run, sometimes_wrong, value, words};

/// What opens, closes and spoils transactions.
pub fn frame() -> impl Strategy<Value = Line> {
    prop_oneof![
        5 => Just("MULTI"),
        5 => Just("EXEC"),
        1 => prop::sample::select(vec![
            "DISCARD", "UNWATCH", "RESET", "EXEC x", "MULTI x", "DISCARD x", "GET", "nonsense", "CONFIG nonsense", "WATCH",
        ]),
    ]
    .prop_map(words)
}

fn watch() -> impl Strategy<Value = Line> {
    prop::collection::vec(key(), 1..3).prop_map(|keys| [words("WATCH"), keys].concat())
}

fn on_key(verbs: &'static [&'static str]) -> impl Strategy<Value = Line> {
    (prop::sample::select(verbs).prop_map(words), key()).prop_map(|(verb, key)| [verb, vec![key]].concat())
}

fn on_key_with(verbs: &'static [&'static str], rest: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    (on_key(verbs), rest).prop_map(|(line, rest)| [line, vec![rest]].concat())
}

/// A command of this family, or a write that may spoil a WATCH; at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![
        6 => frame(),
        3 => watch(),
        4 => on_key(&["GET", "DEL", "INCR", "TTL", "TYPE", "PERSIST", "LPOP", "EXISTS"]),
        4 => on_key_with(&["SET", "APPEND", "LPUSH", "SADD", "GETSET", "SETNX"], value()),
        1 => on_key_with(&["INCRBY"], integer()),
        1 => on_key_with(&["PEXPIRE", "EXPIRE"], prop::sample::select(vec!["-1", "0", "1000000", "x"]).prop_map(Bytes::from)),
        1 => on_key_with(&["BLPOP", "BRPOP"], Just(Bytes::from_static(b"0"))),
        1 => prop::sample::select(vec![
            "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SELECT 1", "SELECT 0", "PING", "HELLO 3", "HELLO 2", "SUBSCRIBE n m",
            "UNSUBSCRIBE n m", "DBSIZE", "RENAME a b", "COPY a b",
        ])
        .prop_map(words),
    ])
}

#[test]
fn transactions_answer_as_redis_does() {
    run(command(), 3);
}
