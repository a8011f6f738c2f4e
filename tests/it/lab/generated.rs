//! Random small scenarios: exploring finds exactly what replaying every schedule finds.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use redlab::lab::Limits;

use super::naive::enumerate;
use super::shipped::agrees;
use super::{explored, scenario};

/// Scenarios with more schedules than this are left out: replaying them takes too long.
const MOST: u64 = 600;

/// How many scenarios a run compares; REDLAB_LAB_CASES sets another number.
fn cases() -> u32 {
    std::env::var("REDLAB_LAB_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

fn step() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "GET k",
        "INCR k",
        "{run: GET k, as: r}",
        "{run: GET k, as: r}",
        "{run: INCR n, as: r}",
        "'SET k {{ r|int + 1 }}'",
        "'SET k {{ r|int + 1 }}'",
        "SET k 5 PX 1500",
        "SET k {{ client }} NX",
        "{run: SET k 1 NX EX 1, as: r}",
        "DEL k",
        "WATCH k",
        "WATCH k n",
        "UNWATCH",
        "{transaction: [INCR k, 'SET n {{ r|int }}'], as: t}",
        "{transaction: [RPUSH q 1, RPUSH q 2]}",
        "{pipeline: [INCR k, GET n, INCR n], as: t}",
        "{pipeline: [RPUSH q a, LPOP q]}",
        "RPUSH q x",
        "LPUSH q y z",
        "{run: LPOP q, as: t, on_error: continue}",
        "{run: BLPOP q 0, as: t}",
        "{run: BLPOP q 1, as: t}",
        "{run: BLPOP p q 2, as: t}",
        "{run: BRPOP p 1, as: t}",
        "BLMOVE q p LEFT RIGHT 3",
        "RPUSH p {{ client }}",
        "{sleep: 1s}",
        "{sleep: 500ms}",
        "{sleep: 0s}",
        "PEXPIRE k 1000",
        "EXPIRE q 1",
        "{run: TTL k, as: r}",
        "{world: {w: w + 1}}",
        "{world: {w: r|int, v: w + 1}}",
        "{run: INCR k, when: w == 0}",
        "{let: {r: r|int + w}}",
        "{if: w > 0, then: [GET k, INCR n], else: [INCR k]}",
        "{if: t is none, then: [{stop: true}]}",
        "{repeat: 2, steps: [INCR n]}",
        "{until: r|int > 1, max: 2, steps: [{run: INCR k, as: r}]}",
        "{until: w > 0, max: 2, steps: [{sleep: 1s}]}",
        // Keys that are there from the start, by names that are computed; and how many there are.
        "{run: 'GET x{{ w }}', as: r}",
        "{run: 'INCR x{{ r|int }}', as: r}",
        "{run: DBSIZE, as: r}",
        "{eval: {script: \"return redis.call('INCR', 'x' .. ARGV[1])\", keys: [], args: ['{{ v + 1 }}']}, as: t}",
        "INCR q",
        "{run: INCR q, on_error: continue, as: t}",
        "{run: SET k 1 EX 0}",
        "[SET, n, 'a b']",
        "HSET h {{ client }} 1",
        "HSET h {{ client }} 1",
        "HDEL h a",
        "{run: HGETALL h, as: t}",
        "SADD s {{ client }}",
        "SADD s x {{ client }}",
        "SADD s y x",
        "{run: SPOP s, as: t}",
        "{run: SRANDMEMBER s, as: t}",
        "{run: SMEMBERS s, as: t}",
        "ZADD z GT {{ r|int }} m",
        "{run: ZPOPMIN z, as: t}",
        "{sql: SELECT n FROM t, as: r}",
        "{sql: SELECT n FROM t, as: r}",
        "{sql: 'UPDATE t SET n = {{ r|int + 1 }}'}",
        "{sql: UPDATE t SET n = n + 1}",
        "{sql: INSERT INTO t VALUES (1)}",
    ]);
    plain.prop_map(str::to_string)
}

