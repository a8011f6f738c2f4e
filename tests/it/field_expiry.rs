//! Fields of hashes that expire, on a clock that is an argument.

use bytes::Bytes;
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Value, split_line};

/// 2023-11-14 22:13:20 UTC, in milliseconds.
const START_MS: i64 = 1_700_000_000_000;

struct Lab {
    engine: Engine,
    client: ClientId,
    /// It hears what happens to keys.
    listener: ClientId,
    now_ms: i64,
}

impl Lab {
    fn new() -> Lab {
        let now = Time::from_ms(START_MS);
        let mut engine = Engine::new(Settings::default(), now);
        let [client, listener] = [1, 2].map(|n| engine.connect(&format!("127.0.0.1:{n}"), now));
        let mut lab = Lab { engine, client, listener, now_ms: START_MS };
        lab.run("CONFIG SET notify-keyspace-events KEA");
        let words = split_line("PSUBSCRIBE __keyevent@*").expect("a line");
        lab.engine.call(lab.listener, &words, now);
        lab
    }

    fn run(&mut self, line: &str) -> Value {
        let words = split_line(line).expect("a command line");
        match self.engine.call(self.client, &words, Time::from_ms(self.now_ms)) {
            Called::Reply(value) => value.into_resp2(),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// A reply in words.
    fn say(&mut self, line: &str) -> String {
        fn words(value: Value) -> String {
            match value {
                Value::Integer(n) => n.to_string(),
                Value::Bulk(text) | Value::Simple(text) | Value::Error(text) => {
                    String::from_utf8_lossy(&text).into_owned()
                }
                Value::Array(items) => items.into_iter().map(words).collect::<Vec<_>>().join(" "),
                _ => "nil".into(),
            }
        }
        words(self.run(line))
    }

    fn check(&mut self, pairs: &[(&str, &str)]) {
        for (line, said) in pairs {
            assert_eq!(self.say(line), *said, "{line}");
        }
    }

    /// Lets time pass, as a server does that nobody talks to.
    fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
        self.engine.advance(Time::from_ms(self.now_ms));
    }

    /// The events since the last call, each as `event key`.
    fn events(&mut self) -> Vec<String> {
        let text = |value: &Value| String::from_utf8_lossy(value.as_bytes().expect("a text")).into_owned();
        let event = |value: Value| match value {
            Value::Push(items) => {
                format!("{} {}", text(&items[2]).rsplit(':').next().expect("a name"), text(&items[3]))
            }
            other => panic!("{other:?}"),
        };
        self.engine.take_deliveries().into_iter().map(|delivery| event(delivery.value)).collect()
    }
}

#[test]
fn fields_are_given_times_under_conditions() {
    Lab::new().check(&[
        ("HSET h a 1 b 2 c 3", "3"),
        ("HEXPIRE h 100 FIELDS 3 a b none", "1 1 -2"),
        ("HTTL h FIELDS 4 a b c none", "100 100 -1 -2"),
        ("HPTTL h FIELDS 1 a", "100000"),
        ("HEXPIRETIME h FIELDS 1 a", "1700000100"),
        ("HPEXPIRETIME h FIELDS 1 a", "1700000100000"),
        ("HEXPIRE h 50 NX FIELDS 2 a c", "0 1"),
        ("HEXPIRE h 60 XX FIELDS 2 a none", "1 -2"),
        ("HEXPIRE h 55 GT FIELDS 2 a c", "0 1"),
        ("HEXPIRE h 55 LT FIELDS 2 a c", "1 0"),
        ("HPERSIST h FIELDS 3 a a none", "1 -1 -2"),
        ("HEXPIRE h 70 GT FIELDS 1 a", "0"),
        ("HEXPIRE h 70 LT FIELDS 1 a", "1"),
        ("HPEXPIREAT h 1700000000001 FIELDS 1 a", "1"),
        ("HEXPIREAT h 1 NX FIELDS 1 a", "0"),
        ("HEXPIREAT h 1 FIELDS 1 a", "2"),
        ("HPEXPIRE h 0 FIELDS 2 b c", "2 2"),
        ("EXISTS h", "0"),
        ("HEXPIRE none 1 FIELDS 2 a b", "-2 -2"),
        ("HTTL none FIELDS 1 a", "-2"),
        ("HPERSIST none FIELDS 1 a", "-2"),
    ]);
}

#[test]
fn expired_fields_are_gone_for_everybody_and_the_last_takes_the_hash_along() {
    let mut lab = Lab::new();
    lab.check(&[
        ("HSET h a 1 b 2 c 3", "3"),
        ("HPEXPIRE h 100 FIELDS 1 a", "1"),
        ("HPEXPIRE h 200 FIELDS 2 b c", "1 1"),
    ]);
    assert_eq!(lab.engine.next_due(), Some(Time::from_ms(START_MS + 101)));
    lab.wait(100);
    lab.check(&[("HLEN h", "3"), ("HPTTL h FIELDS 1 a", "0")]);
    lab.wait(1);
    lab.check(&[
        ("HLEN h", "2"),
        ("HKEYS h", "b c"),
        ("HGET h a", "nil"),
        ("HEXISTS h a", "0"),
        ("HSCAN h 0", "0 b 2 c 3"),
        ("HRANDFIELD h 5", "b c"),
        ("HINCRBY h a 1", "1"),
        ("HDEL h a", "1"),
    ]);
    assert_eq!(lab.engine.next_due(), Some(Time::from_ms(START_MS + 201)));
    lab.wait(101);
    lab.check(&[("EXISTS h", "0")]);
    assert_eq!(lab.engine.next_due(), None);
}

#[test]
fn what_sets_a_field_anew_forgets_its_time_and_what_changes_it_keeps_it() {
    let mut lab = Lab::new();
    for (line, left) in [
        ("HSET h a 5", "-1"),
        ("HMSET h a 5", "-1"),
        ("HINCRBY h a 1", "10"),
        ("HINCRBYFLOAT h a 0.5", "10"),
        ("HSETNX h a 9", "10"),
        ("HSETEX h FIELDS 1 a 3", "-1"),
        ("HSETEX h KEEPTTL FIELDS 1 a 3", "10"),
        ("HGETEX h FIELDS 1 a", "10"),
        ("HGETEX h PERSIST FIELDS 1 a", "-1"),
        ("HGETEX h EX 20 FIELDS 1 a", "20"),
        ("HPERSIST h FIELDS 1 a", "-1"),
    ] {
        lab.check(&[("DEL h", "1")][usize::from(!lab.engine.state().keyspace.exists(0, b"h"))..]);
        lab.run("HSET h a 1");
        lab.run("HEXPIRE h 10 FIELDS 1 a");
        lab.run(line);
        assert_eq!(lab.say("HTTL h FIELDS 1 a"), left, "{line}");
    }
}

#[test]
fn times_go_with_the_hash_wherever_it_goes() {
    let mut lab = Lab::new();
    for line in ["HSET h a 1 b 2", "HEXPIRE h 10 FIELDS 1 a", "COPY h c", "RENAME h r", "MOVE c 1"] {
        lab.run(line);
    }
    lab.check(&[("HTTL r FIELDS 2 a b", "10 -1"), ("SELECT 1", "OK"), ("HTTL c FIELDS 2 a b", "10 -1")]);
    lab.check(&[("DEL c", "1"), ("HSET c a 1", "1"), ("SELECT 0", "OK"), ("SWAPDB 0 1", "OK")]);
    lab.wait(10_001);
    lab.check(&[("HGETALL c", "a 1"), ("SELECT 1", "OK"), ("HGETALL r", "b 2")]);
    assert_eq!(lab.engine.next_due(), None);
}

#[test]
fn times_go_through_payloads_and_files() {
    let long = "x".repeat(100);
    for (value, encoding) in [("1", "listpackex"), (&*long, "hashtable")] {
        let mut lab = Lab::new();
        for line in [&*format!("HSET h a {value} b 2 c 3"), "HEXPIRE h 10 FIELDS 1 b", "HPEXPIRE h 100 FIELDS 1 a"] {
            lab.run(line);
        }
        let payload = lab.run("DUMP h").as_bytes().expect("a payload").clone();
        // The version of the format that has room for times; without any, that of Redis 7.0.
        assert_eq!(payload[payload.len() - 10], 12);
        let restore = ["RESTORE", "r", "0"].map(Bytes::from).into_iter().chain([payload]).collect::<Vec<_>>();
        lab.engine.call(lab.client, &restore, Time::from_ms(lab.now_ms));
        let times = "100 10000 -1";
        lab.check(&[("OBJECT ENCODING r", encoding), ("HPTTL r FIELDS 3 a b c", times), ("DEBUG RELOAD", "OK")]);
        lab.check(&[("OBJECT ENCODING h", encoding), ("HPTTL h FIELDS 3 a b c", times)]);
        lab.wait(101);
        lab.check(&[
            ("HMGET h a c", "nil 3"),
            ("HMGET r a c", "nil 3"),
            ("HPERSIST h FIELDS 1 b", "1"),
            ("DEL r", "1"),
        ]);
        let payload = lab.run("DUMP h").as_bytes().expect("a payload").clone();
        assert_eq!(payload[payload.len() - 10], 10);
        lab.check(&[("DEBUG RELOAD", "OK"), ("HPTTL h FIELDS 1 b", "-1")]);
        assert_eq!(lab.engine.next_due(), None);
    }
}

#[test]
fn times_take_memory() {
    let mut lab = Lab::new();
    let usage = |lab: &mut Lab| lab.say("MEMORY USAGE h").parse::<usize>().expect("bytes");
    for fields in [3, 600] {
        let pairs: Vec<String> = (0..fields).map(|n| format!("f{n} v")).collect();
        lab.run(&format!("HSET h {}", pairs.join(" ")));
        let before = usage(&mut lab);
        let used = lab.engine.state().keyspace.used();
        for n in 0..fields {
            lab.run(&format!("HEXPIRE h 10 FIELDS 1 f{n}"));
        }
        let grown = usage(&mut lab) - before;
        assert!((fields * 8..fields * 40).contains(&grown), "{grown} bytes for {fields} times");
        assert_eq!(lab.engine.state().keyspace.used() - used, grown);
        lab.run("DEL h");
    }
}

#[test]
fn values_are_taken_and_set_together_with_times() {
    Lab::new().check(&[
        ("HSETEX h EX 10 FIELDS 2 a 1 b 2", "1"),
        ("HTTL h FIELDS 2 a b", "10 10"),
        ("HSETEX h FNX FIELDS 2 b 3 c 3", "0"),
        ("HSETEX h FXX FIELDS 2 b 3 c 3", "0"),
        ("HSETEX h FXX PX 1500 FIELDS 1 b 3", "1"),
        ("HGETEX h PXAT 1700000005000 FIELDS 2 b none", "3 nil"),
        ("HPTTL h FIELDS 1 b", "5000"),
        ("HGETDEL h FIELDS 3 a none a", "1 nil nil"),
        ("HGETEX h EXAT 1 FIELDS 1 b", "3"),
        ("EXISTS h", "0"),
        ("HGETDEL h FIELDS 1 a", "nil"),
        ("HSETEX h FXX FIELDS 1 a 1", "0"),
        ("EXISTS h", "0"),
        ("HSETEX h FNX EXAT 1 FIELDS 1 a 1", "1"),
        ("EXISTS h", "0"),
    ]);
}

#[test]
fn the_encoding_says_that_fields_have_times() {
    Lab::new().check(&[
        ("HSET h a 1", "1"),
        ("OBJECT ENCODING h", "listpack"),
        ("HEXPIRE h 10 FIELDS 1 a", "1"),
        ("OBJECT ENCODING h", "listpackex"),
        ("CONFIG SET hash-max-listpack-entries 1", "OK"),
        ("HSET h b 2", "1"),
        ("OBJECT ENCODING h", "hashtable"),
        ("HTTL h FIELDS 2 a b", "10 -1"),
    ]);
}

#[test]
fn arguments_are_checked() {
    let wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
    Lab::new().check(&[
        ("SET s 1", "OK"),
        ("HEXPIRE s 1 FIELDS 1 a", wrong_type),
        ("HTTL s FIELDS 1 a", wrong_type),
        ("HSETEX s FIELDS 1 a 1", wrong_type),
        ("HEXPIRE h x FIELDS 1 a", "ERR value is not an integer or out of range"),
        ("HEXPIRE h -1 FIELDS 1 a", "ERR invalid expire time, must be >= 0"),
        ("HEXPIRE h 99999999999 FIELDS 1 a", "ERR invalid expire time in 'hexpire' command"),
        ("HEXPIRE h 1 ZZ FIELDS 1 a", "ERR Mandatory argument FIELDS is missing or not at the right position"),
        ("HEXPIRE h 1 FIELDS 0 a", "ERR Parameter `numFields` should be greater than 0"),
        ("HTTL h FIELDS 0 a", "ERR Number of fields must be a positive integer"),
        ("HTTL h FIELDS 2 a", "ERR The `numfields` parameter must match the number of arguments"),
        ("HGETDEL h FIELDS 1 a b", "ERR The `numfields` parameter must match the number of arguments"),
        ("HSETEX h FIELDS 2 a 1 b", "ERR wrong number of arguments for 'hsetex' command"),
        ("HSETEX h FNX FXX FIELDS 1 a 1", "ERR Only one of FXX or FNX arguments can be specified"),
        (
            "HSETEX h EX 1 KEEPTTL FIELDS 1 a 1",
            "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
        ),
        ("HSETEX h NX FIELDS 1 a 1", "ERR unknown argument: NX"),
    ]);
}

#[test]
fn events_tell_what_became_of_fields() {
    let mut lab = Lab::new();
    for line in
        ["HSET h a 1 b 2 c 3", "HPEXPIRE h 100 FIELDS 2 a b", "HPERSIST h FIELDS 1 b", "HEXPIRE h 9 GT FIELDS 1 c"]
    {
        lab.run(line);
    }
    assert_eq!(lab.events(), ["hset h", "hexpire h", "hpersist h"]);
    lab.wait(101);
    assert_eq!(lab.events(), ["hexpired h"]);
    for line in ["HGETDEL h FIELDS 1 b", "HPEXPIRE h 10 FIELDS 1 c"] {
        lab.run(line);
    }
    lab.wait(11);
    assert_eq!(lab.events(), ["hdel h", "hexpire h", "hexpired h", "del h"]);
    lab.run("HSETEX h PX 0 FIELDS 1 a 1");
    assert_eq!(lab.events(), ["hset h", "hdel h", "del h"]);
}

#[test]
fn a_time_counts_in_the_fingerprint_and_an_expiry_fails_a_transaction_that_watches() {
    let mut lab = Lab::new();
    lab.run("HSET h a 1 b 2");
    let before = lab.engine.fingerprint();
    lab.run("HPEXPIRE h 5 FIELDS 1 a");
    assert_ne!(lab.engine.fingerprint(), before);
    for line in ["WATCH h", "MULTI", "PING"] {
        lab.run(line);
    }
    lab.wait(6);
    assert_eq!(lab.run("EXEC"), Value::NullArray);
}

#[test]
fn many_fields_that_expire_at_once_go_a_few_at_a_time_and_none_is_seen() {
    let mut lab = Lab::new();
    let fields: Vec<String> = (0..5000).map(|n| format!("f{n}")).collect();
    let pairs: Vec<String> = fields.iter().map(|field| format!("{field} v")).collect();
    lab.run(&format!("HSET h {} stays v", pairs.join(" ")));
    lab.run(&format!("HPEXPIRE h 10 FIELDS 5000 {}", fields.join(" ")));
    lab.now_ms += 11;
    assert_eq!(lab.say("HGET h f4999"), "nil");
    let left: usize = lab.say("HLEN h").parse().expect("a number");
    assert!((4000..5001).contains(&left), "{left}: a command lets some go, not all");
    assert_eq!(lab.say("HGETALL h"), "stays v");
    assert_eq!(
        (lab.say("HSET h f4998 new"), lab.say("HGET h f4998"), lab.say("HDEL h f4997")),
        ("1".into(), "new".into(), "0".into())
    );
    for _ in 0..3 {
        lab.engine.advance(Time::from_ms(lab.now_ms));
    }
    assert_eq!(lab.say("HLEN h"), "2");
    lab.run("HPEXPIRE h 10 FIELDS 1 stays");
    lab.now_ms += 11;
    assert_eq!(lab.say("HRANDFIELD h 5"), "f4998");
}
