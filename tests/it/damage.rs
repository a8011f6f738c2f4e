//! Damaged dumps: whatever the bytes are, they are refused or understood. Nothing panics, and no more memory is taken
//! than the bytes are worth. `REDLAB_DIFFERENTIAL_CASES` makes a run longer, `REDLAB_DIFFERENTIAL_SEED` another one.

use std::time::{Duration, Instant};

use bytes::Bytes;
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Value, split_line};

/// Damaged payloads in a run, unless the environment asks for more.
const CASES: u32 = 20_000;
/// The most that one byte of a payload can become: compressed 88 to 1, elements of a byte or two with their tables.
const WORTH: usize = 20_000;

const NOW: Time = Time(1_700_000_000_000_000);

/// What makes values of every kind under the key `k`, each in a line of its own.
const VALUES: &[&[&str]] = &[
    &["SET k hello"],
    &["SET k 1234567"],
    &["SETRANGE k 3000 x"],
    &["PFADD k a b c d e f"],
    &["RPUSH k a 1 -70000 bb 123456789012 {}"],
    &["SADD k 1 2 3 70000"],
    &["SADD k a b 3 {}"],
    &["ZADD k 1 a 2.5 b -inf c 1e300 d"],
    &["ZADD k 1 a 2 {} 3 b"],
    &["HSET k f v g 12 h -5000"],
    &["HSET k f v g {} h 3"],
    &["HSET k f v g 12 h -5000", "HPEXPIREAT k 4102444800000 FIELDS 1 f", "HPEXPIREAT k 4102444801000 FIELDS 1 h"],
    &["XADD k 1-1 a 1 b text", "XADD k 2-1 a 2 b text", "XADD k 3-1 c 3", "XDEL k 2-1"],
    &[
        "XADD k 5-0 f 1",
        "XADD k 5-1 f 2",
        "XADD k 6-0 f 3",
        "XGROUP CREATE k g 0",
        "XREADGROUP GROUP g alice COUNT 2 STREAMS k >",
        "XREADGROUP GROUP g bob COUNT 1 STREAMS k >",
        "XACK k g 5-0",
    ],
];

/// Values as other versions of Redis wrote them, with the version of the format, a question, and its answer.
const OTHERS: &[(&[u8], u8, &str, &str)] = &[
    // A hash as a zipmap: Redis 2.4.
    (b"\x09\x0d\x02\x01f\x01\x00v\x01g\x02\x0012\xff", 9, "HGETALL k", "f v g 12"),
    // A list as a ziplist: Redis 2.8.
    (
        b"\x0a\x17\x17\0\0\0\x12\0\0\0\x04\0\x00\x01a\x03\xf2\x02\x01b\x03\xc0\x2c\x01\xff",
        9,
        "LRANGE k 0 -1",
        "a 1 b 300",
    ),
    // A sorted set as a ziplist.
    (
        b"\x0c\x17\x17\0\0\0\x12\0\0\0\x04\0\x00\x01a\x03\xf2\x02\x01b\x03\xc0\x2c\x01\xff",
        9,
        "ZRANGE k 0 -1 WITHSCORES",
        "a 1 b 300",
    ),
    // A hash as a ziplist.
    (b"\x0d\x17\x17\0\0\0\x12\0\0\0\x04\0\x00\x01a\x03\xf2\x02\x01b\x03\xc0\x2c\x01\xff", 9, "HGETALL k", "a 1 b 300"),
    // A list as ziplists: Redis 3.2 to 6.2.
    (
        b"\x0e\x01\x17\x17\0\0\0\x12\0\0\0\x04\0\x00\x01a\x03\xf2\x02\x01b\x03\xc0\x2c\x01\xff",
        9,
        "LRANGE k 0 -1",
        "a 1 b 300",
    ),
    // A sorted set, its scores as text.
    (b"\x03\x02\x01a\x032.5\x01b\xfe", 9, "ZRANGE k 0 -1 WITHSCORES", "a 2.5 b inf"),
    // A stream of Redis 5.0 to 6.2.
    (
        b"\x0f\x01\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00&&\x00\x00\x00\x0f\
          \x00\x02\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x00\x01\x01\x01\x04\x01\x02\x01\
          \x00\x01\x01\x01\x02\x01\x04\x01\xff\x02\x05\x01\x01\x01g\x05\x00\x01\x00\x00\x00\x00\x00\x00\
          \x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\xf2~f\xfd\xa1\x01\x00\x00\x01\x01\x05alice\xf2~f\xfd\
          \xa1\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00",
        9,
        "XPENDING k g",
        "1 5-0 5-0 alice 1",
    ),
    // A stream of Redis 7.2.
    (
        b"\x15\x01\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00&&\x00\x00\x00\x0f\
          \x00\x02\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x00\x01\x01\x01\x04\x01\x02\x01\
          \x00\x01\x01\x01\x02\x01\x04\x01\xff\x02\x05\x01\x05\x00\x00\x00\x02\x01\x01g\x05\x00\x01\x01\
          \x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\xf2~f\xfd\xa1\x01\x00\x00\x01\
          \x01\x05alice\xf2~f\xfd\xa1\x01\x00\x00\xf2~f\xfd\xa1\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
          \x00\x05\x00\x00\x00\x00\x00\x00\x00\x00",
        11,
        "XPENDING k g",
        "1 5-0 5-0 alice 1",
    ),
    // A set as a listpack: Redis 7.2.
    (b"\x14\x0c\x0c\0\0\0\x02\0\x81a\x02\x01\x01\xff", 11, "SMISMEMBER k a 1 b", "1 1 0"),
    // Fields with times as candidates of Redis 7.4 wrote them.
    (
        b"\x16\x02\x81\x00\x00\x03\xbb,\xc3\xd8\x00\x01f\x01v\x00\x01g\x01w",
        12,
        "HPEXPIRETIME k FIELDS 3 f g h",
        "4102444800000 -1 -2",
    ),
    // The same as a listpack.
    (
        b"\x17\x1f\x1f\x00\x00\x00\x06\x00\x81f\x02\x81v\x02\xf4\x00\xd8\xc3,\xbb\x03\x00\x00\x09\x81g\x02\
          \x81w\x02\x00\x01\xff",
        12,
        "HPEXPIRETIME k FIELDS 3 f g h",
        "4102444800000 -1 -2",
    ),
    // Fields with times as Redis 7.4 writes them as a listpack.
    (
        b"\x19\x00\xd8\xc3,\xbb\x03\x00\x00\x1f\x1f\x00\x00\x00\x06\x00\x81f\x02\x81v\x02\xf4\x00\xd8\xc3,\
          \xbb\x03\x00\x00\x09\x81g\x02\x81w\x02\x00\x01\xff",
        12,
        "HPEXPIRETIME k FIELDS 3 f g h",
        "4102444800000 -1 -2",
    ),
];

