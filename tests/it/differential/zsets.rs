//! Sorted sets.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, integer, key, run, sometimes_wrong, value, words};

/// Sorted sets with few members, so that commands meet.
fn member() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => "[a-f]{1,2}".prop_map(Bytes::from),
        2 => (-5i64..5).prop_map(|n| Bytes::from(n.to_string())),
        1 => value().prop_filter("short: a skip list by length makes BYLEX over unequal scores random", |v| v.len() < 60),
    ]
}

fn score() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => (-4i64..5).prop_map(|n| Bytes::from(n.to_string())),
        2 => (-300i64..300).prop_map(|n| Bytes::from(format!("{}", n as f64 / 64.0))),
        1 => any::<f64>().prop_map(|n| Bytes::from(format!("{n:e}"))),
        1 => prop::sample::select(vec![
            "inf", "-inf", "+inf", "Infinity", "nan", "-0", "0x1f", "1e400", "1e-400", "", " 1", "1 ", "x", "1.", ".5",
            "1e5", "9007199254740993", "4503599627370496", "-4503599627370497", "123456789012345678", "0.1",
        ])
        .prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

fn score_end() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        6 => score(),
        3 => score().prop_map(|s| Bytes::from([b"(", s.as_ref()].concat())),
        2 => prop::sample::select(vec!["-inf", "+inf", "(", "((1", "", " 1", "(-inf", "(inf"])
            .prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

fn lex_end() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => member().prop_map(|m| Bytes::from([b"[", m.as_ref()].concat())),
        3 => member().prop_map(|m| Bytes::from([b"(", m.as_ref()].concat())),
        4 => prop::sample::select(vec!["-", "+"]).prop_map(|t| Bytes::from_static(t.as_bytes())),
        1 => prop::sample::select(vec!["", "[", "(", "x", "--", "+x"]).prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

/// Words that may or may not be there.
fn options(of: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::collection::vec(prop::sample::select(of.to_vec()), 0..3)
        .prop_map(|texts| texts.iter().flat_map(|t| words(t)).collect())
}

fn zadd() -> BoxedStrategy<Line> {
    let flags = prop_oneof![3 => Just(Vec::new()), 2 => options(&["NX", "XX", "GT", "LT", "CH", "INCR", "nx", "xx"])];
    (key(), flags, prop::collection::vec((score(), member()), 1..5))
        .prop_map(|(k, flags, pairs)| {
            let pairs = pairs.into_iter().flat_map(|(s, m)| [s, m]).collect();
            [words("ZADD"), vec![k], flags, pairs].concat()
        })
        .boxed()
}

/// A range command with its ends, of all three kinds.
fn range() -> BoxedStrategy<Line> {
    let ends = prop_oneof![
        (Just("RANK"), integer(), integer()),
        (Just("SCORE"), score_end(), score_end()),
        (Just("LEX"), lex_end(), lex_end()),
    ];
    let head = prop_oneof![
        3 => key().prop_map(|k| (true, vec![Bytes::from_static(b"ZRANGE"), k])),
        2 => (key(), key()).prop_map(|(d, s)| (true, vec![Bytes::from_static(b"ZRANGESTORE"), d, s])),
        3 => (any::<bool>(), key()).prop_map(|(rev, k)| {
            (false, vec![Bytes::from_static(if rev { b"ZREVRANGE" } else { b"ZRANGE" }), k])
        }),
    ];
    let extra =
        options(&["WITHSCORES", "LIMIT 0 2", "LIMIT 1 -1", "LIMIT -1 3", "LIMIT 2 0", "LIMIT x 1", "LIMIT 1", "REV"]);
    let by = prop_oneof![9 => Just(None), 1 => options(&["BYLEX", "BYSCORE", "REV"]).prop_map(Some)];
    (head, ends, extra, by)
        .prop_map(|((modern, mut head), (kind, low, high), extra, by)| {
            let mut by = by.unwrap_or_default();
            if modern && kind != "RANK" {
                by.extend(words(&format!("BY{kind}")));
            } else if kind != "RANK" {
                head[0] = Bytes::from(format!("{}BY{kind}", String::from_utf8_lossy(&head[0])));
            }
            [head, vec![low, high], by, extra].concat()
        })
        .boxed()
}

