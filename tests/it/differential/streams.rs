//! Streams and their groups.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::{Compare, Line, Pair, integer, run, sometimes_wrong, value, words};

/// Idle times are compared roughly: nothing here takes as long, and options set times that are in the middle.
const ROUGHLY_MS: i64 = 100_000;

/// A reply without moments (milliseconds since 1970), and with rough idle times.
pub fn without_times(value: Value) -> Value {
    let rough = |value: &mut Value| {
        if let Value::Integer(n) = value {
            *n /= ROUGHLY_MS;
        }
    };
    match value {
        Value::Integer(1_000_000_000_000..3_000_000_000_000) => Value::simple("a moment"),
        Value::Array(mut items) => {
            if let [Value::Bulk(_), Value::Bulk(_), idle @ Value::Integer(..1_000_000_000_000), Value::Integer(_)] =
                items.as_mut_slice()
            {
                rough(idle);
            }
            for at in 1..items.len() {
                if items[at - 1] == Value::bulk("idle") {
                    rough(&mut items[at]);
                }
            }
            Value::Array(items.into_iter().map(without_times).collect())
        }
        other => other,
    }
}

/// Few streams, so that commands meet.
fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "a", "a", "a", "b", "b", "c", ""]).prop_map(|k| Bytes::from_static(k.as_bytes()))
}

fn name() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["g", "g", "g", "h", "h", "nobody\r\nhere", "z\0z", ""])
        .prop_map(|k| Bytes::from_static(k.as_bytes()))
}

fn consumer() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["x", "x", "y", "y", "z", ""]).prop_map(|k| Bytes::from_static(k.as_bytes()))
}

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(texts.to_vec()).prop_map(words)
}

fn one(argument: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    argument.prop_map(|argument| vec![argument])
}

const ODD_IDS: &[&str] = &[
    "-",
    "+",
    "$",
    ">",
    "*",
    "",
    "x",
    "0",
    "0-0",
    "(1",
    "1-",
    "-1",
    "1-1-1",
    "1--1",
    "' 7-+2'",
    "'3- -1'",
    "007-01",
    "+5",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551615-18446744073709551615",
    "5-*",
    "5-**",
    "18446744073709551615-18446744073709551614",
    "9223372036854775808-1",
    "1.5",
    "\"3-1\\x00x\"",
    "'3 '",
];

/// An id: mostly one that may be there.
fn id() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        12 => (0u64..14, 0u64..3).prop_map(|(ms, seq)| Bytes::from(format!("{ms}-{seq}"))),
        3 => (0u64..14).prop_map(|ms| Bytes::from(ms.to_string())),
        1 => one_word(ODD_IDS),
    ]
}

fn one_word(texts: &'static [&'static str]) -> impl Strategy<Value = Bytes> {
    prop::sample::select(texts.to_vec()).prop_map(|text| words(text).into_iter().next().unwrap_or_default())
}

/// The id of an entry to come: ids grow, so most ask for the next one of a millisecond. Not `*`, which takes the time.
fn new_id() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (0u64..14).prop_map(|ms| Bytes::from(format!("{ms}-*"))),
        3 => (5u64..14, 0u64..3).prop_map(|(ms, seq)| Bytes::from(format!("{ms}-{seq}"))),
        1 => id().prop_filter("the time", |id| id.as_ref() != b"*"),
    ]
}

/// The start or the end of a range.
fn bound() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => one_word(&["-", "+"]),
        4 => id(),
        2 => id().prop_map(|id| Bytes::from([b"(", id.as_ref()].concat())),
    ]
}

fn pairs() -> impl Strategy<Value = Line> {
    let names = || prop_oneof![6 => "[a-c]".prop_map(Bytes::from), 1 => value()];
    prop_oneof![
        6 => (value(), value()).prop_map(|(a, b)| vec![Bytes::from_static(b"f"), a, Bytes::from_static(b"7"), b]),
        6 => prop::collection::vec((names(), value()), 1..4)
            .prop_map(|pairs| pairs.into_iter().flat_map(|(name, value)| [name, value]).collect()),
        1 => (names(), 100usize..9000).prop_map(|(name, size)| vec![name, Bytes::from("v".repeat(size))]),
        1 => prop::collection::vec(value(), 0..4),
    ]
}

