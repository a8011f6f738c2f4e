//! Putting places into a sorted set, and asking where they are.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::SYNTAX;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::ZSet;
use crate::engine::types::geohash::Point;
use crate::resp::Value;

use super::super::zsets::members::zadd;
use super::number::{coordinates, distance, point, unit_m};

/// What those that only ask have in common.
const ASK: Row = Row {
    group: Group::Geo,
    arity: -2,
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    since: "3.2.0",
    complexity: "O(log N) for each member, with N the number of members in the sorted set",
    ..Row::DEFAULT
};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "GEOADD",
        arity: -5,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RW", "update"])],
        syntax: "GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
        summary: "Adds places to a sorted set, or moves those that are there; a place becomes a score.",
        handler: geoadd,
        ..ASK
    },
    Row {
        name: "GEODIST",
        arity: -4,
        complexity: "O(log N)",
        syntax: "GEODIST key member1 member2 [M | KM | FT | MI]",
        summary: "Answers the distance between two places, in metres or another unit.",
        handler: geodist,
        ..ASK
    },
    Row {
        name: "GEOHASH",
        syntax: "GEOHASH key [member [member ...]]",
        summary: "Answers places as geohashes: texts of 11 letters whose beginnings agree where places are near.",
        handler: geohash,
        ..ASK
    },
    Row {
        name: "GEOPOS",
        syntax: "GEOPOS key [member [member ...]]",
        summary: "Answers the longitudes and latitudes of places.",
        handler: geopos,
        ..ASK
    },
];

fn geoadd(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let mut line = vec![Bytes::from_static(b"ZADD"), key.clone()];
    let is_option = |word: &Bytes| ["NX", "XX", "CH"].iter().any(|option| word.eq_ignore_ascii_case(option.as_bytes()));
    while args.peek().is_some_and(is_option) {
        line.push(args.next()?.clone());
    }
    let given = |option: &str| line[2..].iter().any(|word| word.eq_ignore_ascii_case(option.as_bytes()));
    if !args.left().is_multiple_of(3) || (given("NX") && given("XX")) {
        return Err(SYNTAX);
    }
    while args.left() > 0 {
        line.push(Bytes::from(point(&mut args)?.score().to_string()));
        line.push(args.next()?.clone());
    }
    zadd(ctx, Args::new(&line, 1))
}

fn geodist(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, from, to) = (args.next()?, args.next()?, args.next()?);
    let unit = match args.left() {
        0 => 1.0,
        1 => unit_m(args.next()?)?,
        _ => return Err(SYNTAX),
    };
    let Some(zset) = ctx.read::<ZSet>(key)? else { return reply::null() };
    match zset.score(from).zip(zset.score(to)) {
        Some((from, to)) => reply::value(distance(Point::of_score(from).distance(Point::of_score(to)) / unit)),
        None => reply::null(),
    }
}

fn geohash(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let score = |member: &Bytes| zset.and_then(|zset| zset.score(member));
    let hash = |member: &Bytes| score(member).map_or(Value::Null, |at| Value::text(Point::of_score(at).geohash()));
    reply::array(args.rest().iter().map(hash).collect())
}

fn geopos(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let resp3 = ctx.resp3();
    let zset = ctx.read::<ZSet>(args.next()?)?;
    let score = |member: &Bytes| zset.and_then(|zset| zset.score(member));
    let place = |member: &Bytes| score(member).map_or(Value::NullArray, |at| coordinates(Point::of_score(at), resp3));
    reply::array(args.rest().iter().map(place).collect())
}
