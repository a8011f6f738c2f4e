//! Every command with arguments by chance, on keys of every type.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use redlab::engine::{Called, Engine, Row, Settings, Time, rows};
use redlab::resp::{Protocol, encode_value, split_line};

use super::{from_environment, seed};

/// What the suite spends; a hunt spends more.
const SECONDS: u64 = 20;
/// So many commands run before the keys are as they were.
const ROUND: u64 = 400;
/// No command takes so long, also where a machine is busy and the build is slow.
const PATIENCE: Duration = Duration::from_secs(60);
/// More memory than all of this needs, in kilobytes.
const MOST_KB: u64 = 3_000_000;

const WORDS: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "2",
    "10",
    "100",
    "-100",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "4294967295",
    "4294967296",
    "2147483648",
    "-2147483649",
    "1.5",
    "-0.0",
    "1e308",
    "1e-320",
    "inf",
    "-inf",
    "nan",
    "3.0e400",
    "0x10",
    " 1",
    "1 ",
    "+1",
    "01",
    "(1",
    "[a",
    "[",
    "(",
    "-",
    "+",
    "(inf",
    "$",
    "*",
    ">",
    "0-0",
    "1-1",
    "18446744073709551615-18446744073709551615",
    "5-*",
    "k:str",
    "k:int",
    "k:list",
    "k:hash",
    "k:set",
    "k:zset",
    "k:stream",
    "k:none",
    "k:float",
    "k:ints",
    "k:volatile",
    "g",
    "c",
    "{a}b",
    "a",
    "b",
    "field",
    "\0\x01\u{ff}",
    "%s%n",
    "../../x",
    "u8",
    "i64",
    "u63",
    "u64",
    "#1",
    "m",
    "km",
    "ft",
    "180",
    "85.05112878",
    "-180.1",
    "default",
    "on",
    "return 1",
    "return redis.call('GET', KEYS[1])",
    "return {1,2,{3}}",
    "return cjson.encode({1})",
    "local t = {} for i = 1, 100 do t[i] = i end return t",
    "#!lua name=l\nredis.register_function('f', function(k, a) return #k end)",
    "l",
    "f",
    "0123456789012345678901234567890123456789",
    "yes",
    "no",
    "1kb",
    "allkeys-lru",
    "maxmemory",
    "maxmemory-policy",
];

/// What would stop the test, or is there to take its time.
const LEFT_OUT: &[&str] = &["SHUTDOWN", "DEBUG"];

fn prepared() -> (Engine, u64) {
    let mut engine = Engine::new(Settings::default(), Time(1_700_000_000_000_000));
    let id = engine.connect("127.0.0.1:1", Time(1_700_000_000_000_000));
    let lines = [
        "CONFIG SET proto-max-bulk-len 1mb",
        "CONFIG SET busy-reply-threshold 20",
        "SET k:str hello",
        "SET k:int 42",
        "SET k:float 1.25",
        "SET k:volatile x PX 100000",
        "RPUSH k:list a b c 1 2 3",
        "HSET k:hash a 1 b 2 field x",
        "SADD k:set a b c",
        "SADD k:ints 1 2 3",
        "ZADD k:zset 1 a 2 b 2.5 c",
        "XADD k:stream 1-1 field value",
        "XADD k:stream 2-1 field value",
        "XGROUP CREATE k:stream g 0",
        "XREADGROUP GROUP g c COUNT 1 STREAMS k:stream >",
        "GEOADD k:geo 13.36 38.11 palermo",
        "PFADD k:hll a b c",
    ];
    for line in lines {
        engine.call(id, &split_line(line).expect("a line"), Time(1_700_000_000_000_000));
    }
    (engine, id)
}

/// Words of a command's own syntax.
fn keywords(row: &Row) -> Vec<&str> {
    let word = |text: &&str| text.len() > 1 && text.chars().all(|c| c.is_ascii_uppercase() || c == '-' || c == '_');
    row.syntax.split(|c: char| c.is_whitespace() || "[]|<>()".contains(c)).filter(word).collect()
}