/// What is asked of a value that was understood, and done to it.
const QUESTIONS: &[&str] = &[
    "DEBUG DIGEST-VALUE k",
    "OBJECT ENCODING k",
    "STRLEN k",
    "APPEND k x",
    "PFCOUNT k",
    "LRANGE k 0 -1",
    "LPOP k",
    "SMEMBERS k",
    "SADD k new",
    "SPOP k",
    "ZRANGE k 0 -1 WITHSCORES",
    "ZADD k 5 new",
    "ZRANGEBYSCORE k -inf +inf LIMIT 0 3",
    "ZPOPMIN k",
    "HGETALL k",
    "HSET k new 1",
    "HPEXPIRETIME k FIELDS 2 f g",
    "HPEXPIREAT k 4102444800000 FIELDS 1 g",
    "HDEL k f",
    "XRANGE k - +",
    "XREVRANGE k + - COUNT 3",
    "XINFO STREAM k FULL",
    "XPENDING k g - + 10",
    "XREADGROUP GROUP g alice COUNT 2 STREAMS k >",
    "XREADGROUP GROUP g bob STREAMS k 0",
    "XAUTOCLAIM k g alice 0 0",
    "XADD k * f v",
    "XTRIM k MAXLEN 1",
    "XDEL k 5-1",
    "SORT k ALPHA",
    "COPY k l REPLACE",
    "DEBUG RELOAD",
];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn words(line: &str) -> Vec<Bytes> {
    split_line(line).expect("a line")
}

fn run(engine: &mut Engine, id: ClientId, argv: &[Bytes]) -> Value {
    match engine.call(id, argv, NOW) {
        Called::Reply(value) => value,
        other => panic!("{argv:?}: {other:?}"),
    }
}

fn fresh() -> (Engine, ClientId) {
    let settings = Settings { dir: Some("anywhere".into()), ..Settings::default() };
    let mut engine = Engine::new(settings, NOW);
    let id = engine.connect("127.0.0.1:1", NOW);
    (engine, id)
}

fn fill(engine: &mut Engine, id: ClientId, lines: &[&str], key: &str) {
    let long = "so it goes ".repeat(20);
    for line in lines {
        let word = |word: Bytes| match word.as_ref() {
            b"{}" => Bytes::from(long.clone()),
            b"k" => Bytes::from(key.to_string()),
            _ => word,
        };
        let argv: Vec<Bytes> = words(line).into_iter().map(word).collect();
        let reply = run(engine, id, &argv);
        assert!(!matches!(reply, Value::Error(_)), "{line}: {reply:?}");
    }
}

/// Redis's checksum, bit by bit.
fn crc64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0u64, |crc, byte| {
        (0..8).fold(
            crc ^ u64::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x95ac_9329_ac4b_c9b5 } else { crc >> 1 },
        )
    })
}

