//! Integers of any width inside strings.

use bytes::Bytes;
use proptest::prelude::*;

use super::strings::line;
use super::{Line, integer, key, one_of, run, sometimes_wrong, value, words};

/// A width, at times one that does not exist.
fn encoding() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => (1u32..65).prop_map(|bits| Bytes::from(format!("i{bits}"))),
        6 => (1u32..64).prop_map(|bits| Bytes::from(format!("u{bits}"))),
        4 => one_of(vec!["u8", "i8", "u1", "i1", "i64", "u63", "u2"]),
        1 => one_of(vec!["u64", "i65", "u0", "i", "", "8", "I8", "U8", "i08", "u-1", "i8 ", "u8\0x"]),
    ]
}

/// The place of a field.
fn offset() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => (0u32..90).prop_map(|n| Bytes::from(n.to_string())),
        4 => (0u32..12).prop_map(|n| Bytes::from(format!("#{n}"))),
        1 => one_of(vec![
            "#", "#-1", "##1", "-1", "", "x", "4294967296", "#9223372036854775807", "9223372036854775807", "1.5",
        ]),
    ]
}

/// A number to set or to add.
fn number() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => (-300i64..300).prop_map(|n| Bytes::from(n.to_string())),
        3 => any::<i64>().prop_map(|n| Bytes::from(n.to_string())),
        2 => (0u32..63, -1i64..2).prop_map(|(bits, more)| Bytes::from(((1i64 << bits) + more).to_string())),
        2 => (0u32..63, -1i64..2).prop_map(|(bits, more)| Bytes::from((more - (1i64 << bits)).to_string())),
        1 => integer(),
    ]
}

fn operation() -> impl Strategy<Value = Line> {
    prop_oneof![
        6 => (encoding(), offset()).prop_map(|(e, o)| line("GET", [e, o])),
        6 => (encoding(), offset(), number()).prop_map(|(e, o, n)| line("SET", [e, o, n])),
        8 => (encoding(), offset(), number()).prop_map(|(e, o, n)| line("INCRBY", [e, o, n])),
        5 => prop::sample::select(vec!["OVERFLOW WRAP", "overflow sat", "OVERFLOW FAIL"]).prop_map(words),
        1 => prop::sample::select(vec!["OVERFLOW none", "OVERFLOW", "GET u8", "SET u8 0", "PUT u8 0 1"]).prop_map(words),
    ]
}

fn operations() -> impl Strategy<Value = Line> {
    prop::collection::vec(operation(), 0..5).prop_map(|all| all.concat())
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let gets = || prop::collection::vec((encoding(), offset()).prop_map(|(e, o)| line("GET", [e, o])), 0..4);
    sometimes_wrong(prop_oneof![
        2 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        12 => (key(), operations()).prop_map(|(k, rest)| line("BITFIELD", std::iter::once(k).chain(rest))),
        3 => (key(), gets()).prop_map(|(k, rest)| line("BITFIELD_RO", std::iter::once(k).chain(rest.concat()))),
        1 => (key(), operations()).prop_map(|(k, rest)| line("BITFIELD_RO", std::iter::once(k).chain(rest))),
        1 => (key(), operations())
            .prop_map(|(k, rest)| line("COMMAND GETKEYSANDFLAGS BITFIELD", std::iter::once(k).chain(rest))),
        2 => key().prop_map(|k| line("GET", [k])),
        1 => key().prop_map(|k| line("OBJECT ENCODING", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("RPUSH", [k, v])),
        1 => key().prop_map(|k| line("DEL", [k])),
    ])
}

#[test]
fn fields_of_bits_answer_as_redis_does() {
    run(command(), 1);
}