fn many_keys() -> impl Strategy<Value = Line> {
    (prop::collection::vec(key(), 0..4), prop::sample::select(vec![0i64, 0, 0, 0, 0, 0, 0, 1, -1, 100])).prop_map(
        |(keys, off)| {
            let count = keys.len() as i64 + off;
            [vec![Bytes::from(count.to_string())], keys].concat()
        },
    )
}

fn algebra() -> BoxedStrategy<Line> {
    let name = prop_oneof![
        prop::sample::select(vec!["ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD"]).prop_map(words),
        (prop::sample::select(vec!["ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"]), key()).prop_map(|(name, k)| [
            words(name),
            vec![k]
        ]
        .concat()),
    ];
    let weights = prop_oneof![
        3 => Just(Vec::new()),
        2 => prop::collection::vec(score(), 1..4).prop_map(|w| [words("WEIGHTS"), w].concat()),
    ];
    let rest = options(&[
        "WITHSCORES",
        "AGGREGATE SUM",
        "AGGREGATE MIN",
        "AGGREGATE MAX",
        "AGGREGATE x",
        "LIMIT 1",
        "LIMIT 0",
        "LIMIT -1",
    ]);
    (name, many_keys(), weights, rest)
        .prop_map(|(name, keys, weights, rest)| [name, keys, weights, rest].concat())
        .boxed()
}

fn pops() -> BoxedStrategy<Line> {
    let counts = options(&["1", "2", "0", "-1", "x", "200"]);
    prop_oneof![
        (prop::sample::select(vec!["ZPOPMIN", "ZPOPMAX"]), key(), counts).prop_map(|(name, k, counts)| [
            words(name),
            vec![k],
            counts
        ]
        .concat()),
        (many_keys(), options(&["MIN", "MAX", "COUNT 2", "COUNT 0", "COUNT x"])).prop_map(|(keys, rest)| [
            words("ZMPOP"),
            keys,
            words("MIN"),
            rest
        ]
        .concat()),
        (many_keys(), options(&["MIN", "MAX", "COUNT 2", "COUNT 1"])).prop_map(|(keys, rest)| [
            words("ZMPOP"),
            keys,
            rest
        ]
        .concat()),
    ]
    .boxed()
}

fn single() -> BoxedStrategy<Line> {
    let named = |names: Vec<&'static str>| prop::sample::select(names);
    prop_oneof![
        (named(vec!["ZCARD", "TYPE", "ZRANDMEMBER"]), key()).prop_map(|(n, k)| [words(n), vec![k]].concat()),
        (named(vec!["ZSCORE", "ZRANK", "ZREVRANK", "ZREM", "ZMSCORE"]), key(), member()).prop_map(|(n, k, m)| [
            words(n),
            vec![k, m]
        ]
        .concat()),
        (named(vec!["ZREM", "ZMSCORE"]), key(), prop::collection::vec(member(), 1..4)).prop_map(|(n, k, m)| [
            words(n),
            vec![k],
            m
        ]
        .concat()),
        (key(), score(), member()).prop_map(|(k, s, m)| [words("ZINCRBY"), vec![k, s, m]].concat()),
        (named(vec!["ZCOUNT", "ZREMRANGEBYSCORE"]), key(), score_end(), score_end()).prop_map(|(n, k, low, high)| [
            words(n),
            vec![k, low, high]
        ]
        .concat()),
        (named(vec!["ZLEXCOUNT", "ZREMRANGEBYLEX"]), key(), lex_end(), lex_end()).prop_map(|(n, k, low, high)| [
            words(n),
            vec![k, low, high]
        ]
        .concat()),
        (key(), integer(), integer())
            .prop_map(|(k, low, high)| [words("ZREMRANGEBYRANK"), vec![k, low, high]].concat()),
        (key(), integer(), options(&["WITHSCORES", "x"]))
            .prop_filter("no endless draws", |(_, n, _)| n.len() < 6)
            .prop_map(|(k, n, rest)| [words("ZRANDMEMBER"), vec![k, n], rest].concat()),
        (key(), named(vec!["0", "x", "", "-"]), options(&["COUNT 5000", "MATCH a*", "COUNT 0", "COUNT x", "NOVALUES"]))
            .prop_map(|(k, c, rest)| [words("ZSCAN"), vec![k, Bytes::from_static(c.as_bytes())], rest].concat()),
    ]
    .boxed()
}

