//! Keys of any type, their expiry, SCAN and SORT.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::target::LocalServer;

use super::strings::line;
use super::{Compare, Line, Pair, integer, key, programs, run, sometimes_wrong, value, words};

/// A moment in the far future (the year 2100), seconds: absolute TTLs are compared exactly.
const FAR_S: i64 = 4_102_444_800;

/// A moment or a number as the argument of the EXPIRE family.
fn moment(far: i64) -> impl Strategy<Value = Bytes> {
    let edge = vec!["0", "-1", "1", "x", "", "9223372036854775807", "-9223372036854775808", "9223372036854775", "1.5"];
    prop_oneof![
        8 => (far..far + 5).prop_map(|n| Bytes::from(n.to_string())),
        2 => prop::sample::select(edge).prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

fn conditions() -> impl Strategy<Value = Line> {
    let word = prop::sample::select(vec!["NX", "XX", "GT", "LT", "gt", "QX"]);
    prop_oneof![
        5 => Just(Line::new()),
        5 => prop::collection::vec(word, 1..3).prop_map(|w| words(&w.join(" "))),
    ]
}

fn expire() -> impl Strategy<Value = Line> {
    // Only absolute times: relative ones have no exact answer. Relative ones may still be refused or delete.
    let absolute = prop::sample::select(vec![("EXPIREAT", FAR_S), ("PEXPIREAT", FAR_S * 1000)]);
    let absolute = absolute.prop_flat_map(|(name, far)| (Just(name), key(), moment(far), conditions()));
    let past = vec!["0", "-1", "-5", "x", "9223372036854775807", "-9223372036854775808", "9223372036854775"];
    let relative = (prop::sample::select(vec!["EXPIRE", "PEXPIRE"]), key(), prop::sample::select(past), conditions());
    let relative = relative.prop_map(|(name, k, n, c)| (name, k, Bytes::from_static(n.as_bytes()), c));
    prop_oneof![6 => absolute.boxed(), 1 => relative.boxed()]
        .prop_map(|(name, k, n, c)| [line(name, [k, n]), c].concat())
}

fn database() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => prop::sample::select(vec!["0", "1"]),
        1 => prop::sample::select(vec!["16", "-1", "x", "", "3000000000", "99999999999999999999"]),
    ]
    .prop_map(|t| Bytes::from_static(t.as_bytes()))
}

fn copy() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        3 => Just(words("REPLACE")),
        3 => database().prop_map(|db| line("DB", [db])),
        1 => Just(words("DB")),
    ];
    let options = prop::collection::vec(option, 0..3);
    (key(), key(), options).prop_map(|(a, b, o)| [line("COPY", [a, b]), o.concat()].concat())
}

fn relocate() -> impl Strategy<Value = Line> {
    prop_oneof![
        2 => copy(),
        1 => (key(), database()).prop_map(|(k, db)| line("MOVE", [k, db])),
        1 => (key(), key()).prop_map(|(a, b)| line("RENAME", [a, b])),
        1 => (key(), key()).prop_map(|(a, b)| line("RENAMENX", [a, b])),
        1 => prop::sample::select(vec!["SELECT 0", "SELECT 0", "SELECT 1"]).prop_map(words),
    ]
}

fn pattern() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["*", "?", "[a-c]", "[^a]", "a*", "", "\\a", "[b", "**", "x"])
        .prop_map(|t| Bytes::from_static(t.as_bytes()))
}

/// SCAN whose first step sees everything: the order of hash tables, and so cursors, differ by design. Six keys at
/// most are there. No cursor is too large: Redis refuses it as it should, but the ERANGE that C's strtoul left behind
/// then makes it refuse the numbers of the next SORT too.
fn scan() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        2 => pattern().prop_map(|p| line("MATCH", [p])),
        2 => prop::sample::select(vec!["string", "LIST", "set", "zset", "hash", "foo"]).prop_map(|t| line("TYPE", [t.into()])),
        1 => prop::sample::select(vec!["0", "-1", "x", "1.5"]).prop_map(|n| line("COUNT", [n.into()])),
    ];
    let cursor = prop::sample::select(vec!["0", "0", "0", "0", "", "x", " 0"]);
    (cursor, prop::collection::vec(option, 0..3))
        .prop_map(|(c, o)| [line("SCAN", [c.into()]), words("COUNT 1000"), o.concat()].concat())
}

