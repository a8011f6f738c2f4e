//! What happens when memory runs out.

use bytes::Bytes;
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::{Lab, field};
use crate::oracle::Wire;

const OOM: &str = "OOM command not allowed when used memory > 'maxmemory'.";

fn oom() -> Value {
    Value::error(OOM)
}

#[test]
fn the_account_is_what_all_keys_weigh_together() {
    let mut lab = Lab::new();
    lab.run("CONFIG SET maxmemory 1gb maxmemory-policy volatile-lru");
    let mut rng = fastrand::Rng::with_seed(4);
    for step in 0..6000 {
        let key = format!("k{}", rng.u32(..60));
        let (n, word) = (rng.u32(..50), "x".repeat(rng.usize(..90)));
        let line = match rng.u8(..22) {
            0 => format!("SET {key} {word}{n}"),
            1 => format!("SET {key} {n} PX {}", rng.u32(1..300)),
            2 => format!("APPEND {key} {word}y"),
            3 => format!("RPUSH {key} {word}a {n}"),
            4 => format!("LPOP {key} 2"),
            5 => format!("HSET {key} {n} {word}b"),
            6 => format!("HDEL {key} {n}"),
            7 => format!("SADD {key} {n} {word}c"),
            8 => format!("SPOP {key}"),
            9 => format!("ZADD {key} {n} {word}d"),
            10 => format!("ZREM {key} {word}d"),
            11 => format!("DEL {key}"),
            12 => format!("RENAME {key} k{n}"),
            13 => format!("COPY {key} k{n} REPLACE"),
            14 => format!("EXPIRE {key} {}", rng.i32(-1..3)),
            15 => format!("PERSIST {key}"),
            16 => format!("MOVE {key} 1"),
            17 => "SWAPDB 0 1".into(),
            18 => format!("SUNIONSTORE {key} k{n}"),
            19 => format!(
                "EVAL \"redis.call('SET', KEYS[1], ARGV[1]) return redis.call('DEL', KEYS[2])\" 2 {key} k{n} {word}"
            ),
            20 if rng.u8(..20) == 0 => "FLUSHDB".into(),
            _ => format!("INCR {key}"),
        };
        lab.run(&line);
        lab.now_ms += rng.i64(0..20);
        if step % 200 == 0 {
            let kept = lab.info("used_memory");
            lab.run("CONFIG SET maxmemory 0");
            let weighed = lab.info("used_memory");
            lab.run("CONFIG SET maxmemory 1gb");
            assert_eq!(kept, weighed, "after {line}");
        }
    }
}

#[test]
fn without_eviction_commands_that_need_memory_are_refused() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let (mut lab, mut wire) = (Lab::new(), Wire::connect(&server));
    let script = |body: &str| format!("EVAL \"{body}\" 1 a");
    for line in [
        "CONFIG SET maxmemory 0",
        "RPUSH l 1 2 3",
        "SET a 1",
        "CONFIG SET maxmemory 1",
        "SET a 2",
        "GET a",
        "DEL nothing",
        "LPOP l",
        "RPUSH l 4",
        "RENAME a b",
        "EXPIRE b 100",
        "INCR b",
        "GETRANGE b 0 1",
        "SORT l",
        "SORT l STORE m",
        "PUBLISH c m",
        "MULTI",
        "PING",
        "EXEC",
        &script("return redis.call('SET', KEYS[1], 1)"),
        &script("return redis.call('GET', KEYS[1])"),
        &script("redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[1], 'after')"),
        &script("#!lua\\nreturn 1"),
        &script("#!lua flags=allow-oom\\nreturn redis.call('SET', KEYS[1], 'allowed')"),
        &script("#!lua flags=no-writes\\nreturn redis.call('GET', KEYS[1])"),
        "GET a",
        "CONFIG SET maxmemory 0",
        "MULTI",
        "GET a",
        "SET a 3",
        "CONFIG SET maxmemory 1",
        "EXEC",
        "SET a 4",
        "CONFIG SET maxmemory 0",
        "GET a",
        "MULTI",
        "SET a 5",
        "EXEC",
        "OBJECT FREQ a",
        "CONFIG SET maxmemory-policy allkeys-lfu",
        "OBJECT IDLETIME a",
        "OBJECT FREQ nothing",
    ] {
        let argv = redlab::resp::split_line(line).expect("a line");
        wire.send(&argv);
        let (ours, theirs) = (lab.call(&argv), wire.receive());
        let shown = |value: &Value| match value {
            // The place in the script differs.
            Value::Error(line) if line.starts_with(b"OOM") => oom(),
            other => other.clone(),
        };
        assert_eq!(shown(&ours), shown(&theirs), "{line}");
    }
}

/// Fills a server with `keys` keys of 100 bytes, from `k0` on.
fn fill(lab: &mut Lab, keys: usize, with_ttl: impl Fn(usize) -> bool) {
    for n in 0..keys {
        let ttl = if with_ttl(n) { format!(" EX {}", 1000 + n) } else { String::new() };
        lab.run(&format!("SET k{n} {}{ttl}", "x".repeat(100)));
    }
}

fn limit(lab: &mut Lab, policy: &str, more: u64) -> u64 {
    let limit = lab.info("used_memory") + more;
    lab.run(&format!("CONFIG SET maxmemory {limit} maxmemory-policy {policy}"));
    limit
}