/// How a stream is trimmed.
fn trim() -> impl Strategy<Value = Line> {
    let kinds =
        pick(&["MAXLEN", "maxlen =", "MAXLEN ~", "maxlen ~", "MINID", "MINID =", "minid ~", "MINID ~", "MAXLEN ~ ~"]);
    let threshold = prop_oneof![4 => (0i64..12).prop_map(|n| Bytes::from(n.to_string())), 2 => id(), 1 => integer()];
    let limit = prop_oneof![
        4 => Just(Vec::new()),
        2 => (0i64..9).prop_map(|n| words(&format!("LIMIT {n}"))),
        1 => integer().prop_map(|n| [words("limit"), vec![n]].concat()),
    ];
    prop_oneof![
        9 => (kinds, threshold, limit).prop_map(|(kind, threshold, limit)| [kind, vec![threshold], limit].concat()),
        1 => pick(&["MAXLEN", "LIMIT 3", "LIMIT 0", "MAXLEN 1 MINID 1", "MAXLEN 2 MAXLEN 1", "LIMIT 1 MAXLEN ~ 1", "="]),
    ]
}

fn adds() -> impl Strategy<Value = Line> {
    let options = prop_oneof![
        8 => Just(Vec::new()),
        1 => pick(&["NOMKSTREAM", "nomkstream NOMKSTREAM"]),
        2 => trim(),
        1 => trim().prop_map(|trim| [words("NOMKSTREAM"), trim].concat()),
    ];
    (key(), options, new_id(), pairs()).prop_map(|(k, o, id, p)| [words("XADD"), vec![k], o, vec![id], p].concat())
}

fn count() -> impl Strategy<Value = Line> {
    prop_oneof![
        3 => Just(Vec::new()),
        3 => (0i64..5).prop_map(|n| words(&format!("COUNT {n}"))),
        1 => integer().prop_map(|n| [words("count"), vec![n]].concat()),
    ]
}

/// `STREAMS key ... id ...`
fn streams(ids: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    (prop::collection::vec((key(), ids), 1..3), pick(&["STREAMS", "streams"])).prop_map(|(pairs, word)| {
        let (keys, ids): (Vec<Bytes>, Vec<Bytes>) = pairs.into_iter().unzip();
        [word, keys, ids].concat()
    })
}

/// The reading part of XREAD and XREADGROUP, from COUNT on.
pub fn reading(ids: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    let odd = pick(&["NOACK", "GROUP g x", "BLOCK x", "BLOCK -1", "WHAT"]);
    let odd = prop_oneof![20 => Just(Vec::new()), 1 => odd];
    (count(), odd, streams(ids)).prop_map(|(count, odd, streams)| [count, odd, streams].concat())
}

pub fn read_group() -> impl Strategy<Value = Line> {
    let ids = prop_oneof![6 => Just(Bytes::from_static(b">")), 3 => Just(Bytes::from_static(b"0")), 1 => id()];
    let acks = prop_oneof![5 => Just(Vec::new()), 1 => pick(&["NOACK"])];
    (name(), consumer(), acks, reading(ids))
        .prop_map(|(g, c, acks, rest)| [words("XREADGROUP GROUP"), vec![g, c], acks, rest].concat())
}

fn idle() -> impl Strategy<Value = Bytes> {
    one_word(&["0", "0", "0", "50000", "350000", "-1", "x", "1.5"])
}

fn claims() -> impl Strategy<Value = Line> {
    let option = pick(&[
        "IDLE 150000",
        "IDLE 450000",
        "IDLE 0",
        "IDLE -5",
        "IDLE x",
        "TIME 5",
        "TIME 0",
        "TIME -1",
        "TIME 99999999999999",
        "TIME x",
        "RETRYCOUNT 3",
        "RETRYCOUNT -1",
        "RETRYCOUNT x",
        "FORCE",
        "FORCE",
        "FORCE",
        "force",
        "JUSTID",
        "LASTID 3-1",
        "LASTID 12",
        "LASTID x",
        "WHAT",
        "IDLE",
        "LASTID",
        "\"W\\r\\n\"",
    ]);
    let options = prop_oneof![3 => Just(Vec::new()), 5 => prop::collection::vec(option, 1..3).prop_map(|o| o.concat())];
    let head = (key(), name(), consumer(), idle()).prop_map(|(k, g, c, i)| vec![k, g, c, i]);
    let ids = prop::collection::vec(id(), 1..5);
    (head, ids, options).prop_map(|(head, ids, options)| [words("XCLAIM"), head, ids, options].concat())
}

fn auto_claims() -> impl Strategy<Value = Line> {
    let head = (key(), name(), consumer(), idle(), bound()).prop_map(|(k, g, c, i, b)| vec![k, g, c, i, b]);
    let options =
        pick(&["", "", "", "COUNT 1", "COUNT 2", "count 3 justid", "JUSTID", "COUNT 0", "COUNT x", "COUNT", "WHAT"]);
    (head, options).prop_map(|(head, options)| [words("XAUTOCLAIM"), head, options].concat())
}