fn sort() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        2 => prop::sample::select(vec!["ASC", "DESC", "ALPHA", "alpha"]).prop_map(words),
        2 => (integer(), integer()).prop_map(|(a, b)| line("LIMIT", [a, b])),
        1 => prop::sample::select(vec!["w*", "nosort", "*", "w*->f", "#", "w*->"]).prop_map(|p| line("BY", [p.into()])),
        2 => prop::sample::select(vec!["#", "w*", "x", "w*->f", "*"]).prop_map(|p| line("GET", [p.into()])),
    ];
    let store = prop_oneof![6 => Just(None), 1 => key().prop_map(Some)];
    let name = prop::sample::select(vec!["SORT", "SORT", "SORT_RO"]);
    (name, key(), prop::collection::vec(option, 0..4), store).prop_map(|(name, k, options, store)| {
        let mut whole = [line(name, [k]), options.concat()].concat();
        // What is stored must have one order: see `comparison`.
        if let Some(destination) = store.filter(|_| !whole.iter().any(|w| w.as_ref() == b"BY")) {
            whole.extend(line("STORE", [destination]));
        }
        whole
    })
}

fn elements() -> impl Strategy<Value = Line> {
    let numbers = prop::collection::vec((-9i64..10).prop_map(|n| Bytes::from(n.to_string())), 1..6);
    prop_oneof![4 => numbers.boxed(), 2 => prop::collection::vec(value(), 1..4).boxed()]
}

/// Values of every type under the keys of this family, and weights for SORT.
fn fill() -> impl Strategy<Value = Line> {
    let weight = (-9i64..10).prop_map(|n| Bytes::from(format!("w{n}")));
    let hash = prop_oneof![2 => weight.clone().boxed(), 1 => key().boxed()];
    prop_oneof![
        1 => (hash, value()).prop_map(|(k, v)| line("HSET", [k, "f".into(), v])),
        2 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        1 => (key(), value(), moment(FAR_S)).prop_map(|(k, v, n)| line("SET", [k, v, "EXAT".into(), n])),
        1 => (weight, value()).prop_map(|(k, v)| line("SET", [k, v])),
        3 => (key(), elements()).prop_map(|(k, e)| line("RPUSH", std::iter::once(k).chain(e))),
        3 => (key(), elements()).prop_map(|(k, e)| line("SADD", std::iter::once(k).chain(e))),
        3 => (key(), elements()).prop_map(|(k, e)| {
            let pairs = e.into_iter().enumerate().flat_map(|(n, e)| [Bytes::from((n % 3).to_string()), e]);
            line("ZADD", std::iter::once(k).chain(pairs))
        }),
    ]
}

fn reads() -> impl Strategy<Value = Line> {
    let names =
        vec!["TYPE", "EXPIRETIME", "PEXPIRETIME", "OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME", "GET", "STRLEN"];
    prop_oneof![
        8 => (prop::sample::select(names), key()).prop_map(|(name, k)| line(name, [k])),
        2 => prop::collection::vec(key(), 1..4).prop_map(|k| line("EXISTS", k)),
        1 => prop::collection::vec(key(), 1..4).prop_map(|k| line("TOUCH", k)),
        1 => Just(words("OBJECT HELP")),
        1 => Just(words("OBJECT nothing a")),
        1 => pattern().prop_map(|p| line("KEYS", [p])),
        1 => Just(words("RANDOMKEY")),
        2 => scan(),
        1 => key().prop_map(|k| line("ZRANGE", [k, "0".into(), "-1".into()])),
        1 => prop::sample::select(vec!["WAIT 0 0", "WAIT x 0", "WAIT 0 x", "WAIT 0 -1", "WAIT -1 9223372036854775807"])
            .prop_map(words),
    ]
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let goes = prop_oneof![
        1 => prop::collection::vec(key(), 1..3).prop_map(|k| line("DEL", k)),
        1 => prop::collection::vec(key(), 1..3).prop_map(|k| line("UNLINK", k)),
        1 => key().prop_map(|k| line("PERSIST", [k])),
    ];
    sometimes_wrong(prop_oneof![6 => fill(), 4 => expire(), 3 => relocate(), 6 => reads(), 4 => sort(), 2 => goes])
}

/// Lists and sorted sets have an order of their own, which BY a constant keeps: it is compared exactly.
#[test]
fn what_is_not_sorted_comes_as_it_lies() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let name = prop::sample::select(vec!["list", "zset"]).prop_map(|name| Bytes::from_static(name.as_bytes()));
    let options = prop::sample::select(vec!["", "DESC", "ASC", "ALPHA DESC"]);
    let command = (name, integer(), integer(), options)
        .prop_map(|(k, a, b, o)| [line("SORT", [k]), words("BY nosort"), line("LIMIT", [a, b]), words(o)].concat());
    programs(command, 1, |program| {
        let mut pair = Pair::new(&server, 1);
        pair.call(0, &words("RPUSH list 5 1 4 2 3"));
        pair.call(0, &words("ZADD zset 1 e 2 b 2 a 3 d 4 c"));
        program.iter().try_for_each(|(_, line)| pair.compare(0, line, Compare::Exact))
    });
}

#[test]
fn keys_answer_as_redis_does() {
    run(command(), 1);
}
