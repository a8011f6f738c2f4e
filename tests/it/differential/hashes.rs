//! Hashes.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, integer, key, run, sometimes_wrong, value, words};

/// Few fields, so that commands meet; some are long enough to end a listpack.
fn field() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => "[a-d]".prop_map(Bytes::from),
        2 => (0i64..3).prop_map(|n| Bytes::from(n.to_string())),
        1 => value(),
        1 => (63usize..67).prop_map(|n| Bytes::from("f".repeat(n))),
    ]
}

fn content() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => value(),
        2 => (-40i64..40).prop_map(|n| Bytes::from(format!("{}", n as f64 / 8.0))),
        1 => (63usize..67).prop_map(|n| Bytes::from("v".repeat(n))),
    ]
}

fn pairs() -> impl Strategy<Value = Line> {
    prop_oneof![
        10 => prop::collection::vec((field(), content()), 1..4)
            .prop_map(|pairs| pairs.into_iter().flat_map(|(field, content)| [field, content]).collect()),
        // Around the 512 entries at which a listpack ends.
        1 => (500usize..520).prop_map(|count| {
            (0..count).flat_map(|n| [Bytes::from(format!("n{n}")), Bytes::from(n.to_string())]).collect()
        }),
    ]
}

fn with(text: &'static str, rest: impl Strategy<Value = Line>) -> impl Strategy<Value = Line> {
    (key(), rest).prop_map(move |(key, rest)| [words(text), vec![key], rest].concat())
}

fn fields() -> impl Strategy<Value = Line> {
    prop::collection::vec(field(), 1..4)
}

fn one(argument: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    argument.prop_map(|argument| vec![argument])
}

/// Counts that do not make a partial scan of a table, whose order Redis leaves open.
fn scan_options() -> impl Strategy<Value = Line> {
    let option = prop::sample::select(vec![
        "MATCH *",
        "match [ab]*",
        "MATCH ?",
        "COUNT 1000",
        "count 100000",
        "COUNT 0",
        "COUNT -1",
        "COUNT x",
        "NOVALUES",
        "MATCH",
    ]);
    (prop::sample::select(vec!["0", "0", "0", "x", "", "-", " 1"]), prop::collection::vec(option, 0..3)).prop_map(
        |(cursor, options)| {
            let mut line =
                vec![Bytes::from_static(cursor.as_bytes()), Bytes::from_static(b"COUNT"), Bytes::from_static(b"1000")];
            line.extend(options.into_iter().flat_map(words));
            line
        },
    )
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let none = || Just(Vec::new());
    let write = prop_oneof![
        4 => with("HSET", pairs()),
        1 => with("HMSET", pairs()),
        2 => with("HSETNX", (field(), content()).prop_map(|(f, c)| vec![f, c])),
        3 => with("HDEL", fields()),
        3 => with("HINCRBY", (field(), integer()).prop_map(|(f, n)| vec![f, n])),
        3 => with("HINCRBYFLOAT", (field(), content()).prop_map(|(f, n)| vec![f, n])),
        1 => with("SET", one(value())),
        1 => with("DEL", none()),
    ];
    let read = prop_oneof![
        with("HGET", one(field())),
        with("HEXISTS", one(field())),
        with("HSTRLEN", one(field())),
        with("HMGET", fields()),
        with("HLEN", none()),
        with("HGETALL", none()),
        with("HKEYS", none()),
        with("HVALS", none()),
        with("HRANDFIELD", none()),
        with("HRANDFIELD", one(integer().prop_filter("Redis allocates", |n| n.len() < 6))),
        with(
            "HRANDFIELD",
            integer()
                .prop_filter("Redis allocates", |n| !n.starts_with(b"-9"))
                .prop_map(|n| vec![n, "withvalues".into()])
        ),
        with("HSCAN", scan_options()),
        with("OBJECT ENCODING", none()),
        with("TYPE", none()),
    ];
    sometimes_wrong(prop_oneof![write, read])
}

#[test]
fn hashes_answer_as_redis_does() {
    run(command(), 1);
}
