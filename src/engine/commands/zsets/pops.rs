//! Taking the lowest and highest members, at once or waiting for them.

use bytes::Bytes;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, NOT_POSITIVE, SYNTAX};
use super::super::super::keyspace::Class;
use super::super::super::outcome::{Answer, Block, Outcome, reply};
use super::super::super::row::{Begin, Find, Flags, Group, KeySpec, Row};
use super::super::super::sheet::Shape;
use super::super::super::time::Time;
use super::super::super::types::{Item, ZSet};
use super::super::mpop;
use super::members::pairs;
use crate::resp::Value;

const POP: Row = Row {
    group: Group::SortedSet,
    flags: Flags::WRITE.with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "access", "delete"])],
    since: "5.0.0",
    complexity: "O(M log N) with N the members of the sorted set and M the members taken",
    ..Row::DEFAULT
};
const BLOCKING: Flags = Flags::WRITE.with(Flags::NOSCRIPT).with(Flags::BLOCKING).with(Flags::FAST);
const ALL_BUT_LAST: &[KeySpec] = &[KeySpec {
    flags: &["RW", "access", "delete"],
    begin: Begin::Index(1),
    find: Find::Range { last: -2, step: 1, limit: 0 },
}];
const MPOP_COST: &str = "O(K + M log N) with K the number of keys, N the members of the sorted set and M those taken";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "BZMPOP",
        arity: -5,
        flags: Flags::WRITE.with(Flags::BLOCKING).with(Flags::MOVABLEKEYS),
        keys: &[KeySpec::count(2, &["RW", "access", "delete"])],
        since: "7.0.0",
        complexity: MPOP_COST,
        syntax: "BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
        summary: "Takes members from the first sorted set that has any, and waits for one if none has.",
        handler: bzmpop,
        ..POP
    },
    Row {
        name: "BZPOPMAX",
        arity: -3,
        flags: BLOCKING,
        keys: ALL_BUT_LAST,
        complexity: "O(log N)",
        syntax: "BZPOPMAX key [key ...] timeout",
        summary: "Takes the highest member of the first sorted set that has any, and waits for one if none has.",
        handler: bzpopmax,
        ..POP
    },
    Row {
        name: "BZPOPMIN",
        arity: -3,
        flags: BLOCKING,
        keys: ALL_BUT_LAST,
        complexity: "O(log N)",
        syntax: "BZPOPMIN key [key ...] timeout",
        summary: "Takes the lowest member of the first sorted set that has any, and waits for one if none has.",
        handler: bzpopmin,
        ..POP
    },
    Row {
        name: "ZMPOP",
        arity: -4,
        flags: Flags::WRITE.with(Flags::MOVABLEKEYS),
        keys: &[KeySpec::count(1, &["RW", "access", "delete"])],
        since: "7.0.0",
        complexity: MPOP_COST,
        syntax: "ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]",
        summary: "Takes members from the first sorted set that has any.",
        handler: zmpop,
        ..POP
    },
    Row {
        name: "ZPOPMAX",
        arity: -2,
        syntax: "ZPOPMAX key [count]",
        summary: "Takes the members with the highest scores.",
        handler: zpopmax,
        ..POP
    },
    Row {
        name: "ZPOPMIN",
        arity: -2,
        syntax: "ZPOPMIN key [count]",
        summary: "Takes the members with the lowest scores.",
        handler: zpopmin,
        ..POP
    },
];

/// Which end members are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

impl End {
    fn parse(args: &mut Args<'_>) -> Result<End, Error> {
        match () {
            () if args.keyword("MIN") => Ok(End::Min),
            () if args.keyword("MAX") => Ok(End::Max),
            () => Err(SYNTAX),
        }
    }

    /// The ranks of the outermost `count` of so many members.
    fn ranks(self, len: usize, count: usize) -> (usize, usize) {
        let count = count.min(len);
        if self == End::Min { (0, count) } else { (len - count, len) }
    }

    fn event(self) -> &'static str {
        match self {
            End::Min => "zpopmin",
            End::Max => "zpopmax",
        }
    }
}

/// Members that were taken, with their scores.
type Taken = Vec<(Bytes, f64)>;

/// Takes up to `count` members, the outermost first; `None`: there is no such key.
fn take(ctx: &mut Context<'_>, key: &Bytes, end: End, count: usize) -> Result<Option<Taken>, Error> {
    let Some(zset) = ctx.edit::<ZSet>(key)? else { return Ok(None) };
    let (from, to) = end.ranks(zset.len(), count);
    let mut taken: Taken = zset.range(from, to).map(|(member, score)| (member.to_bytes(), score)).collect();
    if end == End::Max {
        taken.reverse();
    }
    if zset.remove_range(from, to) > 0 {
        ctx.touch_or_drop(key, Class::ZSet, end.event());
    }
    Ok(Some(taken))
}

