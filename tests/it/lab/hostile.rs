//! Scenarios that would never end, or would fill the memory: the program itself, with a clear word, the right exit
//! status, in time and in little memory.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// No run may take so much address space, kilobytes.
const MOST_MEMORY: u32 = 3_000_000;

/// No run may take so long, on a machine that does other things too.
const MOST_TIME: Duration = Duration::from_secs(100);

fn run(file: &str, limits: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("hostile.yaml");
    std::fs::write(&path, file).expect("written");
    let line = format!("ulimit -v {MOST_MEMORY}; exec \"$0\" explore \"$1\" {limits}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, env!("CARGO_BIN_EXE_redlab")]).arg(&path);
    shell.output().expect("a run")
}

/// Runs a scenario of one variant; its exit status and what it prints must be these.
fn check(beside: &str, clients: &str, status: i32, told: &str) {
    let file = format!("title: t\n<<: {{{beside}}}\nvariants: {{v: {{expect: holds, clients: {{{clients}}}}}}}\n");
    let since = Instant::now();
    // What ends by itself has time to do so on a busy machine.
    let ends_by_time = told.contains("longer than");
    let output = run(&file, if ends_by_time { "--timeout 2s" } else { "--timeout 60s" });
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{file}{printed}");
    assert!(printed.contains(told), "{file}{told:?} in {printed}");
    assert!(!printed.contains("panicked"), "{file}{printed}");
    assert!(since.elapsed() < MOST_TIME, "{file}{:?}", since.elapsed());
}

const HOLDS: &str = "invariant: 'true'";
const TABLE: &str = "invariant: 'true', database: {schema: CREATE TABLE t(n), seed: INSERT INTO t VALUES (1)}";

#[test]
fn what_never_ends_is_ended() {
    let limit = "not exhaustive: longer than 2s";
    check(HOLDS, "a: &s [{until: n == 1, max: 1000000000, steps: [{run: GET k, as: n}]}], b: *s, c: *s", 4, limit);
    let nested = "a: &s [{repeat: 1000000, steps: [{repeat: 1000000, steps: [INCR k]}]}], b: *s";
    check(HOLDS, nested, 4, limit);
    let lets = "a: [{let: {x: 0}}, {repeat: 1000000000, steps: [{repeat: 1000000, steps: [{let: {x: x + 1}}]}]}]";
    check(HOLDS, lets, 0, "ended early: a: a loop without a command in it takes too long");
    let states = (0..9).map(|n| format!("c{n}: [{{repeat: 12, steps: [INCR k{n}]}}]")).collect::<Vec<_>>().join(", ");
    check(HOLDS, &states, 4, limit);
    let output = run(&format!("title: t\n{HOLDS}\nvariants: {{v: {{clients: {{{states}}}}}}}\n"), "--max-states 5000");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stdout).contains("more than 5000 states"), "{output:?}");
    let forever = "a: [{eval: {script: 'while true do end'}}], b: [GET k]";
    check(HOLDS, forever, 0, "ended early: a: ERR Script killed");
    let query = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    check(TABLE, &format!("a: [{{sql: '{query}'}}]"), 0, "ended early: a: the statement took too long");
    check(&format!("{TABLE}, observe: {{n: {{sql: '{query}'}}}}"), "a: [GET k]", 0, "the statement took too long");
    check(HOLDS, "a: [{sleep: 300y}]", 2, "the unit of a duration is one of us, ms, s, m, h, d");
    check(HOLDS, "a: [{repeat: 100, steps: [{sleep: 10000d}]}]", 0, "1 schedules");
    check(HOLDS, "a: [BLPOP q 0], b: [BLPOP q 100000000]", 0, "stuck: a");
}

#[test]
fn what_grows_for_ever_is_stopped() {
    let large = "too large for a register";
    check(HOLDS, "a: [{let: {x: \"'a'\"}}, {repeat: 64, steps: [{let: {x: x ~ x}}]}, GET k]", 0, large);
    check(HOLDS, "a: [{let: {x: '[1]'}}, {repeat: 64, steps: [{let: {x: x + x}}]}, GET k]", 0, large);
    check(HOLDS, "a: [{let: {x: '[1]'}}, {repeat: 64, steps: [{let: {x: '[x, x]'}}]}, GET k]", 0, large);
    check(HOLDS, "a: [{let: {x: '[1]'}}, {repeat: 100000, steps: [{let: {x: '[x]'}}]}, GET k]", 0, large);
    check(HOLDS, "a: [{let: {x: \"'a' * 10000000000\"}}]", 0, "this makes a value that is too large");
    let worlds = "a: [{repeat: 64, steps: [{world: {x: x ~ x}}]}]";
    check("invariant: 'true', world: {x: a}", worlds, 0, large);
    let appended = "a: [{repeat: 64, steps: [{run: GET k, as: v}, 'APPEND k {{ v }}']}]";
    check("invariant: 'true', setup: [SET k x]", appended, 0, large);
    let pushed = "setup: [[EVAL, \"for i = 1, 110000 do redis.call('RPUSH', 'l', i) end\", '0']]";
    check(&format!("{HOLDS}, {pushed}"), "a: [{run: LRANGE l 0 -1, as: v}]", 0, large);
    check(HOLDS, "a: [SETRANGE k 500000000 x]", 0, "string exceeds maximum allowed size");
    check(
        HOLDS,
        "a: &s [{repeat: 1000000, steps: [APPEND k xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]}], b: *s",
        4,
        "longer than 2s",
    );
}

#[test]
fn what_has_no_value_is_told() {
    let told = "division by zero";
    check(HOLDS, "a: ['SET k {{ 1 // 0 }}'], b: [GET k]", 0, told);
    check(HOLDS, "a: [{let: {x: 1 / 0}}, GET k], b: [GET k]", 0, told);
    check(HOLDS, "a: [{run: GET k, when: 1 % 0 == 1}], b: [GET k]", 0, told);
    check("invariant: 1 / 0 == 1", "a: [GET k]", 4, "after `a`: the invariant cannot be computed");
    check("invariant: 'true', always: 1 / (1 - a.n) == 1", "a: [{let: {n: 1}}, GET k]", 4, "after `a`: `always`");
    let observed = "invariant: x is none, database: {schema: CREATE TABLE t(n)}, observe: {x: {sql: SELECT 1 / 0}}";
    check(observed, "a: [GET k]", 0, "0 violate");
    check("invariant: 'true', setup: [SET s x]", "a: [INCR s], b: [LPUSH s 1]", 0, "ended early: b: WRONGTYPE");
}
