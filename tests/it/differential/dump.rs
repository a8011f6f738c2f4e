//! Values as bytes: what one server dumps, the other restores. DEBUG DIGEST-VALUE tells whether the values are the same.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::strings::line;
use super::{Compare, Line, Pair, integer, key, programs, same, sometimes_wrong, streams, value, wanted_cases, words};

/// What the real server is started with: DEBUG may be used, and what it restores is looked at as closely as here.
const OPTIONS: &[&str] = &["--enable-debug-command", "yes", "--sanitize-dump-payload", "yes"];

/// Values in a run, unless the environment asks for more.
const VALUES: u32 = 300;

/// A text of a kind and length that matters for dumps: integers of all widths, texts that can be compressed and texts
/// that cannot.
fn text() -> impl Strategy<Value = Bytes> {
    let word = prop::sample::select(vec!["a", "ab", "hello ", "0123456789", "\0\0\0\0\0\0", "x\n", "aaaa"]);
    let words = |most| prop::collection::vec(word.clone(), 0..most).prop_map(|words| Bytes::from(words.concat()));
    prop_oneof![
        4 => value(),
        2 => (0u32..64, any::<bool>(), -1i64..2).prop_map(|(bits, minus, more)| {
            let n = (1i64 << bits.min(62)) + more;
            Bytes::from((if minus { -n } else { n }).to_string())
        }),
        3 => words(12),
        2 => words(300),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Bytes::from),
        1 => (prop::collection::vec(0u8..4, 0..3000)).prop_map(Bytes::from),
    ]
}

fn few(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..6usize, 3 => 1..40usize, 1 => 1..most]
}

fn texts(most: usize) -> impl Strategy<Value = Line> {
    few(most).prop_flat_map(|count| prop::collection::vec(text(), count))
}

fn score() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => (-9i64..10).prop_map(|n| Bytes::from(n.to_string())),
        2 => any::<i64>().prop_map(|n| Bytes::from(n.to_string())),
        2 => any::<f64>().prop_filter("a score", |f| f.is_finite()).prop_map(|f| Bytes::from(f.to_string())),
        2 => (-1000i32..1000).prop_map(|n| Bytes::from((f64::from(n) / 8.0).to_string())),
        1 => prop::sample::select(vec!["inf", "-inf", "-0.0", "4611686018427387904", "1e17", "0.1", "1e-300"])
            .prop_map(|t| Bytes::from_static(t.as_bytes())),
    ]
}

fn start(name: &str, rest: Line) -> Line {
    [line(name, ["k".into()]), rest].concat()
}

/// Commands that make the value of the key `k`: all of one type.
pub fn filling() -> impl Strategy<Value = Vec<Line>> {
    let string = prop_oneof![
        4 => text().prop_map(|t| vec![start("SET", vec![t])]),
        1 => (text(), text()).prop_map(|(a, b)| vec![start("SET", vec![a]), start("APPEND", vec![b])]),
        1 => texts(200).prop_map(|t| vec![start("PFADD", t)]),
    ];
    let list = prop::collection::vec(texts(400).prop_map(|t| start("RPUSH", t)), 1..3);
    let both = prop::collection::vec(
        (prop::sample::select(vec!["RPUSH", "LPUSH"]), texts(400)).prop_map(|(name, t)| start(name, t)),
        1..4,
    );
    let numbers = prop::sample::select(vec![10i64, 40_000, 3_000_000_000, i64::MAX]);
    let numbers = (numbers, few(600)).prop_flat_map(|(most, count)| {
        prop::collection::vec((-most..most).prop_map(|n| Bytes::from(n.to_string())), count)
    });
    let set = prop_oneof![2 => numbers.boxed(), 1 => texts(300).boxed()].prop_map(|t| vec![start("SADD", t)]);
    let zset = few(200).prop_flat_map(|count| prop::collection::vec((score(), text()), count));
    let zset = zset.prop_map(|pairs| vec![start("ZADD", pairs.into_iter().flat_map(|(s, t)| [s, t]).collect())]);
    let hash = few(600).prop_flat_map(|count| prop::collection::vec((text(), text()), count));
    let hash = hash.prop_map(|pairs| vec![start("HSET", pairs.into_iter().flat_map(|(f, v)| [f, v]).collect())]);
    prop_oneof![3 => string.boxed(), 2 => list.boxed(), 1 => both.boxed(), 3 => set.boxed(), 4 => zset.boxed(), 4 => hash.boxed()]
}

fn bulk(value: Value) -> Bytes {
    value.as_bytes().cloned().unwrap_or_else(|| panic!("a payload, not {value:?}"))
}

/// Whether the bytes of a dump are decided by what was said: a hash table is dumped in the order of each server's own,
/// and where the nodes of a list end depends on the ends at which it has grown.
fn is_decided(encoding: &Value, program: &[(usize, Line)]) -> bool {
    let table = encoding.as_bytes().is_some_and(|name| name.as_ref() == b"hashtable");
    !table && program.iter().all(|(_, line)| line[0].as_ref() != b"LPUSH")
}

