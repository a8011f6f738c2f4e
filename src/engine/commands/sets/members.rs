//! The members of one set.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::commands::sample::{check_count, draw, parse_count};
use crate::engine::commands::scan::{self, Scan};
use crate::engine::context::Context;
use crate::engine::error::{NOT_POSITIVE, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::sheet::Shape;
use crate::engine::types::Set;
use crate::resp::Value;

/// SPOP rebuilds a set of which less than a fifth of what it takes remains: then that is less work.
const REBUILD_FACTOR: usize = 5;

/// What the commands that only look have in common.
const LOOK: Row = Row {
    group: Group::Set,
    arity: 2,
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    ..Row::DEFAULT
};
/// What the commands that change something have in common.
const CHANGE: Row = Row {
    group: Group::Set,
    arity: -3,
    flags: Flags::WRITE.with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    ..Row::DEFAULT
};
const QUICK_LOOK: Flags = Flags::READONLY.with(Flags::FAST);
/// Commands that look, and answer nothing of the content itself.
const MEASURE: &[KeySpec] = &[KeySpec::first(&["RO"])];

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "SADD",
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "insert"])],
        complexity: "O(1) for each member",
        syntax: "SADD key member [member ...]",
        summary: "Adds members; answers how many of them are new.",
        handler: sadd,
        ..CHANGE
    },
    Row {
        name: "SCARD",
        flags: QUICK_LOOK,
        keys: MEASURE,
        syntax: "SCARD key",
        summary: "Answers how many members there are.",
        handler: scard,
        ..LOOK
    },
    Row {
        name: "SISMEMBER",
        arity: 3,
        flags: QUICK_LOOK,
        keys: MEASURE,
        syntax: "SISMEMBER key member",
        summary: "Answers 1 if the member is in the set, else 0.",
        handler: sismember,
        ..LOOK
    },
    Row {
        name: "SMEMBERS",
        complexity: "O(N) with N the number of members in the set",
        syntax: "SMEMBERS key",
        summary: "Answers all members.",
        handler: smembers,
        ..LOOK
    },
    Row {
        name: "SMISMEMBER",
        arity: -3,
        flags: QUICK_LOOK,
        since: "6.2.0",
        complexity: "O(1) for each member",
        syntax: "SMISMEMBER key member [member ...]",
        summary: "Answers 1 for each member that is in the set, and 0 for each that is not.",
        handler: smismember,
        ..LOOK
    },
    Row {
        name: "SMOVE",
        arity: 4,
        keys: &[KeySpec::first(&["RW", "access", "delete"]), KeySpec::at(2, &["RW", "insert"])],
        syntax: "SMOVE source destination member",
        summary: "Moves a member from one set to another; answers 1 if it was in the first.",
        handler: smove,
        ..CHANGE
    },
    Row {
        name: "SPOP",
        arity: -2,
        keys: &[KeySpec::first(&["RW", "access", "delete"])],
        complexity: "O(1) for each member that is taken",
        syntax: "SPOP key [count]",
        summary: "Takes members drawn at random.",
        handler: spop,
        ..CHANGE
    },
    Row {
        name: "SRANDMEMBER",
        arity: -2,
        complexity: "O(N) with N the number of members answered",
        syntax: "SRANDMEMBER key [count]",
        summary: "Answers members drawn at random: different ones, or with repetition if the count is negative.",
        handler: srandmember,
        ..LOOK
    },
    Row {
        name: "SREM",
        complexity: "O(1) for each member",
        syntax: "SREM key member [member ...]",
        summary: "Removes members; answers how many were there. A set without members is removed itself.",
        handler: srem,
        ..CHANGE
    },
    Row {
        name: "SSCAN",
        arity: -3,
        since: "2.8.0",
        complexity: "O(1) for a call, O(N) for a whole iteration with N the number of members",
        syntax: "SSCAN key cursor [MATCH pattern] [COUNT count]",
        summary: "Answers some members and the cursor from which to go on; 0 starts and ends an iteration.",
        handler: sscan,
        ..LOOK
    },
];

fn sadd(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, limits) = (args.next()?, ctx.limits());
    let set = ctx.edit_or_create::<Set>(key)?;
    let added = args.rest().iter().filter(|member| set.add(member, &limits)).count();
    if added > 0 {
        ctx.touch(key, Class::Set, "sadd");
    }
    reply::count(added)
}

fn scard(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(ctx.read::<Set>(args.next()?)?.map_or(0, Set::len))
}

