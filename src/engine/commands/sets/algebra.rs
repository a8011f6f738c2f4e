//! Unions, intersections and differences.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Begin, Find, Flags, Group, KeySpec, Row};
use crate::engine::types::{Item, Set};
use crate::resp::Value;

/// What the commands that answer their result have in common.
const LOOK: Row = Row {
    group: Group::Set,
    arity: -2,
    flags: Flags::READONLY,
    keys: &[KeySpec::all(&["RO", "access"])],
    complexity: ALL,
    ..Row::DEFAULT
};
/// What the commands that store their result have in common.
const STORE: Row = Row {
    group: Group::Set,
    arity: -3,
    flags: Flags::WRITE.with(Flags::DENYOOM),
    keys: &[KeySpec::first(&["OW", "update"]), SOURCES],
    complexity: ALL,
    ..Row::DEFAULT
};
const SOURCES: KeySpec =
    KeySpec { flags: &["RO", "access"], begin: Begin::Index(2), find: Find::Range { last: -1, step: 1, limit: 0 } };
const ALL: &str = "O(N) with N the members of all sets";
const SMALLEST: &str = "O(N*M) with N the members of the smallest set and M the number of sets";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "SDIFF",
        syntax: "SDIFF key [key ...]",
        summary: "Answers the members of the first set that are in none of the others.",
        handler: sdiff,
        ..LOOK
    },
    Row {
        name: "SDIFFSTORE",
        syntax: "SDIFFSTORE destination key [key ...]",
        summary: "Stores the members of the first set that are in none of the others; answers how many.",
        handler: sdiffstore,
        ..STORE
    },
    Row {
        name: "SINTER",
        complexity: SMALLEST,
        syntax: "SINTER key [key ...]",
        summary: "Answers the members that are in all sets.",
        handler: sinter,
        ..LOOK
    },
    Row {
        name: "SINTERCARD",
        arity: -3,
        flags: Flags::READONLY.with(Flags::MOVABLEKEYS),
        keys: &[KeySpec::count(1, &["RO", "access"])],
        since: "7.0.0",
        complexity: SMALLEST,
        syntax: "SINTERCARD numkeys key [key ...] [LIMIT limit]",
        summary: "Answers how many members are in all sets, counting no further than the limit.",
        handler: sintercard,
        ..LOOK
    },
    Row {
        name: "SINTERSTORE",
        keys: &[KeySpec::first(&["RW", "update"]), SOURCES],
        complexity: SMALLEST,
        syntax: "SINTERSTORE destination key [key ...]",
        summary: "Stores the members that are in all sets; answers how many.",
        handler: sinterstore,
        ..STORE
    },
    Row {
        name: "SUNION",
        syntax: "SUNION key [key ...]",
        summary: "Answers the members that are in any of the sets.",
        handler: sunion,
        ..LOOK
    },
    Row {
        name: "SUNIONSTORE",
        syntax: "SUNIONSTORE destination key [key ...]",
        summary: "Stores the members that are in any of the sets; answers how many.",
        handler: sunionstore,
        ..STORE
    },
];

/// What is made of several sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Difference,
    Intersection,
    Union,
}

/// The sets at `keys`, `None` where there is none.
///
/// # Errors
/// WRONGTYPE if one of the keys holds something else, whatever the others hold.
fn sources<'c>(ctx: &'c mut Context<'_>, keys: &[Bytes]) -> Result<Vec<Option<&'c Set>>, Error> {
    for key in keys {
        ctx.read::<Set>(key)?;
    }
    let ctx: &'c Context<'_> = ctx;
    keys.iter().map(|key| ctx.state.keyspace.read(ctx.db, key)).collect()
}

fn combine(ctx: &mut Context<'_>, keys: &[Bytes], operation: Operation) -> Result<Set, Error> {
    let limits = ctx.limits();
    let sets = sources(ctx, keys)?;
    Ok(match operation {
        Operation::Union => Set::collect(sets.into_iter().flatten().flat_map(Set::iter), &limits),
        Operation::Intersection => Set::collect(intersection(&sets), &limits),
        Operation::Difference => {
            let others: Vec<&Set> = sets.iter().skip(1).copied().flatten().collect();
            let first = sets.first().copied().flatten().into_iter().flat_map(Set::iter);
            Set::collect(first.filter(|member| others.iter().all(|other| !other.contains(member))), &limits)
        }
    })
}

/// The members that all sets have. It walks the smallest of them and asks the others, smaller ones first.
fn intersection<'s>(sets: &[Option<&'s Set>]) -> impl Iterator<Item = Item<'s>> + use<'s> {
    let mut sets: Vec<&Set> = sets.iter().copied().collect::<Option<_>>().unwrap_or_default();
    sets.sort_by_key(|set| set.len());
    let others = sets.split_off(sets.len().min(1));
    let smallest = sets.into_iter().flat_map(Set::iter);
    smallest.filter(move |member| others.iter().all(|other| other.contains(member)))
}

fn answer(ctx: &mut Context<'_>, mut args: Args<'_>, operation: Operation) -> Answer {
    let result = combine(ctx, args.rest(), operation)?;
    reply::value(Value::Set(result.iter().map(Value::bulk).collect()))
}

fn store(ctx: &mut Context<'_>, mut args: Args<'_>, operation: Operation) -> Answer {
    let target = args.next()?;
    let result = combine(ctx, args.rest(), operation)?;
    let len = result.len();
    if len == 0 {
        ctx.delete(target, "del");
        return reply::integer(0);
    }
    ctx.put(target, Data::Set(result), None);
    let event = match operation {
        Operation::Difference => "sdiffstore",
        Operation::Intersection => "sinterstore",
        Operation::Union => "sunionstore",
    };
    ctx.touch(target, Class::Set, event);
    reply::count(len)
}

fn sdiff(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Difference)
}

fn sdiffstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    store(ctx, args, Operation::Difference)
}

fn sinter(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Intersection)
}

fn sintercard(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let count = args.integer().ok().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let count = count.ok_or(Error::fixed("ERR numkeys should be greater than 0"))?;
    if count > args.left() {
        return Err(Error::fixed("ERR Number of keys can't be greater than number of args"));
    }
    let keys = args.take(count)?;
    let mut limit = 0;
    while args.left() > 0 {
        if args.left() < 2 || !args.keyword("LIMIT") {
            return Err(SYNTAX);
        }
        let given = args.integer().ok().and_then(|n| usize::try_from(n).ok());
        limit = given.ok_or(Error::fixed("ERR LIMIT can't be negative"))?;
    }
    let most = if limit == 0 { usize::MAX } else { limit };
    reply::count(intersection(&sources(ctx, keys)?).take(most).count())
}

fn sinterstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    store(ctx, args, Operation::Intersection)
}

fn sunion(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Union)
}

fn sunionstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    store(ctx, args, Operation::Union)
}
