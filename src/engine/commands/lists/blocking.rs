//! Taking elements from lists, and waiting for some if there are none.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::SYNTAX;
use crate::engine::outcome::{Answer, Block, Outcome, reply};
use crate::engine::row::{Begin, Find, Flags, Group, KeySpec, Row};
use crate::engine::time::Time;
use crate::engine::types::End;
use crate::resp::Value;

use super::ends::{FROM_AND_TO, MPOP_COST, keyed, move_one, parse_end, parse_mpop, take_first};

/// What all of them have in common.
const WAIT: Row = Row {
    group: Group::List,
    arity: -3,
    flags: Flags::WRITE.with(Flags::NOSCRIPT).with(Flags::BLOCKING),
    keys: &[KeySpec {
        flags: &["RW", "access", "delete"],
        begin: Begin::Index(1),
        find: Find::Range { last: -2, step: 1, limit: 0 },
    }],
    since: "2.0.0",
    complexity: "O(N) with N the number of keys",
    ..Row::DEFAULT
};
const MOVE: Flags = WAIT.flags.with(Flags::DENYOOM);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "BLMOVE",
        arity: 6,
        flags: MOVE,
        keys: FROM_AND_TO,
        since: "6.2.0",
        complexity: "O(1)",
        syntax: "BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
        summary: "Moves an element from one list to another, and waits for one if there is none.",
        handler: blmove,
        ..WAIT
    },
    Row {
        name: "BLMPOP",
        arity: -5,
        flags: Flags::WRITE.with(Flags::BLOCKING).with(Flags::MOVABLEKEYS),
        keys: &[KeySpec::count(2, &["RW", "access", "delete"])],
        since: "7.0.0",
        complexity: MPOP_COST,
        syntax: "BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
        summary: "Takes elements from the first list that has any, and waits for some if none has.",
        handler: blmpop,
        ..WAIT
    },
    Row {
        name: "BLPOP",
        syntax: "BLPOP key [key ...] timeout",
        summary: "Takes the first element of the first list that has any, and waits for one if none has.",
        handler: blpop,
        ..WAIT
    },
    Row {
        name: "BRPOP",
        syntax: "BRPOP key [key ...] timeout",
        summary: "Takes the last element of the first list that has any, and waits for one if none has.",
        handler: brpop,
        ..WAIT
    },
    Row {
        name: "BRPOPLPUSH",
        arity: 4,
        flags: MOVE,
        keys: FROM_AND_TO,
        since: "2.2.0",
        complexity: "O(1)",
        syntax: "BRPOPLPUSH source destination timeout",
        summary: "Moves the last element of a list to the head of another, and waits for one if there is none.",
        handler: brpoplpush,
        ..WAIT
    },
];

fn blmove(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    let (take, add) = (parse_end(&mut args)?, parse_end(&mut args)?);
    move_or_wait(ctx, from, to, (take, add), args.next()?)
}

fn move_or_wait(ctx: &mut Context<'_>, from: &Bytes, to: &Bytes, ends: (End, End), timeout: &[u8]) -> Answer {
    let deadline = ctx.deadline(timeout)?;
    match move_one(ctx, from, to, ends.0, ends.1)? {
        Some(element) => reply::bulk(element),
        // Redis answers nil here, and a null array to whoever waited in vain.
        None if !ctx.may_block() => reply::null(),
        None => wait(ctx, std::slice::from_ref(from), deadline),
    }
}

/// Waits for one of `keys`, or answers at once where waiting is not allowed.
fn wait(ctx: &Context<'_>, keys: &[Bytes], deadline: Option<Time>) -> Answer {
    if !ctx.may_block() {
        return reply::null_array();
    }
    // The keys are copied, so that they do not hold the whole message in which they arrived.
    let keys = keys.iter().map(|key| Bytes::copy_from_slice(key)).collect();
    Ok(Outcome::Block(Box::new(Block::on(keys, deadline))))
}

fn blmpop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let timeout = args.next()?;
    let (keys, end, count) = parse_mpop(&mut args)?;
    let deadline = ctx.deadline(timeout)?;
    match take_first(ctx, keys, end, count)? {
        Some((key, taken)) => keyed(key, taken),
        None => wait(ctx, keys, deadline),
    }
}

fn blpop(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop_or_wait(ctx, args, End::Left)
}

fn pop_or_wait(ctx: &mut Context<'_>, mut args: Args<'_>, end: End) -> Answer {
    let (timeout, keys) = args.rest().split_last().ok_or(SYNTAX)?;
    let deadline = ctx.deadline(timeout)?;
    match take_first(ctx, keys, end, 1)? {
        Some((key, taken)) => reply::value(Value::bulks(std::iter::once(key).chain(taken))),
        None => wait(ctx, keys, deadline),
    }
}

fn brpop(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    pop_or_wait(ctx, args, End::Right)
}

fn brpoplpush(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (from, to) = (args.next()?, args.next()?);
    move_or_wait(ctx, from, to, (End::Right, End::Left), args.next()?)
}
