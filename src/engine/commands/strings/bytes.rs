//! The bytes of strings: reading them whole or in part, and changing them in place.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::sheet::Shape;
use crate::engine::types::Str;

use super::super::limit;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "APPEND",
        group: Group::String,
        arity: 3,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "insert"])],
        since: "2.0.0",
        complexity: "O(1), since room for more is kept at the end of a growing string",
        syntax: "APPEND key value",
        summary: "Appends to the string at a key, creating it if needed; answers its new length.",
        handler: append,
        ..Row::DEFAULT
    },
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
        name: "GETRANGE",
        group: Group::String,
        arity: 4,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "2.4.0",
        complexity: "O(N) with N the length of the answer",
        syntax: "GETRANGE key start end",
        summary: "Answers the part of a string between two offsets, both included; negative ones count from the end.",
        handler: getrange,
        ..Row::DEFAULT
    },
    Row {
        name: "MGET",
        group: Group::String,
        arity: -2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::all(&["RO", "access"])],
        complexity: "O(N) with N the number of keys",
        syntax: "MGET key [key ...]",
        summary: "Answers the strings at several keys, nil for each that is missing or no string.",
        handler: mget,
        ..Row::DEFAULT
    },
    Row {
        name: "SETRANGE",
        group: Group::String,
        arity: 4,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RW", "update"])],
        since: "2.2.0",
        complexity: "O(M) with M the length of the value",
        syntax: "SETRANGE key offset value",
        summary: "Overwrites part of a string from an offset on, padding with zero bytes; answers its new length.",
        handler: setrange,
        ..Row::DEFAULT
    },
    Row {
        name: "STRLEN",
        group: Group::String,
        arity: 2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO"])],
        since: "2.2.0",
        syntax: "STRLEN key",
        summary: "Answers the length in bytes of the string at a key.",
        handler: strlen,
        ..Row::DEFAULT
    },
    Row {
        name: "SUBSTR",
        group: Group::String,
        arity: 4,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        complexity: "O(N) with N the length of the answer",
        syntax: "SUBSTR key start end",
        summary: "The old name of GETRANGE.",
        handler: getrange,
        ..Row::DEFAULT
    },
];

fn append(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, value) = (args.next()?, args.next()?);
    let longest = limit::longest(ctx.state);
    let length = match ctx.edit::<Str>(key)? {
        Some(string) => {
            limit::check(string.len(), value.len(), longest)?;
            let bytes = string.raw_mut();
            bytes.extend_from_slice(value);
            bytes.len()
        }
        None => {
            ctx.put(key, Data::Str(Str::new(value)), None);
            value.len()
        }
    };
    ctx.touch(key, Class::String, "append");
    reply::count(length)
}

fn get(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    ctx.read::<Str>(key)?.map_or_else(reply::null, |string| reply::text(&string.item()))
}

fn getrange(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let (start, end) = (args.integer()?, args.integer()?);
    let Some(string) = ctx.read::<Str>(key)? else { return reply::bulk(Bytes::new()) };
    let bytes = string.view();
    reply::bulk(Bytes::copy_from_slice(part(&bytes, start, end)))
}

/// The bytes from `start` to `end`, both included; negative offsets count from the end, and what is outside is cut.
fn part(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    if start < 0 && end < 0 && start > end {
        return &[];
    }
    let from_front = |offset: i64| if offset < 0 { offset.saturating_add(length).max(0) } else { offset };
    let (start, end) = (from_front(start), from_front(end).min(length - 1));
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) => bytes.get(start..=end).unwrap_or_default(),
        _ => &[],
    }
}

fn mget(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut sheet = ctx.sheet();
    sheet.begin(Shape::Array, args.left());
    for key in args.rest() {
        sheet.maybe(ctx.read::<Str>(key).ok().flatten().map(Str::item).as_deref());
    }
    sheet.answer()
}

fn setrange(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, offset, value) = (args.next()?, args.integer()?, args.next()?);
    let offset = usize::try_from(offset).map_err(|_| Error::fixed("ERR offset is out of range"))?;
    let old_length = ctx.edit::<Str>(key)?.map_or(0, |string| string.len());
    if value.is_empty() {
        return reply::count(old_length);
    }
    limit::check(offset, value.len(), limit::longest(ctx.state))?;
    let string = match ctx.edit::<Str>(key)? {
        Some(string) => string.raw_mut(),
        None => {
            ctx.put(key, Data::Str(Str::raw(Vec::new())), None);
            let Some(string) = ctx.edit::<Str>(key)? else { return reply::count(0) };
            string.raw_mut()
        }
    };
    let end = offset + value.len();
    string.resize(string.len().max(end), 0);
    string[offset..end].copy_from_slice(value);
    let length = string.len();
    ctx.touch(key, Class::String, "setrange");
    reply::count(length)
}

fn strlen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    reply::count(ctx.read::<Str>(key)?.map_or(0, Str::len))
}
