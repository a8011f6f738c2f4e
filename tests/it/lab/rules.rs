//! Each rule of "what a schedule is" by a scenario of its own.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use redlab::lab::{self, Choice, Limits, Timeline, VariantReport};

use super::{explore, scenario};

/// A scenario of one variant: what stands beside the clients, and the clients.
fn yaml(beside: &str, clients: &str) -> String {
    let indented = |text: &str, by: usize| {
        text.trim().lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<String>()
    };
    format!("title: t\n<<: {beside}\nvariants:\n  v:\n    clients:\n{}", indented(clients, 6))
}

fn one(beside: &str, clients: &str) -> VariantReport {
    explore(&yaml(beside, clients)).remove(0)
}

/// Outcomes as `values holds stuck × count`.
fn outcomes(report: &VariantReport) -> Vec<String> {
    let outcome = |o: &lab::Outcome| {
        let values: Vec<String> = o.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} {:?} x{}", values.join(" "), o.holds, o.stuck, o.schedules)
    };
    report.outcomes.iter().map(outcome).collect()
}

fn timeline(beside: &str, clients: &str) -> Timeline {
    let scenario = scenario(&yaml(beside, clients)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Timeline::new(&Arc::new(scenario), 0).expect("a start")
}

#[test]
fn steps_that_are_no_scheduling_points_add_no_schedules() {
    let report = one(
        "{observe: {n: GET n}, invariant: n|int == 2}",
        "a: [{let: {x: 1}}, {run: INCR n, when: x == 1}, {run: INCR m, when: x == 2}, {let: {x: 2}}]\nb: [{if: true, then: [INCR n]}]",
    );
    assert_eq!((&*report.schedules, &*report.violating), ("2", "0"));
}

#[test]
fn another_client_lands_between_the_commands_of_a_pipeline_and_not_of_a_transaction() {
    let beside = "{setup: [MSET x 1 y 1], world: {seen: ''}, invariant: \"seen in ['11', '22']\"}";
    let reader = "\nb: [{transaction: [GET x, GET y], as: r}, {world: {seen: 'r[0] ~ r[1]'}}]";
    let pipeline = one(beside, &format!("a: [{{pipeline: [SET x 2, SET y 2]}}]{reader}"));
    assert_eq!((&*pipeline.schedules, &*pipeline.violating), ("6", "2"));
    let sentence = pipeline.counterexample.expect("a counterexample");
    assert_eq!(sentence.replay, "a b b a");
    let transaction = one(beside, &format!("a: [{{transaction: [SET x 2, SET y 2]}}]{reader}"));
    assert_eq!((&*transaction.schedules, &*transaction.violating), ("3", "0"));
}

#[test]
fn a_blocked_client_is_served_within_the_step_that_made_it_possible() {
    let report = one(
        "{invariant: \"a.job == ['q', 'x']\"}",
        "a: [{run: BLPOP q 0, as: job}, {let: {done: job}}]\nb: [RPUSH q x]",
    );
    assert_eq!(outcomes(&report), [" true [] x2"]);
    let mut race =
        timeline("{invariant: 'true'}", "a: [{run: BLPOP q 0, as: job}, GET k]\nb: [BLPOP q 0]\nc: [RPUSH q x]");
    race.replay("b a c").expect("a schedule");
    let view = race.view();
    assert_eq!(view.path[2].reply, "1; b gets [q, x]");
    assert_eq!(view.clients[0].state, "blocked on q");
    assert_eq!(race.verdict(), Some(Ok(true)));
    assert_eq!(view.sentence, "a waits for ever");
}

#[test]
fn who_is_never_served_is_stuck() {
    let report = one("{invariant: 'true'}", "a: [BLPOP q 0]\nb: [BLPOP q 0]\nc: [RPUSH q x]");
    assert_eq!(outcomes(&report), [" true [\"a\"] x3", " true [\"b\"] x3"]);
}

#[test]
fn time_jumps_only_when_nobody_can_run() {
    let mut race = timeline(
        "{observe: {k: GET k}, invariant: k is none}",
        "a: [SET k v EX 10, {sleep: 4s}, {run: TTL k, as: left}, {sleep: 6s}]\nb: [{sleep: 1s}, GET k]",
    );
    race.replay("a a").expect("a schedule");
    assert_eq!(race.view().clock_ms, 0);
    race.step(Choice::Client(1)).expect("a step");
    assert_eq!(race.view().clock_ms, 1000);
    assert!(race.step(Choice::Client(0)).is_err());
    race.replay("a a b b a a").expect("a schedule");
    let view = race.view();
    assert_eq!((view.clock_ms, view.holds), (10_000, Some(true)));
    assert_eq!(view.clients[0].registers, [("left".to_string(), "6".to_string())]);
}

#[test]
fn a_blocking_command_gives_up() {
    let report = one(
        "{world: {late: 0}, invariant: late == 0}",
        "a: [{run: BLPOP q 5, as: job}, {world: {late: 1}, when: job is none}]\nb: [{sleep: 10s}, RPUSH q x]",
    );
    // The producer always comes after the patience of the consumer has ended.
    assert_eq!((&*report.schedules, &*report.violating), ("2", "2"));
}

#[test]
fn faults_are_choices_while_their_client_can_run() {
    let beside = "{observe: {lock: GET lock}, invariant: lock is none, faults: [{crash: a}]}";
    let report = one(beside, "a: [SET lock a NX, DEL lock]");
    // a a; crash; a crash.
    assert_eq!(outcomes(&report), ["lock=\"a\" false [] x1", "lock=null true [] x2"]);
    assert_eq!(report.counterexample.expect("a counterexample").replay, "a crash:a");

    let report = one(
        "{world: {in: 0}, invariant: 'true', always: in <= 1, faults: [{pause: {client: a, for: 30s}}]}"
            .replace("in:", "inside:")
            .replace("in <=", "inside <=")
            .as_str(),
        "a: &job [{run: SET lock x NX EX 10, as: got}, {if: got is none, then: [{stop: true}]}, {world: {inside: inside + 1}}, {world: {inside: inside - 1}}]\n\
         b: [{sleep: 20s}, {run: SET lock x NX EX 10, as: got}, {if: got is none, then: [{stop: true}]}, {world: {inside: inside + 1}}, {world: {inside: inside - 1}}]",
    );
    let found = report.counterexample.expect("a counterexample");
    // The lock is gone while its holder is held up inside.
    assert_eq!(found.replay, "a a pause:a b b b b a");
    assert_eq!(found.switches, 2);
}

#[test]
fn an_error_ends_a_client_and_is_told() {
    let report = one(
        "{setup: [SET k x], observe: {k: GET k}, invariant: k == 'x'}",
        "a: [INCR k, SET k y]\nb: [{run: INCR k, as: e, on_error: continue}, {run: SET k z, when: e.error is undefined}]",
    );
    assert_eq!((&*report.schedules, &*report.violating), ("2", "0"));
    assert_eq!(report.outcomes[0].faults, ["a: ERR value is not an integer or out of range"]);
}

#[test]
fn watch_lets_a_transaction_fail() {
    let clients = "a: &job [WATCH n, {run: GET n, as: n}, {transaction: ['SET n {{ n|int + 1 }}'], as: ok}]\nb: *job";
    let report =
        one("{observe: {n: GET n}, invariant: (n|int == 2) == (a.ok is not none and b.ok is not none)}", clients);
    assert_eq!((&*report.schedules, &*report.violating), ("20", "0"));
    let mut race = timeline("{observe: {n: GET n}, invariant: n|int == 2}", clients);
    race.replay("a a b b b").expect("a schedule");
    let view = race.view();
    let watch = &view.clients[0].watched[0];
    assert_eq!((watch.key.as_str(), view.clients[0].watch_dirty), ("n", true));
}

#[test]
fn the_sentence_names_the_lost_update() {
    let mut race = timeline(
        "{setup: [SET n 0], observe: {n: GET n}, invariant: n|int == 2}",
        "alice: &rmw [{run: GET n, as: n}, {let: {m: n|int + 1}}, 'SET n {{ m }}']\nbob: *rmw",
    );
    race.replay("alice bob bob alice").expect("a schedule");
    assert_eq!(
        race.view().sentence,
        "alice read n = 0 before bob's SET n 1; alice's SET n 1 overwrote it (a lost update)"
    );
    race.replay("alice alice bob bob").expect("a schedule");
    assert_eq!(race.view().sentence, "n|int == 2 holds");
}

#[test]
fn a_walk_goes_back_and_forward_and_forks() {
    let mut race = timeline("{observe: {n: GET n}, invariant: n == '2'}", "a: [INCR n, INCR n]\nb: [INCR n]");
    race.replay("a b a").expect("a schedule");
    let end = race.view();
    assert!(race.back() && race.back());
    assert_eq!(race.view().observed, [("n".to_string(), "1".to_string())]);
    assert_eq!((race.view().position, race.view().path.len()), (1, 3));
    race.to_end();
    assert_eq!(race.view(), end);
    race.jump(1);
    race.step(Choice::Client(0)).expect("a fork");
    assert_eq!(race.view().replay, "a a");
    assert_eq!(race.view().path.len(), 2);
    assert_eq!(race.replay("a a a"), Err("step 3: a is done".into()));
    assert_eq!(race.replay("a c"), Err("nobody is called `c`: the choices are a, b".into()));
}

#[test]
fn a_step_back_in_a_long_walk_is_quick() {
    let mut race = timeline("{observe: {n: GET n}, invariant: 'true'}", "a: [{repeat: 1000, steps: [INCR n]}]");
    race.replay(&"a ".repeat(1000)).expect("a schedule");
    let since = Instant::now();
    for _ in 0..1000 {
        race.back();
    }
    race.to_end();
    assert!(since.elapsed() < Duration::from_millis(100), "{:?}", since.elapsed());
}

#[test]
fn what_never_ends_ends() {
    let loops = "a: &spin [{until: n == 1, max: 1000000, steps: [{run: GET k, as: n}]}]\nb: *spin\nc: *spin";
    let limits = Limits { max_states: 20_000, timeout: Duration::from_secs(20), ..Limits::default() };
    let read = scenario(&yaml("{invariant: 'true'}", loops)).expect("a scenario");
    let report = lab::explore(&read.variants[0], 0, &limits, &mut |_| {}, &AtomicBool::new(false));
    assert_eq!((report.exhaustive, &*report.limit), (false, "more than 20000 states"));
    let document = lab::explored("t", "bundled", &[report]);
    assert_eq!(document["variants"][0]["schedules"], serde_json::Value::Null);

    let since = Instant::now();
    let limits = Limits { max_states: u64::MAX, timeout: Duration::from_millis(200), ..Limits::default() };
    let report = lab::explore(&read.variants[0], 0, &limits, &mut |_| {}, &AtomicBool::new(false));
    assert!(report.limit.starts_with("longer than"), "{}", report.limit);
    assert!(since.elapsed() < Duration::from_secs(10));
    let report = lab::explore(&read.variants[0], 0, &limits, &mut |_| {}, &AtomicBool::new(true));
    assert_eq!(report.limit, "cancelled");
}

#[test]
fn values_that_cannot_be_computed_are_told() {
    let report = one(
        "{setup: [SET n 0], observe: {n: GET n}, invariant: 'true'}",
        "a: [{run: GET n, as: n}, 'SET n {{ 1 / n|int }}']",
    );
    assert_eq!(report.outcomes[0].faults, ["a: `1 / n|int`: division by zero"]);
    let report = one("{observe: {n: GET n}, invariant: 1 / n|int == 1}", "a: [GET n]");
    assert!(!report.exhaustive);
    assert_eq!(report.limit, "after `a`: the invariant cannot be computed: `1 / n|int == 1`: division by zero");
    let report = one("{observe: {n: GET n}, invariant: 'true', always: 1 / a.x == 1}", "a: [{let: {x: 0}}, GET n]");
    assert_eq!(report.limit, "after `a`: `always` cannot be computed: `1 / a.x == 1`: division by zero");
}

#[test]
fn faults_of_a_file_are_told_at_once() {
    let found = scenario(
        "titel: x\nsummary: s\nobserve: {n: GTE n}\ninvariant: m|int == alcie.n\nfaults: [{crash: carl}]\nvariants:\n  v:\n    expect: maybe\n    clients:\n      alice: [{run: GET n, as: n}]\n      alice: [GET n]\n",
    );
    let found = found.expect_err("faults");
    assert!(found.iter().any(|fault| fault.contains("11:7") || fault.contains("alice")), "{found:#?}");
    let found = scenario(
        "titel: x\nsummary: s\nobserve: {n: GTE n}\ninvariant: m|int == alcie.n\nfaults: [{crash: carl}]\nvariants:\n  v:\n    expect: maybe\n    clients:\n      alice: [{run: GET n, as: n}]\n",
    );
    let found = found.expect_err("faults");
    let has = |text: &str| assert!(found.iter().any(|fault| fault.contains(text)), "{text} in {found:#?}");
    has("1:1: unknown key `titel`; did you mean `title`?");
    has("3:14: there is no command GTE");
    has("nothing here is called `m`");
    has("nothing here is called `alcie`; did you mean `alice`?");
    has("5:18: there is no client `carl`");
    has("8:13: a variant is expected to be `holds` or `violated`");
    let found = scenario(&yaml("{setup: [SET a x, INCR a], invariant: 'true'}", "a: [GET a]")).expect_err("a fault");
    assert!(found[0].contains("the setup's INCR a answers ERR"), "{found:?}");
}

#[test]
fn the_database_is_part_of_the_state() {
    let beside = "{database: {schema: 'CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT)', seed: \"INSERT INTO t VALUES (1, 5, 'x')\"}, observe: {n: {sql: SELECT n FROM t}, s: GET s}, invariant: n == 7}";
    let report =
        one(beside, "a: &add [{sql: SELECT n FROM t, as: n}, {sql: 'UPDATE t SET n = {{ n + 1 }}', as: u}]\nb: *add");
    assert_eq!((&*report.schedules, &*report.violating), ("6", "4"));
    let mut race = timeline(
        beside,
        "a: [{sql: SELECT * FROM t, as: rows}, {sql: SELECT n FROM t WHERE id = 9, as: none_}, {sql: SELEC, as: e, on_error: continue}, {sql: 'UPDATE t SET s = {{ none_ }}, n = {{ true }}'}, {sql: 'SELECT n, s FROM t', as: after}]",
    );
    race.replay("a a a a a").expect("a schedule");
    let view = race.view();
    let register = |name: &str| view.clients[0].registers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(register("rows"), Some("[[1, 5, x]]".into()));
    assert_eq!(register("none_"), Some("none".into()));
    assert_eq!(register("e"), Some("{error: near \"SELEC\": syntax error}".into()));
    assert_eq!(register("after"), Some("[[1, none]]".into()));
    race.back();
    race.back();
    assert_eq!(race.view().observed[0], ("n".to_string(), "5".to_string()));
    let found = scenario(&yaml("{observe: {n: {sql: SELECT 1}}, invariant: 'true'}", "a: [{sql: SELECT 1}]"));
    assert!(found.expect_err("faults").iter().any(|f| f.contains("this scenario has no database")));
    let found = scenario(&yaml("{database: {schema: CREATE TABEL t}, invariant: 'true'}", "a: [GET k]"));
    assert!(found.expect_err("faults")[0].contains("its database cannot be made"));
}

#[test]
fn a_stale_write_is_named() {
    let library = redlab::content::Library::built_in();
    let item = library.find(redlab::content::Kind::Scenario, "stale-cache").expect("a scenario");
    let read = scenario(item.source.text()).expect("a scenario");
    let mut race = Timeline::new(&Arc::new(read), 0).expect("a start");
    race.replay("reader reader writer writer reader").expect("a schedule");
    assert_eq!(
        race.view().sentence,
        "reader read Alex from the database before writer's sql UPDATE user SET name = 'Bea', version = 2 WHERE id = 1; \
         reader's SET user:1 Alex EX 300 then wrote what was true no longer (a stale write)"
    );
}

#[test]
fn orders_that_mean_nothing_are_one_outcome_and_orders_that_mean_something_are_not() {
    let report = one("{observe: {s: SMEMBERS s, k: KEYS *}, invariant: 'true'}", "a: [SADD s x]\nb: [SADD s y]");
    assert_eq!(outcomes(&report), ["s=[\"x\",\"y\"] k=[\"s\"] true [] x2"]);
    // A small hash keeps its fields in the order in which they were added, and HGETALL shows it.
    let report = one("{observe: {h: HGETALL h}, invariant: 'true'}", "a: [HSET h x 1]\nb: [HSET h y 2]");
    assert_eq!(outcomes(&report).len(), 2);
    let report =
        one("{setup: [SADD s a b c d e f], invariant: 'true'}", "a: [{run: SPOP s, as: x}]\nb: [{run: SPOP s, as: x}]");
    assert_eq!((&*report.schedules, report.exhaustive), ("2", true));
}

#[test]
fn every_sentence_says_what_happened() {
    let library = redlab::content::Library::built_in();
    let told: Vec<String> = library
        .scenarios()
        .filter_map(|item| Some((item.id.clone(), scenario(item.source.text()).ok()?)))
        .flat_map(|(id, scenario)| {
            let scenario = Arc::new(scenario);
            let reports = super::explored(&scenario, &Limits::default());
            let tell = |(n, report): (usize, VariantReport)| {
                let mut race = Timeline::new(&scenario, n).expect("a start");
                race.replay(&report.counterexample?.replay).expect("a schedule");
                Some(format!("{id} {}: {}", report.variant, race.view().sentence))
            };
            reports.into_iter().enumerate().filter_map(tell).collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_document_is_the_one_that_is_promised() {
    let library = redlab::content::Library::built_in();
    let item = library.find(redlab::content::Kind::Scenario, "lost-update").expect("a scenario");
    let reports = explore(item.source.text());
    let document = lab::explored("lost-update", "bundled", &reports[..1]);
    let step =
        |client: &str, step: &str, reply: &str| serde_json::json!({"client": client, "step": step, "reply": reply});
    let expected = serde_json::json!({"scenario": "lost-update", "target": "bundled", "variants": [{
        "variant": "read-modify-write", "expect": "violated", "exhaustive": true,
        "schedules": "6", "violating": "4", "states": 13,
        "outcomes": [
            {"values": {"followers": "1"}, "holds": false, "stuck": [], "schedules": "4", "replay": "alice bob bob alice"},
            {"values": {"followers": "2"}, "holds": true, "stuck": [], "schedules": "2", "replay": "alice alice bob bob"},
        ],
        "counterexample": {"switches": 2, "replay": "alice bob bob alice",
        "sentence": reports[0].counterexample.as_ref().expect("a counterexample").sentence, "steps": [
            step("alice", "GET followers", "0"), step("bob", "GET followers", "0"),
            step("bob", "SET followers 1", "OK"), step("alice", "SET followers 1", "OK"),
        ]},
    }]});
    assert_eq!(document, expected);
}

#[test]
fn counts_go_far_beyond_what_could_be_listed() {
    let clients = "a: &rmw [{repeat: 8, steps: [{run: GET n, as: n}, 'SET n {{ n|int + 1 }}']}]\nb: *rmw";
    let report = one("{setup: [SET n 0], observe: {n: GET n}, invariant: n|int == 16}", clients);
    // Every client has 16 steps: 32! / (16! · 16!).
    assert_eq!((&*report.schedules, report.exhaustive), ("601080390", true));
    let ends: u64 = report.outcomes.iter().filter_map(|outcome| outcome.schedules.parse::<u64>().ok()).sum();
    assert_eq!(ends, 601_080_390);
    // Sixteen additions can leave as little as two, and everything in between.
    let number = |outcome: &lab::Outcome| outcome.values[0].1.as_str().and_then(|n| n.parse::<u32>().ok());
    let mut left: Vec<u32> = report.outcomes.iter().filter_map(number).collect();
    left.sort_unstable();
    assert_eq!(left, (2..=16).collect::<Vec<_>>());
    let found = report.counterexample.expect("a counterexample");
    assert_eq!((found.switches, found.steps.len()), (2, 32));
}
