//! When keys expire.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, KeySpec, Row};

const WRITE: Flags = Flags::WRITE.with(Flags::FAST);
const READ: Flags = Flags::READONLY.with(Flags::FAST);
const CHANGED: &[KeySpec] = &[KeySpec::first(&["RW", "update"])];
const LOOKED_AT: &[KeySpec] = &[KeySpec::first(&["RO", "access"])];

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "EXPIRE",
        arity: -3,
        flags: WRITE,
        keys: CHANGED,
        syntax: "EXPIRE key seconds [NX | XX | GT | LT]",
        summary: "Lets a key expire after so many seconds.",
        handler: expire,
        ..Row::DEFAULT
    },
    Row {
        name: "EXPIREAT",
        arity: -3,
        flags: WRITE,
        keys: CHANGED,
        since: "1.2.0",
        syntax: "EXPIREAT key unix-time-seconds [NX | XX | GT | LT]",
        summary: "Lets a key expire at a moment, in seconds since 1970.",
        handler: expireat,
        ..Row::DEFAULT
    },
    Row {
        name: "EXPIRETIME",
        arity: 2,
        flags: READ,
        keys: LOOKED_AT,
        since: "7.0.0",
        syntax: "EXPIRETIME key",
        summary: "Answers when a key expires, in seconds since 1970; -1: never, -2: no such key.",
        handler: expiretime,
        ..Row::DEFAULT
    },
    Row {
        name: "PERSIST",
        arity: 2,
        flags: WRITE,
        keys: CHANGED,
        since: "2.2.0",
        syntax: "PERSIST key",
        summary: "Takes the TTL of a key away; answers whether it had one.",
        handler: persist,
        ..Row::DEFAULT
    },
    Row {
        name: "PEXPIRE",
        arity: -3,
        flags: WRITE,
        keys: CHANGED,
        since: "2.6.0",
        syntax: "PEXPIRE key milliseconds [NX | XX | GT | LT]",
        summary: "Lets a key expire after so many milliseconds.",
        handler: pexpire,
        ..Row::DEFAULT
    },
    Row {
        name: "PEXPIREAT",
        arity: -3,
        flags: WRITE,
        keys: CHANGED,
        since: "2.6.0",
        syntax: "PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]",
        summary: "Lets a key expire at a moment, in milliseconds since 1970.",
        handler: pexpireat,
        ..Row::DEFAULT
    },
    Row {
        name: "PEXPIRETIME",
        arity: 2,
        flags: READ,
        keys: LOOKED_AT,
        since: "7.0.0",
        syntax: "PEXPIRETIME key",
        summary: "Answers when a key expires, in milliseconds since 1970; -1: never, -2: no such key.",
        handler: pexpiretime,
        ..Row::DEFAULT
    },
    Row {
        name: "PTTL",
        arity: 2,
        flags: READ,
        keys: LOOKED_AT,
        since: "2.6.0",
        syntax: "PTTL key",
        summary: "Answers how many milliseconds a key has left; -1: it does not expire, -2: no such key.",
        handler: pttl,
        ..Row::DEFAULT
    },
    Row {
        name: "TTL",
        arity: 2,
        flags: READ,
        keys: LOOKED_AT,
        syntax: "TTL key",
        summary: "Answers how many seconds a key has left; -1: it does not expire, -2: no such key.",
        handler: ttl,
        ..Row::DEFAULT
    },
];

fn expire(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let now = ctx.now.ms();
    set_expiry(ctx, args, 1000, now, "expire")
}

fn expireat(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    set_expiry(ctx, args, 1000, 0, "expireat")
}

fn expiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expiry(ctx, args, in_seconds)
}

fn persist(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let had_one = ctx.state.keyspace.persist(ctx.db, key);
    if had_one {
        ctx.touch(key, Class::Generic, "persist");
    }
    reply::flag(had_one)
}

fn pexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let now = ctx.now.ms();
    set_expiry(ctx, args, 1, now, "pexpire")
}

fn pexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    set_expiry(ctx, args, 1, 0, "pexpireat")
}

fn pexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expiry(ctx, args, |at| at)
}

fn pttl(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let now = ctx.now.ms();
    expiry(ctx, args, |at| at.saturating_sub(now).max(0))
}

fn ttl(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let now = ctx.now.ms();
    expiry(ctx, args, |at| in_seconds(at.saturating_sub(now).max(0)))
}

/// Milliseconds as seconds, rounded to the nearest.
fn in_seconds(ms: i64) -> i64 {
    ms / 1000 + (ms % 1000 + 500) / 1000
}

/// When a key expires, as `shown`.
fn expiry(ctx: &mut Context<'_>, mut args: Args<'_>, shown: impl Fn(i64) -> i64) -> Answer {
    let key = args.next()?;
    if ctx.peek(key).is_none() {
        return reply::integer(-2);
    }
    reply::integer(ctx.state.keyspace.expiry(ctx.db, key).map_or(-1, shown))
}

/// On which condition a new time is set.
#[derive(Default)]
struct Condition {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Condition {
    fn parse(args: &mut Args<'_>) -> Result<Condition, Error> {
        let mut found = Condition::default();
        while args.left() > 0 {
            if args.keyword("NX") {
                found.nx = true;
            } else if args.keyword("XX") {
                found.xx = true;
            } else if args.keyword("GT") {
                found.gt = true;
            } else if args.keyword("LT") {
                found.lt = true;
            } else {
                return Err(unsupported(args.next()?));
            }
        }
        if found.nx && (found.xx || found.gt || found.lt) {
            return Err(Error::fixed("ERR NX and XX, GT or LT options at the same time are not compatible"));
        }
        if found.gt && found.lt {
            return Err(Error::fixed("ERR GT and LT options at the same time are not compatible"));
        }
        Ok(found)
    }

    /// Whether a key that expires at `old` may be given the time `new`. No time at all is later than any.
    fn allows(&self, old: Option<i64>, new: i64) -> bool {
        !(self.nx && old.is_some()
            || self.xx && old.is_none()
            || self.gt && old.is_none_or(|old| new <= old)
            || self.lt && old.is_some_and(|old| new >= old))
    }
}

/// The error that names a word which is no option. Redis formats it as a C string: it ends at a zero byte, and line
/// ends become spaces.
fn unsupported(word: &[u8]) -> Error {
    let shown = word.split(|b| *b == 0).next().unwrap_or_default();
    let mut line = b"ERR Unsupported option ".to_vec();
    line.extend(shown.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
    Error(line.into())
}

/// Sets the time of a key to `start_ms` and an argument in units of `unit_ms`.
fn set_expiry(ctx: &mut Context<'_>, mut args: Args<'_>, unit_ms: i64, start_ms: i64, command: &str) -> Answer {
    let (key, mut number) = (args.next()?, args.clone());
    args.next()?;
    let condition = Condition::parse(&mut args)?;
    let at = number.integer()?.checked_mul(unit_ms).and_then(|ms| ms.checked_add(start_ms));
    let at = at.ok_or_else(|| Error::new(format!("ERR invalid expire time in '{command}' command")))?;
    if ctx.state.keyspace.visit(ctx.db, key).is_none() {
        return reply::flag(false);
    }
    if !condition.allows(ctx.state.keyspace.expiry(ctx.db, key), at) {
        return reply::flag(false);
    }
    if at <= ctx.now.ms() {
        ctx.delete(key, "del");
    } else {
        ctx.state.keyspace.set_expiry(ctx.db, key, Some(at));
        ctx.touch(key, Class::Generic, "expire");
    }
    reply::flag(true)
}