#[test]
fn every_policy_keeps_to_the_limit_and_spares_whom_it_must() {
    for (policy, volatile) in [
        ("allkeys-lru", false),
        ("allkeys-lfu", false),
        ("allkeys-random", false),
        ("volatile-lru", true),
        ("volatile-lfu", true),
        ("volatile-random", true),
        ("volatile-ttl", true),
    ] {
        let mut lab = Lab::new();
        let limit = limit(&mut lab, policy, 200_000);
        fill(&mut lab, 3000, |n| n % 2 == 0);
        // One more command may come before room is made for the last.
        assert!(lab.info("used_memory") <= limit + 4096, "{policy}");
        let evicted = lab.info("evicted_keys");
        assert_eq!(lab.number("DBSIZE") as u64 + evicted, if volatile { 3000 - refused(&mut lab) } else { 3000 });
        assert!(evicted > 500, "{policy}: {evicted}");
        // These came before memory was out, and have no TTL.
        let lasting = (1..700).step_by(2).all(|n| lab.number(&format!("EXISTS k{n}")) == 1);
        assert_eq!(volatile, lasting, "{policy}");
    }
}

/// How many SETs were refused because nothing could be evicted.
fn refused(lab: &mut Lab) -> u64 {
    let Value::Verbatim { text, .. } = lab.run("INFO errorstats") else { panic!("INFO is a text") };
    let text = String::from_utf8_lossy(&text).replace("errorstat_OOM:count=", "oom:");
    if text.contains("oom:") { field(&text, "oom") } else { 0 }
}

#[test]
fn volatile_ttl_evicts_what_expires_soonest() {
    let mut lab = Lab::new();
    fill(&mut lab, 1000, |_| true);
    let used = lab.info("used_memory");
    lab.run(&format!("CONFIG SET maxmemory {} maxmemory-policy volatile-ttl", used - 50_000));
    lab.run("PING");
    let left = lab.number("DBSIZE") as usize;
    assert!((600..900).contains(&left), "{left}");
    let soonest = 1000 - left;
    assert!((0..1000).all(|n| lab.number(&format!("EXISTS k{n}")) == i64::from(n >= soonest)));
}

#[test]
fn an_eviction_is_an_event_and_makes_a_watch_dirty() {
    let mut lab = Lab::new();
    fill(&mut lab, 200, |_| false);
    lab.run("CONFIG SET notify-keyspace-events Ee");
    let listener = lab.engine.connect("127.0.0.1:2", redlab::engine::Time::from_ms(lab.now_ms));
    let subscribe = redlab::resp::split_line("SUBSCRIBE __keyevent@0__:evicted").expect("a line");
    lab.engine.call(listener, &subscribe, redlab::engine::Time::from_ms(lab.now_ms));
    (0..200).for_each(|n| drop(lab.run(&format!("WATCH k{n}"))));
    let used = lab.info("used_memory");
    lab.run(&format!("CONFIG SET maxmemory {} maxmemory-policy allkeys-random", used - 10_000));
    lab.run("PING");
    let evicted = lab.info("evicted_keys") as usize;
    assert!(evicted > 10);
    assert_eq!(lab.engine.take_deliveries().len(), evicted);
    lab.run("MULTI");
    assert_eq!(lab.run("EXEC"), Value::NullArray);
}

#[test]
fn the_same_calls_evict_the_same_keys() {
    let keys = || {
        let mut lab = Lab::new();
        limit(&mut lab, "allkeys-lru", 100_000);
        fill(&mut lab, 2000, |_| false);
        (lab.run("KEYS *"), lab.engine.fingerprint())
    };
    assert_eq!(keys(), keys());
}

/// How many of `hot` keys that are read again and again survive as many others passing by: ours and Redis's.
fn survivors(policy: &str, samples: u32) -> (usize, usize) {
    const HOT: usize = 200;
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut lab = Lab::new();
    let mut real = |argv: &[Bytes]| {
        wire.send(argv);
        wire.receive()
    };
    let words = |line: &str| redlab::resp::split_line(line).expect("a line");
    let Value::Bulk(text) = real(&words("INFO memory")) else { panic!("INFO is a text") };
    let used = field(&String::from_utf8_lossy(&text), "used_memory");
    let rules = format!("maxmemory-policy {policy} maxmemory-samples {samples} lfu-log-factor 1");
    // Room for about 1500 keys on either side.
    real(&words(&format!("CONFIG SET maxmemory {} {rules}", used + 400_000)));
    let used = lab.info("used_memory");
    lab.run(&format!("CONFIG SET maxmemory {} {rules}", used + 400_000));
    let value = "x".repeat(100);
    for n in 0..HOT {
        real(&words(&format!("SET hot{n} {value}")));
        lab.run(&format!("SET hot{n} {value}"));
    }
    for n in 0..6000 {
        let passing = words(&format!("SET cold{n} {value}"));
        real(&passing);
        lab.call(&passing);
        let hot = words(&format!("GET hot{}", n % HOT));
        real(&hot);
        lab.call(&hot);
        // The clock of either counts seconds: ours runs as if the whole took a minute.
        lab.now_ms += 10;
        if n % 1500 == 1499 && policy.ends_with("lru") {
            std::thread::sleep(std::time::Duration::from_millis(1100));
        }
    }
    let theirs = (0..HOT).filter(|n| real(&words(&format!("EXISTS hot{n}"))) == Value::Integer(1)).count();
    let ours = (0..HOT).filter(|n| lab.number(&format!("EXISTS hot{n}")) == 1).count();
    (ours, theirs)
}

#[test]
fn what_is_used_often_survives_as_it_does_in_redis() {
    let (ours, theirs) = survivors("allkeys-lfu", 5);
    assert!(ours >= 190 && theirs >= 150, "{ours} here, {theirs} there");
    let (ours, _) = survivors("allkeys-lru", 10);
    assert!(ours >= 190, "{ours}");
    let (ours, _) = survivors("allkeys-random", 5);
    assert!(ours < 150, "chance does not spare what is used: {ours}");
}
