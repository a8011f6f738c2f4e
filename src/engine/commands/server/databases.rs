//! Databases as a whole.

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::invalidate;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::state::State;
use super::super::super::types::parse_integer;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DBSIZE",
        group: Group::Server,
        arity: 1,
        flags: Flags::READONLY.with(Flags::FAST),
        since: "1.0.0",
        syntax: "DBSIZE",
        summary: "Counts the keys of this database.",
        handler: dbsize,
        ..Row::DEFAULT
    },
    Row {
        name: "FLUSHALL",
        group: Group::Server,
        arity: -1,
        flags: Flags::WRITE.with(Flags::DANGEROUS),
        since: "1.0.0",
        complexity: "O(N) with N the number of keys in all databases",
        syntax: "FLUSHALL [ASYNC | SYNC]",
        summary: "Deletes every key of every database.",
        handler: flushall,
        ..Row::DEFAULT
    },
    Row {
        name: "FLUSHDB",
        group: Group::Server,
        arity: -1,
        flags: Flags::WRITE.with(Flags::DANGEROUS),
        since: "1.0.0",
        complexity: "O(N) with N the number of keys in the database",
        syntax: "FLUSHDB [ASYNC | SYNC]",
        summary: "Deletes every key of this database.",
        handler: flushdb,
        ..Row::DEFAULT
    },
    Row {
        name: "SWAPDB",
        group: Group::Server,
        arity: 3,
        flags: Flags::WRITE.with(Flags::FAST).with(Flags::DANGEROUS),
        since: "4.0.0",
        complexity: "O(N) with N the number of clients that watch or wait for keys of either database",
        syntax: "SWAPDB index1 index2",
        summary: "Exchanges two databases.",
        handler: swapdb,
        ..Row::DEFAULT
    },
];

fn dbsize(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::count(ctx.state.keyspace.len(ctx.db))
}

/// ASYNC or SYNC: memory is given back at once either way; whether it is ASYNC, whose keys are counted.
fn flush_mode(mut args: Args<'_>) -> Result<bool, Error> {
    let lazily = args.keyword("ASYNC");
    if args.left() > 0 && !lazily && !args.keyword("SYNC") {
        return Err(SYNTAX);
    }
    args.finish().map(|()| lazily)
}

fn clear(ctx: &mut Context<'_>, db: usize, lazily: bool) {
    if lazily {
        ctx.state.stats.lazily_freed += ctx.state.keyspace.len(db);
    }
    ctx.state.keyspace.clear(db);
}

fn flushall(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let lazily = flush_mode(args)?;
    for db in 0..ctx.state.keyspace.databases() {
        clear(ctx, db, lazily);
    }
    invalidate::everything(ctx.state);
    reply::ok()
}

fn flushdb(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let lazily = flush_mode(args)?;
    clear(ctx, ctx.db, lazily);
    invalidate::everything(ctx.state);
    reply::ok()
}

fn swapdb(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut index = |problem| {
        let index = parse_integer(args.next()?).filter(|index| i32::try_from(*index).is_ok());
        index.ok_or(Error::fixed(problem))
    };
    let (first, second) = (index("ERR invalid first DB index")?, index("ERR invalid second DB index")?);
    let databases = ctx.state.keyspace.databases();
    let place = |index: i64| usize::try_from(index).ok().filter(|index| *index < databases);
    let (Some(first), Some(second)) = (place(first), place(second)) else {
        return Err(Error::fixed("ERR DB index is out of range"));
    };
    if first != second {
        ctx.state.keyspace.swap(first, second);
        // Who watched a key that was not there sees none now, either.
        let State { keyspace, clients, .. } = &mut *ctx.state;
        for watched in clients.values().flat_map(|client| &client.watched) {
            if watched.db == first || watched.db == second {
                keyspace.bury(watched.db, &watched.key);
            }
        }
    }
    reply::ok()
}
