//! How long the engine takes for single commands, called in this process: dispatch, handler, keyspace, reply value.
//! No socket and no encoding are in it. `cargo bench` prints the times.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use redlab::engine::{ClientId, Engine, Settings, Time};
use redlab::resp::split_line;

fn words(line: &str) -> Vec<Bytes> {
    split_line(line).expect("a command line")
}

/// An engine with a thousand strings, and a client.
fn filled() -> (Engine, ClientId) {
    let mut engine = Engine::new(Settings::default(), Time::from_ms(0));
    let client = engine.connect("bench", Time::from_ms(0));
    for n in 0..1000 {
        engine.call(client, &words(&format!("SET key:{n} {n}")), Time::from_ms(0));
    }
    (engine, client)
}

fn commands(c: &mut Criterion) {
    for line in ["GET key:500", "SET key:500 value", "INCR counter", "HSET hash field value", "ZADD zset 1 member"] {
        let (mut engine, client) = filled();
        let argv = words(line);
        c.bench_function(line, |bench| bench.iter(|| engine.call(client, &argv, Time::from_ms(1))));
    }
}

/// What the lab and undo do all the time: a second server in the same state.
fn cloning(c: &mut Criterion) {
    let (engine, _) = filled();
    c.bench_function("clone of a thousand keys", |bench| {
        bench.iter_batched(|| (), |()| engine.clone(), BatchSize::SmallInput);
    });
}

criterion_group!(benches, commands, cloning);
criterion_main!(benches);
