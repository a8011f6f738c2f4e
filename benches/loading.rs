//! Loading content, as at every start: the cards of all built-in lessons and scenarios, whose files are read whole once
//! they are opened.
//!
//! `cargo bench --bench loading` measures it, and prints how long it takes to read every file whole, which is what
//! `redlab check` does, and which files are the slowest.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};

use redlab::content::{Item, Kind, Library as Files};
use redlab::lesson;
use redlab::session::{Library, read_scenario};

fn read(item: &Item) -> bool {
    match item.kind {
        Kind::Lesson => lesson::read(item).0.is_some(),
        Kind::Scenario => read_scenario(item).0.is_some(),
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn tell() {
    let start = timed(|| {
        black_box(Library::load(None));
    });
    let files = Files::built_in();
    let mut each: Vec<(Duration, &Item)> =
        files.items().iter().map(|item| (timed(|| assert!(read(item), "{}", item.id)), item)).collect();
    each.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let whole: Duration = each.iter().map(|(time, _)| time).sum();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{} files: loaded in {:.2} ms, all of them read whole in {:.1} ms", each.len(), ms(start), ms(whole));
    for (time, item) in each.iter().take(8) {
        println!("  {:.2} ms  {} {}", ms(*time), item.kind.name(), item.id);
    }
}

fn loading(criterion: &mut Criterion) {
    tell();
    criterion.bench_function("load all content", |bencher| bencher.iter(|| black_box(Library::load(None))));
}

criterion_group!(benches, loading);
criterion_main!(benches);
