//! Members and their scores, one by one.

use bytes::Bytes;

use super::super::super::args::{Args, parse_float};
use super::super::super::context::Context;
use super::super::super::error::{Error, NOT_FLOAT, SYNTAX};
use super::super::super::keyspace::Class;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, KeySpec, Row};
use super::super::super::types::{EncodingLimits, ZSet};
use super::super::sample::{check_count, draw, parse_count};
use super::super::scan::{self, Scan};
use crate::resp::{Value, format_double};

const READ: &[KeySpec] = &[KeySpec::first(&["RO", "access"])];
const QUICK_READ: Flags = Flags::READONLY.with(Flags::FAST);
const QUICK_ADD: Flags = Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "ZADD",
        group: Group::SortedSet,
        arity: -4,
        flags: QUICK_ADD,
        keys: &[KeySpec::first(&["RW", "update"])],
        since: "1.2.0",
        complexity: "O(log N) for each member, with N the number of members in the sorted set",
        syntax: "ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
        summary: "Adds members with their scores, or changes the scores of members that are there.",
        handler: zadd,
        ..Row::DEFAULT
    },
    Row {
        name: "ZCARD",
        group: Group::SortedSet,
        arity: 2,
        flags: QUICK_READ,
        keys: &[KeySpec::first(&["RO"])],
        since: "1.2.0",
        syntax: "ZCARD key",
        summary: "Counts the members of a sorted set.",
        handler: zcard,
        ..Row::DEFAULT
    },
    Row {
        name: "ZINCRBY",
        group: Group::SortedSet,
        arity: 4,
        flags: QUICK_ADD,
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        since: "1.2.0",
        complexity: "O(log N) with N the number of members",
        syntax: "ZINCRBY key increment member",
        summary: "Adds to the score of a member; a member that was not there starts at 0.",
        handler: zincrby,
        ..Row::DEFAULT
    },
    Row {
        name: "ZMSCORE",
        group: Group::SortedSet,
        arity: -3,
        flags: QUICK_READ,
        keys: READ,
        since: "6.2.0",
        complexity: "O(N) with N the number of members asked for",
        syntax: "ZMSCORE key member [member ...]",
        summary: "Answers the scores of several members, nil for each that is not there.",
        handler: zmscore,
        ..Row::DEFAULT
    },
    Row {
        name: "ZRANDMEMBER",
        group: Group::SortedSet,
        arity: -2,
        flags: Flags::READONLY.with(Flags::RANDOM),
        keys: READ,
        since: "6.2.0",
        complexity: "O(N) with N the number of members answered",
        syntax: "ZRANDMEMBER key [count [WITHSCORES]]",
        summary: "Draws members at random; with a negative count a member may come more than once.",
        handler: zrandmember,
        ..Row::DEFAULT
    },
    Row {
        name: "ZRANK",
        group: Group::SortedSet,
        arity: 3,
        flags: QUICK_READ,
        keys: READ,
        since: "2.0.0",
        complexity: "O(log N)",
        syntax: "ZRANK key member",
        summary: "Answers the place of a member, counted from 0, lowest score first.",
        handler: zrank,
        ..Row::DEFAULT
    },
    Row {
        name: "ZREM",
        group: Group::SortedSet,
        arity: -3,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "delete"])],
        since: "1.2.0",
        complexity: "O(M log N) with N the number of members and M the number of members to remove",
        syntax: "ZREM key member [member ...]",
        summary: "Removes members and answers how many were there.",
        handler: zrem,
        ..Row::DEFAULT
    },
    Row {
        name: "ZREVRANK",
        group: Group::SortedSet,
        arity: 3,
        flags: QUICK_READ,
        keys: READ,
        since: "2.0.0",
        complexity: "O(log N)",
        syntax: "ZREVRANK key member",
        summary: "Answers the place of a member, counted from 0, highest score first.",
        handler: zrevrank,
        ..Row::DEFAULT
    },
    Row {
        name: "ZSCAN",
        group: Group::SortedSet,
        arity: -3,
        flags: Flags::READONLY.with(Flags::RANDOM),
        keys: READ,
        since: "2.8.0",
        complexity: "O(1) for each call, O(N) for a whole iteration",
        syntax: "ZSCAN key cursor [MATCH pattern] [COUNT count]",
        summary: "Goes through members and scores a few at a time; a cursor says where to go on.",
        handler: zscan,
        ..Row::DEFAULT
    },
    Row {
        name: "ZSCORE",
        group: Group::SortedSet,
        arity: 3,
        flags: QUICK_READ,
        keys: READ,
        since: "1.2.0",
        syntax: "ZSCORE key member",
        summary: "Answers the score of a member.",
        handler: zscore,
        ..Row::DEFAULT
    },
];