/// Damages `bytes` in one to four places: other bytes, flipped bits, lengths that are far too large, pieces that are
/// missing, or twice there, or come from elsewhere.
fn damage(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut fastrand::Rng) {
    const LENGTHS: &[&[u8]] = &[
        b"\x80\xff\xff\xff\xff",
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\0\x10\0\0",
        b"\xc3\xff",
        b"\xff\xff",
    ];
    for _ in 0..rng.usize(1..5) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.usize(..bytes.len());
        match rng.u8(..8) {
            0 | 1 => bytes[at] = rng.u8(..),
            2 | 3 => bytes[at] ^= 1 << rng.u8(..8),
            4 => drop(bytes.splice(at..at, LENGTHS[rng.usize(..LENGTHS.len())].iter().copied())),
            5 => drop(bytes.drain(at..(at + rng.usize(1..6)).min(bytes.len()))),
            6 => {
                let piece = bytes[at..(at + rng.usize(1..20)).min(bytes.len())].to_vec();
                let to = rng.usize(..=bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            _ => {
                let other = &others[rng.usize(..others.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[at.min(other.len())..]);
            }
        }
    }
}

fn payloads() -> Vec<Vec<u8>> {
    let dumped = |lines: &&[&str]| {
        let (mut engine, id) = fresh();
        fill(&mut engine, id, lines, "k");
        run(&mut engine, id, &words("DUMP k")).as_bytes().expect("a payload").to_vec()
    };
    VALUES.iter().map(dumped).collect()
}

fn sealed(body: &[u8], version: u8) -> Bytes {
    let mut payload = [body, &[version, 0]].concat();
    payload.extend(crc64(&payload).to_le_bytes());
    payload.into()
}

fn said(value: &Value) -> String {
    match value {
        Value::Array(items) | Value::Set(items) => items.iter().map(said).collect::<Vec<_>>().join(" "),
        Value::Map(pairs) => {
            pairs.iter().map(|(a, b)| format!("{} {}", said(a), said(b))).collect::<Vec<_>>().join(" ")
        }
        Value::Integer(n) => n.to_string(),
        Value::Double(n) => n.to_string(),
        other => String::from_utf8_lossy(other.as_bytes().expect("a text")).into_owned(),
    }
}

#[test]
fn what_other_versions_wrote_is_understood() {
    for (body, version, question, answer) in OTHERS {
        let (mut engine, id) = fresh();
        let shown = body.escape_ascii();
        let restore = [words("RESTORE k 0"), vec![sealed(body, *version)]].concat();
        assert_eq!(run(&mut engine, id, &restore), Value::ok(), "{shown}");
        assert_eq!(said(&run(&mut engine, id, &words(question))), *answer, "{shown}");
        let digest = run(&mut engine, id, &words("DEBUG DIGEST"));
        assert_eq!(run(&mut engine, id, &words("DEBUG RELOAD")), Value::ok(), "{shown}");
        assert_eq!(run(&mut engine, id, &words("DEBUG DIGEST")), digest, "{shown}");
        assert_eq!(said(&run(&mut engine, id, &words(question))), *answer, "{shown}");
        // The kinds of later versions are none in a payload that claims to be older.
        if *version > 10 {
            let early = [words("RESTORE l 0"), vec![sealed(body, 10)]].concat();
            assert_eq!(run(&mut engine, id, &early), Value::error("ERR Bad data format"), "{shown}");
        }
    }
}

#[test]
fn damaged_payloads_are_refused_or_understood() {
    let cases = number("REDLAB_DIFFERENTIAL_CASES").map_or(u64::from(CASES), |cases| cases * 100);
    let mut rng = fastrand::Rng::with_seed(number("REDLAB_DIFFERENTIAL_SEED").unwrap_or(0));
    let own = payloads().into_iter().map(|whole| whole[..whole.len() - 10].to_vec());
    let bodies: Vec<Vec<u8>> = own.chain(OTHERS.iter().map(|(body, ..)| body.to_vec())).collect();
    let (mut engine, id) = fresh();
    let mut understood = 0u64;
    for _ in 0..cases {
        let mut payload = bodies[rng.usize(..bodies.len())].clone();
        damage(&mut payload, &bodies, &mut rng);
        let payload = sealed(&payload, rng.u8(10..13));
        let length = payload.len();
        let shown = payload.escape_ascii().to_string();
        let argv = [words("RESTORE k 0"), vec![payload], words("REPLACE")].concat();
        let reply = run(&mut engine, id, &argv);
        if reply != Value::ok() {
            assert_eq!(reply, Value::error("ERR Bad data format"), "{shown}");
            continue;
        }
        understood += 1;
        if run(&mut engine, id, &words("EXISTS k")) == Value::Integer(0) {
            // A hash whose fields had all expired.
            continue;
        }
        let Value::Integer(usage) = run(&mut engine, id, &words("MEMORY USAGE k")) else { panic!("{shown}") };
        assert!(usize::try_from(usage).is_ok_and(|usage| usage < 1000 + WORTH * length), "{usage} bytes of {shown}");
        // What was understood is dumped again, and that is the same value.
        let digest = run(&mut engine, id, &words("DEBUG DIGEST-VALUE k"));
        let again = run(&mut engine, id, &words("DUMP k")).as_bytes().expect("a payload").clone();
        let argv = [words("RESTORE k 0"), vec![again], words("REPLACE")].concat();
        assert_eq!(run(&mut engine, id, &argv), Value::ok(), "{shown}");
        assert_eq!(run(&mut engine, id, &words("DEBUG DIGEST-VALUE k")), digest, "{shown}");
        for question in QUESTIONS {
            run(&mut engine, id, &words(question));
        }
        run(&mut engine, id, &words("FLUSHALL"));
    }
    assert!(understood > cases / 100, "{understood} of {cases} were understood");
}

/// Every place of every payload once with a length that cannot be: in place of what stands there, and before it.
#[test]
fn lengths_that_cannot_be_take_no_memory_and_no_time() {
    const LENGTHS: &[&[u8]] = &[
        b"\x81\x80\0\0\0\0\0\0\0",
        b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xfe",
        b"\x81\0\0\0\x10\0\0\0\0",
        b"\x80\x7f\xff\xff\xff",
        b"\xc3\x80\0\0\0\x08\x81\x80\0\0\0\0\0\0\0",
    ];
    let own = payloads().into_iter().map(|whole| whole[..whole.len() - 10].to_vec());
    let bodies: Vec<Vec<u8>> = own.chain(OTHERS.iter().map(|(body, ..)| body.to_vec())).collect();
    let (mut engine, id) = fresh();
    let start = Instant::now();
    for body in &bodies {
        for at in 0..body.len().min(400) {
            for length in LENGTHS {
                for end in [at, at + 1] {
                    let payload = sealed(&[&body[..at], length, &body[end..]].concat(), 12);
                    let shown = payload.escape_ascii().to_string();
                    let argv = [words("RESTORE k 0"), vec![payload], words("REPLACE")].concat();
                    let reply = run(&mut engine, id, &argv);
                    assert!(reply == Value::ok() || reply == Value::error("ERR Bad data format"), "{reply:?}: {shown}");
                }
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn damaged_files_are_refused_or_understood() {
    let cases = number("REDLAB_DIFFERENTIAL_CASES").map_or(u64::from(CASES) / 10, |cases| cases * 20);
    let mut rng = fastrand::Rng::with_seed(number("REDLAB_DIFFERENTIAL_SEED").unwrap_or(0));
    let others: Vec<u8> = OTHERS
        .iter()
        .enumerate()
        .flat_map(|(n, (body, ..))| {
            let name = format!("o{n:03}").into_bytes();
            [&body[..1], &[4], &name, &body[1..]].concat()
        })
        .collect();
    let others = [&b"REDIS0012\xfe\0\xf4\x01\x02\x03"[..], &others, b"\xff"].concat();
    let own = (0..4).map(|n| {
        let (mut engine, id) = fresh();
        for (place, lines) in VALUES.iter().enumerate().filter(|(place, _)| place % 4 == n) {
            run(&mut engine, id, &words(&format!("SELECT {n}")));
            fill(&mut engine, id, lines, &format!("key{place}"));
            run(&mut engine, id, &words(&format!("PEXPIREAT key{place} 4102444800000")));
        }
        engine.call(id, &words("SAVE"), NOW);
        let whole = engine.take_saving(NOW).expect("something to write").bytes;
        whole[..whole.len() - 8].to_vec()
    });
    let files: Vec<Vec<u8>> = own.chain([others]).collect();
    for file in &files {
        let (mut engine, _) = fresh();
        assert!(engine.load(&[&file[..], &[0; 8]].concat(), NOW).is_ok_and(|loaded| loaded.keys > 1));
    }
    let mut understood = 0u64;
    let (mut engine, id) = fresh();
    for _ in 0..cases {
        let mut bytes = files[rng.usize(..files.len())].clone();
        damage(&mut bytes, &files, &mut rng);
        // Often no checksum stands in the way.
        bytes.extend(if rng.u8(..4) > 0 { [0; 8] } else { crc64(&bytes).to_le_bytes() });
        if engine.load(&bytes, NOW).is_ok() {
            understood += 1;
            run(&mut engine, id, &words("DEBUG RELOAD"));
        }
    }
    assert!(understood > cases / 100, "{understood} of {cases} were understood");
}
