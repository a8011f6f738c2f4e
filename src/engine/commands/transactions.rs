//! Transactions.

use super::super::args::Args;
use super::super::client::{Transaction, Watched};
use super::super::context::Context;
use super::super::error::Error;
use super::super::outcome::{Answer, Outcome, reply};
use super::super::row::{Flags, Group, KeySpec, Row};

const QUICK: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE).with(Flags::FAST).with(Flags::ALLOW_BUSY);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DISCARD",
        group: Group::Transactions,
        arity: 1,
        flags: QUICK,
        since: "2.0.0",
        complexity: "O(N) with N the number of queued commands",
        syntax: "DISCARD",
        summary: "Throws the queued commands of a transaction away.",
        handler: discard,
        ..Row::DEFAULT
    },
    Row {
        name: "EXEC",
        group: Group::Transactions,
        arity: 1,
        flags: Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE).with(Flags::SKIP_SLOWLOG),
        since: "1.2.0",
        complexity: "Depends on the queued commands",
        syntax: "EXEC",
        summary: "Runs the queued commands of a transaction, with nothing in between.",
        handler: exec,
        ..Row::DEFAULT
    },
    Row {
        name: "MULTI",
        group: Group::Transactions,
        arity: 1,
        flags: QUICK,
        since: "1.2.0",
        syntax: "MULTI",
        summary: "Starts a transaction: from here on commands are queued.",
        handler: multi,
        ..Row::DEFAULT
    },
    Row {
        name: "UNWATCH",
        group: Group::Transactions,
        arity: 1,
        flags: QUICK,
        since: "2.2.0",
        syntax: "UNWATCH",
        summary: "Forgets all watched keys.",
        handler: unwatch,
        ..Row::DEFAULT
    },
    Row {
        name: "WATCH",
        group: Group::Transactions,
        arity: -2,
        flags: QUICK,
        keys: &[KeySpec::all(&["RO"])],
        since: "2.2.0",
        complexity: "O(1) for each key",
        syntax: "WATCH key [key ...]",
        summary: "Lets the next EXEC fail if one of the keys is modified before it.",
        handler: watch,
        ..Row::DEFAULT
    },
];

fn discard(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    if ctx.client()?.transaction.take().is_none() {
        return Err(Error::fixed("ERR DISCARD without MULTI"));
    }
    ctx.state.unwatch(ctx.id);
    reply::ok()
}

fn exec(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let client = ctx.client()?;
    let Some(transaction) = client.transaction.take() else {
        return Err(Error::fixed("ERR EXEC without MULTI"));
    };
    let (mut dirty, watched) = (client.watch_dirty, std::mem::take(&mut client.watched));
    // A key whose time has come since WATCH counts as changed, whether it is gone already or not.
    for Watched { db, key } in &watched {
        dirty |= ctx.state.keyspace.expire_if_due(*db, key);
    }
    ctx.client()?.watched = watched;
    ctx.state.unwatch(ctx.id);
    if transaction.aborted {
        return Err(Error::fixed("EXECABORT Transaction discarded because of previous errors."));
    }
    if dirty {
        return reply::null_array();
    }
    Ok(Outcome::Exec(transaction.queued))
}

fn multi(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let client = ctx.client()?;
    if client.transaction.is_some() {
        return Err(Error::fixed("ERR MULTI calls can not be nested"));
    }
    client.transaction = Some(Transaction::default());
    reply::ok()
}

fn unwatch(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    ctx.state.unwatch(ctx.id);
    reply::ok()
}

fn watch(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if ctx.client()?.transaction.is_some() {
        return Err(Error::fixed("ERR WATCH inside MULTI is not allowed"));
    }
    for key in args.rest() {
        ctx.state.watch(ctx.id, ctx.db, key);
    }
    reply::ok()
}
