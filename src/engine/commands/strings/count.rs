//! Counters: strings that spell a number.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NOT_FLOAT, NOT_INTEGER};
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::{LongDouble, Str};

const FAST_WRITE: Flags = Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST);

const KEY: &[KeySpec] = &[KeySpec::first(&["RW", "access", "update"])];

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DECR",
        group: Group::String,
        arity: 2,
        flags: FAST_WRITE,
        keys: KEY,
        syntax: "DECR key",
        summary: "Takes one from the number at a key (0 if missing); answers the new number.",
        handler: decr,
        ..Row::DEFAULT
    },
    Row {
        name: "DECRBY",
        group: Group::String,
        arity: 3,
        flags: FAST_WRITE,
        keys: KEY,
        syntax: "DECRBY key decrement",
        summary: "Subtracts from the number at a key (0 if missing); answers the new number.",
        handler: decrby,
        ..Row::DEFAULT
    },
    Row {
        name: "INCR",
        group: Group::String,
        arity: 2,
        flags: FAST_WRITE,
        keys: KEY,
        syntax: "INCR key",
        summary: "Adds one to the number at a key (0 if missing); answers the new number.",
        handler: incr,
        ..Row::DEFAULT
    },
    Row {
        name: "INCRBY",
        group: Group::String,
        arity: 3,
        flags: FAST_WRITE,
        keys: KEY,
        syntax: "INCRBY key increment",
        summary: "Adds to the number at a key (0 if missing); answers the new number.",
        handler: incrby,
        ..Row::DEFAULT
    },
    Row {
        name: "INCRBYFLOAT",
        group: Group::String,
        arity: 3,
        flags: FAST_WRITE,
        keys: KEY,
        since: "2.6.0",
        syntax: "INCRBYFLOAT key increment",
        summary: "Adds a decimal fraction to the number at a key (0 if missing); answers the new number.",
        handler: incrbyfloat,
        ..Row::DEFAULT
    },
];

fn decr(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    add(ctx, args.next()?, -1)
}

fn decrby(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let by = args.integer()?.checked_neg().ok_or(Error::fixed("ERR decrement would overflow"))?;
    add(ctx, key, by)
}

fn incr(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    add(ctx, args.next()?, 1)
}

fn incrby(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, by) = (args.next()?, args.integer()?);
    add(ctx, key, by)
}

fn add(ctx: &mut Context<'_>, key: &Bytes, by: i64) -> Answer {
    let number = match ctx.edit::<Str>(key)? {
        Some(string) => {
            let old = string.integer().ok_or(NOT_INTEGER)?;
            let new = old.checked_add(by).ok_or(Error::fixed("ERR increment or decrement would overflow"))?;
            *string = Str::Int(new);
            new
        }
        None => {
            ctx.put(key, Data::Str(Str::Int(by)), None);
            by
        }
    };
    ctx.touch(key, Class::String, "incrby");
    reply::integer(number)
}

fn incrbyfloat(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, by) = (args.next()?, args.next()?);
    let old = match ctx.edit::<Str>(key)? {
        Some(string) => LongDouble::parse(&string.view()).ok_or(NOT_FLOAT)?,
        None => LongDouble::from(0),
    };
    let by = LongDouble::parse(by).ok_or(NOT_FLOAT)?;
    let sum = old.plus(&by).ok_or(Error::fixed("ERR increment would produce NaN or Infinity"))?;
    let text = sum.text();
    match ctx.edit::<Str>(key)? {
        Some(string) => *string = Str::text(text.as_bytes()),
        None => ctx.put(key, Data::Str(Str::text(text.as_bytes())), None),
    }
    ctx.touch(key, Class::String, "incrbyfloat");
    reply::bulk(text)
}
