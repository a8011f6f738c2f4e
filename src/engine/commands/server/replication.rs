//! Replication: this server may have replicas; it is one in name only, since it never reaches another server.

use super::super::super::args::Args;
use super::super::super::client::Delivery;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Block, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::types::parse_integer;
use crate::resp::Value;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::STALE);

const COPIES: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::NO_MULTI).with(Flags::NO_ASYNC_LOADING);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "FAILOVER",
        group: Group::Server,
        arity: -1,
        flags: ADMIN,
        since: "6.2.0",
        syntax: "FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]",
        summary: "Hands over to a replica; there is none.",
        handler: failover,
        ..Row::DEFAULT
    },
    Row {
        name: "PSYNC",
        group: Group::Server,
        arity: -3,
        flags: COPIES,
        since: "2.8.0",
        syntax: "PSYNC replicationid offset",
        summary: "Makes the connection a replica: it is sent all data, then what changes. Replicas use it.",
        handler: psync,
        ..Row::DEFAULT
    },
    Row {
        name: "REPLCONF",
        group: Group::Server,
        arity: -1,
        flags: ADMIN.with(Flags::LOADING).with(Flags::ALLOW_BUSY),
        since: "3.0.0",
        complexity: "O(1)",
        syntax: "REPLCONF",
        summary: "What a replica tells of itself. Replicas use it.",
        handler: replconf,
        ..Row::DEFAULT
    },
    Row {
        name: "REPLICAOF",
        group: Group::Server,
        arity: 3,
        flags: ADMIN.with(Flags::NO_ASYNC_LOADING),
        since: "5.0.0",
        syntax: "REPLICAOF <host port | NO ONE>",
        summary: "Makes the server a replica, or no replica any more. redlab never reaches the other server: nothing is copied.",
        handler: replicaof,
        ..Row::DEFAULT
    },
    Row {
        name: "SLAVEOF",
        group: Group::Server,
        arity: 3,
        flags: ADMIN.with(Flags::NO_ASYNC_LOADING),
        since: "1.0.0",
        syntax: "SLAVEOF <host port | NO ONE>",
        summary: "REPLICAOF by its older name.",
        handler: replicaof,
        ..Row::DEFAULT
    },
    Row {
        name: "SYNC",
        group: Group::Server,
        arity: 1,
        flags: COPIES,
        since: "1.0.0",
        syntax: "SYNC",
        summary: "Makes the connection a replica, as PSYNC does without a word before the data.",
        handler: sync,
        ..Row::DEFAULT
    },
];

fn failover(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let alone = args.left() == 1;
    let (mut timed, mut named) = (false, false);
    while args.left() > 0 {
        let more = args.left() - 1;
        if more > 0 && !timed && args.keyword("TIMEOUT") {
            if args.integer()? <= 0 {
                return Err(Error::fixed("ERR FAILOVER timeout must be greater than 0"));
            }
            timed = true;
        } else if alone && args.keyword("ABORT") {
            return Err(Error::fixed("ERR No failover in progress."));
        } else if more > 1 && !named && args.keyword("TO") {
            args.next()?;
            args.integer()?;
            named = true;
        } else if !args.keyword("FORCE") {
            return Err(SYNTAX);
        }
    }
    Err(Error::fixed("ERR FAILOVER requires connected replicas."))
}

fn psync(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    join(ctx, true)
}

fn sync(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    join(ctx, false)
}

/// The reply, which is all data, is sent by whoever carries the engine.
fn join(ctx: &mut Context<'_>, by_psync: bool) -> Answer {
    let id = ctx.id;
    let replicas = &mut ctx.state.replicas;
    if replicas.online.iter().any(|replica| replica.id == id) {
        return Ok(Outcome::Replies(Vec::new()));
    }
    replicas.joining.push((id, by_psync));
    Ok(Outcome::Block(Box::new(Block::on(Vec::new(), None))))
}

fn replconf(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() % 2 == 1 {
        return Err(SYNTAX);
    }
    while args.left() > 0 {
        if args.keyword("LISTENING-PORT") {
            let port = args.integer()?;
            let port = u16::try_from(port).map_err(|_| super::super::super::error::NOT_INTEGER)?;
            let id = ctx.id;
            ctx.state.replicas.ports.retain(|(client, _)| *client != id);
            ctx.state.replicas.ports.push((id, port));
        } else if args.keyword("ACK") {
            acknowledge(ctx, args.next()?);
            return Ok(Outcome::Replies(Vec::new()));
        } else if ["IP-ADDRESS", "CAPA", "RDB-ONLY", "RDB-FILTER-ONLY"].iter().any(|name| args.keyword(name)) {
            args.next()?;
        } else {
            let name = crate::resp::printable(args.next()?, 100);
            return Err(Error::new(format!("ERR Unrecognized REPLCONF option: {name}")));
        }
    }
    reply::ok()
}

/// A replica tells how much of the stream it has; there is no reply to that.
fn acknowledge(ctx: &mut Context<'_>, offset: &[u8]) {
    let offset = parse_integer(offset).and_then(|offset| u64::try_from(offset).ok());
    let (id, now) = (ctx.id, ctx.now);
    if let Some(replica) = ctx.state.replicas.online.iter_mut().find(|replica| replica.id == id) {
        replica.seen = now;
        replica.acked = offset.unwrap_or(0).max(replica.acked);
    }
    answer_waits(ctx);
}

/// Answers whoever has waited for as many replicas as there are now.
fn answer_waits(ctx: &mut Context<'_>) {
    let waits = std::mem::take(&mut ctx.state.replicas.waits);
    for (client, wanted, offset) in waits {
        let count = ctx.state.replicas.count_at(offset);
        let value = Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let blocked = ctx.state.clients.get_mut(&client).and_then(|client| client.blocked.as_mut());
        // Whoever has given up meanwhile waits for something else now, or for nothing.
        let Some(blocked) = blocked.filter(|blocked| blocked.argv[0].eq_ignore_ascii_case(b"WAIT")) else { continue };
        if count < wanted {
            blocked.on_timeout = value;
            ctx.state.replicas.waits.push((client, wanted, offset));
        } else {
            ctx.state.unblock(client);
            ctx.state.outbox.push_back(Delivery { client, value, is_reply: true });
        }
    }
}

fn replicaof(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (host, port) = (args.next()?, args.next()?);
    if host.eq_ignore_ascii_case(b"NO") && port.eq_ignore_ascii_case(b"ONE") {
        ctx.state.master = None;
        return reply::ok();
    }
    let port = parse_integer(port).ok_or(Error::fixed("ERR Invalid master port"))?;
    if !(0..=65535).contains(&port) {
        return Err(Error::fixed("ERR Invalid master port"));
    }
    let master = (host.clone(), u16::try_from(port).unwrap_or(0));
    if ctx.state.master.as_ref() == Some(&master) {
        return reply::simple("OK Already connected to specified master");
    }
    ctx.state.master = Some(master);
    reply::ok()
}
