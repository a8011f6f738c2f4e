//! Stepping through a schedule by hand: what a screen does at each key, at the end of a thousand steps.
//!
//! `cargo bench --bench timeline` measures one step forward along a path that is there, one step back, one step onto a
//! new branch (the engine runs its command), and the view that a screen draws of the position: clients, registers,
//! keys with their TTLs, observed values. Each counts with its view, since nobody steps without looking. Then the same
//! for four variants that are stepped together, and for a server that holds a thousand other keys.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};

use redlab::content::{Document, Source};
use redlab::lab::{Choice, Scenario, Sides, Timeline, read};

/// Four ways to write one job: two clients, 260 rounds of GET and SET each. `setup` may add keys.
fn scenario(setup: &str) -> Arc<Scenario> {
    let variants = ["one", "two", "three", "four"].map(|name| {
        format!(
            "  {name}:\n    title: {name}\n    clients:\n      alice: &{name}\n        - repeat: 260\n          steps:\n            \
             - {{run: GET n, as: n}}\n            - run: 'SET n {{{{ n|int + 1 }}}} EX 60'\n      bob: *{name}\n"
        )
    });
    let head = "title: t\nsummary: t\nobserve: {n: GET n}\ninvariant: n|int == 520\n";
    let text = format!("{head}setup:\n  - SET n 0\n{setup}variants:\n{}", variants.concat());
    let source = Arc::new(Source::new("t.yaml", text.into_bytes()).expect("a text"));
    let (document, mut diagnostics) = Document::parse(&source);
    let scenario = document.and_then(|document| read("t", &document, &mut diagnostics));
    Arc::new(scenario.unwrap_or_else(|| panic!("{}", diagnostics.render(false))))
}

/// A thousand steps, by turns.
fn thousand(scenario: &Arc<Scenario>) -> Timeline {
    let mut timeline = Timeline::new(scenario, 0).expect("a start");
    for at in 0..1_000 {
        timeline.step(Choice::Client(at % 2)).expect("a step");
    }
    timeline
}

fn stepping(criterion: &mut Criterion, name: &str, scenario: &Arc<Scenario>) {
    let mut timeline = thousand(scenario);
    let mut turn = 0;
    criterion.bench_function(&format!("{name}: a step onto a new branch, with its view"), |bencher| {
        bencher.iter(|| {
            // Another client than the last time: a new branch each time.
            timeline.jump(999);
            turn = 1 - turn;
            timeline.step(Choice::Client(turn)).expect("a step");
            black_box(timeline.view())
        });
    });
    let mut timeline = thousand(scenario);
    criterion.bench_function(&format!("{name}: back and forward, with both views"), |bencher| {
        bencher.iter(|| {
            timeline.back();
            let before = timeline.view();
            timeline.forward();
            black_box((before, timeline.view()))
        });
    });
}

fn together(criterion: &mut Criterion, scenario: &Arc<Scenario>) {
    let mut sides = Sides::new(scenario, 0).expect("a start");
    let schedule = ["alice", "bob"].repeat(500).join(" ");
    sides.replay(&schedule).expect("a schedule");
    let mut turn = 0;
    criterion.bench_function("four variants together: a step onto a new branch, with all views", |bencher| {
        bencher.iter(|| {
            sides.jump(999);
            turn = 1 - turn;
            sides.step(Choice::Client(turn)).expect("a step");
            let views: Vec<_> = (0..4).filter_map(|at| sides.timeline(at).map(Timeline::view)).collect();
            black_box(views)
        });
    });
}

fn all(criterion: &mut Criterion) {
    let plain = scenario("");
    stepping(criterion, "1,000 steps", &plain);
    together(criterion, &plain);
    let keys: String = (0..1_000).map(|at| format!("  - SET other:{at} value\n")).collect();
    stepping(criterion, "1,000 steps, 1,000 other keys", &scenario(&keys));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = all
}
criterion_main!(benches);
