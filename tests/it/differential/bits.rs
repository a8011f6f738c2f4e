//! Strings as arrays of bits.

use bytes::Bytes;
use proptest::prelude::*;

use super::strings::line;
use super::{Line, integer, key, run, sometimes_wrong, value};

/// The offset of a bit, at times out of range.
fn offset() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (0u32..70).prop_map(|n| Bytes::from(n.to_string())),
        1 => integer(),
        1 => Just(Bytes::from_static(b"4294967296")),
    ]
}

fn bit() -> impl Strategy<Value = Bytes> {
    prop_oneof![9 => prop::sample::select(vec!["0", "1"]).prop_map(|t| Bytes::from_static(t.as_bytes())), 1 => integer()]
}

/// What may stand behind the key of BITCOUNT and BITPOS.
fn range() -> impl Strategy<Value = Vec<Bytes>> {
    let place = || (-20i64..70).prop_map(|n| Bytes::from(n.to_string()));
    let unit = prop::sample::select(vec!["BYTE", "bit", "BITS"]).prop_map(|t| Bytes::from_static(t.as_bytes()));
    prop_oneof![
        Just(Vec::new()),
        place().prop_map(|start| vec![start]),
        (place(), place()).prop_map(|(start, end)| vec![start, end]),
        (place(), place(), unit).prop_map(|(start, end, unit)| vec![start, end, unit]),
        (integer(), integer()).prop_map(|(start, end)| vec![start, end]),
    ]
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let operation = prop::sample::select(vec!["AND", "or", "XOR", "NOT", "NAND"]);
    sometimes_wrong(prop_oneof![
        3 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        4 => (key(), offset(), bit()).prop_map(|(k, at, bit)| line("SETBIT", [k, at, bit])),
        2 => (key(), offset()).prop_map(|(k, at)| line("GETBIT", [k, at])),
        3 => (key(), range()).prop_map(|(k, rest)| line("BITCOUNT", std::iter::once(k).chain(rest))),
        3 => (key(), bit(), range()).prop_map(|(k, bit, rest)| line("BITPOS", [k, bit].into_iter().chain(rest))),
        2 => (operation, key(), prop::collection::vec(key(), 1..4)).prop_map(|(operation, target, sources)| {
            line("BITOP", [Bytes::from_static(operation.as_bytes()), target].into_iter().chain(sources))
        }),
        1 => key().prop_map(|k| line("GET", [k])),
        1 => key().prop_map(|k| line("OBJECT ENCODING", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("RPUSH", [k, v])),
        1 => key().prop_map(|k| line("DEL", [k])),
    ])
}

#[test]
fn bits_answer_as_redis_does() {
    run(command(), 1);
}