/// Dumps `k` on both, restores both dumps on both, and compares all six values.
fn cross(pair: &mut Pair, decided: bool) -> Result<(), String> {
    let (ours, theirs) = pair.call_as(0, &words("DUMP k"), Compare::Exact);
    let (ours, theirs) = (bulk(ours), bulk(theirs));
    if decided && ours != theirs {
        return Err(format!("DUMP differs\n bundled: {:?}\n    real: {:?}", ours, theirs));
    }
    for (name, payload) in [("x", ours), ("y", theirs)] {
        pair.compare(0, &line("RESTORE", [name.into(), "0".into(), payload, "REPLACE".into()]), Compare::Exact)?;
        pair.compare(0, &line("OBJECT ENCODING", [Bytes::from(name)]), Compare::Exact)?;
    }
    let (digests, _) = pair.call_as(0, &words("DEBUG DIGEST-VALUE k x y"), Compare::Exact);
    let digests = digests.items().expect("digests");
    if digests[0] != digests[1] || digests[0] != digests[2] {
        return Err(format!("what is restored is not what was dumped: {digests:?}"));
    }
    pair.compare(0, &words("DEBUG DIGEST-VALUE k x y nothing"), Compare::Exact)?;
    pair.compare(0, &words("DEBUG DIGEST"), Compare::Exact)
}

#[test]
fn what_one_server_dumps_the_other_restores() {
    let server = LocalServer::start(OPTIONS).expect("redis-server is installed");
    super::draw(
        super::seed_number(),
        wanted_cases().unwrap_or(VALUES),
        filling().prop_map(|lines| lines.into_iter().map(|line| (0, line)).collect()),
        |program| {
            let mut pair = Pair::new(&server, 1);
            for (client, line) in program {
                pair.compare(*client, line, Compare::Exact)?;
            }
            let (encoding, _) = pair.call(0, &words("OBJECT ENCODING k"));
            cross(&mut pair, is_decided(&encoding, program))
        },
    );
}

/// A payload: that of some value, at times damaged, at times with a checksum that fits again.
fn payload() -> impl Strategy<Value = Bytes> {
    let whole = filling().prop_map(|lines| {
        let mut engine = Engine::new(Settings::default(), Time(0));
        let id = engine.connect("127.0.0.1:1", Time(0));
        lines.iter().for_each(|line| drop(engine.call(id, line, Time(0))));
        match engine.call(id, &words("DUMP k"), Time(0)) {
            Called::Reply(value) => bulk(value),
            other => panic!("{other:?}"),
        }
    });
    (whole, 0u8..10, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(whole, dice, at, byte)| {
        let mut bytes = whole.to_vec();
        match dice {
            0 => {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }
            1 => bytes.truncate(at.index(bytes.len() + 1)),
            _ => {}
        }
        bytes.into()
    })
}

fn restore() -> impl Strategy<Value = Line> {
    let option = prop_oneof![
        3 => Just(words("REPLACE")),
        2 => Just(words("ABSTTL")),
        1 => integer().prop_map(|n| line("IDLETIME", [n])),
        1 => integer().prop_map(|n| line("FREQ", [n])),
        1 => prop::sample::select(vec!["FREQ 255", "FREQ 256", "IDLETIME 5", "replace", "FREQ", "XX"]).prop_map(words),
    ];
    // None that ends while the test runs: when a key that is past its time is noticed is each server's own affair.
    let ttl = vec!["0", "0", "0", "0", "4102444800000", "-1", "x", "", "9223372036854775807", "-9223372036854775808"];
    let ttl = prop::sample::select(ttl).prop_map(|t| Bytes::from_static(t.as_bytes()));
    (key(), ttl, payload(), prop::collection::vec(option, 0..3))
        .prop_map(|(k, ttl, p, o)| [line("RESTORE", [k, ttl, p]), o.concat()].concat())
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let reads = vec!["DUMP", "TYPE", "OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME", "DEL"];
    sometimes_wrong(prop_oneof![
        6 => restore(),
        4 => (prop::sample::select(reads), key()).prop_map(|(name, k)| line(name, [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        1 => (key(), value()).prop_map(|(k, v)| line("RPUSH", [k, v])),
    ])
}

/// The same with digests, which the server must be started for.
fn digested() -> impl Strategy<Value = Line> {
    prop_oneof![
        4 => command().boxed(),
        2 => prop::collection::vec(key(), 0..4).prop_map(|keys| line("DEBUG DIGEST-VALUE", keys)).boxed(),
        1 => Just(words("DEBUG DIGEST")).boxed(),
    ]
}

#[test]
fn restore_answers_as_redis_does() {
    let server = LocalServer::start(OPTIONS).expect("redis-server is installed");
    programs(digested(), 1, |program| same(&server, 1, program));
}

/// Streams: times differ on the two clocks, so what one has dumped is dumped once more by both, byte for byte.
#[test]
fn streams_are_restored_with_all_that_belongs_to_them() {
    let server = LocalServer::start(OPTIONS).expect("redis-server is installed");
    programs(streams::on_keys(), 1, |program| {
        let mut pair = Pair::new(&server, 1);
        for (_, line) in program.iter().filter(|(_, line)| !line.iter().any(|w| w.eq_ignore_ascii_case(b"BLOCK"))) {
            pair.call(0, line);
        }
        for key in ["a", "b", "c", "d"] {
            let (ours, theirs) = pair.call_as(0, &words(&format!("DUMP {key}")), Compare::Exact);
            if ours == Value::Null || theirs == Value::Null {
                continue;
            }
            for payload in [bulk(ours), bulk(theirs)] {
                pair.compare(0, &line("RESTORE x 0", [payload, "REPLACE".into()]), Compare::Exact)?;
                for question in ["TYPE x", "DEBUG DIGEST-VALUE x"] {
                    pair.compare(0, &words(question), Compare::Exact)?;
                }
                let (ours, theirs) = pair.call_as(0, &words("TYPE x"), Compare::Exact);
                if ours == Value::simple("stream") && theirs == ours {
                    pair.compare(0, &words("DUMP x"), Compare::Exact)?;
                    pair.compare(0, &words("XINFO STREAM x FULL"), Compare::Exact)?;
                }
            }
        }
        Ok(())
    });
}
