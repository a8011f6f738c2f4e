//! How commands grow with the size of what they work on: a thousand elements against a million. What Redis does in
//! O(1) must cost about the same, what it does in O(log n) about twice; the memory of a processor, which is slow beyond
//! its caches, adds some hundred nanoseconds to whatever looks up a key or a member among a million.
//!
//! `cargo bench --bench growth` prints, for each command, both times and their ratio. The first call of a command pays
//! for cold caches, so each is called many times and the median counts. Then it says how long the longest of a million
//! calls took that filled a collection: whoever waits for a table to be built anew would wait there.

use std::time::{Duration, Instant};

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
    "MEMORY USAGE stream",
    "LSET list 0 x",
    "LRANGE list 0 9",
    "LRANGE list -10 -1",
    "APPEND text x",
    "SETRANGE text 3 x",
    "ZRANGE zset {} {}",
    "ZREVRANK zset member:{}",
    "ZINCRBY zset 1 member:{}",
    "XADD stream * field value",
    "XRANGE stream {}-1 + COUNT 1",
    "XREVRANGE stream + - COUNT 1",
    "XTRIM stream MAXLEN ~ 100000000",
    "XLEN stream",
    "XINFO STREAM stream",
    "TTL key:{}",
    "PERSIST key:{}",
    "INFO",
];

/// What fills the collections: the commands with a `{}` for the number of an item.
const FILLING: &[&str] = &[
    "SET key:{} {}",
    "SET volatile:{} {} EX 100",
    "RPUSH list member:{}",
    "SADD set member:{}",
    "HSET hash member:{} {}",
    "ZADD zset {} member:{}",
    "XADD stream {}-1 field {}",
];

/// An engine with so many keys and a collection of so many members of each type, and the longest time that a command of
/// each kind took.
fn filled(size: usize) -> (Engine, ClientId, Vec<Duration>) {
    let mut engine = Engine::new(Settings::default(), Time::from_ms(0));
    let client = engine.connect("bench", Time::from_ms(0));
    let mut call = |line: &str| {
        let argv = split_line(line).expect("a command line");
        let start = Instant::now();
        engine.call(client, &argv, Time::from_ms(0));
        start.elapsed()
    };
    call(&format!("SETRANGE text {size} x"));
    let longest = |line: &&str| (1..=size).map(|n| call(&line.replace("{}", &n.to_string()))).max().unwrap_or_default();
    let longest = FILLING.iter().map(longest).collect();
    (engine, client, longest)
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
    let ((mut few, one, _), (mut many, other, longest)) = (filled(SMALL), filled(large));
    println!("{:<28}{:>12}{:>12}{:>8}", "command", SMALL, large, "ratio");
    for command in COMMANDS {
        let (small, large) = (median(&mut few, one, command, SMALL), median(&mut many, other, command, large));
        let ratio = large.as_nanos() as f64 / small.as_nanos().max(1) as f64;
        println!("{command:<28}{small:>12.0?}{large:>12.0?}{ratio:>8.1}");
    }
    println!("\n{:<40}{:>12}", format!("longest of {large} calls"), "");
    for (command, time) in FILLING.iter().zip(longest) {
        println!("{command:<40}{time:>12.0?}");
    }
}
