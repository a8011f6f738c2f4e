//! Places in sorted sets.

use bytes::Bytes;
use proptest::prelude::*;

use super::strings::line;
use super::{Line, integer, key, one_of, run, sometimes_wrong, value, words};

/// A member out of a small set, or of a larger one that grows beyond a listpack.
fn member() -> BoxedStrategy<Bytes> {
    prop_oneof![
        12 => one_of(vec!["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", ""]),
        3 => (0u32..200).prop_map(|n| Bytes::from(format!("n{n}"))),
        1 => value(),
    ]
    .boxed()
}

fn degrees(most: f64) -> BoxedStrategy<f64> {
    prop_oneof![
        4 => -most..most,
        3 => (-0.01f64..0.01).prop_map(|n| 13.4 + n),
        2 => prop::sample::select(vec![0.0, 1.0, -1.0, 45.0, -45.0, 84.9, -84.9]),
        1 => prop::sample::select(vec![most, -most]),
    ]
    .boxed()
}

fn longitude() -> BoxedStrategy<Bytes> {
    prop_oneof![
        30 => degrees(180.0).prop_map(|n| Bytes::from(n.to_string())),
        1 => one_of(vec!["180.0001", "-181", "x", "nan", "inf", "1e300", ""]),
    ]
    .boxed()
}

fn latitude() -> BoxedStrategy<Bytes> {
    prop_oneof![
        30 => degrees(85.05112878).prop_map(|n| Bytes::from(n.to_string())),
        1 => one_of(vec!["85.06", "-90", "x", "nan", "-inf", "1e300", ""]),
    ]
    .boxed()
}

fn place() -> BoxedStrategy<Vec<Bytes>> {
    (longitude(), latitude()).prop_map(|(longitude, latitude)| vec![longitude, latitude]).boxed()
}

/// A length of any magnitude.
fn length() -> BoxedStrategy<Bytes> {
    prop_oneof![
        12 => (-1f64..7.5, 0.1f64..1.0).prop_map(|(power, n)| Bytes::from((n * 10f64.powf(power)).to_string())),
        2 => one_of(vec!["0", "1", "100", "20037726.37", "5000000", "40000000", "1e300", "inf", "1e-300"]),
        1 => one_of(vec!["-1", "x", "", "nan", "-0"]),
    ]
    .boxed()
}

fn unit() -> BoxedStrategy<Bytes> {
    one_of(vec!["m", "km", "ft", "mi", "M", "KM", "m", "km", "m", "km", "m", "km", "cm"]).boxed()
}

/// The places that are searched: a circle, or a box.
fn extent() -> BoxedStrategy<Line> {
    prop_oneof![
        6 => (length(), unit()).prop_map(|(radius, unit)| line("BYRADIUS", [radius, unit])),
        6 => (length(), length(), unit()).prop_map(|(width, height, unit)| line("BYBOX", [width, height, unit])),
        1 => Just(Line::new()),
    ]
    .boxed()
}

fn center() -> BoxedStrategy<Line> {
    prop_oneof![
        6 => member().prop_map(|member| line("FROMMEMBER", [member])),
        8 => place().prop_map(|place| line("FROMLONLAT", place)),
        1 => Just(Line::new()),
    ]
    .boxed()
}

/// Options that all searches take. `COUNT` without `ANY` is left to places that differ in their distance: of equal
/// ones, Redis chooses by an unstable sort.
fn option() -> BoxedStrategy<Line> {
    prop_oneof![
        prop::sample::select(vec!["WITHDIST", "withhash", "WITHCOORD", "ASC", "desc", "DESC"]).prop_map(words),
        (1u32..9).prop_map(|n| words(&format!("COUNT {n} ANY"))),
        prop::sample::select(vec!["ANY", "COUNT", "COUNT 0", "COUNT -1", "COUNT x ANY", "STORE", "NEAR"])
            .prop_map(words),
    ]
    .boxed()
}

fn options(store: bool) -> BoxedStrategy<Line> {
    let stored = (one_of(vec!["STORE", "storedist"]), key()).prop_map(|(word, key)| vec![word, key]);
    let own = if store { stored.boxed() } else { Just(words("STOREDIST")).boxed() };
    (prop::collection::vec(prop_oneof![6 => option(), 1 => own], 0..4)).prop_map(|all| all.concat()).boxed()
}

