//! LATENCY.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::Error;
use super::super::super::measures::{Histogram, Series};
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::state::State;
use super::super::help;
use super::super::{find, rows};
use super::describe::Described;
use super::sparkline;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "LATENCY",
    group: Group::Server,
    arity: -2,
    since: "2.8.13",
    complexity: "Depends on the subcommand",
    syntax: "LATENCY subcommand [argument ...]",
    summary: "Tells of moments in which the server was slow.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "DOCTOR",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY DOCTOR",
        summary: "Explains what made the server slow.",
        handler: doctor,
        ..Row::DEFAULT
    },
    Row {
        name: "GRAPH",
        group: Group::Server,
        arity: 3,
        flags: ADMIN,
        since: "2.8.13",
        complexity: "O(1)",
        syntax: "LATENCY GRAPH event",
        summary: "Draws the slow moments of one kind.",
        handler: graph,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "2.8.13", "LATENCY HELP"),
    Row {
        name: "HISTOGRAM",
        group: Group::Server,
        arity: -2,
        flags: ADMIN,
        since: "7.0.0",
        complexity: "O(N) with N the number of commands asked for",
        syntax: "LATENCY HISTOGRAM [command [command ...]]",
        summary: "Tells how often commands took how long.",
        handler: histogram,
        ..Row::DEFAULT
    },
    Row {
        name: "HISTORY",
        group: Group::Server,
        arity: 3,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY HISTORY event",
        summary: "Lists the slow moments of one kind.",
        handler: history,
        ..Row::DEFAULT
    },
    Row {
        name: "LATEST",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY LATEST",
        summary: "Lists the latest slow moment of each kind.",
        handler: latest,
        ..Row::DEFAULT
    },
    Row {
        name: "RESET",
        group: Group::Server,
        arity: -2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY RESET [event [event ...]]",
        summary: "Forgets slow moments.",
        handler: reset,
        ..Row::DEFAULT
    },
];

fn number(n: impl TryInto<i64>) -> Value {
    Value::Integer(n.try_into().unwrap_or(i64::MAX))
}

fn text(text: impl Into<Bytes>) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: text.into() })
}

fn doctor(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let (threshold, events) = (ctx.state.settings.measures.latency_ms, &ctx.state.measures.latency.events);
    if threshold == 0 {
        return text(
            "Nothing is watched: CONFIG SET latency-monitor-threshold to a number of milliseconds, and commands that \
             take longer will be noted.\n",
        );
    }
    if events.is_empty() {
        return text(format!("Nothing has taken {threshold} milliseconds or longer.\n"));
    }
    let line = |(name, series): (&&'static str, &Series)| {
        let (count, longest) = (series.samples.len(), series.longest_ms);
        let sum: u64 = series.samples.iter().map(|(_, ms)| ms).sum();
        let average = sum / u64::try_from(count).unwrap_or(1).max(1);
        format!("{name}: {count} slow moments, {average} milliseconds on average, {longest} at most.\n")
    };
    text(events.iter().map(line).collect::<String>() + "SLOWLOG GET shows which commands were slow.\n")
}

fn graph(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let event = args.next()?;
    let Some((name, series)) = ctx.state.measures.latency.of(event) else {
        return Err(Error([b"ERR No samples available for event '", event.as_ref(), b"'"].concat().into()));
    };
    text(sparkline::graph(name, series, ctx.now.us().div_euclid(1_000_000)))
}

/// Durations as LATENCY HISTOGRAM shows them.
fn counted(histogram: &Histogram) -> Value {
    let steps = histogram.doubling().into_iter().map(|(us, count)| (number(us), number(count)));
    Value::Map(vec![
        (Value::bulk("calls"), number(histogram.total())),
        (Value::bulk("histogram_usec"), Value::Map(steps.collect())),
    ])
}

/// What is known of the command with this number, and of its subcommands.
fn append(state: &State, row: &'static Row, first: usize, out: &mut Vec<(Value, Value)>) {
    let subcommands = Described::new(row).subcommands();
    for (n, command) in std::iter::once(Described::new(row)).chain(subcommands).enumerate() {
        append_one(state, command, first + n, out);
    }
}

fn append_one(state: &State, command: Described, number: usize, out: &mut Vec<(Value, Value)>) {
    if let Some(histogram) = state.measures.histograms.get(number).filter(|histogram| histogram.total() > 0) {
        out.push((Value::bulk(command.full_name()), counted(histogram)));
    }
}

fn histogram(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut found = Vec::new();
    if args.left() == 0 {
        for named in rows().filter_map(|row| find(row.name.as_bytes())) {
            append(ctx.state, named.row, named.number, &mut found);
        }
    }
    for name in args.rest() {
        let mut words = name.splitn(2, |byte| *byte == b'|');
        let Some(named) = words.next().and_then(find) else { continue };
        match words.next() {
            None => append(ctx.state, named.row, named.number, &mut found),
            Some(sub) => {
                let Some(at) = named.row.subcommand_at(sub) else { continue };
                let command = Described { container: named.row, row: &named.row.subcommands[at] };
                append_one(ctx.state, command, named.number + 1 + at, &mut found);
            }
        }
    }
    reply::value(Value::Map(found))
}

fn history(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let series = ctx.state.measures.latency.of(args.next()?);
    let samples = series.iter().flat_map(|(_, series)| &series.samples);
    reply::array(samples.map(|(at, ms)| Value::Array(vec![number(*at), number(*ms)])).collect())
}

fn latest(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let latest = |(name, series): (&&'static str, &Series)| {
        let (at, ms) = series.samples.back().copied().unwrap_or_default();
        Value::Array(vec![Value::bulk(*name), number(at), number(ms), number(series.longest_ms)])
    };
    reply::array(ctx.state.measures.latency.events.iter().map(latest).collect())
}

fn reset(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let latency = &mut ctx.state.measures.latency;
    if args.left() == 0 {
        return reply::count(std::mem::take(&mut latency.events).len());
    }
    reply::count(args.rest().iter().filter(|event| latency.forget(event)).count())
}