/// Many members at once, long ones too: the skip list.
fn bulk() -> BoxedStrategy<Line> {
    (key(), 100usize..140, any::<bool>())
        .prop_map(|(k, count, equal)| {
            let pairs = (0..count).flat_map(|n| {
                let score = if equal { 0 } else { n * 7 % 31 };
                [Bytes::from(score.to_string()), Bytes::from(format!("m{}", n * 37 % 200))]
            });
            [words("ZADD"), vec![k], pairs.collect()].concat()
        })
        .boxed()
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    prop_oneof![
        8 => sometimes_wrong(zadd()),
        6 => sometimes_wrong(range()),
        5 => sometimes_wrong(algebra()),
        4 => sometimes_wrong(pops()),
        9 => sometimes_wrong(single()),
        1 => (key(), value()).prop_map(|(k, v)| [words("SET"), vec![k, v]].concat()),
        1 => (key(), prop::collection::vec(member(), 1..4)).prop_map(|(k, v)| [words("SADD"), vec![k], v].concat()),
        3 => key().prop_map(|k| [words("OBJECT ENCODING"), vec![k]].concat()),
        3 => key().prop_map(|k| [words("ZRANGE"), vec![k], words("0 -1 WITHSCORES")].concat()),
    ]
}

/// Whether a command has one answer also where the sorted set is large: a skip list whose scores differ answers BYLEX
/// at random, and ZSCAN of a part goes by the hash function.
fn is_certain(line: &Line) -> bool {
    let text = line.iter().map(|word| String::from_utf8_lossy(word).to_uppercase()).collect::<Vec<_>>().join(" ");
    !text.contains("LEX") && (!text.contains("ZSCAN") || text.ends_with("COUNT 5000"))
}

/// Commands for a sorted set that is large.
fn large_command() -> impl Strategy<Value = Line> {
    prop_oneof![1 => bulk(), 8 => command().prop_filter("has one answer", is_certain)]
}

/// Members of one score, few and many.
fn equal_scores() -> impl Strategy<Value = Line> {
    let member = || prop_oneof![5 => "[a-f]{1,3}".prop_map(Bytes::from), 1 => "[a-f]{62,66}".prop_map(Bytes::from)];
    let head = prop::sample::select(vec!["ZRANGEBYLEX a", "ZLEXCOUNT a", "ZREVRANGEBYLEX a", "ZREMRANGEBYLEX a"]);
    prop_oneof![
        2 => prop::collection::vec(member(), 1..40).prop_map(|members| {
            [words("ZADD a"), members.into_iter().flat_map(|m| [Bytes::from_static(b"1"), m]).collect()].concat()
        }),
        4 => (head, lex_end(), lex_end()).prop_map(|(head, low, high)| [words(head), vec![low, high]].concat()),
        1 => Just(words("OBJECT ENCODING a")),
        1 => Just(words("ZRANGE a 0 -1 WITHSCORES")),
    ]
}

#[test]
fn sorted_sets_answer_as_redis_does() {
    run(command(), 1);
}

#[test]
fn large_sorted_sets_answer_as_redis_does() {
    run(large_command(), 1);
}

#[test]
fn ranges_of_members_answer_as_redis_does() {
    run(equal_scores(), 1);
}