fn pending() -> impl Strategy<Value = Line> {
    let range = (
        bound(),
        bound(),
        prop_oneof![4 => Just(Bytes::from_static(b"10")), 2 => (0i64..3).prop_map(|n| Bytes::from(n.to_string())), 1 => integer()],
    );
    let range = range.prop_map(|(start, end, count)| vec![start, end, count]);
    let idle = prop_oneof![4 => Just(Vec::new()), 2 => idle().prop_map(|ms| [words("IDLE"), vec![ms]].concat())];
    let who = prop_oneof![3 => Just(Vec::new()), 2 => one(consumer()), 1 => (consumer(), consumer()).prop_map(|(a, b)| vec![a, b])];
    let listed = (idle, range, who).prop_map(|parts| [parts.0, parts.1, parts.2].concat());
    let rest = prop_oneof![2 => Just(Vec::new()), 5 => listed, 1 => pick(&["-", "- +", "IDLE 5 - +", "IDLE x - +", "- + x x", "x x 5"])];
    (key(), name(), rest).prop_map(|(k, g, rest)| [words("XPENDING"), vec![k, g], rest].concat())
}

fn groups() -> impl Strategy<Value = Line> {
    let create = pick(&[
        "",
        "",
        "",
        "MKSTREAM",
        "MKSTREAM",
        "MKSTREAM",
        "mkstream MKSTREAM",
        "ENTRIESREAD 0",
        "ENTRIESREAD 3",
        "ENTRIESREAD -1",
        "ENTRIESREAD -2",
        "ENTRIESREAD x",
        "ENTRIESREAD",
        "ENTRIESREAD 1 MKSTREAM",
        "ENTRIESREAD 1 ENTRIESREAD 2",
        "MKSTREAM MKSTREAM MKSTREAM MKSTREAM",
        "WHAT",
    ]);
    let start = || prop_oneof![4 => Just(Bytes::from_static(b"0")), 2 => Just(Bytes::from_static(b"$")), 2 => id()];
    let of = |text: &'static str| (key(), name()).prop_map(move |(k, g)| [words(text), vec![k, g]].concat());
    prop_oneof![
        6 => (of("XGROUP CREATE"), start(), create).prop_map(|(h, id, rest)| [h, vec![id], rest].concat()),
        2 => (of("XGROUP SETID"), start(), pick(&["", "", "ENTRIESREAD 2", "ENTRIESREAD -1", "ENTRIESREAD -5", "MKSTREAM", "ENTRIESREAD 1 ENTRIESREAD 2"]))
            .prop_map(|(h, id, rest)| [h, vec![id], rest].concat()),
        1 => of("XGROUP DESTROY"),
        1 => (of("XGROUP CREATECONSUMER"), consumer()).prop_map(|(h, c)| [h, vec![c]].concat()),
        1 => (of("XGROUP DELCONSUMER"), consumer()).prop_map(|(h, c)| [h, vec![c]].concat()),
        1 => pick(&["XGROUP HELP", "XGROUP", "XGROUP WHAT a b", "XGROUP HELP x", "XINFO HELP", "XINFO", "XINFO HELP x"]),
    ]
}

fn information() -> impl Strategy<Value = Line> {
    let full = pick(&[
        "",
        "",
        "FULL",
        "FULL",
        "full count 0",
        "FULL COUNT 2",
        "FULL COUNT -1",
        "FULL COUNT x",
        "FULL COUNT",
        "WHAT",
        "WHAT COUNT 1",
    ]);
    prop_oneof![
        4 => (key(), full).prop_map(|(k, rest)| [words("XINFO STREAM"), vec![k], rest].concat()),
        3 => key().prop_map(|k| [words("XINFO GROUPS"), vec![k]].concat()),
        3 => (key(), name()).prop_map(|(k, g)| [words("XINFO CONSUMERS"), vec![k, g]].concat()),
    ]
}

fn sets_id() -> impl Strategy<Value = Line> {
    let option = pick(&[
        "ENTRIESADDED 5",
        "ENTRIESADDED 50",
        "ENTRIESADDED 0",
        "ENTRIESADDED -1",
        "ENTRIESADDED x",
        "MAXDELETEDID 0-0",
        "MAXDELETEDID 3-1",
        "MAXDELETEDID 12-0",
        "MAXDELETEDID x",
        "MAXDELETEDID",
        "WHAT",
    ]);
    (key(), id(), prop::collection::vec(option, 0..3))
        .prop_map(|(k, id, options)| [words("XSETID"), vec![k, id], options.concat()].concat())
}

