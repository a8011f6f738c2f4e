//! Finding the places that lie in a circle or in a box.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Begin, Find, Flags, Group, KeySpec, Row};
use crate::engine::types::ZSet;
use crate::engine::types::geohash::{Point, Shape};
use crate::resp::Value;

use super::super::zsets::ranges::store;
use super::number::{coordinates, distance, integer};
use super::request::{Form, Request, Sort};

const READ: KeySpec = KeySpec::first(&["RO", "access"]);
const ONE: Find = Find::Range { last: 0, step: 1, limit: 0 };

/// The key that follows a word.
const fn stored(word: &'static str, from: usize) -> KeySpec {
    KeySpec { flags: &["OW", "update"], begin: Begin::Keyword(word, from), find: ONE }
}

/// What those that only look have in common.
const LOOK: Row = Row {
    group: Group::Geo,
    flags: Flags::READONLY,
    keys: &[READ],
    complexity: "O(N + log M) with N the number of members in the area around the shape and M the number of members",
    ..Row::DEFAULT
};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "GEORADIUS",
        arity: -6,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::MOVABLEKEYS),
        keys: &[READ, stored("STORE", 6), stored("STOREDIST", 6)],
        since: "3.2.0",
        syntax: "GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]",
        summary: "Finds the places within a radius around a point; GEOSEARCH is the newer way.",
        handler: georadius,
        ..LOOK
    },
    Row {
        name: "GEORADIUS_RO",
        arity: -6,
        since: "3.2.10",
        syntax: "GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
        summary: "GEORADIUS that stores nothing.",
        handler: georadius_ro,
        ..LOOK
    },
    Row {
        name: "GEORADIUSBYMEMBER",
        arity: -5,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::MOVABLEKEYS),
        keys: &[READ, stored("STORE", 5), stored("STOREDIST", 5)],
        since: "3.2.0",
        syntax: "GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]",
        summary: "Finds the places within a radius around a member; GEOSEARCH is the newer way.",
        handler: georadiusbymember,
        ..LOOK
    },
    Row {
        name: "GEORADIUSBYMEMBER_RO",
        arity: -5,
        since: "3.2.10",
        syntax: "GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
        summary: "GEORADIUSBYMEMBER that stores nothing.",
        handler: georadiusbymember_ro,
        ..LOOK
    },
    Row {
        name: "GEOSEARCH",
        arity: -7,
        since: "6.2.0",
        syntax: "GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
        summary: "Finds the places within a circle or a box.",
        handler: geosearch,
        ..LOOK
    },
    Row {
        name: "GEOSEARCHSTORE",
        arity: -8,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["OW", "update"]), KeySpec::at(2, &["RO", "access"])],
        since: "6.2.0",
        syntax: "GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]",
        summary: "Finds the places within a circle or a box and stores them; answers how many they are.",
        handler: geosearchstore,
        ..LOOK
    },
];

fn georadius(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::Radius)
}

fn georadius_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::RadiusReadOnly)
}

fn georadiusbymember(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::RadiusByMember)
}

fn georadiusbymember_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::RadiusByMemberReadOnly)
}

fn geosearch(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::Search)
}

fn geosearchstore(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    search(ctx, args, Form::SearchStore)
}

/// A place that was found.
struct Found {
    member: Bytes,
    score: f64,
    point: Point,
    distance_m: f64,
}

fn search(ctx: &mut Context<'_>, mut args: Args<'_>, form: Form) -> Answer {
    let request = Request::parse(ctx, &mut args, form)?;
    let found = match (ctx.state.keyspace.read::<ZSet>(ctx.db, &request.source)?, request.shape()) {
        (Some(zset), Some(shape)) => chosen(find(zset, &shape, &request), &request),
        _ => Vec::new(),
    };
    match &request.target {
        Some(target) => keep(ctx, target, &request, found, form),
        None => answer(ctx, &request, found),
    }
}

/// The places in a shape, in the order in which Redis comes to them.
fn find(zset: &ZSet, shape: &Shape, request: &Request) -> Vec<Found> {
    let enough = if request.any { request.count } else { usize::MAX };
    let mut found = Vec::new();
    for (from, to) in shape.score_ranges() {
        let first = zset.count_while(|_, score| score < from);
        for (member, score) in zset.range(first, zset.len()).take_while(|(_, score)| *score < to) {
            if found.len() >= enough {
                return found;
            }
            let point = Point::of_score(score);
            if let Some(distance_m) = shape.distance_within(point) {
                found.push(Found { member: member.to_bytes(), score, point, distance_m });
            }
        }
    }
    found
}

/// So many as are asked for, in the order that is asked for: the nearest first where only their number is given.
fn chosen(mut found: Vec<Found>, request: &Request) -> Vec<Found> {
    let nearest = (request.count > 0 && !request.any).then_some(Sort::Ascending);
    match request.sort.or(nearest) {
        Some(Sort::Ascending) => found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m)),
        Some(Sort::Descending) => found.sort_by(|a, b| b.distance_m.total_cmp(&a.distance_m)),
        None => {}
    }
    if request.count > 0 {
        found.truncate(request.count);
    }
    found
}

fn keep(ctx: &mut Context<'_>, target: &Bytes, request: &Request, found: Vec<Found>, form: Form) -> Answer {
    let score = |found: &Found| if request.store_distance { request.in_unit(found.distance_m) } else { found.score };
    let members: Vec<(Bytes, f64)> = found.into_iter().map(|found| (found.member.clone(), score(&found))).collect();
    // Redis counts each member as a change.
    ctx.state.keyspace.dirty += members.len().saturating_sub(1) as u64;
    let event = if form == Form::SearchStore { "geosearchstore" } else { "georadiusstore" };
    let limits = ctx.limits();
    store(ctx, target, ZSet::collect(&members, &limits), event)
}

fn answer(ctx: &Context<'_>, request: &Request, found: Vec<Found>) -> Answer {
    let resp3 = ctx.resp3();
    let plain = !(request.with_distance || request.with_hash || request.with_coordinates);
    let item = |found: Found| {
        let Found { member, score, point, distance_m } = found;
        if plain {
            return Value::Bulk(member);
        }
        let parts = [
            Some(Value::Bulk(member)),
            request.with_distance.then(|| distance(request.in_unit(distance_m))),
            request.with_hash.then(|| Value::Integer(integer(score))),
            request.with_coordinates.then(|| coordinates(point, resp3)),
        ];
        Value::Array(parts.into_iter().flatten().collect())
    };
    reply::array(found.into_iter().map(item).collect())
}
