//! Hashes.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NOT_FLOAT};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::sheet::Shape;
use crate::engine::types::{Hash, Item, LongDouble, parse_integer};
use crate::resp::Value;

use super::sample::{check_count, draw, parse_count};
use super::scan::{self, Scan};

/// What most commands that only look have in common.
const LOOK: Row = Row {
    group: Group::Hash,
    arity: 2,
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    since: "2.0.0",
    ..Row::DEFAULT
};
/// What most commands that change something have in common.
const CHANGE: Row = Row {
    group: Group::Hash,
    arity: -4,
    flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "update"])],
    since: "2.0.0",
    ..Row::DEFAULT
};
const QUICK_LOOK: Flags = Flags::READONLY.with(Flags::FAST);
/// Commands that look, and answer nothing of the content itself.
const MEASURE: &[KeySpec] = &[KeySpec::first(&["RO"])];
const COUNT_UP: &[KeySpec] = &[KeySpec::first(&["RW", "access", "update"])];
const WHOLE: &str = "O(N) with N the number of fields in the hash";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "HDEL",
        arity: -3,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "delete"])],
        complexity: "O(1) for each field",
        syntax: "HDEL key field [field ...]",
        summary: "Removes fields; answers how many were there. A hash without fields is removed itself.",
        handler: hdel,
        ..CHANGE
    },
    Row {
        name: "HEXISTS",
        arity: 3,
        flags: QUICK_LOOK,
        keys: MEASURE,
        syntax: "HEXISTS key field",
        summary: "Answers 1 if the field exists, else 0.",
        handler: hexists,
        ..LOOK
    },
    Row {
        name: "HGET",
        arity: 3,
        flags: QUICK_LOOK,
        syntax: "HGET key field",
        summary: "Answers the value of a field.",
        handler: hget,
        ..LOOK
    },
    Row {
        name: "HGETALL",
        complexity: WHOLE,
        syntax: "HGETALL key",
        summary: "Answers all fields with their values.",
        handler: hgetall,
        ..LOOK
    },
    Row {
        name: "HINCRBY",
        arity: 4,
        keys: COUNT_UP,
        syntax: "HINCRBY key field increment",
        summary: "Adds an integer to the number in a field (0 if missing); answers the new number.",
        handler: hincrby,
        ..CHANGE
    },
    Row {
        name: "HINCRBYFLOAT",
        arity: 4,
        keys: COUNT_UP,
        since: "2.6.0",
        syntax: "HINCRBYFLOAT key field increment",
        summary: "Adds a decimal fraction to the number in a field (0 if missing); answers the new number.",
        handler: hincrbyfloat,
        ..CHANGE
    },
    Row {
        name: "HKEYS",
        complexity: WHOLE,
        syntax: "HKEYS key",
        summary: "Answers all fields.",
        handler: hkeys,
        ..LOOK
    },
    Row {
        name: "HLEN",
        flags: QUICK_LOOK,
        keys: MEASURE,
        syntax: "HLEN key",
        summary: "Answers how many fields there are.",
        handler: hlen,
        ..LOOK
    },
    Row {
        name: "HMGET",
        arity: -3,
        flags: QUICK_LOOK,
        complexity: "O(1) for each field",
        syntax: "HMGET key field [field ...]",
        summary: "Answers the values of several fields, nil for each that is missing.",
        handler: hmget,
        ..LOOK
    },
    Row {
        name: "HMSET",
        complexity: "O(1) for each field",
        syntax: "HMSET key field value [field value ...]",
        summary: "Sets fields. HSET does the same and answers how many are new.",
        handler: hmset,
        ..CHANGE
    },
    Row {
        name: "HRANDFIELD",
        arity: -2,
        since: "6.2.0",
        complexity: "O(N) with N the number of fields answered",
        syntax: "HRANDFIELD key [count [WITHVALUES]]",
        summary: "Answers fields drawn at random: different ones, or with repetition if the count is negative.",
        handler: hrandfield,
        ..LOOK
    },
    Row {
        name: "HSCAN",
        arity: -3,
        since: "2.8.0",
        complexity: "O(1) for a call, O(N) for a whole iteration with N the number of fields",
        syntax: "HSCAN key cursor [MATCH pattern] [COUNT count]",
        summary: "Answers some fields with their values, and the cursor from which to go on; 0 starts and ends.",
        handler: hscan,
        ..LOOK
    },
    Row {
        name: "HSET",
        complexity: "O(1) for each field",
        syntax: "HSET key field value [field value ...]",
        summary: "Sets fields; answers how many of them are new.",
        handler: hset,
        ..CHANGE
    },
    Row {
        name: "HSETNX",
        arity: 4,
        keys: &[KeySpec::first(&["RW", "insert"])],
        syntax: "HSETNX key field value",
        summary: "Sets a field unless it exists; answers 1 if it did.",
        handler: hsetnx,
        ..CHANGE
    },
    Row {
        name: "HSTRLEN",
        arity: 3,
        flags: QUICK_LOOK,
        keys: MEASURE,
        since: "3.2.0",
        syntax: "HSTRLEN key field",
        summary: "Answers the length of the value of a field, in bytes.",
        handler: hstrlen,
        ..LOOK
    },
    Row {
        name: "HVALS",
        complexity: WHOLE,
        syntax: "HVALS key",
        summary: "Answers all values.",
        handler: hvals,
        ..LOOK
    },
];

