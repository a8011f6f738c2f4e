//! Whether keys exist, what they hold, and that they go away.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, KeySpec, Row};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DEL",
        arity: -2,
        flags: Flags::WRITE,
        keys: &[KeySpec::all(&["RM", "delete"])],
        complexity: "O(N) with N the number of keys and, for collections, of their elements",
        syntax: "DEL key [key ...]",
        summary: "Deletes keys; answers how many there were.",
        handler: del,
        ..Row::DEFAULT
    },
    Row {
        name: "EXISTS",
        arity: -2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::all(&["RO"])],
        complexity: "O(N) with N the number of keys",
        syntax: "EXISTS key [key ...]",
        summary: "Answers how many of the keys exist; a key that is named twice counts twice.",
        handler: exists,
        ..Row::DEFAULT
    },
    Row {
        name: "TOUCH",
        arity: -2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::all(&["RO"])],
        since: "3.2.1",
        complexity: "O(N) with N the number of keys",
        syntax: "TOUCH key [key ...]",
        summary: "Makes keys freshly used; answers how many of them exist.",
        handler: touch,
        ..Row::DEFAULT
    },
    Row {
        name: "TYPE",
        arity: 2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO"])],
        syntax: "TYPE key",
        summary: "Answers the type of the value at a key, or none.",
        handler: type_of,
        ..Row::DEFAULT
    },
    Row {
        name: "UNLINK",
        arity: -2,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::all(&["RM", "delete"])],
        since: "4.0.0",
        complexity: "O(1) for each key; Redis frees large values in the background",
        syntax: "UNLINK key [key ...]",
        summary: "Deletes keys without waiting until their memory is free; answers how many there were.",
        handler: unlink,
        ..Row::DEFAULT
    },
];

fn del(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(args.rest().iter().filter(|key| ctx.delete(key, "del")).count())
}

/// A value of more parts than this is one that Redis frees in the background, and counts.
const LARGE: usize = 64;

fn unlink(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut count = 0;
    for key in args.rest() {
        let large = ctx.state.keyspace.entry(ctx.db, key).is_some_and(|entry| entry.data.parts() > LARGE);
        if ctx.delete(key, "del") {
            count += 1;
            ctx.state.stats.lazily_freed += usize::from(large);
        }
    }
    reply::count(count)
}

fn exists(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(args.rest().iter().filter(|key| ctx.peek(key).is_some()).count())
}

fn touch(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(args.rest().iter().filter(|key| ctx.entry(key).is_some()).count())
}

fn type_of(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    reply::simple(ctx.peek(key).map_or("none", |entry| entry.data.type_name()))
}
