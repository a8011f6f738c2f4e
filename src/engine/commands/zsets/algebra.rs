//! Unions, intersections and differences of sorted sets and sets.

use std::collections::HashMap;

use bytes::Bytes;

use super::super::super::args::{Args, parse_float};
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX, WRONG_TYPE};
use super::super::super::keyspace::Data;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, KeySpec, Row};
use super::super::super::types::{Set, ZSet, order};
use super::members::pairs;
use super::ranges::store;

const READ: Row = Row {
    group: Group::SortedSet,
    arity: -3,
    flags: Flags::READONLY.with(Flags::MOVABLEKEYS),
    keys: &[KeySpec::count(1, &["RO", "access"])],
    ..Row::DEFAULT
};
const STORE: Row = Row {
    group: Group::SortedSet,
    arity: -4,
    flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::MOVABLEKEYS),
    keys: &[KeySpec::first(&["OW", "update"]), KeySpec::count(2, &["RO", "access"])],
    ..Row::DEFAULT
};
const DIFF_COST: &str =
    "O(L + (N-K) log N) at worst, with L the members of all sets, N those of the first and K those of the result";
const INTER_COST: &str =
    "O(N*K + M log M) at worst, with N the members of the smallest of K sets and M those of the result";
const UNION_COST: &str = "O(N + M log M) with N the members of all sets and M those of the result";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "ZDIFF",
        since: "6.2.0",
        complexity: DIFF_COST,
        syntax: "ZDIFF numkeys key [key ...] [WITHSCORES]",
        summary: "Answers the members of the first sorted set that are in none of the others.",
        handler: zdiff,
        ..READ
    },
    Row {
        name: "ZDIFFSTORE",
        since: "6.2.0",
        complexity: DIFF_COST,
        syntax: "ZDIFFSTORE destination numkeys key [key ...]",
        summary: "Stores the members of the first sorted set that are in none of the others.",
        handler: zdiffstore,
        ..STORE
    },
    Row {
        name: "ZINTER",
        since: "6.2.0",
        complexity: INTER_COST,
        syntax: "ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
        summary: "Answers the members that are in all sorted sets, their scores put together.",
        handler: zinter,
        ..READ
    },
    Row {
        name: "ZINTERCARD",
        since: "7.0.0",
        complexity: "O(N*K) at worst, with N the members of the smallest of K sets",
        syntax: "ZINTERCARD numkeys key [key ...] [LIMIT limit]",
        summary: "Counts the members that are in all sorted sets.",
        handler: zintercard,
        ..READ
    },
    Row {
        name: "ZINTERSTORE",
        since: "2.0.0",
        complexity: INTER_COST,
        syntax: "ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]",
        summary: "Stores the members that are in all sorted sets, their scores put together.",
        handler: zinterstore,
        ..STORE
    },
    Row {
        name: "ZUNION",
        since: "6.2.0",
        complexity: UNION_COST,
        syntax: "ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
        summary: "Answers the members of all sorted sets, their scores put together.",
        handler: zunion,
        ..READ
    },
    Row {
        name: "ZUNIONSTORE",
        since: "2.0.0",
        complexity: UNION_COST,
        syntax: "ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]",
        summary: "Stores the members of all sorted sets, their scores put together.",
        handler: zunionstore,
        ..STORE
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// How the scores of one member are put together.
#[derive(Clone, Copy, Debug)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn apply(self, so_far: f64, score: f64) -> f64 {
        match self {
            Aggregate::Sum => number(so_far + score),
            // A NaN (infinity times a weight of 0) loses every comparison.
            Aggregate::Min => {
                if score < so_far {
                    score
                } else {
                    so_far
                }
            }
            Aggregate::Max => {
                if score > so_far {
                    score
                } else {
                    so_far
                }
            }
        }
    }
}

/// Redis's convention: what has no value (infinity minus infinity, or times 0) counts as 0.
fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// A command's arguments from `numkeys` on.
struct Request<'a> {
    keys: &'a [Bytes],
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    limit: usize,
}

/// Which options a command takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Reply,
    Store,
    Count,
}

