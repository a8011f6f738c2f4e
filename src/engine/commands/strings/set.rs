//! Storing whole strings, with or without a TTL.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::Str;
use crate::resp::Value;

use super::until::{Unit, Until};

const WRITE: Flags = Flags::WRITE.with(Flags::DENYOOM);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "GETDEL",
        group: Group::String,
        arity: 2,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "access", "delete"])],
        since: "6.2.0",
        syntax: "GETDEL key",
        summary: "Answers the string at a key and deletes the key.",
        handler: getdel,
        ..Row::DEFAULT
    },
    Row {
        name: "GETEX",
        group: Group::String,
        arity: -2,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        since: "6.2.0",
        syntax: "GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
        summary: "Answers the string at a key and sets or clears its TTL.",
        handler: getex,
        ..Row::DEFAULT
    },
    Row {
        name: "GETSET",
        group: Group::String,
        arity: 3,
        flags: WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        syntax: "GETSET key value",
        summary: "Stores a string and answers the one that was there; SET with GET is the newer way.",
        handler: getset,
        ..Row::DEFAULT
    },
    Row {
        name: "MSET",
        group: Group::String,
        arity: -3,
        flags: WRITE,
        keys: &[KeySpec::pairs(&["OW", "update"])],
        since: "1.0.1",
        complexity: "O(N) with N the number of keys",
        syntax: "MSET key value [key value ...]",
        summary: "Stores several strings at once.",
        handler: mset,
        ..Row::DEFAULT
    },
    Row {
        name: "MSETNX",
        group: Group::String,
        arity: -3,
        flags: WRITE,
        keys: &[KeySpec::pairs(&["OW", "insert"])],
        since: "1.0.1",
        complexity: "O(N) with N the number of keys",
        syntax: "MSETNX key value [key value ...]",
        summary: "Stores several strings at once, but none if any of the keys exists.",
        handler: msetnx,
        ..Row::DEFAULT
    },
    Row {
        name: "PSETEX",
        group: Group::String,
        arity: 4,
        flags: WRITE,
        keys: &[KeySpec::first(&["OW", "update"])],
        since: "2.6.0",
        syntax: "PSETEX key milliseconds value",
        summary: "Stores a string that expires after so many milliseconds.",
        handler: psetex,
        ..Row::DEFAULT
    },
    Row {
        name: "SET",
        group: Group::String,
        arity: -3,
        flags: WRITE,
        keys: &[KeySpec::first(&["RW", "access", "update", "variable_flags"])],
        syntax: "SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
        summary: "Stores a string at a key, whatever was there; options add a condition or a TTL.",
        handler: set,
        ..Row::DEFAULT
    },
    Row {
        name: "SETEX",
        group: Group::String,
        arity: 4,
        flags: WRITE,
        keys: &[KeySpec::first(&["OW", "update"])],
        since: "2.0.0",
        syntax: "SETEX key seconds value",
        summary: "Stores a string that expires after so many seconds.",
        handler: setex,
        ..Row::DEFAULT
    },
    Row {
        name: "SETNX",
        group: Group::String,
        arity: 3,
        flags: WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["OW", "insert"])],
        syntax: "SETNX key value",
        summary: "Stores a string only if the key does not exist; answers whether it did.",
        handler: setnx,
        ..Row::DEFAULT
    },
];

fn getdel(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let old = old_value(ctx, key)?;
    ctx.delete(key, "del");
    reply::value(old)
}

fn getex(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let (mut until, mut persist) = (None, false);
    while args.left() > 0 {
        if until.is_none() && args.keyword("PERSIST") {
            persist = true;
        } else if let (false, Some(found)) = (persist, Until::take(&mut args, until)) {
            until = Some(found);
        } else {
            return Err(SYNTAX);
        }
    }
    let value = old_value(ctx, key)?;
    if value.is_null() {
        return reply::value(value);
    }
    match until {
        Some(until) => {
            let at = until.at_ms(ctx.now, "getex")?;
            if until.unit.is_absolute() && at <= ctx.now.ms() {
                ctx.delete(key, "del");
            } else {
                ctx.state.keyspace.set_expiry(ctx.db, key, Some(at));
                ctx.touch(key, Class::Generic, "expire");
            }
        }
        None if persist && ctx.state.keyspace.persist(ctx.db, key) => ctx.touch(key, Class::Generic, "persist"),
        None => {}
    }
    reply::value(value)
}

