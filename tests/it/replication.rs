//! A real Redis copies redlab, and has the same data whatever ran.

use std::time::{Duration, Instant};

use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;
use crate::served::Served;

/// How long a replica may take to come and to catch up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What depends on time, chance, or waiting.
const LINES: &[&str] = &[
    "SET k v EX 100",
    "SET k w KEEPTTL GET",
    "SETEX k2 100 v",
    "INCRBYFLOAT f 1.5",
    "HINCRBYFLOAT hh f 2.5",
    "SADD s a b c d e",
    "SPOP s",
    "SPOP s 2",
    "SPOP s 5",
    "RPUSH l 1 2 3",
    "LMPOP 1 l RIGHT COUNT 2",
    "BLPOP l 1",
    "RPUSH l 1 2 3",
    "BLMOVE l l2 LEFT RIGHT 1",
    "BRPOPLPUSH l l2 1",
    "ZADD z 1 a 2 b 3 c 4 d",
    "ZMPOP 1 z MAX",
    "BZMPOP 1 1 z MIN",
    "BZPOPMIN z 1",
    "XADD st * f v",
    "XADD st MAXLEN ~ 1 * f v",
    "XTRIM st MINID ~ 1",
    "XGROUP CREATE st g 0",
    "XREADGROUP GROUP g c STREAMS st >",
    "XADD st * f w",
    "XREADGROUP GROUP g c2 NOACK STREAMS st >",
    "XAUTOCLAIM st g c3 0 0",
    "EXPIRE k 500",
    "GETEX k PERSIST",
    "GETEX k EX 900",
    "EXPIRE k2 -1",
    "EVAL \"redis.call('incr', 'x') return redis.call('spop', 's')\" 0",
    "MULTI",
    "SET m1 1",
    "SELECT 2",
    "SET m2 2 PX 5000000",
    "EXEC",
    "COPY m2 m3",
    "SELECT 0",
    "SETRANGE sr 5 abc",
    "GETDEL sr",
    "GETSET gs 1",
    "PFADD p a b c",
];

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_real_replica_has_the_same_data() {
    let served = Served::start();
    let mut master = served.connect();
    call(&mut master, "SET before 1");
    call(&mut master, "HSET h f v");
    let replica = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    let mut copy = Wire::connect(&replica);
    let port = served.address().port();
    assert_eq!(call(&mut copy, &format!("REPLICAOF 127.0.0.1 {port}")), Value::ok());
    until("the replica has come", || call(&mut copy, "GET before") == Value::bulk("1"));
    for line in LINES {
        let reply = call(&mut master, line);
        assert!(!matches!(reply, Value::Error(_)), "{line}: {reply:?}");
    }
    until("the replica has all", || call(&mut master, "WAIT 1 1000") == Value::Integer(1));
    assert_eq!(call(&mut copy, "DEBUG DIGEST"), call(&mut master, "DEBUG DIGEST"));
    for line in ["XINFO GROUPS st", "XPENDING st g", "EXPIRETIME k", "PEXPIRETIME k2"] {
        assert_eq!(call(&mut copy, line), call(&mut master, line), "{line}");
    }
    assert_eq!(call(&mut master, "WAIT 2 10"), Value::Integer(1));
}

#[test]
fn who_follows_an_absent_master_takes_no_writes() {
    let served = Served::start();
    let mut wire = served.connect();
    for (line, reply) in [
        ("SET a 1", "OK"),
        ("CONFIG SET min-replicas-to-write 1", "OK"),
        ("SET a 2", "NOREPLICAS Not enough good replicas to write."),
        ("CONFIG SET min-replicas-to-write 0", "OK"),
        ("REPLICAOF nowhere 1", "OK"),
        ("SET a 2", "READONLY You can't write against a read only replica."),
        ("GET a", "1"),
        ("CONFIG SET replica-serve-stale-data no", "OK"),
        ("GET a", "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
        ("REPLICAOF NO ONE", "OK"),
        ("SET a 2", "OK"),
    ] {
        let answer = call(&mut wire, line);
        let text = match &answer {
            Value::Simple(text) | Value::Bulk(text) | Value::Error(text) => text.clone(),
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(String::from_utf8_lossy(&text), reply, "{line}");
    }
}