fn hdel(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let fields = args.rest();
    let Some(hash) = ctx.edit::<Hash>(key)? else { return reply::integer(0) };
    let removed = fields.iter().filter(|field| hash.remove(field).is_some()).count();
    if removed > 0 {
        ctx.touch_or_drop(key, Class::Hash, "hdel");
    }
    reply::count(removed)
}

fn hexists(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field) = (args.next()?, args.next()?);
    reply::flag(ctx.read::<Hash>(key)?.is_some_and(|hash| hash.get(field).is_some()))
}

fn hget(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field) = (args.next()?, args.next()?);
    let value = ctx.read::<Hash>(key)?.and_then(|hash| hash.get(field));
    value.map_or_else(reply::null, |value| reply::text(&value))
}

fn hgetall(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut sheet = ctx.sheet();
    let hash = ctx.read::<Hash>(args.next()?)?;
    sheet.begin(Shape::Map, hash.map_or(0, Hash::shown) * 2);
    for (field, value) in hash.into_iter().flat_map(Hash::iter) {
        sheet.bulk(&field);
        sheet.bulk(&value);
    }
    sheet.answer()
}

fn bulk(text: Item<'_>) -> Value {
    Value::bulk(text)
}

fn hincrby(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field, by) = (args.next()?, args.next()?, args.integer()?);
    let old = match ctx.edit::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => parse_integer(&value).ok_or(Error::fixed("ERR hash value is not an integer"))?,
        None => 0,
    };
    let new = old.checked_add(by).ok_or(Error::fixed("ERR increment or decrement would overflow"))?;
    store_sum(ctx, key, field, &new.to_string(), "hincrby")?;
    reply::integer(new)
}

fn store_sum(ctx: &mut Context<'_>, key: &Bytes, field: &[u8], sum: &str, event: &'static str) -> Result<(), Error> {
    let limits = ctx.limits();
    ctx.edit_or_create::<Hash>(key)?.update(field, sum.as_bytes(), &limits);
    ctx.touch(key, Class::Hash, event);
    Ok(())
}

fn hincrbyfloat(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field, by) = (args.next()?, args.next()?, args.next()?);
    let by = LongDouble::parse(by).ok_or(NOT_FLOAT)?;
    if by.is_infinite() {
        return Err(Error::fixed("ERR value is NaN or Infinity"));
    }
    let old = match ctx.edit::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => LongDouble::parse(&value).ok_or(Error::fixed("ERR hash value is not a float"))?,
        None => LongDouble::from(0),
    };
    let sum = old.plus(&by).ok_or(Error::fixed("ERR increment would produce NaN or Infinity"))?.text();
    store_sum(ctx, key, field, &sum, "hincrbyfloat")?;
    reply::bulk(sum)
}

fn hkeys(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    one_of_each(ctx, args, |(field, _)| field)
}