fn getset(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, value) = (args.next()?, args.next()?);
    let old = old_value(ctx, key)?;
    store(ctx, key, value, None);
    reply::value(old)
}

fn mset(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    store_pairs(ctx, pairs(&mut args, "mset")?);
    reply::ok()
}

fn msetnx(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let pairs = pairs(&mut args, "msetnx")?;
    if pairs.iter().any(|pair| ctx.exists(&pair[0])) {
        return reply::flag(false);
    }
    store_pairs(ctx, pairs);
    reply::flag(true)
}

fn psetex(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    store_until(ctx, args, Unit::Milliseconds, "psetex")
}

/// What the options of SET ask for.
#[derive(Default)]
struct Options<'a> {
    nx: bool,
    xx: bool,
    get: bool,
    keep_ttl: bool,
    until: Option<Until<'a>>,
}

fn set(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, value) = (args.next()?, args.next()?);
    if args.left() == 0 {
        store(ctx, key, value, None);
        return reply::ok();
    }
    let options = options(&mut args)?;
    let at = options.until.map(|until| until.at_ms(ctx.now, "set")).transpose()?;
    let old = if options.get { Some(old_value(ctx, key)?) } else { None };
    let found = ctx.state.keyspace.entry(ctx.db, key);
    if (options.nx && found.is_some()) || (options.xx && found.is_none()) {
        return reply::value(old.unwrap_or(Value::Null));
    }
    let kept = found.filter(|_| options.keep_ttl).and_then(|entry| ctx.state.keyspace.expiry_of(ctx.db, entry));
    store(ctx, key, value, at.or(kept));
    if at.is_some() {
        ctx.tell(key, Class::Generic, "expire");
    }
    reply::value(old.unwrap_or_else(Value::ok))
}

fn options<'a>(args: &mut Args<'a>) -> Result<Options<'a>, Error> {
    let mut options = Options::default();
    while args.left() > 0 {
        if !options.xx && args.keyword("NX") {
            options.nx = true;
        } else if !options.nx && args.keyword("XX") {
            options.xx = true;
        } else if args.keyword("GET") {
            options.get = true;
        } else if options.until.is_none() && args.keyword("KEEPTTL") {
            options.keep_ttl = true;
        } else if let (false, Some(until)) = (options.keep_ttl, Until::take(args, options.until)) {
            options.until = Some(until);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(options)
}

fn setex(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    store_until(ctx, args, Unit::Seconds, "setex")
}

fn setnx(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, value) = (args.next()?, args.next()?);
    let missing = !ctx.exists(key);
    if missing {
        store(ctx, key, value, None);
    }
    reply::flag(missing)
}

/// The string at a key as a reply.
fn old_value(ctx: &mut Context<'_>, key: &[u8]) -> Result<Value, Error> {
    Ok(ctx.read::<Str>(key)?.map_or(Value::Null, |string| Value::Bulk(string.bytes())))
}

/// Stores a string, whatever was there, and tells.
fn store(ctx: &mut Context<'_>, key: &[u8], value: &[u8], expires_ms: Option<i64>) {
    ctx.put(key, Data::Str(Str::new(value)), expires_ms);
    ctx.touch(key, Class::String, "set");
}

fn store_until(ctx: &mut Context<'_>, mut args: Args<'_>, unit: Unit, command: &str) -> Answer {
    let (key, ttl, value) = (args.next()?, args.next()?, args.next()?);
    let at = Until::new(unit, ttl).at_ms(ctx.now, command)?;
    store(ctx, key, value, Some(at));
    ctx.tell(key, Class::Generic, "expire");
    reply::ok()
}

/// The arguments as pairs of a key and a value.
fn pairs<'a>(args: &mut Args<'a>, command: &str) -> Result<&'a [[Bytes; 2]], Error> {
    match args.rest().as_chunks::<2>() {
        (pairs, []) => Ok(pairs),
        _ => Err(Error::new(format!("ERR wrong number of arguments for '{command}' command"))),
    }
}

fn store_pairs(ctx: &mut Context<'_>, pairs: &[[Bytes; 2]]) {
    for [key, value] in pairs {
        store(ctx, key, value, None);
    }
}