/// The options of ZADD.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    /// Only add.
    nx: bool,
    /// Only change.
    xx: bool,
    /// Only raise.
    gt: bool,
    /// Only lower.
    lt: bool,
    /// Count changed members too.
    ch: bool,
    /// Add to the score.
    incr: bool,
}

impl Options {
    /// Whether a member gets the score that is given, whatever it had.
    fn always_sets(self) -> bool {
        !(self.nx || self.xx || self.gt || self.lt || self.incr)
    }

    fn take(&mut self, args: &mut Args<'_>) {
        // Most often the scores come at once: no option begins with a digit.
        while !args.peek().and_then(|next| next.first()).is_some_and(u8::is_ascii_digit) {
            match () {
                () if args.keyword("NX") => self.nx = true,
                () if args.keyword("XX") => self.xx = true,
                () if args.keyword("CH") => self.ch = true,
                () if args.keyword("INCR") => self.incr = true,
                () if args.keyword("GT") => self.gt = true,
                () if args.keyword("LT") => self.lt = true,
                () => return,
            }
        }
    }

    fn check(&self, pairs: usize) -> Result<(), Error> {
        if self.nx && self.xx {
            return Err(Error::fixed("ERR XX and NX options at the same time are not compatible"));
        }
        if [self.gt, self.lt, self.nx].into_iter().filter(|given| *given).count() > 1 {
            return Err(Error::fixed("ERR GT, LT, and/or NX options at the same time are not compatible"));
        }
        if self.incr && pairs > 1 {
            return Err(Error::fixed("ERR INCR option supports a single increment-element pair"));
        }
        Ok(())
    }
}

/// What became of one member.
enum Added {
    New(f64),
    Changed(f64),
    /// It had this score before.
    Same(f64),
    /// An option forbade it.
    Refused,
}

fn add_one(
    zset: &mut ZSet,
    member: &[u8],
    score: f64,
    options: Options,
    limits: &EncodingLimits,
) -> Result<Added, Error> {
    if options.always_sets() {
        return Ok(match zset.set(member, score, limits) {
            None => Added::New(score),
            Some(old) if old == score => Added::Same(score),
            Some(_) => Added::Changed(score),
        });
    }
    let Some(old) = zset.score(member) else {
        if options.xx {
            return Ok(Added::Refused);
        }
        zset.set(member, score, limits);
        return Ok(Added::New(score));
    };
    if options.nx {
        return Ok(Added::Refused);
    }
    let score = if options.incr { old + score } else { score };
    if score.is_nan() {
        return Err(Error::fixed("ERR resulting score is not a number (NaN)"));
    }
    if (options.lt && score >= old) || (options.gt && score <= old) {
        return Ok(Added::Refused);
    }
    if score == old {
        return Ok(Added::Same(score));
    }
    zset.set(member, score, limits);
    Ok(Added::Changed(score))
}

/// ZADD, for GEOADD too.
pub fn zadd(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    add(ctx, args, Options::default(), "zadd")
}

fn add(ctx: &mut Context<'_>, mut args: Args<'_>, mut options: Options, event: &'static str) -> Answer {
    let key = args.next()?;
    options.take(&mut args);
    let pairs = args.rest();
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(SYNTAX);
    }
    options.check(pairs.len() / 2)?;
    let event = if options.incr { "zincr" } else { event };
    let (pairs, _) = pairs.as_chunks::<2>();
    let score = |[score, _]: &[Bytes; 2]| parse_float(score).ok_or(NOT_FLOAT);
    // Nothing is changed where one score is wrong.
    let first = pairs.first().map_or(Err(SYNTAX), score)?;
    pairs.iter().skip(1).try_for_each(|pair| score(pair).map(|_| ()))?;
    if options.xx && ctx.edit::<ZSet>(key)?.is_none() {
        return if options.incr { reply::null() } else { reply::integer(0) };
    }
    let limits = ctx.limits();
    let zset = ctx.edit_or_create::<ZSet>(key)?;
    let (mut new, mut changed, mut last) = (0, 0, None);
    for (n, pair) in pairs.iter().enumerate() {
        let score = if n == 0 { first } else { score(pair)? };
        // Only INCR can fail, and INCR has one pair: nothing was changed before it.
        match add_one(zset, &pair[1], score, options, &limits)? {
            Added::New(score) => (new, last) = (new + 1, Some(score)),
            Added::Changed(score) => (changed, last) = (changed + 1, Some(score)),
            Added::Same(score) => last = Some(score),
            Added::Refused => {}
        }
    }
    if new + changed > 0 {
        ctx.touch(key, Class::ZSet, event);
    }
    if options.incr {
        return reply::value(last.map_or(Value::Null, Value::Double));
    }
    reply::count(if options.ch { new + changed } else { new })
}

