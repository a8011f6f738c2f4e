//! XGROUP: groups of consumers come and go.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group as Family, KeySpec, Row};
use crate::engine::types::{Group, Stream, StreamId};

use super::super::help;
use super::shared::{no_group, parse_id, parse_strict};

const SUB: Row = Row { group: Family::Stream, flags: Flags::WRITE, since: "5.0.0", ..Row::DEFAULT };
const GROWING: Flags = Flags::WRITE.with(Flags::DENYOOM);

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "XGROUP",
    group: Family::Stream,
    arity: -2,
    since: "5.0.0",
    complexity: "Depends on the subcommand",
    syntax: "XGROUP subcommand [argument ...]",
    summary: "Makes, changes and removes groups of consumers.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "CREATE",
        arity: -5,
        flags: GROWING,
        keys: &[KeySpec::at(2, &["RW", "insert"])],
        syntax: "XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
        summary: "Makes a group that reads what comes after an id; $ is the last one.",
        handler: create,
        ..SUB
    },
    Row {
        name: "CREATECONSUMER",
        arity: 5,
        flags: GROWING,
        keys: &[KeySpec::at(2, &["RW", "insert"])],
        since: "6.2.0",
        syntax: "XGROUP CREATECONSUMER key group consumer",
        summary: "Adds a consumer to a group; answers 1 if it is new.",
        handler: createconsumer,
        ..SUB
    },
    Row {
        name: "DELCONSUMER",
        arity: 5,
        keys: &[KeySpec::at(2, &["RW", "delete"])],
        syntax: "XGROUP DELCONSUMER key group consumer",
        summary: "Removes a consumer; answers how many pending entries are lost with it.",
        handler: delconsumer,
        ..SUB
    },
    Row {
        name: "DESTROY",
        arity: 4,
        keys: &[KeySpec::at(2, &["RW", "delete"])],
        complexity: "O(N) with N the pending entries of the group",
        syntax: "XGROUP DESTROY key group",
        summary: "Removes a group with all that is pending in it; answers 1 if there was one.",
        handler: destroy,
        ..SUB
    },
    help::row(Family::Stream, "5.0.0", "XGROUP HELP"),
    Row {
        name: "SETID",
        arity: -5,
        keys: &[KeySpec::at(2, &["RW", "update"])],
        syntax: "XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]",
        summary: "Sets the id after which a group goes on reading.",
        handler: setid,
        ..SUB
    },
];

const NEEDS_KEY: Error = Error::fixed(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM \
     option to create an empty stream automatically.",
);

/// The options of CREATE and SETID.
struct Options {
    make_stream: bool,
    entries_read: Option<i64>,
}

fn parse_options(args: &mut Args<'_>, creates: bool) -> Result<Options, Error> {
    let mut options = Options { make_stream: false, entries_read: None };
    while args.left() > 0 {
        if creates && args.keyword("MKSTREAM") {
            options.make_stream = true;
        } else if args.left() > 1 && args.keyword("ENTRIESREAD") {
            options.entries_read = match args.integer()? {
                -1 => None,
                count @ 0.. => Some(count),
                _ => return Err(Error::fixed("ERR value for ENTRIESREAD must be positive or -1")),
            };
        } else {
            return Err(help::wrong_count(args));
        }
    }
    Ok(options)
}

fn create(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name, word) = (args.next()?, args.next()?, args.next()?);
    let options = parse_options(&mut args, true)?;
    let last_id = ctx.edit::<Stream>(key)?.map(|stream| stream.last_id);
    if last_id.is_none() && !options.make_stream {
        return Err(NEEDS_KEY);
    }
    if args.argv().len() > 8 {
        return Err(help::wrong_count(&args));
    }
    let id = match word.as_ref() {
        b"$" => last_id.unwrap_or(StreamId::MIN),
        word => parse_strict(word, 0)?,
    };
    let stream = ctx.edit_or_create::<Stream>(key)?;
    if stream.add_group(name, Group::new(id, options.entries_read)).is_none() {
        return Err(Error::fixed("BUSYGROUP Consumer Group name already exists"));
    }
    match last_id {
        Some(_) => changed(ctx, key, "xgroup-create"),
        None => ctx.touch(key, Class::Stream, "xgroup-create"),
    }
    reply::ok()
}

/// Tells of a change of a group, which is none of its stream.
fn changed(ctx: &mut Context<'_>, key: &Bytes, event: &'static str) {
    ctx.count_changes(1);
    ctx.tell(key, Class::Stream, event);
}

/// The group of this name, which must be there.
fn existing<'c>(ctx: &'c mut Context<'_>, key: &Bytes, name: &Bytes) -> Result<&'c mut Group, Error> {
    let stream = ctx.edit::<Stream>(key)?.ok_or(NEEDS_KEY)?;
    stream.group_mut(name).ok_or_else(|| no_group(key, name))
}

fn createconsumer(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let now_ms = ctx.now.ms();
    let is_new = existing(ctx, key, name)?.add_consumer(consumer, now_ms);
    if is_new {
        changed(ctx, key, "xgroup-createconsumer");
    }
    reply::flag(is_new)
}

fn delconsumer(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name, consumer) = (args.next()?, args.next()?, args.next()?);
    let lost = existing(ctx, key, name)?.remove_consumer(consumer);
    if lost.is_some() {
        changed(ctx, key, "xgroup-delconsumer");
    }
    reply::count(lost.unwrap_or(0))
}

fn destroy(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name) = (args.next()?, args.next()?);
    let existed = ctx.edit::<Stream>(key)?.ok_or(NEEDS_KEY)?.remove_group(name);
    if existed {
        changed(ctx, key, "xgroup-destroy");
        // Whoever waits for entries of this group is told that it is gone.
        ctx.wake(key);
    }
    reply::flag(existed)
}

fn setid(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name, word) = (args.next()?, args.next()?, args.next()?);
    let options = parse_options(&mut args, false)?;
    let stream = ctx.edit::<Stream>(key)?.ok_or(NEEDS_KEY)?;
    let last_id = stream.last_id;
    let group = stream.group_mut(name).ok_or_else(|| no_group(key, name))?;
    if args.argv().len() > 7 {
        return Err(help::wrong_count(&args));
    }
    let id = if word.as_ref() == b"$" { last_id } else { parse_id(word, 0)? };
    (group.last_id, group.entries_read) = (id, options.entries_read);
    changed(ctx, key, "xgroup-setid");
    reply::ok()
}
