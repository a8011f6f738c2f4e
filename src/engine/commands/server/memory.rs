//! MEMORY.

use std::fmt::Write;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::SYNTAX;
use super::super::super::footprint::{self, STARTUP};
use super::super::super::keyspace::weight;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, KeySpec, Row};
use super::super::super::state::State;
use super::super::super::time::Time;
use super::super::help;

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
        name: "MALLOC-STATS",
        group: Group::Server,
        arity: 2,
        since: "4.0.0",
        complexity: "Depends on how much memory is allocated",
        syntax: "MEMORY MALLOC-STATS",
        summary: "Prints what the allocator knows of itself.",
        handler: malloc_stats,
        ..Row::DEFAULT
    },
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

/// Below this much memory, MEMORY DOCTOR sees nothing to look at.
const EXAMINED: usize = 5 << 20;

/// An amount of memory for people: `1.50M`.
fn human(bytes: usize) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    let (mut amount, mut unit) = (bytes as f64, 0);
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes}B") } else { format!("{amount:.2}{}", UNITS[unit]) }
}

fn percentage(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// The fields of INFO memory. What only an allocator would know is as if there were no fragmentation.
pub fn fields(state: &State, _: Time, out: &mut String) -> std::fmt::Result {
    let print = footprint::footprint(state);
    let (used, memory) = (print.total, &state.keyspace.memory);
    let peak = memory.peak.max(used);
    let overhead = STARTUP + print.clients + print.scripts + print.tables;
    let dataset = used.saturating_sub(overhead);
    for (name, bytes) in [("used_memory", used), ("used_memory_rss", used), ("used_memory_peak", peak)] {
        writeln!(out, "{name}:{bytes}\n{name}_human:{}", human(bytes))?;
    }
    writeln!(out, "used_memory_peak_perc:{:.2}%\nused_memory_overhead:{overhead}", percentage(used, peak))?;
    writeln!(out, "used_memory_startup:{STARTUP}\nused_memory_dataset:{dataset}")?;
    writeln!(out, "used_memory_dataset_perc:{:.2}%", percentage(dataset, used - STARTUP))?;
    writeln!(out, "allocator_allocated:{used}\nallocator_active:{used}\nallocator_resident:{used}")?;
    writeln!(out, "total_system_memory:0\ntotal_system_memory_human:0B")?;
    writeln!(out, "used_memory_lua:0\nused_memory_vm_eval:0\nused_memory_lua_human:0B")?;
    writeln!(out, "used_memory_scripts_eval:{}", print.scripts)?;
    writeln!(out, "number_of_cached_scripts:{}", state.scripts.len())?;
    writeln!(out, "number_of_functions:0\nnumber_of_libraries:0")?;
    writeln!(out, "used_memory_vm_functions:0\nused_memory_vm_total:0\nused_memory_vm_total_human:0B")?;
    writeln!(out, "used_memory_functions:0\nused_memory_scripts:{}", print.scripts)?;
    writeln!(out, "used_memory_scripts_human:{}", human(print.scripts))?;
    let limit = memory.rules.maxmemory;
    writeln!(out, "maxmemory:{limit}\nmaxmemory_human:{}", human(usize::try_from(limit).unwrap_or(usize::MAX)))?;
    writeln!(out, "maxmemory_policy:{}", memory.rules.policy.name())?;
    for name in ["allocator_frag", "allocator_rss", "rss_overhead", "mem_fragmentation"] {
        writeln!(out, "{name}_ratio:1.00\n{name}_bytes:0")?;
    }
    writeln!(out, "mem_not_counted_for_evict:0\nmem_replication_backlog:0\nmem_total_replication_buffers:0")?;
    writeln!(out, "mem_clients_slaves:0\nmem_clients_normal:{}\nmem_cluster_links:0", print.clients)?;
    writeln!(out, "mem_aof_buffer:0\nmem_allocator:redlab\nactive_defrag_running:0")?;
    writeln!(out, "lazyfree_pending_objects:0\nlazyfreed_objects:{}", state.stats.lazily_freed)
}

fn text(text: impl Into<bytes::Bytes>) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: text.into() })
}

