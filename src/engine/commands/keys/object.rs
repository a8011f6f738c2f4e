//! OBJECT: how a value is kept.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::keyspace::Data;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, KeySpec, Row};
use crate::engine::types::Str;
use crate::resp::Value;

/// Redis makes the integers below this one once and shares them between all keys.
const SHARED_INTEGERS: i64 = 10_000;
/// The reference count of what is shared and never freed.
const SHARED_COUNT: i64 = i32::MAX as i64;

const KEY: &[KeySpec] = &[KeySpec::at(2, &["RO"])];

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "OBJECT",
    arity: -2,
    since: "2.2.3",
    complexity: "Depends on the subcommand",
    syntax: "OBJECT subcommand [argument ...]",
    summary: "Answers how the value at a key is kept.",
    subcommands: &[
        Row {
            name: "ENCODING",
            arity: 3,
            flags: Flags::READONLY,
            keys: KEY,
            since: "2.2.3",
            syntax: "OBJECT ENCODING key",
            summary: "Answers the encoding in which a value is kept.",
            handler: encoding,
            ..Row::DEFAULT
        },
        Row {
            name: "FREQ",
            arity: 3,
            flags: Flags::READONLY,
            keys: KEY,
            since: "4.0.0",
            syntax: "OBJECT FREQ key",
            summary: "Answers how often a key is used, where eviction goes by that.",
            handler: freq,
            ..Row::DEFAULT
        },
        Row {
            name: "HELP",
            arity: 2,
            flags: Flags::LOADING.with(Flags::STALE),
            since: "6.2.0",
            syntax: "OBJECT HELP",
            summary: "Lists the subcommands.",
            handler: help,
            ..Row::DEFAULT
        },
        Row {
            name: "IDLETIME",
            arity: 3,
            flags: Flags::READONLY,
            keys: KEY,
            since: "2.2.3",
            syntax: "OBJECT IDLETIME key",
            summary: "Answers for how many seconds a key was not used.",
            handler: idletime,
            ..Row::DEFAULT
        },
        Row {
            name: "REFCOUNT",
            arity: 3,
            flags: Flags::READONLY,
            keys: KEY,
            since: "2.2.3",
            syntax: "OBJECT REFCOUNT key",
            summary: "Answers how many references there are to a value.",
            handler: refcount,
            ..Row::DEFAULT
        },
    ],
    ..Row::DEFAULT
}];

fn encoding(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    reply::maybe(ctx.peek(key).map(|entry| entry.data.encoding()))
}

fn freq(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(stamp) = ctx.peek(key).map(|entry| entry.lru) else { return reply::null() };
    if !ctx.state.settings.memory.policy.counts_uses() {
        return Err(Error::fixed(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
             switching between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    reply::integer(ctx.state.keyspace.clock.frequency(stamp).into())
}

fn help(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    let lines = [
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        "HELP",
        "    Prints this help.",
    ];
    reply::array(lines.into_iter().map(Value::simple).collect())
}

fn idletime(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(stamp) = ctx.peek(key).map(|entry| entry.lru) else { return reply::null() };
    if ctx.state.settings.memory.policy.counts_uses() {
        return Err(Error::fixed(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between \
             policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    reply::integer(ctx.state.keyspace.clock.idle_s(stamp).into())
}

fn refcount(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    // Where keys are evicted by their use, each needs a value of its own: that is where its use is noted.
    let shares = !ctx.state.settings.memory.notes_uses();
    match ctx.peek(key).map(|entry| &entry.data) {
        None => reply::null(),
        Some(Data::Str(Str::Int(0..SHARED_INTEGERS))) if shares => reply::integer(SHARED_COUNT),
        Some(_) => reply::integer(1),
    }
}
