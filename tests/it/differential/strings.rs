//! Strings.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, integer, key, run, sometimes_wrong, value, words};

/// A moment in the far future (the year 2100), seconds: absolute TTLs are compared exactly.
const FAR_S: i64 = 4_102_444_800;

/// A command from a name and what follows it.
pub fn line(name: &str, rest: impl IntoIterator<Item = Bytes>) -> Line {
    words(name).into_iter().chain(rest).collect()
}

/// A number with a fraction, or nearly one.
fn fraction() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => (-2000i64..2000, 0u32..6).prop_map(|(n, digits)| {
            Bytes::from(format!("{:.*}", digits as usize, n as f64 / 10f64.powi(digits as i32)))
        }),
        2 => any::<f64>().prop_map(|n| Bytes::from(n.to_string())),
        2 => (any::<i64>(), -30i32..30).prop_map(|(n, exponent)| Bytes::from(format!("{n}e{exponent}"))),
        1 => (1u64..100, -5000i32..5000).prop_map(|(n, exponent)| Bytes::from(format!("{n}e{exponent}"))),
        1 => (any::<u32>(), -20i32..20).prop_map(|(n, exponent)| Bytes::from(format!("0x{n:x}.8p{exponent}"))),
        1 => value(),
    ]
}

/// The argument of a TTL option: sane ones lie far ahead, so that nothing expires while a program runs.
fn ttl(option: &str) -> BoxedStrategy<Bytes> {
    let sane = match option {
        "EX" => 1_000_000..2_000_000,
        "PX" => 1_000_000_000..2_000_000_000,
        "EXAT" => FAR_S..FAR_S + 1000,
        _ => FAR_S * 1000..FAR_S * 1000 + 1000,
    };
    let edge = vec!["0", "-1", "x", "", "9223372036854775807", "9223372036854775", "-9223372036854775808", "1.5"];
    prop_oneof![
        6 => sane.prop_map(|n: i64| Bytes::from(n.to_string())),
        1 => prop::sample::select(edge).prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
    .boxed()
}

fn until() -> impl Strategy<Value = Line> {
    prop::sample::select(vec!["EX", "PX", "EXAT", "PXAT", "ex", "pXat"])
        .prop_flat_map(|option| ttl(&option.to_uppercase()).prop_map(move |n| line(option, [n])))
}

fn options(words_alone: Vec<&'static str>) -> impl Strategy<Value = Line> {
    let one = prop_oneof![2 => prop::sample::select(words_alone).prop_map(words), 2 => until()];
    let count = prop_oneof![6 => Just(0..=1), 3 => Just(2..=2), 1 => Just(3..=3)];
    let one = one.boxed();
    count.prop_flat_map(move |count| prop::collection::vec(one.clone(), count)).prop_map(|parts| parts.concat())
}

fn set() -> impl Strategy<Value = Line> {
    let options = options(vec!["NX", "XX", "GET", "KEEPTTL", "get", "PERSIST"]);
    (key(), value(), options).prop_map(|(k, v, o)| [line("SET", [k, v]), o].concat())
}

fn getex() -> impl Strategy<Value = Line> {
    (key(), options(vec!["PERSIST", "persist", "KEEPTTL"])).prop_map(|(k, o)| [line("GETEX", [k]), o].concat())
}

fn pairs() -> impl Strategy<Value = Line> {
    prop::collection::vec((key(), value()), 1..4)
        .prop_map(|pairs| pairs.into_iter().flat_map(|(k, v)| [k, v]).collect::<Line>())
}

fn lcs() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        1 => prop::sample::select(vec!["LEN", "IDX", "idx", "WITHMATCHLEN", "MINMATCHLEN"]).prop_map(words),
        1 => integer().prop_map(|n| line("MINMATCHLEN", [n])),
    ];
    (key(), key(), prop::collection::vec(option, 0..4)).prop_map(|(a, b, o)| [line("LCS", [a, b]), o.concat()].concat())
}

/// A SETRANGE whose string stays small, or is refused.
fn offset() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (0i64..30).prop_map(|n| Bytes::from(n.to_string())),
        1 => prop::sample::select(vec!["-1", "536870912", "9223372036854775807", "x", ""]).prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

fn counters() -> impl Strategy<Value = Line> {
    prop_oneof![
        1 => key().prop_map(|k| line("DECR", [k])),
        1 => key().prop_map(|k| line("INCR", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("DECRBY", [k, v])),
        1 => (key(), value()).prop_map(|(k, v)| line("INCRBY", [k, v])),
        3 => (key(), fraction()).prop_map(|(k, v)| line("INCRBYFLOAT", [k, v])),
        1 => (key(), fraction()).prop_map(|(k, v)| line("SET", [k, v])),
    ]
}

fn writes() -> impl Strategy<Value = Line> {
    prop_oneof![
        4 => set(),
        2 => getex(),
        1 => (key(), value()).prop_map(|(k, v)| line("APPEND", [k, v])),
        1 => key().prop_map(|k| line("GETDEL", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("GETSET", [k, v])),
        1 => pairs().prop_map(|p| line("MSET", p)),
        1 => pairs().prop_map(|p| line("MSETNX", p)),
        1 => (key(), ttl("PX"), value()).prop_map(|(k, n, v)| line("PSETEX", [k, n, v])),
        1 => (key(), ttl("EX"), value()).prop_map(|(k, n, v)| line("SETEX", [k, n, v])),
        1 => (key(), value()).prop_map(|(k, v)| line("SETNX", [k, v])),
        1 => (key(), offset(), value()).prop_map(|(k, n, v)| line("SETRANGE", [k, n, v])),
        1 => key().prop_map(|k| line("DEL", [k])),
    ]
}

fn reads() -> impl Strategy<Value = Line> {
    prop_oneof![
        1 => key().prop_map(|k| line("GET", [k])),
        1 => (key(), integer(), integer()).prop_map(|(k, a, b)| line("GETRANGE", [k, a, b])),
        1 => (key(), integer(), integer()).prop_map(|(k, a, b)| line("SUBSTR", [k, a, b])),
        2 => lcs(),
        1 => prop::collection::vec(key(), 1..4).prop_map(|k| line("MGET", k)),
        1 => key().prop_map(|k| line("STRLEN", [k])),
        2 => key().prop_map(|k| line("PTTL", [k])),
        2 => key().prop_map(|k| line("OBJECT ENCODING", [k])),
        1 => key().prop_map(|k| line("TYPE", [k])),
    ]
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let wrong_type = key().prop_map(|k| line("ZADD", [k, "1".into(), "m".into()]));
    sometimes_wrong(prop_oneof![5 => writes(), 5 => counters(), 6 => reads(), 1 => wrong_type])
}

#[test]
fn strings_answer_as_redis_does() {
    run(command(), 1);
}