fn zcard(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(ctx.read::<ZSet>(args.next()?)?.map_or(0, ZSet::len))
}

fn zincrby(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    add(ctx, args, Options { incr: true, ..Options::default() }, "zincr")
}

fn zmscore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let score = |member: &Bytes| zset.and_then(|z| z.score(member)).map_or(Value::Null, Value::Double);
    reply::array(args.rest().iter().map(score).collect())
}

fn zrandmember(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(count) = args.peek() else {
        let len = ctx.read::<ZSet>(key)?.map_or(0, ZSet::len);
        let index = if len == 0 { 0 } else { ctx.state.rng.usize(..len) };
        let drawn = ctx.read::<ZSet>(key)?.and_then(|zset| zset.at(index));
        return reply::maybe(drawn.map(|(member, _)| member));
    };
    let count = parse_count(count)?;
    args.next()?;
    let with_scores = args.left() > 0;
    if with_scores && !(args.left() == 1 && args.keyword("WITHSCORES")) {
        return Err(SYNTAX);
    }
    check_count(count, with_scores)?;
    let resp3 = ctx.resp3();
    let len = ctx.read::<ZSet>(key)?.map_or(0, ZSet::len);
    let indexes = draw(&mut ctx.state.rng, len, count);
    let Some(zset) = ctx.read::<ZSet>(key)? else { return reply::array(Vec::new()) };
    reply::array(pairs(zset.pick(&indexes).into_iter(), with_scores, resp3))
}

/// Members as a reply: with scores they are pairs in RESP3, and alternate in RESP2.
pub fn pairs(members: impl Iterator<Item = (impl Into<Bytes>, f64)>, with_scores: bool, resp3: bool) -> Vec<Value> {
    let mut items = Vec::new();
    for (member, score) in members {
        let member = Value::bulk(member);
        match (with_scores, resp3) {
            (false, _) => items.push(member),
            (true, false) => items.extend([member, Value::Double(score)]),
            (true, true) => items.push(Value::Array(vec![member, Value::Double(score)])),
        }
    }
    items
}

fn zrank(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, member) = (args.next()?, args.next()?);
    match ctx.read::<ZSet>(key)?.and_then(|zset| zset.rank(member)) {
        Some(rank) => reply::count(rank),
        None => reply::null(),
    }
}

fn zrem(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(zset) = ctx.edit::<ZSet>(key)? else { return reply::integer(0) };
    let removed = args.rest().iter().filter(|member| zset.remove(member).is_some()).count();
    if removed > 0 {
        ctx.touch_or_drop(key, Class::ZSet, "zrem");
    }
    reply::count(removed)
}

fn zrevrank(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, member) = (args.next()?, args.next()?);
    match ctx.read::<ZSet>(key)?.and_then(|zset| Some(zset.len() - 1 - zset.rank(member)?)) {
        Some(rank) => reply::count(rank),
        None => reply::null(),
    }
}

fn zscan(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let cursor = args.cursor()?;
    let Some(zset) = ctx.read::<ZSet>(key)? else {
        return scan::answer(0, Vec::new());
    };
    let scan = Scan::options(cursor, &mut args)?;
    let (next, found) = scan.walk(|at, found| zset.scan(at, |member, score| found.push((member, score))));
    let packed = zset.is_packed();
    let matching = found.into_iter().filter(|(member, _)| scan.admits(member));
    scan::answer(next, matching.flat_map(|(m, s)| [Value::bulk(m), Value::text(scanned(s, packed))]).collect())
}

/// A score as ZSCAN prints it: a listpack keeps whole scores as integers, and shows all their digits.
fn scanned(score: f64, packed: bool) -> String {
    if packed && score.fract() == 0.0 && score.abs() <= (i64::MAX / 2) as f64 {
        return (score as i64).to_string();
    }
    format_double(score)
}

fn zscore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, member) = (args.next()?, args.next()?);
    let score = ctx.read::<ZSet>(key)?.and_then(|zset| zset.score(member));
    reply::value(score.map_or(Value::Null, Value::Double))
}