fn argument(rng: &mut Rng, keywords: &[&str]) -> Bytes {
    match rng.u8(0..20) {
        0..=5 if !keywords.is_empty() => Bytes::copy_from_slice(keywords[rng.usize(..keywords.len())].as_bytes()),
        6 => Bytes::from(rng.i64(..).to_string()),
        7 => Bytes::from(rng.i64(-20..20).to_string()),
        8 => Bytes::from((0..rng.usize(0..40)).map(|_| rng.u8(..)).collect::<Vec<u8>>()),
        9 if rng.u8(0..20) == 0 => Bytes::from(vec![b'x'; rng.usize(..100_000)]),
        _ => Bytes::from_static(WORDS[rng.usize(..WORDS.len())].as_bytes()),
    }
}

fn command(rng: &mut Rng, all: &[&'static Row]) -> Vec<Bytes> {
    let row = all[rng.usize(..all.len())];
    let mut argv = vec![Bytes::from_static(row.name.as_bytes())];
    let mut row = row;
    if !row.subcommands.is_empty() && rng.u8(0..10) > 0 {
        row = &row.subcommands[rng.usize(..row.subcommands.len())];
        argv.push(Bytes::from_static(row.name.as_bytes()));
    }
    let keywords = keywords(row);
    let least = (row.arity.unsigned_abs() as usize).saturating_sub(argv.len());
    let count = match rng.u8(0..10) {
        0 => rng.usize(0..4),
        _ if row.arity >= 0 => least,
        _ => least + rng.usize(0..9),
    };
    argv.extend((0..count).map(|_| argument(rng, &keywords)));
    argv
}

/// What runs and since when, so that what hangs or panics can be told.
#[derive(Clone)]
struct Trace(Arc<Mutex<(u64, Vec<Bytes>, Instant)>>);

impl Trace {
    fn note(&self, case: u64, argv: &[Bytes]) {
        *self.0.lock().expect("the trace") = (case, argv.to_vec(), Instant::now());
    }

    fn tell(&self) -> (String, Duration) {
        let (case, argv, since) = &*self.0.lock().expect("the trace");
        let words: Vec<String> =
            argv.iter().map(|word| format!("\"{:.300}\"", word.escape_ascii().to_string())).collect();
        (format!("case {case}: {}", words.join(" ")), since.elapsed())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.tell().0);
        }
    }
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

#[test]
fn no_arguments_break_a_command() {
    let all: Vec<&'static Row> = rows().filter(|row| !LEFT_OUT.contains(&row.name)).collect();
    let end = Instant::now() + Duration::from_secs(from_environment("REDLAB_FUZZ_SECONDS", SECONDS));
    let trace = Trace(Arc::new(Mutex::new((0, Vec::new(), Instant::now()))));
    let watched = trace.clone();
    // A command that never ends would hold the suite up without a word.
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let (told, since) = watched.tell();
            if since > PATIENCE && Instant::now() < end {
                eprintln!("does not end: {told}");
                std::process::exit(1);
            }
        }
    });
    let (model, id) = prepared();
    let mut case = 0;
    while Instant::now() < end {
        let mut engine = model.clone();
        let mut rng = Rng::with_seed(seed().wrapping_add(case));
        let mut now = 1_700_000_000_000_000i64;
        for _ in 0..ROUND {
            let argv = command(&mut rng, &all);
            trace.note(case, &argv);
            now += rng.i64(0..2_000_000);
            engine.call(id, &argv, Time(now));
            engine.take_deliveries();
            if !engine.take_killed().is_empty() || engine.is_blocked(id) || !engine.state().clients.contains_key(&id) {
                break;
            }
        }
        let kb = resident_kb();
        assert!(kb < MOST_KB, "{kb} kB in use");
        case += 1;
    }
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{case} rounds of up to {ROUND} commands\n").as_bytes(),
    );
}

#[test]
fn tables_without_end_become_replies_with_one() {
    let (mut engine, id) = prepared();
    for script in ["local t = {} for i = 1, 100000 do t = {t} end return t", "local t = {} t[1] = t return t"] {
        let argv = ["EVAL".into(), script.into(), "0".into()];
        let Called::Reply(reply) = engine.call(id, &argv, Time(1_700_000_000_000_000)) else { panic!("{script}") };
        let mut wire = Vec::new();
        encode_value(&reply, Protocol::Resp2, &mut wire);
        assert!(wire.len() < 1_000_000 && wire.windows(4).any(|part| part == b"-ERR"), "{script}: {}", wire.len());
    }
}