/// Takes from the first of several keys that has members.
fn take_first(ctx: &mut Context<'_>, keys: &[Bytes], end: End, count: usize) -> Result<Option<(Bytes, Taken)>, Error> {
    for key in ctx.offered(keys) {
        if let Some(taken) = take(ctx, key, end, count)? {
            return Ok(Some((key.clone(), taken)));
        }
    }
    Ok(None)
}

/// `key [count]` of ZPOPMIN and ZPOPMAX.
fn pop(ctx: &mut Context<'_>, mut args: Args<'_>, end: End) -> Answer {
    let key = args.next()?;
    if args.left() > 1 {
        return Err(SYNTAX);
    }
    let count = match args.peek() {
        None => None,
        Some(_) => Some(args.integer().ok().and_then(|n| usize::try_from(n).ok()).ok_or(NOT_POSITIVE)?),
    };
    if let Some(count) = count.filter(|_| ctx.resp3()) {
        let taken = take(ctx, key, end, count)?.unwrap_or_default();
        return reply::array(members(&taken, true));
    }
    pop_flat(ctx, key, end, count.unwrap_or(1))
}

/// Takes members and answers them and their scores in turns.
fn pop_flat(ctx: &mut Context<'_>, key: &Bytes, end: End, count: usize) -> Answer {
    let mut sheet = ctx.sheet();
    let Some(zset) = ctx.edit::<ZSet>(key)? else { return reply::array(Vec::new()) };
    let (from, to) = end.ranks(zset.len(), count);
    sheet.begin(Shape::Array, (to - from) * 2);
    let put = |(member, score): (Item<'_>, f64)| {
        sheet.bulk(&member);
        sheet.score(score);
    };
    match end {
        End::Min => zset.range(from, to).for_each(put),
        End::Max => zset.range(from, to).rev().for_each(put),
    }
    if zset.remove_range(from, to) > 0 {
        ctx.touch_or_drop(key, Class::ZSet, end.event());
    }
    sheet.answer()
}

fn members(taken: &[(Bytes, f64)], nested: bool) -> Vec<Value> {
    pairs(taken.iter().map(|(member, score)| (member.clone(), *score)), true, nested)
}

/// `numkeys key [key ...] MIN|MAX [COUNT count]` of ZMPOP and BZMPOP.
fn parse_mpop<'a>(args: &mut Args<'a>) -> Result<(&'a [Bytes], End, usize), Error> {
    mpop::parse(args, End::parse)
}

fn keyed(key: Bytes, taken: &[(Bytes, f64)]) -> Answer {
    reply::array(vec![Value::Bulk(key), Value::Array(members(taken, true))])
}

/// Waits for one of `keys`, or answers at once where waiting is not allowed.
fn wait(ctx: &Context<'_>, keys: &[Bytes], deadline: Option<Time>) -> Answer {
    if !ctx.may_block() {
        return reply::null_array();
    }
    Ok(Outcome::Block(Box::new(Block::on(keys.to_vec(), deadline))))
}

fn bzmpop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let timeout = args.next()?;
    let (keys, end, count) = parse_mpop(&mut args)?;
    let deadline = ctx.deadline(timeout)?;
    match take_first(ctx, keys, end, count)? {
        Some((key, taken)) => keyed(key, &taken),
        None => wait(ctx, keys, deadline),
    }
}

fn bzpopmax(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    blocking_pop(ctx, args, End::Max)
}

fn blocking_pop(ctx: &mut Context<'_>, mut args: Args<'_>, end: End) -> Answer {
    let Some((timeout, keys)) = args.rest().split_last() else { return Err(SYNTAX) };
    let deadline = ctx.deadline(timeout)?;
    match take_first(ctx, keys, end, 1)? {
        Some((key, taken)) => {
            let mut items = vec![Value::Bulk(key)];
            items.append(&mut members(&taken, false));
            reply::array(items)
        }
        None => wait(ctx, keys, deadline),
    }
}

fn bzpopmin(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    blocking_pop(ctx, args, End::Min)
}

fn zmpop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (keys, end, count) = parse_mpop(&mut args)?;
    match take_first(ctx, keys, end, count)? {
        Some((key, taken)) => keyed(key, &taken),
        None => reply::null_array(),
    }
}

fn zpopmax(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop(ctx, args, End::Max)
}

fn zpopmin(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop(ctx, args, End::Min)
}
