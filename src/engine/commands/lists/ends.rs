//! The two ends of a list: pushing, popping, moving from one list to another.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NOT_POSITIVE, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::{End, List};
use crate::resp::Value;

use super::super::mpop;

/// What the commands that push have in common.
const PUSH: Row = Row {
    group: Group::List,
    arity: -3,
    flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "insert"])],
    complexity: "O(1) for each element",
    ..Row::DEFAULT
};
/// What the commands that pop have in common.
const POP: Row = Row {
    group: Group::List,
    arity: -2,
    flags: Flags::WRITE.with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    complexity: "O(1) for each element",
    ..Row::DEFAULT
};
/// The keys of a command that moves an element.
pub const FROM_AND_TO: &[KeySpec] = &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["RW", "insert"])];
/// What a command costs that pops from the first list that exists.
pub const MPOP_COST: &str = "O(N+M) with N the number of keys and M the elements taken";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "LMOVE",
        arity: 5,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: FROM_AND_TO,
        since: "6.2.0",
        complexity: "O(1)",
        syntax: "LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>",
        summary: "Takes an element from an end of one list and adds it at an end of another.",
        handler: lmove,
        ..POP
    },
    Row {
        name: "LMPOP",
        arity: -4,
        flags: Flags::WRITE.with(Flags::MOVABLEKEYS),
        keys: &[KeySpec::count(1, &["RW", "access", "delete"])],
        since: "7.0.0",
        complexity: MPOP_COST,
        syntax: "LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
        summary: "Takes elements from the first list that has any.",
        handler: lmpop,
        ..POP
    },
    Row { name: "LPOP", syntax: "LPOP key [count]", summary: "Takes the first elements.", handler: lpop, ..POP },
    Row {
        name: "LPUSH",
        syntax: "LPUSH key element [element ...]",
        summary: "Adds elements before the first, one after the other; answers the new length.",
        handler: lpush,
        ..PUSH
    },
    Row {
        name: "LPUSHX",
        since: "2.2.0",
        syntax: "LPUSHX key element [element ...]",
        summary: "Adds elements before the first, if there is such a list; answers the new length.",
        handler: lpushx,
        ..PUSH
    },
    Row { name: "RPOP", syntax: "RPOP key [count]", summary: "Takes the last elements.", handler: rpop, ..POP },
    Row {
        name: "RPOPLPUSH",
        arity: 3,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: FROM_AND_TO,
        since: "1.2.0",
        complexity: "O(1)",
        syntax: "RPOPLPUSH source destination",
        summary: "Takes the last element of one list and adds it before the first of another. LMOVE is its successor.",
        handler: rpoplpush,
        ..POP
    },
    Row {
        name: "RPUSH",
        syntax: "RPUSH key element [element ...]",
        summary: "Adds elements after the last; answers the new length.",
        handler: rpush,
        ..PUSH
    },
    Row {
        name: "RPUSHX",
        since: "2.2.0",
        syntax: "RPUSHX key element [element ...]",
        summary: "Adds elements after the last, if there is such a list; answers the new length.",
        handler: rpushx,
        ..PUSH
    },
];

/// `LEFT` or `RIGHT`.
pub fn parse_end(args: &mut Args<'_>) -> Result<End, Error> {
    match () {
        () if args.keyword("LEFT") => Ok(End::Left),
        () if args.keyword("RIGHT") => Ok(End::Right),
        () => Err(SYNTAX),
    }
}

fn pushed(end: End) -> &'static str {
    match end {
        End::Left => "lpush",
        End::Right => "rpush",
    }
}

fn popped(end: End) -> &'static str {
    match end {
        End::Left => "lpop",
        End::Right => "rpop",
    }
}

/// Takes up to `count` elements, the outermost first; `None`: there is no such key.
fn take(ctx: &mut Context<'_>, key: &[u8], end: End, count: usize) -> Result<Option<Vec<Bytes>>, Error> {
    let Some(list) = ctx.edit::<List>(key)? else { return Ok(None) };
    let count = count.min(list.len());
    let taken: Vec<Bytes> = std::iter::from_fn(|| list.pop(end)).take(count).collect();
    if !taken.is_empty() {
        ctx.touch_or_drop(key, Class::List, popped(end));
    }
    Ok(Some(taken))
}

