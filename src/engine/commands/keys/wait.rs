//! WAIT: acknowledgements of replicas, of which there are none.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
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
    if replicas <= 0 || !ctx.may_block() {
        return reply::integer(0);
    }
    let deadline = (timeout_ms > 0).then_some(Time::from_ms(end_ms));
    Ok(Outcome::Block(Box::new(Block { on_timeout: Value::Integer(0), ..Block::on(Vec::new(), deadline) })))
}
