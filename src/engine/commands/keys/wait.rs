//! WAIT: acknowledgements of replicas.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::feed;
use crate::engine::outcome::{Answer, Block, Outcome, reply};
use crate::engine::row::{Flags, Row};
use crate::engine::time::Time;
use crate::engine::types::parse_integer;
use crate::resp::Value;

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "WAIT",
    arity: 3,
    flags: Flags::NOSCRIPT,
    since: "3.0.0",
    syntax: "WAIT numreplicas timeout",
    summary: "Waits until so many replicas have the writes of this client; answers how many have.",
    handler: wait,
    ..Row::DEFAULT
}];

fn wait(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let replicas = args.integer()?;
    let not_integer = Error::fixed("ERR timeout is not an integer or out of range");
    let timeout_ms = parse_integer(args.next()?).ok_or(not_integer)?;
    if timeout_ms < 0 {
        return Err(Error::fixed("ERR timeout is negative"));
    }
    let end_ms = ctx.now.ms().saturating_add(timeout_ms);
    let offset = ctx.state.replicas.offset;
    let count = ctx.state.replicas.count_at(offset);
    let wanted = usize::try_from(replicas).unwrap_or(0);
    if count >= wanted || !ctx.may_block() {
        return reply::count(count);
    }
    if ctx.state.replicas.is_on() {
        let words = [&b"REPLCONF"[..], b"GETACK", b"*"].map(Bytes::from_static);
        feed::send(ctx.state, &words, ctx.now);
        ctx.state.replicas.waits.retain(|(client, _, _)| *client != ctx.id);
        ctx.state.replicas.waits.push((ctx.id, wanted, offset));
    }
    let deadline = (timeout_ms > 0).then_some(Time::from_ms(end_ms));
    let on_timeout = Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(Outcome::Block(Box::new(Block { on_timeout, ..Block::on(Vec::new(), deadline) })))
}