fn parse<'a>(ctx: &mut Context<'_>, args: &mut Args<'a>, op: Operation, form: Form) -> Result<Request<'a>, Error> {
    let count = args.integer()?;
    if count < 1 {
        let name = String::from_utf8_lossy(&args.argv()[0]).to_lowercase();
        return Err(Error::new(format!("ERR at least 1 input key is needed for '{name}' command")));
    }
    let count = usize::try_from(count).ok().filter(|count| *count <= args.left()).ok_or(SYNTAX)?;
    let keys = args.take(count)?;
    for key in keys {
        if !matches!(ctx.entry(key).map(|entry| &entry.data), None | Some(Data::ZSet(_) | Data::Set(_))) {
            return Err(WRONG_TYPE);
        }
    }
    let mut request =
        Request { keys, weights: vec![1.0; count], aggregate: Aggregate::Sum, with_scores: false, limit: 0 };
    let scored = op != Operation::Diff && form != Form::Count;
    while args.left() > 0 {
        if scored && args.left() > count && args.keyword("WEIGHTS") {
            let weights: Option<Vec<f64>> = args.take(count)?.iter().map(|weight| parse_float(weight)).collect();
            request.weights = weights.ok_or(Error::fixed("ERR weight value is not a float"))?;
        } else if scored && args.left() >= 2 && args.keyword("AGGREGATE") {
            request.aggregate = match () {
                () if args.keyword("SUM") => Aggregate::Sum,
                () if args.keyword("MIN") => Aggregate::Min,
                () if args.keyword("MAX") => Aggregate::Max,
                () => return Err(SYNTAX),
            };
        } else if form == Form::Reply && args.keyword("WITHSCORES") {
            request.with_scores = true;
        } else if form == Form::Count && args.left() >= 2 && args.keyword("LIMIT") {
            let limit = args.integer().ok().and_then(|limit| usize::try_from(limit).ok());
            request.limit = limit.ok_or(Error::fixed("ERR LIMIT can't be negative"))?;
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(request)
}

/// An input: a sorted set, or a set whose members all have the score 1.
#[derive(Clone, Copy)]
enum Source<'a> {
    None,
    Set(&'a Set),
    ZSet(&'a ZSet),
}

impl<'a> Source<'a> {
    fn len(self) -> usize {
        match self {
            Source::None => 0,
            Source::Set(set) => set.len(),
            Source::ZSet(zset) => zset.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::None => None,
            Source::Set(set) => set.contains(member).then_some(1.0),
            Source::ZSet(zset) => zset.score(member),
        }
    }

    fn iter(self) -> Box<dyn Iterator<Item = (Bytes, f64)> + 'a> {
        match self {
            Source::None => Box::new(std::iter::empty()),
            Source::Set(set) => Box::new(set.iter().map(|member| (member.to_bytes(), 1.0))),
            Source::ZSet(zset) => Box::new(zset.iter().map(|(member, score)| (member.to_bytes(), score))),
        }
    }
}

/// The inputs with their weights, in the order of the keys.
fn sources<'a>(ctx: &'a Context<'_>, request: &Request<'_>) -> Vec<(Source<'a>, f64)> {
    let source = |key: &Bytes| match ctx.state.keyspace.entry(ctx.db, key).map(|entry| &entry.data) {
        Some(Data::ZSet(zset)) => Source::ZSet(zset),
        Some(Data::Set(set)) => Source::Set(set),
        _ => Source::None,
    };
    request.keys.iter().map(source).zip(request.weights.iter().copied()).collect()
}

/// The members of the result, in no order.
fn combine(ctx: &Context<'_>, request: &Request<'_>, op: Operation) -> Vec<(Bytes, f64)> {
    let mut sources = sources(ctx, request);
    match op {
        Operation::Diff => difference(&sources),
        Operation::Inter => {
            sources.sort_by_key(|(source, _)| source.len());
            intersection(&sources, request.aggregate).collect()
        }
        Operation::Union => {
            sources.sort_by_key(|(source, _)| source.len());
            union(&sources, request.aggregate)
        }
    }
}

fn difference(sources: &[(Source<'_>, f64)]) -> Vec<(Bytes, f64)> {
    let Some(((first, _), others)) = sources.split_first() else { return Vec::new() };
    first.iter().filter(|(member, _)| others.iter().all(|(other, _)| other.score(member).is_none())).collect()
}

fn intersection<'a>(
    sources: &'a [(Source<'a>, f64)],
    aggregate: Aggregate,
) -> Box<dyn Iterator<Item = (Bytes, f64)> + 'a> {
    let Some(((smallest, weight), others)) = sources.split_first() else { return Box::new(std::iter::empty()) };
    Box::new(smallest.iter().filter_map(move |(member, score)| {
        let mut total = number(score * weight);
        for (other, weight) in others {
            total = aggregate.apply(total, other.score(&member)? * weight);
        }
        Some((member, total))
    }))
}

fn union(sources: &[(Source<'_>, f64)], aggregate: Aggregate) -> Vec<(Bytes, f64)> {
    let mut places: HashMap<Bytes, usize> = HashMap::new();
    let mut result: Vec<(Bytes, f64)> = Vec::new();
    for (source, weight) in sources {
        for (member, score) in source.iter() {
            let score = number(score * weight);
            match places.get(&member) {
                Some(&at) => result[at].1 = aggregate.apply(result[at].1, score),
                None => {
                    places.insert(member.clone(), result.len());
                    result.push((member, score));
                }
            }
        }
    }
    result
}

/// The members of the result, lowest score first.
fn sorted(ctx: &Context<'_>, request: &Request<'_>, op: Operation) -> Vec<(Bytes, f64)> {
    let mut result = combine(ctx, request, op);
    result.sort_by(|a, b| order((a.1, &a.0), (b.1, &b.0)));
    result
}

fn answer(ctx: &mut Context<'_>, mut args: Args<'_>, op: Operation) -> Answer {
    let request = parse(ctx, &mut args, op, Form::Reply)?;
    let result = sorted(ctx, &request, op);
    reply::array(pairs(result.into_iter(), request.with_scores, ctx.resp3()))
}

fn keep(ctx: &mut Context<'_>, mut args: Args<'_>, op: Operation, event: &'static str) -> Answer {
    let target = args.next()?;
    let request = parse(ctx, &mut args, op, Form::Store)?;
    let limits = ctx.limits();
    let result = ZSet::collect(&sorted(ctx, &request, op), &limits);
    store(ctx, target, result, event)
}

fn zdiff(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Diff)
}

fn zdiffstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    keep(ctx, args, Operation::Diff, "zdiffstore")
}

fn zinter(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Inter)
}

fn zintercard(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let request = parse(ctx, &mut args, Operation::Inter, Form::Count)?;
    let mut sources = sources(ctx, &request);
    sources.sort_by_key(|(source, _)| source.len());
    let most = if request.limit == 0 { usize::MAX } else { request.limit };
    reply::count(intersection(&sources, Aggregate::Sum).take(most).count())
}

fn zinterstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    keep(ctx, args, Operation::Inter, "zinterstore")
}

fn zunion(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    answer(ctx, args, Operation::Union)
}

fn zunionstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    keep(ctx, args, Operation::Union, "zunionstore")
}
