//! Time in the bundled engine: what a clock that is an argument makes exact.

use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Value, split_line};

/// 2023-11-14 22:13:20 UTC, in milliseconds.
const START_MS: i64 = 1_700_000_000_000;

struct Lab {
    engine: Engine,
    clients: Vec<ClientId>,
    now_ms: i64,
}

impl Lab {
    fn new() -> Lab {
        let mut engine = Engine::new(Settings::default(), Time::from_ms(START_MS));
        let clients = (0..2).map(|_| engine.connect("127.0.0.1:1", Time::from_ms(START_MS))).collect();
        Lab { engine, clients, now_ms: START_MS }
    }

    fn run_as(&mut self, client: usize, line: &str) -> Value {
        let words = split_line(line).expect("a command line");
        match self.engine.call(self.clients[client], &words, Time::from_ms(self.now_ms)) {
            Called::Reply(value) => value,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn run(&mut self, line: &str) -> Value {
        self.run_as(0, line)
    }

    fn number(&mut self, line: &str) -> i64 {
        match self.run(line) {
            Value::Integer(n) => n,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
    }
}

#[test]
fn a_key_lives_up_to_its_time_and_not_a_millisecond_longer() {
    let mut lab = Lab::new();
    lab.run("SET a 1 PX 100");
    lab.wait(100);
    assert_eq!(lab.number("PTTL a"), 0);
    assert_eq!(lab.number("EXISTS a"), 1);
    lab.wait(1);
    assert_eq!(lab.number("PTTL a"), -2);
    assert_eq!(lab.run("GET a"), Value::Null);
}

#[test]
fn seconds_are_rounded_to_the_nearest() {
    let mut lab = Lab::new();
    lab.run("SET a 1 EX 10");
    lab.wait(499);
    assert_eq!(lab.number("TTL a"), 10);
    lab.wait(2);
    assert_eq!(lab.number("TTL a"), 9);
    assert_eq!(lab.number("EXPIRETIME a"), START_MS / 1000 + 10);
}

#[test]
fn what_is_modified_in_place_keeps_its_time_and_what_is_overwritten_loses_it() {
    let mut lab = Lab::new();
    for in_place in ["INCR a", "APPEND a 1", "SETRANGE a 0 7", "INCRBYFLOAT a 1", "SET a 5 KEEPTTL"] {
        lab.run("SET a 1 EX 10");
        lab.run(in_place);
        assert_eq!(lab.number("TTL a"), 10, "{in_place}");
    }
    for overwriting in ["SET a 1", "GETSET a 1", "MSET a 1", "PERSIST a", "GETEX a PERSIST"] {
        lab.run("SET a 1 EX 10");
        lab.run(overwriting);
        assert_eq!(lab.number("TTL a"), -1, "{overwriting}");
    }
}

#[test]
fn a_renamed_key_takes_its_time_along() {
    let mut lab = Lab::new();
    lab.run("MSET b 1 c 1");
    lab.run("SET a 1 EX 10");
    lab.run("RENAME a b");
    lab.run("COPY b c REPLACE");
    lab.run("MOVE b 1");
    assert_eq!((lab.number("TTL a"), lab.number("TTL b"), lab.number("TTL c")), (-2, -2, 10));
    lab.run("SELECT 1");
    assert_eq!(lab.number("TTL b"), 10);
    lab.wait(10_001);
    assert_eq!(lab.number("EXISTS b"), 0);
}

#[test]
fn a_time_that_is_past_hides_the_key_within_the_same_transaction() {
    let mut lab = Lab::new();
    for line in ["MULTI", "SET a 1 PXAT 1", "GET a", "EXISTS a"] {
        lab.run(line);
    }
    assert_eq!(lab.run("EXEC"), Value::Array(vec![Value::ok(), Value::Null, Value::Integer(0)]));
}

#[test]
fn a_watched_key_that_expires_fails_the_transaction() {
    let mut lab = Lab::new();
    lab.run("SET a 1 PX 100");
    lab.run("WATCH a");
    lab.wait(200);
    lab.run("MULTI");
    lab.run("INCR b");
    assert_eq!(lab.run("EXEC"), Value::NullArray);
    assert_eq!(lab.run_as(1, "EXISTS b"), Value::Integer(0));
}

#[test]
fn looking_makes_a_key_less_idle_and_asking_about_it_does_not() {
    let mut lab = Lab::new();
    lab.run("SET a text");
    lab.wait(5_000);
    for glance in ["TYPE a", "TTL a", "EXISTS a", "OBJECT ENCODING a"] {
        lab.run(glance);
        assert_eq!(lab.number("OBJECT IDLETIME a"), 5, "{glance}");
    }
    for look in ["GET a", "TOUCH a", "STRLEN a", "APPEND a x"] {
        lab.wait(3_000);
        assert!(lab.number("OBJECT IDLETIME a") >= 3, "{look}");
        lab.run(look);
        assert_eq!(lab.number("OBJECT IDLETIME a"), 0, "{look}");
    }
}

#[test]
fn a_scan_meets_every_key_that_stays_while_others_come_and_go() {
    let mut lab = Lab::new();
    (0..200).for_each(|n| drop(lab.run(&format!("SET stays:{n} 1"))));
    let (mut cursor, mut seen, mut step) = ("0".to_string(), std::collections::BTreeSet::new(), 0);
    loop {
        let reply = lab.run(&format!("SCAN {cursor} COUNT 5 MATCH stays:*"));
        let [Value::Bulk(next), Value::Array(keys)] = reply.items().expect("two items") else { panic!("{reply:?}") };
        seen.extend(keys.iter().filter_map(|key| key.as_bytes().cloned()));
        cursor = String::from_utf8_lossy(next).into_owned();
        if cursor == "0" {
            break;
        }
        step += 1;
        (0..20).for_each(|n| drop(lab.run(&format!("SET comes:{step}:{n} 1 PX 3"))));
        lab.wait(1);
    }
    assert_eq!(seen.len(), 200);
}

#[test]
fn many_keys_that_expire_at_once_go_a_few_at_a_time_and_none_is_seen() {
    const KEYS: i64 = 5000;
    let mut lab = Lab::new();
    for n in 0..KEYS {
        lab.run(&format!("SET k{n} {n} PX 100"));
    }
    lab.run("SET stays 1");
    lab.wait(101);
    assert_eq!(lab.run("GET k4999"), Value::Null);
    let left = lab.number("DBSIZE");
    assert!((2..KEYS).contains(&left), "{left} are left");
    assert_eq!(lab.run("KEYS *"), Value::Array(vec![Value::bulk("stays")]));
    assert_eq!(lab.number("EXISTS k4998 k4997 stays"), 1);
    assert_eq!(lab.number("TTL k4996"), -2);
    assert_eq!(lab.run("TYPE k4995"), Value::simple("none"));
    assert_eq!(lab.run("SET k4994 new NX"), Value::ok());
    assert_eq!(lab.number("TTL k4994"), -1);
    assert_eq!(lab.number("RPUSH k4993 1"), 1);
    assert_eq!(lab.number("PERSIST k4992"), 0);
    assert_eq!(lab.run("RANDOMKEY").as_bytes().map(|key| key.len() > 3), Some(true));
    while lab.engine.next_due().is_some_and(|due| due <= Time::from_ms(lab.now_ms)) {
        lab.engine.advance(Time::from_ms(lab.now_ms));
    }
    assert_eq!(lab.number("DBSIZE"), 3);
}

#[test]
fn without_active_expiry_keys_stay_until_somebody_touches_them() {
    let mut lab = Lab::new();
    lab.run("DEBUG SET-ACTIVE-EXPIRE 0");
    lab.run("CONFIG SET notify-keyspace-events KEx");
    for name in ["a", "b", "c", "d"] {
        lab.run(&format!("SET {name} 1 PX 100"));
    }
    lab.run_as(1, "WATCH d");
    lab.wait(101);
    assert_eq!(lab.engine.next_due(), None);
    assert_eq!(lab.number("DBSIZE"), 4);
    assert_eq!(lab.run("KEYS *"), Value::Array(vec![]));
    assert_eq!(lab.number("DBSIZE"), 4);
    assert_eq!(lab.run("GET a"), Value::Null);
    assert_eq!(lab.number("DBSIZE"), 3);
    lab.run("WATCH b");
    assert_eq!(lab.number("DBSIZE"), 2);
    lab.run("MULTI");
    lab.run("PING");
    assert_eq!(lab.run("EXEC"), Value::Array(vec![Value::simple("PONG")]));
    // `d` was there when it was watched.
    lab.run_as(1, "MULTI");
    assert_eq!(lab.run_as(1, "EXEC"), Value::NullArray);
    assert_eq!(lab.run("SCAN 0"), Value::Array(vec![Value::bulk("0"), Value::Array(vec![])]));
    assert_eq!(lab.number("DBSIZE"), 0);
    lab.run("SET e 1 PX 100");
    lab.wait(101);
    lab.run("DEBUG SET-ACTIVE-EXPIRE 1");
    assert_eq!(lab.number("DBSIZE"), 0);
}

#[test]
fn no_key_goes_while_writes_are_paused_and_all_go_afterwards() {
    let mut lab = Lab::new();
    lab.run("SET a 1 PX 10");
    lab.run("SET b 1 PX 10");
    lab.run("HSET h f 1 g 2");
    lab.run("HPEXPIRE h 10 FIELDS 1 f");
    lab.run("CLIENT PAUSE 1000 WRITE");
    lab.wait(20);
    let now = Time::from_ms(lab.now_ms);
    lab.engine.advance(now);
    assert_eq!(lab.engine.next_due(), Some(Time::from_ms(START_MS + 1000)));
    assert_eq!((lab.run("GET a"), lab.number("EXISTS b"), lab.run("HGET h f")), (Value::Null, 0, Value::Null));
    assert_eq!((lab.number("DBSIZE"), lab.number("HLEN h"), lab.engine.state().keyspace.expired), (3, 2, 0));
    lab.wait(1000);
    assert_eq!((lab.number("DBSIZE"), lab.number("HLEN h"), lab.engine.state().keyspace.expired), (1, 1, 2));
}

#[test]
fn no_key_is_evicted_while_writes_are_paused() {
    let mut lab = Lab::new();
    for n in 0..100 {
        lab.run(&format!("SET key:{n} {}", "x".repeat(1000)));
    }
    lab.run("CLIENT PAUSE 1000 WRITE");
    lab.run("CONFIG SET maxmemory 1 maxmemory-policy allkeys-random");
    lab.wait(20);
    let now = Time::from_ms(lab.now_ms);
    lab.engine.advance(now);
    assert_eq!((lab.run("GET nokey"), lab.number("DBSIZE")), (Value::Null, 100));
    lab.wait(1000);
    lab.run("GET nokey");
    assert!(lab.number("DBSIZE") < 100);
}

#[test]
fn a_transaction_counts_what_it_has_let_expire() {
    let mut lab = Lab::new();
    for line in ["MULTI", "SET a 1 PXAT 1", "DBSIZE", "EXISTS a", "DBSIZE"] {
        lab.run(line);
    }
    let replies = [Value::ok(), Value::Integer(1), Value::Integer(0), Value::Integer(0)];
    assert_eq!(lab.run("EXEC"), Value::Array(replies.to_vec()));
}