/// Takes from the first of several keys that exists.
pub fn take_first(
    ctx: &mut Context<'_>,
    keys: &[Bytes],
    end: End,
    count: usize,
) -> Result<Option<(Bytes, Vec<Bytes>)>, Error> {
    for key in ctx.offered(keys) {
        if let Some(taken) = take(ctx, key, end, count)? {
            return Ok(Some((key.clone(), taken)));
        }
    }
    Ok(None)
}

/// A key with the elements that were taken from it.
pub fn keyed(key: Bytes, taken: Vec<Bytes>) -> Answer {
    reply::array(vec![Value::Bulk(key), Value::bulks(taken)])
}

/// Moves an element; `None`: there is no such source.
pub fn move_one(ctx: &mut Context<'_>, from: &Bytes, to: &Bytes, take: End, add: End) -> Result<Option<Bytes>, Error> {
    // Both types count before anything moves, the source's first.
    if ctx.edit::<List>(from)?.is_none() {
        return Ok(None);
    }
    ctx.edit::<List>(to)?;
    let Some(element) = ctx.edit::<List>(from)?.and_then(|list| list.pop(take)) else { return Ok(None) };
    ctx.edit_or_create::<List>(to)?.push(add, &element);
    ctx.touch(to, Class::List, pushed(add));
    ctx.touch_or_drop(from, Class::List, popped(take));
    Ok(Some(element))
}

fn lmove(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    let (take, add) = (parse_end(&mut args)?, parse_end(&mut args)?);
    reply::maybe(move_one(ctx, from, to, take, add)?)
}

/// `numkeys key [key ...] LEFT|RIGHT [COUNT count]` of LMPOP and BLMPOP.
pub fn parse_mpop<'a>(args: &mut Args<'a>) -> Result<(&'a [Bytes], End, usize), Error> {
    mpop::parse(args, parse_end)
}

fn lmpop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (keys, end, count) = parse_mpop(&mut args)?;
    match take_first(ctx, keys, end, count)? {
        Some((key, taken)) => keyed(key, taken),
        None => reply::null_array(),
    }
}

fn lpop(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop(ctx, args, End::Left, "lpop")
}

/// `key [count]` of LPOP and RPOP.
fn pop(ctx: &mut Context<'_>, mut args: Args<'_>, end: End, name: &str) -> Answer {
    let key = args.next()?;
    if args.left() > 1 {
        return Err(Error::new(format!("ERR wrong number of arguments for '{name}' command")));
    }
    if args.left() == 0 {
        let taken = take(ctx, key, end, 1)?;
        return reply::maybe(taken.and_then(|mut taken| taken.pop()));
    }
    let count = args.integer().ok().and_then(|n| usize::try_from(n).ok()).ok_or(NOT_POSITIVE)?;
    match take(ctx, key, end, count)? {
        Some(taken) => reply::value(Value::bulks(taken)),
        None => reply::null_array(),
    }
}

fn lpush(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    push(ctx, args, End::Left)
}

fn push(ctx: &mut Context<'_>, mut args: Args<'_>, end: End) -> Answer {
    let key = args.next()?;
    let list = ctx.edit_or_create::<List>(key)?;
    args.rest().iter().for_each(|element| list.push(end, element));
    let len = list.len();
    ctx.touch(key, Class::List, pushed(end));
    reply::count(len)
}

fn lpushx(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    push_existing(ctx, args, End::Left)
}

fn push_existing(ctx: &mut Context<'_>, args: Args<'_>, end: End) -> Answer {
    let key = args.clone().next()?;
    if ctx.edit::<List>(key)?.is_none() {
        return reply::integer(0);
    }
    push(ctx, args, end)
}

fn rpop(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop(ctx, args, End::Right, "rpop")
}

fn rpoplpush(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    reply::maybe(move_one(ctx, from, to, End::Right, End::Left)?)
}

fn rpush(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    push(ctx, args, End::Right)
}

fn rpushx(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    push_existing(ctx, args, End::Right)
}