/// Options that go together.
fn sound() -> BoxedStrategy<Line> {
    let with = prop::sample::subsequence(vec!["WITHDIST", "WITHHASH", "WITHCOORD"], 0..=3);
    let sort = one_of(vec!["", "ASC", "DESC"]);
    (with, sort, prop::option::of(1u32..9))
        .prop_map(|(with, sort, count)| {
            let mut all: Line = with.into_iter().map(|word| Bytes::from_static(word.as_bytes())).collect();
            all.extend(Some(sort).filter(|sort| !sort.is_empty()));
            all.extend(count.into_iter().flat_map(|n| words(&format!("COUNT {n} ANY"))));
            all
        })
        .boxed()
}

/// The options of a search for places: middle, extent and more, in any order.
fn search() -> BoxedStrategy<Line> {
    let parts = |more: BoxedStrategy<Line>| (center(), extent(), more).prop_map(|(a, b, c)| vec![a, b, c]);
    prop_oneof![
        4 => parts(sound()).prop_map(|parts| parts.concat()),
        1 => parts(options(false)).prop_shuffle().prop_map(|parts| parts.concat()),
        1 => (parts(option()), extent()).prop_map(|(parts, more)| [parts.concat(), more].concat()),
    ]
    .boxed()
}

fn added() -> BoxedStrategy<Line> {
    let places = prop_oneof![
        8 => prop::collection::vec((place(), member()), 1..5),
        1 => prop::collection::vec((place(), member()), 60..140),
    ];
    let words = prop::collection::vec(one_of(vec!["NX", "xx", "CH"]), 0..3);
    (key(), prop_oneof![4 => Just(Line::new()), 1 => words], places)
        .prop_map(|(key, words, places)| {
            let places = places.into_iter().flat_map(|(place, member)| place.into_iter().chain([member]));
            line("GEOADD", std::iter::once(key).chain(words).chain(places))
        })
        .boxed()
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let around = |name: &'static str, more: BoxedStrategy<Line>| {
        (key(), place(), length(), unit(), more)
            .prop_map(move |(key, place, radius, unit, more)| {
                line(name, [vec![key], place, vec![radius, unit], more].concat())
            })
            .boxed()
    };
    let around_member = |name: &'static str, more: BoxedStrategy<Line>| {
        (key(), member(), length(), unit(), more).prop_map(move |(key, member, radius, unit, more)| {
            line(name, [vec![key, member, radius, unit], more].concat())
        })
    };
    let asked = |name: &'static str| {
        (key(), prop::collection::vec(member(), 0..4)).prop_map(move |(key, all)| line(name, [vec![key], all].concat()))
    };
    let find = prop_oneof![
        6 => (key(), search()).prop_map(|(key, rest)| line("GEOSEARCH", std::iter::once(key).chain(rest))),
        3 => (key(), key(), search()).prop_map(|(a, b, rest)| line("GEOSEARCHSTORE", [vec![a, b], rest].concat())),
        3 => around("GEORADIUS", sound()),
        2 => around("GEORADIUS", options(true)),
        1 => around("GEORADIUS_RO", options(true)),
        3 => around_member("GEORADIUSBYMEMBER", sound()),
        2 => around_member("GEORADIUSBYMEMBER", options(true)),
        1 => around_member("GEORADIUSBYMEMBER_RO", options(true)),
        1 => around_member("COMMAND GETKEYS GEORADIUSBYMEMBER", options(true)),
        1 => around("COMMAND GETKEYSANDFLAGS GEORADIUS", options(true)),
    ];
    sometimes_wrong(prop_oneof![
        8 => added(),
        14 => find,
        2 => asked("GEOHASH"),
        3 => asked("GEOPOS"),
        3 => (key(), member(), member(), prop_oneof![2 => Just(None), 1 => unit().prop_map(Some)])
            .prop_map(|(key, a, b, unit)| line("GEODIST", [key, a, b].into_iter().chain(unit))),
        2 => key().prop_map(|k| line("ZRANGE", [k, Bytes::from_static(b"0"), Bytes::from_static(b"-1")]))
            .prop_map(|line| [line, words("WITHSCORES")].concat()),
        1 => (key(), odd_score(), member()).prop_map(|(k, score, m)| line("ZADD", [k, score, m])),
        1 => key().prop_map(|k| line("OBJECT ENCODING", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        1 => key().prop_map(|k| line("DEL", [k])),
    ])
}

/// A score that is no place.
fn odd_score() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        one_of(vec!["-1", "-inf", "inf", "1e19", "9e18", "1e300", "0.5", "4503599627370496", "18014398509481983"]),
        integer(),
    ]
}

#[test]
fn places_answer_as_redis_does() {
    run(command(), 1);
}
