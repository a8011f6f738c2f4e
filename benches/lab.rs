//! Exploring: positions a second, and bytes for each.
//!
//! `cargo bench --bench lab` explores lost update (GET, add one, SET) with 3 clients and 6 rounds each, on one core, once
//! with clients that can change places looked at once and once with all of them told apart, and the same with a thousand
//! other keys in Redis. Before that it prints, for each, how many states and positions a second that was, and the
//! memory for each position beside the servers with their keyspaces. Sizes that cannot be listed one by one follow:
//! their counts are exact.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};

use redlab::content::{Document, Source};
use redlab::lab::{Limits, Progress, Scenario, VariantReport, explore, read};

/// So many clients that all add one so many times, among so many other keys.
fn lost_update(clients: usize, rounds: usize, others: usize) -> Arc<Scenario> {
    let program = format!(
        "      c0: &rmw\n        - repeat: {rounds}\n          steps:\n            - {{run: GET n, as: n}}\n            \
         - run: 'SET n {{{{ n|int + 1 }}}}'\n"
    );
    let same: String = (1..clients).map(|n| format!("      c{n}: *rmw\n")).collect();
    let keys: String = (0..others).map(|n| format!(" other:{n} {n}")).collect();
    let others = if others > 0 { format!("  - MSET{keys}\n") } else { String::new() };
    let text = format!(
        "title: t\nsummary: t\nsetup:\n  - SET n 0\n{others}observe: {{n: GET n}}\ninvariant: n|int == {}\nvariants:\n  \
         v:\n    title: t\n    clients:\n{program}{same}",
        clients * rounds
    );
    let source = Arc::new(Source::new("t.yaml", text.into_bytes()).expect("a text"));
    let (document, mut diagnostics) = Document::parse(&source);
    let scenario = document.and_then(|document| read("t", &document, &mut diagnostics));
    Arc::new(scenario.unwrap_or_else(|| panic!("{}", diagnostics.render(false))))
}

fn explored(scenario: &Scenario, symmetry: bool) -> (VariantReport, Progress) {
    let limits = Limits { symmetry, ..Limits::default() };
    let mut last = Progress::default();
    let report = explore(&scenario.variants[0], 0, &limits, &mut |at| last = at.clone(), &AtomicBool::new(false));
    (report, last)
}

fn tell(name: &str, scenario: &Scenario, symmetry: bool) {
    let since = Instant::now();
    let (report, last) = explored(scenario, symmetry);
    let seconds = since.elapsed().as_secs_f64();
    println!(
        "{name}: {} schedules, {} violate; {} states, {} positions in {seconds:.3} s: {:.2} M states/s, {:.2} M \
         positions/s, {} bytes a position beside {} KiB for servers",
        report.schedules,
        report.violating,
        report.states,
        last.positions,
        report.states as f64 / seconds / 1e6,
        last.positions as f64 / seconds / 1e6,
        (last.bytes - last.servers_bytes) as u64 / last.positions.max(1),
        last.servers_bytes >> 10,
    );
}

fn exploring(criterion: &mut Criterion) {
    let plain = lost_update(3, 6, 0);
    let crowded = lost_update(3, 6, 1000);
    tell("3 clients x 6 rounds", &plain, true);
    tell("3 x 6, all told apart", &plain, false);
    tell("3 x 6 among 1000 other keys", &crowded, true);
    tell("3 x 6 among 1000 other keys, all told apart", &crowded, false);
    for (clients, rounds) in [(3, 8), (2, 32), (4, 4), (8, 2)] {
        tell(&format!("{clients} x {rounds}"), &lost_update(clients, rounds, 0), true);
    }
    let mut group = criterion.benchmark_group("lost update, 3 clients x 6 rounds");
    group.sample_size(10);
    group.bench_function("explored", |b| b.iter(|| black_box(explored(&plain, true))));
    group.bench_function("all told apart", |b| b.iter(|| black_box(explored(&plain, false))));
    group.bench_function("among 1000 other keys", |b| b.iter(|| black_box(explored(&crowded, true))));
    group.finish();
}

criterion_group!(benches, exploring);
criterion_main!(benches);
