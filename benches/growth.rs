//! How commands grow with the size of what they work on: a thousand elements against a million. What Redis does in
//! O(1) must cost about the same, what it does in O(log n) about twice.
//!
//! `cargo bench --bench growth` prints, for each command, both times and their ratio. The first call of a command pays
//! for cold caches, so each is called many times and the median counts.

use std::time::{Duration, Instant};

use bytes::Bytes;
use redlab::engine::{ClientId, Engine, Settings, Time};
use redlab::resp::split_line;

const SMALL: usize = 1000;
const LARGE: usize = 1_000_000;
const CALLS: usize = 2000;

/// Commands with a `{}` for a number below the size; each leaves the size as it is, or nearly.
const COMMANDS: &[&str] = &[
    "GET key:{}",
    "SET key:{} value",
    "EXPIRE key:{} 100000",
    "RANDOMKEY",
    "SCAN {} COUNT 1",
    "GETRANGE text 100 110",
    "LINDEX list 0",
    "LINDEX list -1",
    "LPUSH list x",
    "LPOP list",
    "RPOPLPUSH list list",
    "HGET hash member:{}",
    "HSET hash member:{} y",
    "HRANDFIELD hash",
    "HSCAN hash {} COUNT 1",
    "SISMEMBER set member:{}",
    "SRANDMEMBER set",
    "SPOP set",
    "ZSCORE zset member:{}",
    "ZRANK zset member:{}",
    "ZADD zset 777 member:{}",
    "ZRANDMEMBER zset",
    "ZRANGE zset 0 0",
    "ZCOUNT zset 10 900",
    "ZPOPMIN zset",
    "DEL nothing",
    "DBSIZE",
    "OBJECT ENCODING zset",
    "MEMORY USAGE hash",
];

/// An engine with so many keys and a collection of so many members of each type.
fn filled(size: usize) -> (Engine, ClientId) {
    let mut engine = Engine::new(Settings::default(), Time::from_ms(0));
    let client = engine.connect("bench", Time::from_ms(0));
    let mut call = |argv: &[Bytes]| drop(engine.call(client, argv, Time::from_ms(0)));
    let word = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    call(&[word("SETRANGE"), word("text"), word(&size.to_string()), word("x")]);
    for n in 0..size {
        let (key, member, score) = (word(&format!("key:{n}")), word(&format!("member:{n}")), word(&n.to_string()));
        call(&[word("SET"), key, score.clone()]);
        call(&[word("RPUSH"), word("list"), member.clone()]);
        call(&[word("SADD"), word("set"), member.clone()]);
        call(&[word("HSET"), word("hash"), member.clone(), score.clone()]);
        call(&[word("ZADD"), word("zset"), score, member]);
    }
    (engine, client)
}

/// The median time of a command.
fn median(engine: &mut Engine, client: ClientId, command: &str, size: usize) -> Duration {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut times: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let line = command.replace("{}", &rng.usize(..size).to_string());
            let argv = split_line(&line).expect("a command line");
            let start = Instant::now();
            engine.call(client, &argv, Time::from_ms(1));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[CALLS / 2]
}

fn main() {
    // `cargo test --benches` only asks whether this runs.
    let large = if std::env::args().any(|argument| argument == "--bench") { LARGE } else { SMALL };
    let ((mut few, one), (mut many, other)) = (filled(SMALL), filled(large));
    println!("{:<28}{:>12}{:>12}{:>8}", "command", SMALL, large, "ratio");
    for command in COMMANDS {
        let (small, large) = (median(&mut few, one, command, SMALL), median(&mut many, other, command, large));
        let ratio = large.as_nanos() as f64 / small.as_nanos().max(1) as f64;
        println!("{command:<28}{small:>12.0?}{large:>12.0?}{ratio:>8.1}");
    }
}