/// All fields, or all values.
fn one_of_each(
    ctx: &mut Context<'_>,
    mut args: Args<'_>,
    which: for<'a> fn((Item<'a>, Item<'a>)) -> Item<'a>,
) -> Answer {
    let mut sheet = ctx.sheet();
    let hash = ctx.read::<Hash>(args.next()?)?;
    sheet.begin(Shape::Array, hash.map_or(0, Hash::shown));
    hash.into_iter().flat_map(Hash::iter).for_each(|pair| sheet.bulk(&which(pair)));
    sheet.answer()
}

fn hlen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::count(ctx.read::<Hash>(args.next()?)?.map_or(0, Hash::len))
}

fn hmget(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut sheet = ctx.sheet();
    let hash = ctx.read::<Hash>(args.next()?)?;
    sheet.begin(Shape::Array, args.left());
    for field in args.rest() {
        sheet.maybe(hash.and_then(|hash| hash.get(field)).as_deref());
    }
    sheet.answer()
}

fn hmset(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    set_pairs(ctx, args, "hmset")?;
    reply::ok()
}

/// `key field value [field value ...]`; how many fields are new.
fn set_pairs(ctx: &mut Context<'_>, mut args: Args<'_>, name: &str) -> Result<usize, Error> {
    let key = args.next()?;
    let texts = args.rest();
    if texts.len() % 2 == 1 {
        return Err(Error::new(format!("ERR wrong number of arguments for '{name}' command")));
    }
    let limits = ctx.limits();
    let hash = ctx.edit_or_create::<Hash>(key)?;
    hash.make_room(texts, &limits);
    let created = texts.chunks_exact(2).filter(|pair| hash.set(&pair[0], &pair[1], &limits)).count();
    ctx.touch(key, Class::Hash, "hset");
    Ok(created)
}

fn hrandfield(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    ctx.state.keyspace.expire_hidden_fields(ctx.db, key);
    let Some(count) = args.peek() else {
        let len = ctx.read::<Hash>(key)?.map_or(0, Hash::len);
        let index = if len == 0 { 0 } else { ctx.state.rng.usize(..len) };
        let hash = ctx.state.keyspace.read::<Hash>(ctx.db, key)?;
        return reply::maybe(hash.and_then(|hash| hash.at(index)).map(|(field, _)| field));
    };
    let count = parse_count(count)?;
    args.next()?;
    let with_values = args.keyword("WITHVALUES");
    args.finish()?;
    check_count(count, with_values)?;
    let len = ctx.read::<Hash>(key)?.map_or(0, Hash::len);
    let (indexes, nested) = (draw(&mut ctx.state.rng, len, count), ctx.resp3());
    let Some(hash) = ctx.state.keyspace.read::<Hash>(ctx.db, key)? else { return reply::array(Vec::new()) };
    let mut items = Vec::with_capacity(indexes.len());
    for (field, value) in hash.pick(&indexes) {
        match (with_values, nested) {
            (false, _) => items.push(bulk(field)),
            (true, false) => items.extend([bulk(field), bulk(value)]),
            (true, true) => items.push(Value::Array(vec![bulk(field), bulk(value)])),
        }
    }
    reply::array(items)
}

fn hscan(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, cursor) = (args.next()?, args.cursor()?);
    let Some(hash) = ctx.read::<Hash>(key)? else { return scan::answer(0, Vec::new()) };
    let scan = Scan::options(cursor, &mut args)?;
    let (next, found) = scan.walk(|at, found| hash.scan(at, |field, value| found.push((field, value))));
    let admitted = found.into_iter().filter(|(field, _)| scan.admits(field));
    scan::answer(next, admitted.flat_map(|(field, value)| [bulk(field), bulk(value)]).collect())
}

fn hset(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    reply::count(set_pairs(ctx, args, "hset")?)
}

fn hsetnx(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field, value) = (args.next()?, args.next()?, args.next()?);
    let limits = ctx.limits();
    let hash = ctx.edit_or_create::<Hash>(key)?;
    if hash.get(field).is_some() {
        return reply::integer(0);
    }
    hash.set(field, value, &limits);
    ctx.touch(key, Class::Hash, "hset");
    reply::integer(1)
}

fn hstrlen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, field) = (args.next()?, args.next()?);
    reply::count(ctx.read::<Hash>(key)?.and_then(|hash| hash.get(field)).map_or(0, |value| value.len()))
}

fn hvals(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    one_of_each(ctx, args, |(_, value)| value)
}
