//! Ranges by rank, by score and by member.

use bytes::Bytes;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::keyspace::{Class, Data};
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, KeySpec, Row};
use super::super::super::sheet::Shape;
use super::super::super::types::{Item, ZSet};
use super::bounds::Bounds;
use super::members::pairs;

const READ: &[KeySpec] = &[KeySpec::first(&["RO", "access"])];
const DELETE: &[KeySpec] = &[KeySpec::first(&["RW", "delete"])];

const BY_RANGE: Row = Row {
    group: Group::SortedSet,
    arity: -4,
    flags: Flags::READONLY,
    keys: READ,
    complexity: "O(log N + M) with N the number of members in the sorted set and M the number of members in the range",
    ..Row::DEFAULT
};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "ZCOUNT",
        arity: 4,
        flags: Flags::READONLY.with(Flags::FAST),
        since: "2.0.0",
        complexity: "O(log N)",
        syntax: "ZCOUNT key min max",
        summary: "Counts the members whose scores lie between two scores.",
        handler: zcount,
        ..BY_RANGE
    },
    Row {
        name: "ZLEXCOUNT",
        arity: 4,
        flags: Flags::READONLY.with(Flags::FAST),
        since: "2.8.9",
        complexity: "O(log N)",
        syntax: "ZLEXCOUNT key min max",
        summary: "Counts the members between two members, where all scores are equal.",
        handler: zlexcount,
        ..BY_RANGE
    },
    Row {
        name: "ZRANGE",
        since: "1.2.0",
        syntax: "ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
        summary: "Answers the members of a range of places, of scores or of members.",
        handler: zrange,
        ..BY_RANGE
    },
    Row {
        name: "ZRANGEBYLEX",
        since: "2.8.9",
        syntax: "ZRANGEBYLEX key min max [LIMIT offset count]",
        summary: "Answers the members between two members, where all scores are equal.",
        handler: zrangebylex,
        ..BY_RANGE
    },
    Row {
        name: "ZRANGEBYSCORE",
        since: "1.0.5",
        syntax: "ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]",
        summary: "Answers the members whose scores lie between two scores.",
        handler: zrangebyscore,
        ..BY_RANGE
    },
    Row {
        name: "ZRANGESTORE",
        arity: -5,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["OW", "update"]), KeySpec::at(2, &["RO", "access"])],
        since: "6.2.0",
        syntax: "ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
        summary: "Stores the members of a range in another sorted set.",
        handler: zrangestore,
        ..BY_RANGE
    },
    Row {
        name: "ZREMRANGEBYLEX",
        arity: 4,
        flags: Flags::WRITE,
        keys: DELETE,
        since: "2.8.9",
        syntax: "ZREMRANGEBYLEX key min max",
        summary: "Removes the members between two members, where all scores are equal.",
        handler: zremrangebylex,
        ..BY_RANGE
    },
    Row {
        name: "ZREMRANGEBYRANK",
        arity: 4,
        flags: Flags::WRITE,
        keys: DELETE,
        since: "2.0.0",
        syntax: "ZREMRANGEBYRANK key start stop",
        summary: "Removes the members of a range of places.",
        handler: zremrangebyrank,
        ..BY_RANGE
    },
    Row {
        name: "ZREMRANGEBYSCORE",
        arity: 4,
        flags: Flags::WRITE,
        keys: DELETE,
        since: "1.2.0",
        syntax: "ZREMRANGEBYSCORE key min max",
        summary: "Removes the members whose scores lie between two scores.",
        handler: zremrangebyscore,
        ..BY_RANGE
    },
    Row {
        name: "ZREVRANGE",
        since: "1.2.0",
        syntax: "ZREVRANGE key start stop [WITHSCORES]",
        summary: "Answers the members of a range of places, highest score first.",
        handler: zrevrange,
        ..BY_RANGE
    },
    Row {
        name: "ZREVRANGEBYLEX",
        since: "2.8.9",
        syntax: "ZREVRANGEBYLEX key max min [LIMIT offset count]",
        summary: "Answers the members between two members from the last to the first, where all scores are equal.",
        handler: zrevrangebylex,
        ..BY_RANGE
    },
    Row {
        name: "ZREVRANGEBYSCORE",
        since: "2.2.0",
        syntax: "ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]",
        summary: "Answers the members whose scores lie between two scores, highest first.",
        handler: zrevrangebyscore,
        ..BY_RANGE
    },
];