fn sismember(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, member) = (args.next()?, args.next()?);
    reply::flag(ctx.read::<Set>(key)?.is_some_and(|set| set.contains(member)))
}

fn smembers(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut sheet = ctx.sheet();
    let set = ctx.read::<Set>(args.next()?)?;
    sheet.begin(Shape::Set, set.map_or(0, Set::len));
    set.into_iter().flat_map(Set::iter).for_each(|member| sheet.bulk(&member));
    sheet.answer()
}

fn smismember(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let set = ctx.read::<Set>(args.next()?)?;
    let is_in = |member: &Bytes| Value::Integer(i64::from(set.is_some_and(|set| set.contains(member))));
    reply::array(args.rest().iter().map(is_in).collect())
}

fn smove(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to, member) = (args.next()?, args.next()?, args.next()?);
    let Some(source) = ctx.edit::<Set>(from)? else { return reply::integer(0) };
    let is_in = source.contains(member);
    ctx.edit::<Set>(to)?;
    if from == to || !is_in {
        return reply::flag(is_in);
    }
    if let Some(source) = ctx.edit::<Set>(from)? {
        source.remove(member);
    }
    ctx.touch_or_drop(from, Class::Set, "srem");
    let limits = ctx.limits();
    if ctx.edit_or_create::<Set>(to)?.add(member, &limits) {
        ctx.touch(to, Class::Set, "sadd");
    }
    reply::integer(1)
}

fn spop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    if args.left() > 1 {
        return Err(SYNTAX);
    }
    let count = match args.peek() {
        Some(_) => Some(args.integer().ok().filter(|count| *count >= 0).ok_or(NOT_POSITIVE)?),
        None => None,
    };
    let len = ctx.edit::<Set>(key)?.map_or(0, |set| set.len());
    let taken = if len == 0 || count == Some(0) { Vec::new() } else { pop(ctx, key, len, count.unwrap_or(1))? };
    match count {
        Some(_) => reply::value(Value::Set(taken.into_iter().map(Value::Bulk).collect())),
        None => reply::maybe(taken.into_iter().next()),
    }
}

/// Takes `count` members out of a set of `len`.
fn pop(ctx: &mut Context<'_>, key: &[u8], len: usize, count: i64) -> Result<Vec<Bytes>, crate::engine::Error> {
    let limits = ctx.limits();
    let indexes = draw(&mut ctx.state.rng, len, count);
    let Some(set) = ctx.edit::<Set>(key)? else { return Ok(Vec::new()) };
    let taken: Vec<Bytes> = indexes.into_iter().filter_map(|index| Some(set.at(index)?.to_bytes())).collect();
    for member in &taken {
        set.remove(member);
    }
    // What Redis rebuilds may become an intset again, although that is no gain here.
    if taken.len() > 1 && !set.is_empty() && set.len() * REBUILD_FACTOR <= taken.len() {
        *set = Set::collect(set.iter(), &limits);
    }
    ctx.touch_or_drop(key, Class::Set, "spop");
    Ok(taken)
}

fn srandmember(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    if args.left() > 1 {
        return Err(SYNTAX);
    }
    let count = args.peek().map(|count| parse_count(count)).transpose()?;
    let len = ctx.read::<Set>(key)?.map_or(0, Set::len);
    if len > 0 {
        check_count(count.unwrap_or(1), false)?;
    }
    let indexes = draw(&mut ctx.state.rng, len, count.unwrap_or(1));
    let set = ctx.state.keyspace.read::<Set>(ctx.db, key)?;
    let mut drawn = indexes.into_iter().filter_map(|index| set?.at(index));
    match count {
        None => reply::maybe(drawn.next()),
        Some(_) => reply::array(drawn.map(Value::bulk).collect()),
    }
}

fn srem(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let members = args.rest();
    let Some(set) = ctx.edit::<Set>(key)? else { return reply::integer(0) };
    let removed = members.iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        ctx.touch_or_drop(key, Class::Set, "srem");
    }
    reply::count(removed)
}

fn sscan(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, cursor) = (args.next()?, args.cursor()?);
    let Some(set) = ctx.read::<Set>(key)? else { return scan::answer(0, Vec::new()) };
    let scan = Scan::options(cursor, &mut args)?;
    let (next, found) = scan.walk(|at, found| set.scan(at, |member| found.push(member)));
    scan::answer(next, found.into_iter().filter(|member| scan.admits(member)).map(Value::bulk).collect())
}
