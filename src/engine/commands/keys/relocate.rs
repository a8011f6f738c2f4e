//! Copying, moving and renaming keys.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NO_SUCH_KEY, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, KeySpec, Row};

const SAME: Error = Error::fixed("ERR source and destination objects are the same");

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "COPY",
        arity: -3,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RO", "access"]), KeySpec::at(2, &["OW", "update"])],
        since: "6.2.0",
        complexity: "O(N) with N the number of elements; O(1) for strings",
        syntax: "COPY source destination [DB destination-db] [REPLACE]",
        summary: "Copies a value to another key, or into another database.",
        handler: copy,
        ..Row::DEFAULT
    },
    Row {
        name: "MOVE",
        arity: 3,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        syntax: "MOVE key db",
        summary: "Moves a key into another database, unless it exists there.",
        handler: move_key,
        ..Row::DEFAULT
    },
    Row {
        name: "RENAME",
        arity: 3,
        flags: Flags::WRITE,
        keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["OW", "update"])],
        syntax: "RENAME key newkey",
        summary: "Gives a key another name; a key that has this name is overwritten.",
        handler: rename,
        ..Row::DEFAULT
    },
    Row {
        name: "RENAMENX",
        arity: 3,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["OW", "insert"])],
        syntax: "RENAMENX key newkey",
        summary: "Gives a key another name, unless a key has this name already.",
        handler: renamenx,
        ..Row::DEFAULT
    },
];

fn copy(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    let (mut db, mut replace) = (ctx.db, false);
    while args.left() > 0 {
        if args.keyword("REPLACE") {
            replace = true;
        } else if args.left() > 1 && args.keyword("DB") {
            db = args.database(ctx.state.keyspace.databases())?;
        } else {
            return Err(SYNTAX);
        }
    }
    if db == ctx.db && from == to {
        return Err(SAME);
    }
    let Some(entry) = ctx.entry(from) else { return reply::flag(false) };
    let data = entry.data.clone();
    let expires_ms = ctx.state.keyspace.expiry(ctx.db, from);
    let keyspace = &mut ctx.state.keyspace;
    if keyspace.exists(db, to) && !replace {
        return reply::flag(false);
    }
    keyspace.take(db, to);
    keyspace.put(db, to, data, expires_ms);
    keyspace.touch(db, to, Class::Generic, "copy_to");
    reply::flag(true)
}

fn move_key(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let to = args.database(ctx.state.keyspace.databases())?;
    if to == ctx.db {
        return Err(SAME);
    }
    let (from, keyspace) = (ctx.db, &mut ctx.state.keyspace);
    if keyspace.exists(to, key) {
        return reply::flag(false);
    }
    let Some(entry) = keyspace.take(from, key) else { return reply::flag(false) };
    keyspace.put_entry(to, key, entry);
    keyspace.touch(from, key, Class::Generic, "move_from");
    keyspace.signal(to, key, Class::Generic, "move_to", true);
    reply::flag(true)
}

fn rename(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    if !ctx.exists(from) {
        return Err(NO_SUCH_KEY);
    }
    give_name(ctx, from, to);
    reply::ok()
}

fn renamenx(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    if !ctx.exists(from) {
        return Err(NO_SUCH_KEY);
    }
    let is_free = !ctx.exists(to);
    if is_free {
        give_name(ctx, from, to);
    }
    reply::flag(is_free)
}

fn give_name(ctx: &mut Context<'_>, from: &[u8], to: &[u8]) {
    if from == to {
        return;
    }
    let Some(entry) = ctx.take(from) else { return };
    ctx.state.keyspace.put_entry(ctx.db, to, entry);
    ctx.touch(from, Class::Generic, "rename_from");
    ctx.state.keyspace.signal(ctx.db, to, Class::Generic, "rename_to", true);
}