/// What a range counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

/// What a command's name says already; what it leaves open, options may say.
#[derive(Clone, Copy, Debug)]
struct Form {
    by: Option<By>,
    reverse: Option<bool>,
    store: bool,
}

/// A range as it was asked for.
#[derive(Clone, Debug)]
struct Range {
    span: Span,
    reverse: bool,
    offset: i64,
    limit: i64,
    with_scores: bool,
}

#[derive(Clone, Debug)]
enum Span {
    Ranks(i64, i64),
    Bounds(Bounds),
}

impl Range {
    /// The rest of a command: two ends, then options.
    fn parse(args: &mut Args<'_>, form: Form) -> Result<Range, Error> {
        let ends = (args.next()?, args.next()?);
        let (mut by, mut reverse, mut with_scores, mut offset, mut limit) = (form.by, form.reverse, false, 0, -1);
        while args.left() > 0 {
            if !form.store && args.keyword("WITHSCORES") {
                with_scores = true;
            } else if args.left() > 2 && args.keyword("LIMIT") {
                (offset, limit) = (args.integer()?, args.integer()?);
            } else if reverse.is_none() && args.keyword("REV") {
                reverse = Some(true);
            } else if by.is_none() && args.keyword("BYLEX") {
                by = Some(By::Lex);
            } else if by.is_none() && args.keyword("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(SYNTAX);
            }
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if limit != -1 && by == By::Rank {
            return Err(Error::fixed(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(Error::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
        }
        Ok(Range { span: Span::parse(by, reverse, ends)?, reverse, offset, limit, with_scores })
    }

    /// The members of the range, in its order.
    fn select<'a>(&'a self, zset: &'a ZSet) -> Box<dyn Iterator<Item = (Item<'a>, f64)> + 'a> {
        let selected = match &self.span {
            Span::Ranks(start, stop) => {
                let (from, to) = ranks(*start, *stop, zset.len());
                if self.reverse {
                    return Box::new(zset.range(zset.len() - to, zset.len() - from).rev());
                }
                return Box::new(zset.range(from, to));
            }
            Span::Bounds(bounds) => bounds.select(zset, self.reverse),
        };
        // A negative offset selects nothing, a negative limit all.
        let Ok(offset) = usize::try_from(self.offset) else { return Box::new(std::iter::empty()) };
        Box::new(selected.skip(offset).take(usize::try_from(self.limit).unwrap_or(usize::MAX)))
    }
}

impl Span {
    fn parse(by: By, reverse: bool, (first, second): (&Bytes, &Bytes)) -> Result<Span, Error> {
        // Reversed ranges of scores and members name their upper end first.
        let (min, max) = if reverse { (second, first) } else { (first, second) };
        match by {
            By::Score => Bounds::by_score(min, max).map(Span::Bounds),
            By::Lex => Bounds::by_lex(min, max).map(Span::Bounds),
            By::Rank => {
                let ends = [first.clone(), second.clone()];
                let mut args = Args::new(&ends, 0);
                Ok(Span::Ranks(args.integer()?, args.integer()?))
            }
        }
    }
}

/// The ranks `from..to` of `start` and `stop`, which count from the end where they are negative.
fn ranks(start: i64, stop: i64, len: usize) -> (usize, usize) {
    let signed = i64::try_from(len).unwrap_or(i64::MAX);
    let place = |n: i64| if n < 0 { n.saturating_add(signed) } else { n };
    let (start, stop) = (place(start).max(0), place(stop).min(signed - 1));
    if start > stop {
        return (0, 0);
    }
    (usize::try_from(start).unwrap_or(0), usize::try_from(stop + 1).unwrap_or(0))
}

fn zcount(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, min, max) = (args.next()?, args.next()?, args.next()?);
    count(ctx, key, &Bounds::by_score(min, max)?)
}

fn count(ctx: &mut Context<'_>, key: &Bytes, bounds: &Bounds) -> Answer {
    let (from, to) = ctx.read::<ZSet>(key)?.map_or((0, 0), |zset| bounds.ranks(zset));
    reply::count(to - from)
}

fn zlexcount(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, min, max) = (args.next()?, args.next()?, args.next()?);
    count(ctx, key, &Bounds::by_lex(min, max)?)
}