fn yaml() -> impl Strategy<Value = String> {
    let client = || prop::collection::vec(step(), 1..4);
    // Some clients do the same as the one before them: they may be able to change places.
    let clients = (prop::collection::vec(client(), 2..4), prop::collection::vec(any::<bool>(), 3));
    let clients = clients.prop_map(|(mut clients, same)| {
        for at in 1..clients.len() {
            if same[at] {
                clients[at] = clients[at - 1].clone();
            }
        }
        clients
    });
    let fault = prop::sample::select(vec![
        "",
        "",
        "faults: [{crash: a}]",
        "faults: [{pause: {client: b, for: 1s}}]",
        "faults: [{pause: {client: a, for: 2s}, times: 2}]",
        "faults: [{crash: b}, {pause: {client: a, for: 1s}}]",
    ]);
    let always = prop::sample::select(vec!["", "always: w < 2", "always: w + v < 2", "always: a.r != 2"]);
    let invariant = prop::sample::select(vec!["", "", "", " and b.t != 1"]);
    (clients, fault, always, invariant, any::<bool>()).prop_map(|(clients, fault, always, invariant, crowded)| {
        // Replays are slow with a database: only scenarios that ask it have one.
        let asks = clients.iter().flatten().any(|step| step.contains("sql"));
        let database = "database: {schema: CREATE TABLE t(n INTEGER), seed: INSERT INTO t VALUES (0)}";
        let (database, sum) = if asks { (database, "t: {sql: SELECT sum(n) FROM t}, ") } else { ("", "") };
        let many: String = (0..40).map(|n| format!(" x{n} {n}")).collect();
        let setup = if crowded { format!("[SET n 0, MSET{many}]") } else { "[SET n 0]".into() };
        let mut text = format!(
            "title: generated\nsetup: {setup}\nworld: {{w: 0, v: 0}}\n{database}\n\
             observe: {{{sum}h: HGETALL h, s: SMEMBERS s, z: ZRANGE z 0 -1 WITHSCORES, k: GET k, left: LRANGE q 0 -1, \
             n: GET n, p: LRANGE p 0 -1}}\n\
             invariant: k != '2' and w < 3{invariant}\n{fault}\n{always}\nvariants:\n  v:\n    clients:\n"
        );
        for (name, steps) in ["a", "b", "c"].iter().zip(clients) {
            text.push_str(&format!("      {name}:\n        - {{let: {{r: 0, t: 0}}}}\n"));
            for step in steps {
                text.push_str(&format!("        - {step}\n"));
            }
        }
        text
    })
}

#[test]
fn counts_equal_a_naive_enumeration() {
    let seed = std::env::var("REDLAB_LAB_SEED").ok().and_then(|n| n.parse::<u8>().ok()).unwrap_or(7);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner =
        TestRunner::new_with_rng(Config { cases: cases(), failure_persistence: None, ..Config::default() }, rng);
    let compared = std::cell::Cell::new(0);
    let result = runner.run(&yaml(), |yaml| {
        let scenario = scenario(&yaml).unwrap_or_else(|faults| panic!("{faults:#?}\n{yaml}"));
        let report = explored(&scenario, &Limits::default()).remove(0);
        if report.schedules.parse::<u64>().is_ok_and(|count| count <= MOST) {
            let found = enumerate(&scenario.variants[0], MOST).expect("few schedules");
            agrees(&report, &found);
            let plain = explored(&scenario, &Limits { symmetry: false, ..Limits::default() }).remove(0);
            assert_eq!(report, plain, "clients that change places make a difference");
            compared.set(compared.get() + 1);
        }
        Ok(())
    });
    if let Err(difference) = result {
        panic!("{difference}");
    }
    // Most scenarios must be small enough to be compared.
    assert!(compared.get() > cases() / 2, "only {} of {} were compared", compared.get(), cases());
}
