//! Holding connections back, and letting them go: CLIENT PAUSE, UNPAUSE and UNBLOCK.

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::client::{Client, ClientId, Delivery};
use super::super::super::context::Context;
use super::super::super::error::{Error, NOT_INTEGER};
use super::super::super::outcome::{Answer, reply};
use super::super::super::state::Pause;
use super::super::super::time::Time;
use super::super::super::types::parse_integer;
use super::super::help;

/// CLIENT PAUSE
pub fn pause(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 2 {
        return Err(help::wrong_count(&args));
    }
    let timeout = args.next()?;
    let writes_only = args.keyword("WRITE");
    if !writes_only && !args.keyword("ALL") && args.left() > 0 {
        return Err(Error::fixed("ERR CLIENT PAUSE mode must be WRITE or ALL"));
    }
    let ms = parse_integer(timeout).ok_or(Error::fixed("ERR timeout is not an integer or out of range"))?;
    if ms < 0 {
        return Err(Error::fixed("ERR timeout is negative"));
    }
    let until = Time(ctx.now.0.saturating_add(ms.saturating_mul(1000)));
    // A second pause makes the first one longer and stricter, never shorter or milder.
    let running = ctx.state.pause.filter(|pause| pause.until > ctx.now);
    ctx.state.pause = Some(Pause {
        until: running.map_or(until, |pause| pause.until.max(until)),
        writes_only: writes_only && running.is_none_or(|pause| pause.writes_only),
    });
    reply::ok()
}

/// CLIENT UNBLOCK
pub fn unblock(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 2 {
        return Err(help::wrong_count(&args));
    }
    let id = args.next()?;
    let with_error = args.keyword("ERROR");
    if !with_error && !args.keyword("TIMEOUT") && args.left() > 0 {
        return Err(Error::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
    }
    let id = parse_integer(id).ok_or(NOT_INTEGER)?;
    let client = ClientId::try_from(id).unwrap_or(0);
    // Who is held back by a pause waits for its end alone.
    let waits = |client: &Client| client.blocked.as_ref().is_some_and(|blocked| !blocked.paused);
    if !ctx.state.clients.get(&client).is_some_and(waits) {
        return reply::integer(0);
    }
    let Some(blocked) = ctx.state.unblock(client) else { return reply::integer(0) };
    let error = Value::error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    let value = if with_error { error } else { blocked.on_timeout };
    ctx.state.outbox.push_back(Delivery { client, value, is_reply: true });
    reply::integer(1)
}

/// CLIENT UNPAUSE
pub fn unpause(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    if let Some(pause) = &mut ctx.state.pause {
        pause.until = ctx.now;
    }
    reply::ok()
}