fn doctor(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let used = footprint::note_peak(ctx.state).total;
    let peak = ctx.state.keyspace.memory.peak;
    if used < EXAMINED {
        return text(
            "This server uses very little memory: there is nothing to examine yet. Fill it with data, then ask again.\n",
        );
    }
    let mut found = Vec::new();
    if peak as f64 / used as f64 > 1.5 {
        found.push("Peak: more than one and a half times this memory was in use before. That is harmless by itself.");
    }
    if ctx.state.scripts.len() > 1000 {
        found
            .push("Scripts: more than 1000 are cached. Give them arguments instead of writing a new script each time.");
    }
    if found.is_empty() {
        return text("No problem with memory was found.\n");
    }
    text(format!("Found:\n\n{}", found.iter().map(|line| format!(" * {line}\n")).collect::<String>()))
}

fn malloc_stats(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let used = footprint::footprint(ctx.state).total;
    text(format!("The bundled engine has no allocator of its own.\nAllocated, by its estimate of Redis: {used}\n"))
}

fn purge(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::ok()
}

fn stats(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let print = footprint::note_peak(ctx.state);
    let keyspace = &ctx.state.keyspace;
    let keys: usize = (0..keyspace.databases()).map(|db| keyspace.len(db)).sum();
    let (used, peak) = (print.total, keyspace.memory.peak);
    let overhead = STARTUP + print.clients + print.scripts + print.tables;
    let (net, dataset) = (used - STARTUP, used.saturating_sub(overhead));
    let number = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let mut fields: Vec<(String, Value)> = Vec::new();
    let mut add = |name: &str, value: Value| fields.push((name.into(), value));
    add("peak.allocated", number(peak));
    add("total.allocated", number(used));
    add("startup.allocated", number(STARTUP));
    for (name, bytes) in [
        ("replication.backlog", 0),
        ("clients.slaves", 0),
        ("clients.normal", print.clients),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", print.scripts),
        ("functions.caches", 0),
    ] {
        add(name, number(bytes));
    }
    for db in (0..keyspace.databases()).filter(|db| !keyspace.is_empty(*db)) {
        let (main, expires) = (keyspace.len(db), keyspace.volatile_len(db));
        let tables = [
            ("overhead.hashtable.main", main * 40 + weight::buckets(main)),
            ("overhead.hashtable.expires", expires * 24 + weight::buckets(expires)),
            ("overhead.hashtable.slot-to-keys", 0),
        ];
        let tables = tables.map(|(name, bytes)| (Value::bulk(name), number(bytes)));
        add(&format!("db.{db}"), Value::Map(tables.into()));
    }
    add("overhead.total", number(overhead));
    add("keys.count", number(keys));
    add("keys.bytes-per-key", number(net.checked_div(keys).unwrap_or(0)));
    add("dataset.bytes", number(dataset));
    add("dataset.percentage", Value::Double(percentage(dataset, net)));
    add("peak.percentage", Value::Double(percentage(used, peak)));
    for name in ["allocator.allocated", "allocator.active", "allocator.resident"] {
        add(name, number(used));
    }
    for (ratio, bytes) in [
        ("allocator-fragmentation.ratio", "allocator-fragmentation.bytes"),
        ("allocator-rss.ratio", "allocator-rss.bytes"),
        ("rss-overhead.ratio", "rss-overhead.bytes"),
        ("fragmentation", "fragmentation.bytes"),
    ] {
        add(ratio, Value::Double(1.0));
        add(bytes, number(0));
    }
    reply::value(Value::Map(fields.into_iter().map(|(name, value)| (Value::text(name), value)).collect()))
}

fn usage(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let mut samples = weight::SAMPLES;
    while args.left() > 0 {
        if args.left() < 2 || !args.keyword("SAMPLES") {
            return Err(SYNTAX);
        }
        samples = usize::try_from(args.integer()?).map_err(|_| SYNTAX)?;
    }
    match ctx.state.keyspace.entry(ctx.db, key) {
        None => reply::null(),
        Some(entry) => reply::count(weight::usage(key, entry, samples)),
    }
}
