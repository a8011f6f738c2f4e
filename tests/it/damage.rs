//! Damaged dumps: whatever the bytes are, they are refused or understood. Nothing panics, and no more memory is taken
//! than the bytes are worth. `REDLAB_DIFFERENTIAL_CASES` makes a run longer, `REDLAB_DIFFERENTIAL_SEED` another one.

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

#[test]
fn damaged_payloads_are_refused_or_understood() {
    let cases = number("REDLAB_DIFFERENTIAL_CASES").map_or(u64::from(CASES), |cases| cases * 100);
    let mut rng = fastrand::Rng::with_seed(number("REDLAB_DIFFERENTIAL_SEED").unwrap_or(0));
    let bodies: Vec<Vec<u8>> = payloads().into_iter().map(|whole| whole[..whole.len() - 10].to_vec()).collect();
    let (mut engine, id) = fresh();
    let mut understood = 0u64;
    for _ in 0..cases {
        let mut payload = bodies[rng.usize(..bodies.len())].clone();
        damage(&mut payload, &bodies, &mut rng);
        payload.extend([if rng.bool() { 10 } else { 11 }, 0]);
        let sum = crc64(&payload).to_le_bytes();
        payload.extend(sum);
        let length = payload.len();
        let shown = payload.escape_ascii().to_string();
        let argv = [words("RESTORE k 0"), vec![payload.into()], words("REPLACE")].concat();
        let reply = run(&mut engine, id, &argv);
        if reply != Value::ok() {
            assert_eq!(reply, Value::error("ERR Bad data format"), "{shown}");
            continue;
        }
        understood += 1;
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

#[test]
fn damaged_files_are_refused_or_understood() {
    let cases = number("REDLAB_DIFFERENTIAL_CASES").map_or(u64::from(CASES) / 10, |cases| cases * 20);
    let mut rng = fastrand::Rng::with_seed(number("REDLAB_DIFFERENTIAL_SEED").unwrap_or(0));
    let files: Vec<Vec<u8>> = (0..4)
        .map(|n| {
            let (mut engine, id) = fresh();
            for (place, lines) in VALUES.iter().enumerate().filter(|(place, _)| place % 4 == n) {
                run(&mut engine, id, &words(&format!("SELECT {n}")));
                fill(&mut engine, id, lines, &format!("key{place}"));
                run(&mut engine, id, &words(&format!("PEXPIREAT key{place} 4102444800000")));
            }
            engine.call(id, &words("SAVE"), NOW);
            let whole = engine.take_saving(NOW).expect("something to write").bytes;
            whole[..whole.len() - 8].to_vec()
        })
        .collect();
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