fn zrange(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, None, None)
}

fn select(ctx: &mut Context<'_>, mut args: Args<'_>, by: Option<By>, reverse: Option<bool>) -> Answer {
    let key = args.next()?;
    let range = Range::parse(&mut args, Form { by, reverse, store: false })?;
    let resp3 = ctx.resp3();
    let mut sheet = ctx.sheet();
    let Some(zset) = ctx.read::<ZSet>(key)? else { return reply::array(Vec::new()) };
    let members = range.select(zset);
    if range.with_scores && resp3 {
        return reply::array(pairs(members, true, true));
    }
    let members = members.collect::<Vec<_>>();
    sheet.begin(Shape::Array, members.len() * if range.with_scores { 2 } else { 1 });
    for (member, score) in members {
        sheet.bulk(&member);
        if range.with_scores {
            sheet.score(score);
        }
    }
    sheet.answer()
}

fn zrangebylex(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, Some(By::Lex), Some(false))
}

fn zrangebyscore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, Some(By::Score), Some(false))
}

fn zrangestore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (target, source) = (args.next()?, args.next()?);
    let range = Range::parse(&mut args, Form { by: None, reverse: None, store: true })?;
    let limits = ctx.limits();
    let mut result = ZSet::default();
    if let Some(zset) = ctx.read::<ZSet>(source)? {
        let selected = range.select(zset);
        // Redis knows the size of a range of ranks beforehand, and chooses the encoding by it.
        match range.span {
            Span::Ranks(..) if selected.size_hint().0 > limits.zset_entries => {
                result = ZSet::collect(&selected.collect::<Vec<_>>(), &limits);
            }
            _ => {
                for (member, score) in selected {
                    result.set(&member, score, &limits);
                }
            }
        }
    }
    store(ctx, target, result, "zrangestore")
}

/// Puts a result where it belongs, an empty one by deleting what was there; answers its size.
pub fn store(ctx: &mut Context<'_>, target: &Bytes, result: ZSet, event: &'static str) -> Answer {
    let len = result.len();
    if len == 0 {
        ctx.delete(target, "del");
    } else {
        ctx.put(target, Data::ZSet(result), None);
        ctx.touch(target, Class::ZSet, event);
    }
    reply::count(len)
}

fn zremrangebylex(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, min, max) = (args.next()?, args.next()?, args.next()?);
    let bounds = Bounds::by_lex(min, max)?;
    remove(ctx, key, "zremrangebylex", |zset| bounds.ranks(zset))
}

fn remove(
    ctx: &mut Context<'_>,
    key: &Bytes,
    event: &'static str,
    ranks: impl FnOnce(&ZSet) -> (usize, usize),
) -> Answer {
    let Some(zset) = ctx.edit::<ZSet>(key)? else { return reply::integer(0) };
    let (from, to) = ranks(zset);
    let removed = zset.remove_range(from, to);
    if removed > 0 {
        ctx.touch_or_drop(key, Class::ZSet, event);
    }
    reply::count(removed)
}

fn zremrangebyrank(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, start, stop) = (args.next()?, args.integer()?, args.integer()?);
    remove(ctx, key, "zremrangebyrank", |zset| ranks(start, stop, zset.len()))
}

fn zremrangebyscore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, min, max) = (args.next()?, args.next()?, args.next()?);
    let bounds = Bounds::by_score(min, max)?;
    remove(ctx, key, "zremrangebyscore", |zset| bounds.ranks(zset))
}

fn zrevrange(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, Some(By::Rank), Some(true))
}

fn zrevrangebylex(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, Some(By::Lex), Some(true))
}

fn zrevrangebyscore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    select(ctx, args, Some(By::Score), Some(true))
}
