//! Strings.

use super::super::args::Args;
use super::super::context::Context;
use super::super::keyspace::{Class, Data};
use super::super::outcome::{Answer, reply};
use super::super::row::{Flags, Group, KeySpec, Row};
use super::super::types::Str;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "GET",
        group: Group::String,
        arity: 2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO", "access"])],
        syntax: "GET key",
        summary: "Answers the string at a key, or nil.",
        handler: get,
        ..Row::DEFAULT
    },
    Row {
        name: "SET",
        group: Group::String,
        arity: -3,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RW", "access", "update", "variable_flags"])],
        syntax: "SET key value",
        summary: "Stores a string at a key, whatever was there.",
        handler: set,
        ..Row::DEFAULT
    },
];

fn get(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    reply::maybe(ctx.read::<Str>(key)?.map(Str::bytes))
}

fn set(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, value) = (args.next()?, args.next()?);
    args.finish()?;
    ctx.put(key, Data::Str(Str::new(value)), None);
    ctx.touch(key, Class::String, "set");
    reply::ok()
}
