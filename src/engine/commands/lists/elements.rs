//! The elements of a list, wherever they stand.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NO_SUCH_KEY, NOT_INTEGER, OUT_OF_RANGE, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::sheet::Shape;
use crate::engine::types::{End, List, parse_integer};
use crate::resp::Value;

/// What the commands that only look have in common.
const LOOK: Row = Row {
    group: Group::List,
    arity: 3,
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    ..Row::DEFAULT
};
/// What the commands that change something have in common.
const CHANGE: Row = Row {
    group: Group::List,
    arity: 4,
    flags: Flags::WRITE,
    keys: &[KeySpec::first(&["RW", "delete"])],
    ..Row::DEFAULT
};
const MAY_GROW: Flags = Flags::WRITE.with(Flags::DENYOOM);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "LINDEX",
        complexity: "O(N) with N the distance from the nearer end",
        syntax: "LINDEX key index",
        summary: "Answers the element at an index: 0 is the first, -1 the last.",
        handler: lindex,
        ..LOOK
    },
    Row {
        name: "LINSERT",
        arity: 5,
        flags: MAY_GROW,
        keys: &[KeySpec::first(&["RW", "insert"])],
        since: "2.2.0",
        complexity: "O(N) with N the elements before the pivot",
        syntax: "LINSERT key <BEFORE | AFTER> pivot element",
        summary: "Inserts an element beside another; answers the new length, or -1 if there is no such other.",
        handler: linsert,
        ..CHANGE
    },
    Row {
        name: "LLEN",
        arity: 2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO"])],
        syntax: "LLEN key",
        summary: "Answers how many elements there are.",
        handler: llen,
        ..LOOK
    },
    Row {
        name: "LPOS",
        arity: -3,
        since: "6.0.6",
        complexity: "O(N) with N the elements that are compared",
        syntax: "LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
        summary: "Answers the index of an element that equals the given one, or of several.",
        handler: lpos,
        ..LOOK
    },
    Row {
        name: "LRANGE",
        arity: 4,
        complexity: "O(S+N) with S the distance of the first element from the nearer end and N the elements answered",
        syntax: "LRANGE key start stop",
        summary: "Answers the elements between two indexes, both included.",
        handler: lrange,
        ..LOOK
    },
    Row {
        name: "LREM",
        complexity: "O(N) with N the length of the list",
        syntax: "LREM key count element",
        summary: "Removes elements that equal the given one: count from the head, -count from the tail, 0: all.",
        handler: lrem,
        ..CHANGE
    },
    Row {
        name: "LSET",
        flags: MAY_GROW,
        keys: &[KeySpec::first(&["RW", "update"])],
        complexity: "O(N) with N the distance from the nearer end",
        syntax: "LSET key index element",
        summary: "Replaces the element at an index.",
        handler: lset,
        ..CHANGE
    },
    Row {
        name: "LTRIM",
        complexity: "O(N) with N the elements that go",
        syntax: "LTRIM key start stop",
        summary: "Removes all elements but those between two indexes.",
        handler: ltrim,
        ..CHANGE
    },
];

fn lindex(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, index) = (args.next()?, args.next()?);
    let Some(list) = ctx.read::<List>(key)? else { return reply::null() };
    let index = parse_integer(index).ok_or(NOT_INTEGER)?;
    reply::maybe(list.place(index).and_then(|place| list.get(place)))
}

fn linsert(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let after = match () {
        () if args.keyword("AFTER") => 1,
        () if args.keyword("BEFORE") => 0,
        () => return Err(SYNTAX),
    };
    let (pivot, element) = (args.next()?, args.next()?);
    let Some(list) = ctx.edit::<List>(key)? else { return reply::integer(0) };
    let Some(place) = list.find(pivot, End::Left).next() else { return reply::integer(-1) };
    list.insert(place + after, element);
    let len = list.len();
    ctx.touch(key, Class::List, "linsert");
    reply::count(len)
}

fn llen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(ctx.read::<List>(args.next()?)?.map_or(0, List::len))
}

/// What LPOS looks for.
struct Search {
    rank: i64,
    /// `None`: one match, answered as itself.
    count: Option<i64>,
    /// 0: the whole list.
    longest: i64,
}

fn parse_search(args: &mut Args<'_>) -> Result<Search, Error> {
    let mut search = Search { rank: 1, count: None, longest: 0 };
    let natural = |args: &mut Args<'_>, line| args.integer().ok().filter(|n| *n >= 0).ok_or(Error::fixed(line));
    while args.left() > 1 {
        if args.keyword("RANK") {
            search.rank = args.integer()?;
            if search.rank == 0 {
                return Err(Error::fixed(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
                ));
            }
        } else if args.keyword("COUNT") {
            search.count = Some(natural(args, "ERR COUNT can't be negative")?);
        } else if args.keyword("MAXLEN") {
            search.longest = natural(args, "ERR MAXLEN can't be negative")?;
        } else {
            return Err(SYNTAX);
        }
    }
    args.finish()?;
    Ok(search)
}

fn lpos(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, element) = (args.next()?, args.next()?);
    let Search { rank, count, longest } = parse_search(&mut args)?;
    let list = ctx.read::<List>(key)?;
    let (len, from) = (list.map_or(0, List::len), if rank < 0 { End::Right } else { End::Left });
    let many = |n: i64| usize::try_from(n).ok().filter(|n| *n > 0).unwrap_or(usize::MAX);
    let distance = |place: usize| if from == End::Right { len - 1 - place } else { place };
    // The least integer has no positive counterpart; Redis then starts with the first match.
    let skipped = usize::try_from(rank.wrapping_abs()).map_or(0, |rank| rank - 1);
    let found = list.into_iter().flat_map(|list| list.find(element, from));
    let mut found = found.take_while(|place| distance(*place) < many(longest)).skip(skipped);
    let index = |place: usize| Value::Integer(i64::try_from(place).unwrap_or(i64::MAX));
    match count {
        None => reply::value(found.next().map_or(Value::Null, index)),
        Some(count) => reply::array(found.take(many(count)).map(index).collect()),
    }
}

fn lrange(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, start, stop) = (args.next()?, args.integer()?, args.integer()?);
    let sheet = ctx.sheet();
    let Some(list) = ctx.read::<List>(key)? else { return reply::array(Vec::new()) };
    sheet.bulks(Shape::Array, list.range(list.places(start, stop)))
}

fn lrem(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, count, element) = (args.next()?, args.integer()?, args.next()?);
    let Some(list) = ctx.edit::<List>(key)? else { return reply::integer(0) };
    let from = if count < 0 { End::Right } else { End::Left };
    let most = if count == 0 { u64::MAX } else { count.unsigned_abs() };
    let removed = list.remove(element, from, usize::try_from(most).unwrap_or(usize::MAX));
    if removed > 0 {
        ctx.touch_or_drop(key, Class::List, "lrem");
    }
    reply::count(removed)
}

fn lset(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, index, element) = (args.next()?, args.next()?, args.next()?);
    let Some(list) = ctx.edit::<List>(key)? else { return Err(NO_SUCH_KEY) };
    let index = parse_integer(index).ok_or(NOT_INTEGER)?;
    let place = list.place(index).ok_or(OUT_OF_RANGE)?;
    list.set(place, element);
    ctx.touch(key, Class::List, "lset");
    reply::ok()
}

fn ltrim(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, start, stop) = (args.next()?, args.integer()?, args.integer()?);
    let Some(list) = ctx.edit::<List>(key)? else { return reply::ok() };
    let places = list.places(start, stop);
    list.keep(places);
    ctx.touch_or_drop(key, Class::List, "ltrim");
    reply::ok()
}
