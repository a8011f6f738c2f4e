//! MEMORY USAGE, compared with that of Redis.

use bytes::Bytes;
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::Lab;
use crate::oracle::Wire;

/// The estimate may be off by this much.
const BOUNDS: std::ops::RangeInclusive<f64> = 0.8..=1.2;

fn line(words: &[&str]) -> Vec<Bytes> {
    words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
}

fn text(rng: &mut fastrand::Rng, length: usize) -> Bytes {
    (0..length).map(|_| rng.alphanumeric() as u8).collect()
}

fn word(rng: &mut fastrand::Rng, most: usize) -> Bytes {
    match rng.u8(..4) {
        0 => Bytes::from(rng.i64(-300..300).to_string()),
        1 => Bytes::from(rng.i64(..).to_string()),
        _ => {
            let length = rng.usize(1..=most);
            text(rng, length)
        }
    }
}

/// Both sides with the same commands.
struct Both {
    lab: Lab,
    wire: Wire,
}

impl Both {
    fn call(&mut self, argv: &[Bytes]) -> (Value, Value) {
        self.wire.send(argv);
        (self.lab.call(argv), self.wire.receive())
    }

    fn usages(&mut self, key: &Bytes, samples: &str) -> (i64, i64) {
        let argv =
            [&line(&["MEMORY", "USAGE"])[..], std::slice::from_ref(key), &line(&["SAMPLES", samples])[..]].concat();
        match self.call(&argv) {
            (Value::Integer(ours), Value::Integer(theirs)) => (ours, theirs),
            other => panic!("{key:?}: {other:?}"),
        }
    }

    /// Fills both sides alike and compares what they say, of all items and of a few.
    fn compare(&mut self, kind: &str, count: usize, length: usize) {
        let key = Bytes::from("key");
        self.call(&[Bytes::from("DEL"), key.clone()]);
        for commands in filling(kind, &key, count, length).chunks(100) {
            commands.iter().for_each(|argv| self.wire.send(argv));
            for argv in commands {
                assert_eq!(self.lab.call(argv), self.wire.receive());
            }
        }
        for samples in ["0", "5"] {
            let (ours, theirs) = self.usages(&key, samples);
            let ratio = ours as f64 / theirs as f64;
            let what = format!("{kind} of {count}, {length} bytes each, {samples} samples");
            assert!(BOUNDS.contains(&ratio), "{what}: {ours} here, {theirs} there");
        }
    }
}

#[test]
fn strings_weigh_exactly_what_they_weigh_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut both = Both { lab: Lab::new(), wire: Wire::connect(&server) };
    let mut rng = fastrand::Rng::with_seed(1);
    for length in (0..200).chain((200..5000).step_by(97)).chain([20_000, 31_000]) {
        let key_length = rng.usize(1..300);
        let key = text(&mut rng, key_length);
        let value = if rng.u8(..4) == 0 { Bytes::from(rng.i64(..).to_string()) } else { text(&mut rng, length) };
        both.call(&[Bytes::from("SET"), key.clone(), value]);
        let (ours, theirs) = both.usages(&key, "5");
        assert_eq!(ours, theirs, "a key of {key_length} and a value of {length} bytes");
    }
}

#[test]
fn collections_weigh_about_what_they_weigh_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut both = Both { lab: Lab::new(), wire: Wire::connect(&server) };
    let mut rng = fastrand::Rng::with_seed(2);
    for n in 0..300 {
        let command = ["RPUSH", "HSET", "SADD", "ZADD"][n % 4];
        let count = [1, 3, 20, 100, 130, 600, 1000, 5000][rng.usize(..8)];
        let most = [5, 30, 64, 65, 200, 1000][rng.usize(..6)];
        // Few long elements are enough.
        let count = if most > 100 { count / 10 + 1 } else { count };
        let key = Bytes::from(format!("key:{n}"));
        let mut argv = vec![Bytes::from(command), key.clone()];
        for _ in 0..count {
            match command {
                "HSET" => argv.extend([word(&mut rng, most), word(&mut rng, most)]),
                "ZADD" => {
                    let score = if rng.bool() { rng.i32(..).to_string() } else { rng.f64().to_string() };
                    argv.extend([Bytes::from(score), word(&mut rng, most)]);
                }
                _ => argv.push(word(&mut rng, most)),
            }
        }
        both.call(&argv);
        let (ours, theirs) = both.usages(&key, "0");
        let ratio = ours as f64 / theirs as f64;
        assert!(BOUNDS.contains(&ratio), "{command} of {count}, up to {most} bytes: {ours} and {theirs}");
    }
}

