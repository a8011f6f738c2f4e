//! Sets.

use bytes::Bytes;
use proptest::prelude::*;

use redlab::target::LocalServer;

use super::{Line, Pair, integer, key, run, sometimes_wrong, value, words};

/// Few members, so that sets meet; mostly integers, so that intsets stay.
fn member() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        30 => (-3i64..8).prop_map(|n| Bytes::from(n.to_string())),
        4 => "[a-c]".prop_map(Bytes::from),
        1 => value(),
    ]
}

fn members() -> impl Strategy<Value = Line> {
    prop_oneof![
        20 => prop::collection::vec(member(), 1..6),
        // Around the 512 members at which an intset ends.
        1 => (500i64..525).prop_map(|count| (0..count).map(|n| Bytes::from(n.to_string())).collect()),
    ]
}

fn with(text: &'static str, rest: impl Strategy<Value = Line>) -> impl Strategy<Value = Line> {
    (key(), rest).prop_map(move |(key, rest)| [words(text), vec![key], rest].concat())
}

fn one(argument: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    argument.prop_map(|argument| vec![argument])
}

fn keys() -> impl Strategy<Value = Line> {
    prop::collection::vec(key(), 1..4)
}

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(texts.to_vec()).prop_map(words)
}

fn sintercard() -> impl Strategy<Value = Line> {
    let counted = prop_oneof![
        9 => keys().prop_map(|keys| [vec![Bytes::from(keys.len().to_string())], keys].concat()),
        1 => (integer(), keys()).prop_map(|(count, keys)| [vec![count], keys].concat()),
    ];
    let limit = prop_oneof![
        Just(Vec::new()),
        (pick(&["LIMIT", "limit", "x"]), integer()).prop_map(|(w, n)| [w, vec![n]].concat())
    ];
    (counted, limit).prop_map(|(counted, limit)| [words("SINTERCARD"), counted, limit].concat())
}

/// A count with which a scan of a table answers all of it: the order in which parts come is Redis's own affair.
fn scan_options() -> impl Strategy<Value = Line> {
    let options =
        pick(&["", "", "MATCH *", "match [a1]*", "MATCH ?", "COUNT 0", "COUNT -1", "COUNT x", "NOVALUES", "MATCH"]);
    (pick(&["0", "0", "0", "x", "-", "18446744073709551616"]), options)
        .prop_map(|(cursor, options)| [cursor, words("COUNT 2000"), options].concat())
}

/// A command of this family, at times wrong. SPOP takes what differs from run to run, so it takes all or nothing here;
/// `a_draw_takes_what_it_answers` covers the rest.
pub fn command() -> impl Strategy<Value = Line> {
    let none = || Just(Vec::new());
    let write = prop_oneof![
        6 => with("SADD", members()),
        3 => with("SREM", members()),
        2 => (key(), key(), member()).prop_map(|(a, b, m)| [words("SMOVE"), vec![a, b, m]].concat()),
        3 => (pick(&["SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"]), key(), keys()).prop_map(|(w, k, ks)| [w, vec![k], ks].concat()),
        1 => with("SPOP", pick(&["1000", "0", "-1", "x", "1000 2", "9223372036854775807"])),
        1 => with("SET", one(value())),
        1 => with("DEL", none()),
    ];
    let read = prop_oneof![
        with("SCARD", none()),
        with("SISMEMBER", one(member())),
        with("SMISMEMBER", members()),
        with("SMEMBERS", none()),
        (pick(&["SUNION", "SINTER", "SDIFF"]), keys()).prop_map(|(w, ks)| [w, ks].concat()),
        (pick(&["SUNION", "SINTER", "SDIFF"]), keys()).prop_map(|(w, ks)| [w, ks].concat()),
        sintercard(),
        with("SRANDMEMBER", none()),
        with("SRANDMEMBER", one(integer().prop_filter("Redis allocates", |n| !n.starts_with(b"-9")))),
        with("SSCAN", scan_options()),
        with("OBJECT ENCODING", none()),
        with("TYPE", none()),
    ];
    let takes_one = |line: &Line| line.len() == 2 && line[0].as_ref() == b"SPOP";
    sometimes_wrong(prop_oneof![write, read]).prop_filter("it takes what differs", move |line| !takes_one(line))
}

#[test]
fn sets_answer_as_redis_does() {
    run(command(), 1);
}

/// SPOP takes what differs from run to run: what both servers took is no longer there, and what remains is counted and
/// encoded alike.
#[test]
fn a_draw_takes_what_it_answers() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut pair = Pair::new(&server, 1);
    for (size, count) in [(10, 1), (10, 5), (10, 8), (10, 9), (60, 50), (60, 51), (600, 599), (600, 100)] {
        // A text that comes and goes leaves a table of integers behind.
        for text in [false, true] {
            pair.call(0, &words("DEL s"));
            let members: Vec<Bytes> = (0..size).map(|n| Bytes::from(n.to_string())).collect();
            pair.call(0, &[words("SADD s"), if text { words("x") } else { Vec::new() }, members].concat());
            pair.call(0, &words("SREM s x"));
            for line in [format!("SPOP s {count}"), "SCARD s".into(), "OBJECT ENCODING s".into()] {
                let (bundled, real) = pair.call(0, &words(&line));
                assert_eq!(bundled, real, "{line} of {size}");
            }
        }
    }
}