/// A command of this family, at times wrong.
pub fn on_keys() -> impl Strategy<Value = Line> {
    let ids = || prop::collection::vec(id(), 1..4);
    let reads = prop_oneof![
        2 => (pick(&["XRANGE", "XREVRANGE"]), key(), bound(), bound(), count())
            .prop_map(|(w, k, a, b, count)| [w, vec![k, a, b], count].concat()),
        1 => (pick(&["XRANGE"]), key()).prop_map(|(w, k)| [w, vec![k], words("- +")].concat()),
        1 => key().prop_map(|k| [words("XLEN"), vec![k]].concat()),
        2 => reading(prop_oneof![4 => id(), 1 => Just(Bytes::from_static(b"$"))]).prop_map(|rest| [words("XREAD"), rest].concat()),
        3 => information().boxed(),
        2 => pending().boxed(),
    ];
    let writes = prop_oneof![
        12 => adds().boxed(),
        2 => (key(), ids()).prop_map(|(k, ids)| [words("XDEL"), vec![k], ids].concat()).boxed(),
        2 => (key(), trim()).prop_map(|(k, trim)| [words("XTRIM"), vec![k], trim].concat()).boxed(),
        1 => sets_id().boxed(),
        4 => groups().boxed(),
        5 => read_group().boxed(),
        2 => (key(), name(), ids()).prop_map(|(k, g, ids)| [words("XACK"), vec![k, g], ids].concat()).boxed(),
        2 => claims().boxed(),
        2 => auto_claims().boxed(),
    ];
    let others = prop_oneof![
        1 => key().prop_map(|k| [words("SET"), vec![k], words("text")].concat()),
        1 => key().prop_map(|k| [words("DEL"), vec![k]].concat()),
        2 => (pick(&["TYPE", "OBJECT ENCODING", "EXISTS", "SORT", "LLEN", "GET", "OBJECT REFCOUNT"]), key())
            .prop_map(|(w, k)| [w, vec![k]].concat()),
        1 => (pick(&["COPY", "RENAME"]), key(), key()).prop_map(|(w, a, b)| [w, vec![a, b]].concat()),
        1 => pick(&[
            "SCAN 0 TYPE stream COUNT 100",
            "COMMAND GETKEYS XREAD COUNT 1 STREAMS a b 0 0",
            "COMMAND GETKEYS XREADGROUP GROUP g x NOACK STREAMS a b c > > >",
            "COMMAND GETKEYS XREAD STREAMS a b 0",
        ]),
    ];
    sometimes_wrong(prop_oneof![8 => writes, 6 => reads, 1 => others])
}

/// The same, with transactions and other sizes of nodes.
pub fn command() -> impl Strategy<Value = Line> {
    let around = pick(&[
        "CONFIG SET stream-node-max-entries 1",
        "CONFIG SET stream-node-max-entries 3",
        "CONFIG SET stream-node-max-entries 0",
        "CONFIG SET stream-node-max-bytes 80",
        "CONFIG SET stream-node-max-bytes 0",
        "CONFIG SET stream-node-max-bytes 4096",
        "MULTI",
        "EXEC",
        "WATCH a",
    ]);
    prop_oneof![20 => on_keys(), 1 => around]
}

#[test]
fn streams_answer_as_redis_does() {
    run(command(), 2);
}

/// `*` goes on from the last id where that is in the future, and else takes the time.
#[test]
fn automatic_ids_go_on_from_the_last_one() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut pair = Pair::new(&server, 1);
    for line in [
        "XADD s 99999999999999-5 a b",
        "XADD s * a b",
        "XADD s MAXLEN 2 * a b",
        "XRANGE s - +",
        "XSETID s 99999999999999-18446744073709551615",
        "XADD s * a b",
        "XADD s 18446744073709551615-* a b",
        "XSETID s 18446744073709551615-18446744073709551614",
        "XADD s * a b",
        "XADD s * a b",
        "XADD s NOMKSTREAM * a b",
        "XADD t NOMKSTREAM * a b",
        "EXISTS t",
        "XADD t *",
        "XADD t * a",
        "XINFO STREAM s",
    ] {
        pair.compare(0, &words(line), Compare::Exact).unwrap_or_else(|difference| panic!("{difference}"));
    }
    pair.compare(0, &words("XADD u * a b"), Compare::Shape).unwrap_or_else(|difference| panic!("{difference}"));
}