#[test]
fn sets_of_integers_weigh_exactly_what_they_weigh_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut both = Both { lab: Lab::new(), wire: Wire::connect(&server) };
    let mut rng = fastrand::Rng::with_seed(3);
    for n in 0..60 {
        let bits = [7, 15, 16, 31, 32, 62][n % 6];
        let key = Bytes::from(format!("key:{n}"));
        let members =
            (0..rng.usize(1..500)).map(|_| Bytes::from((rng.i64(0..1 << bits) - (1 << (bits - 1))).to_string()));
        both.call(&[Bytes::from("SADD"), key.clone()].into_iter().chain(members).collect::<Vec<Bytes>>());
        let (ours, theirs) = both.usages(&key, "5");
        assert_eq!(ours, theirs, "{bits} bits");
    }
}

/// The commands that put `count` items of a given length into a collection of some kind; a few hundred items each.
fn filling(kind: &str, key: &Bytes, count: usize, length: usize) -> Vec<Vec<Bytes>> {
    let digits = length.min(9);
    let item = |n: usize| Bytes::from(format!("{}{n:0digits$}", "x".repeat(length - digits)));
    let of = |n: usize| match kind {
        "HSET" => vec![item(n), item(n)],
        "ZADD" => vec![Bytes::from(n.to_string()), item(n)],
        "XADD" => vec![Bytes::from(format!("{}-{}", 1_700_000_000_000 + n / 3, n % 3 + 1)), item(0), item(n)],
        _ => vec![item(n)],
    };
    let at_once = if kind == "XADD" { 1 } else { 300 };
    let numbers: Vec<usize> = (0..count).collect();
    let commands = numbers.chunks(at_once).map(|some| {
        let head = [Bytes::from(kind.to_owned()), key.clone()];
        head.into_iter().chain(some.iter().flat_map(|n| of(*n))).collect()
    });
    commands.collect()
}

#[test]
fn collections_of_all_sizes_weigh_about_what_they_weigh_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut both = Both { lab: Lab::new(), wire: Wire::connect(&server) };
    for kind in ["RPUSH", "LPUSH", "HSET", "SADD", "ZADD", "XADD"] {
        for (count, length) in [1, 10, 100, 1000].into_iter().flat_map(|n| [(n, 9), (n, 70), (n, 3000)]) {
            both.compare(kind, count, length);
        }
        both.compare(kind, 100_000, 9);
        both.compare(kind, 20_000, 150);
    }
}

#[test]
fn groups_weigh_about_what_they_weigh_in_redis() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut both = Both { lab: Lab::new(), wire: Wire::connect(&server) };
    both.compare("XADD", 5000, 20);
    for (group, consumers, each) in [("a", 1, 1), ("b", 3, 100), ("c", 40, 10), ("d", 2, 2000)] {
        both.call(&line(&["XGROUP", "CREATE", "key", group, "0"]));
        for n in 0..consumers {
            let (consumer, count) = (format!("consumer-{n}"), each.to_string());
            let read = ["XREADGROUP", "GROUP", group, &consumer, "COUNT", &count, "STREAMS", "key", ">"];
            both.call(&line(&read));
        }
        let (ours, theirs) = both.usages(&Bytes::from("key"), "0");
        assert!(BOUNDS.contains(&(ours as f64 / theirs as f64)), "group {group}: {ours} here, {theirs} there");
    }
}
