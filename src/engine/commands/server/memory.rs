//! MEMORY.

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::SYNTAX;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, KeySpec, Row};
use super::super::super::state::State;
use super::super::help;
use super::weight;

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "MEMORY",
    group: Group::Server,
    arity: -2,
    since: "4.0.0",
    complexity: "Depends on the subcommand",
    syntax: "MEMORY subcommand [argument ...]",
    summary: "Tells how much memory keys take.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "DOCTOR",
        group: Group::Server,
        arity: 2,
        since: "4.0.0",
        syntax: "MEMORY DOCTOR",
        summary: "Reports problems with memory.",
        handler: doctor,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "4.0.0", "MEMORY HELP"),
    Row {
        name: "PURGE",
        group: Group::Server,
        arity: 2,
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated",
        syntax: "MEMORY PURGE",
        summary: "Gives unused memory back to the system.",
        handler: purge,
        ..Row::DEFAULT
    },
    Row {
        name: "STATS",
        group: Group::Server,
        arity: 2,
        since: "4.0.0",
        syntax: "MEMORY STATS",
        summary: "Tells what memory is used for.",
        handler: stats,
        ..Row::DEFAULT
    },
    Row {
        name: "USAGE",
        group: Group::Server,
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::at(2, &["RO"])],
        since: "4.0.0",
        complexity: "O(N) with N the number of samples",
        syntax: "MEMORY USAGE key [SAMPLES count]",
        summary: "Estimates how much memory a key takes.",
        handler: usage,
        ..Row::DEFAULT
    },
];

/// What a Redis without keys takes.
pub const STARTUP: usize = 876_320;

/// An estimate of what the keys of all databases take.
pub fn of_keys(state: &State) -> usize {
    (0..state.keyspace.databases()).map(|db| weight::of_database(&state.keyspace, db)).sum()
}

fn doctor(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let keys: usize = (0..ctx.state.keyspace.databases()).map(|db| ctx.state.keyspace.len(db)).sum();
    reply::value(Value::Verbatim {
        format: *b"txt",
        text: format!(
            "{keys} keys, about {} bytes. The bundled engine keeps them in the memory of this program; it has no \
             allocator of its own that could be unwell.\n",
            of_keys(ctx.state)
        )
        .into(),
    })
}

fn purge(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::ok()
}

fn stats(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let dataset = of_keys(ctx.state);
    let keyspace = &ctx.state.keyspace;
    let keys: usize = (0..keyspace.databases()).map(|db| keyspace.len(db)).sum();
    let total = STARTUP + dataset;
    let number = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let percentage = |part: usize, whole: usize| Value::Double(part as f64 * 100.0 / whole.max(1) as f64);
    let fields = [
        ("peak.allocated", number(total)),
        ("total.allocated", number(total)),
        ("startup.allocated", number(STARTUP)),
        ("replication.backlog", number(0)),
        ("clients.slaves", number(0)),
        ("clients.normal", number(0)),
        ("cluster.links", number(0)),
        ("aof.buffer", number(0)),
        ("lua.caches", number(0)),
        ("functions.caches", number(0)),
        ("overhead.total", number(STARTUP)),
        ("keys.count", number(keys)),
        ("keys.bytes-per-key", number(dataset / keys.max(1))),
        ("dataset.bytes", number(dataset)),
        ("dataset.percentage", percentage(dataset, dataset)),
        ("peak.percentage", percentage(total, total)),
        ("allocator.allocated", number(total)),
        ("allocator.active", number(total)),
        ("allocator.resident", number(total)),
        ("allocator-fragmentation.ratio", Value::Double(1.0)),
        ("allocator-fragmentation.bytes", number(0)),
        ("allocator-rss.ratio", Value::Double(1.0)),
        ("allocator-rss.bytes", number(0)),
        ("rss-overhead.ratio", Value::Double(1.0)),
        ("rss-overhead.bytes", number(0)),
        ("fragmentation", Value::Double(1.0)),
        ("fragmentation.bytes", number(0)),
    ];
    reply::value(Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect()))
}

fn usage(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let mut samples = None;
    while args.left() > 0 {
        if args.left() < 2 || !args.keyword("SAMPLES") {
            return Err(SYNTAX);
        }
        samples = Some(usize::try_from(args.integer()?).map_err(|_| SYNTAX)?);
    }
    match ctx.state.keyspace.entry(ctx.db, key) {
        None => reply::null(),
        Some(entry) => reply::count(weight::of_entry(key, entry, samples)),
    }
}
