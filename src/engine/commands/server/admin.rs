//! Looking after the server.

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::Error;
use super::super::super::outcome::{Answer, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::lolwut::lolwut;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "LOLWUT",
        group: Group::Server,
        arity: -1,
        flags: Flags::READONLY.with(Flags::FAST),
        since: "5.0.0",
        complexity: "O(1)",
        syntax: "LOLWUT [VERSION version [argument ...]]",
        summary: "Tells the version; versions 5 and 6 draw a picture first.",
        handler: lolwut,
        ..Row::DEFAULT
    },
    Row {
        name: "MONITOR",
        group: Group::Server,
        arity: 1,
        flags: ADMIN,
        since: "1.0.0",
        complexity: "O(N) for each command that runs, with N the number of connections that watch",
        syntax: "MONITOR",
        summary: "Shows every command that the server runs from here on.",
        handler: monitor,
        ..Row::DEFAULT
    },
    Row {
        name: "ROLE",
        group: Group::Server,
        arity: 1,
        flags: Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE).with(Flags::FAST),
        since: "2.8.12",
        syntax: "ROLE",
        summary: "Tells which part the server plays in replication.",
        handler: role,
        ..Row::DEFAULT
    },
    Row {
        name: "TIME",
        group: Group::Server,
        arity: 1,
        flags: Flags::LOADING.with(Flags::STALE).with(Flags::FAST),
        since: "2.6.0",
        syntax: "TIME",
        summary: "Tells the server's time, as seconds and microseconds.",
        handler: time,
        ..Row::DEFAULT
    },
];

fn monitor(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    if !ctx.may_block() {
        return Err(Error::fixed("ERR MONITOR isn't allowed for DENY BLOCKING client"));
    }
    let id = ctx.id;
    let client = ctx.client()?;
    if std::mem::replace(&mut client.monitors, true) {
        return Ok(Outcome::Replies(Vec::new()));
    }
    ctx.state.monitors.push(id);
    reply::ok()
}

fn role(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    if let Some((host, port)) = &ctx.state.master {
        let (host, port) = (Value::Bulk(host.clone()), number((*port).into()));
        return reply::array(vec![Value::bulk("slave"), host, port, Value::bulk("connect"), Value::Integer(-1)]);
    }
    let replicas = &ctx.state.replicas;
    let online = replicas.online.iter().map(|replica| {
        let addr = ctx.state.clients.get(&replica.id).map_or("", |client| client.addr.as_str());
        let host = addr.rsplit_once(':').map_or("", |(host, _)| host);
        Value::Array(vec![Value::text(host), Value::text(replica.port), Value::text(replica.acked)])
    });
    reply::array(vec![Value::bulk("master"), number(replicas.offset), Value::Array(online.collect())])
}

fn time(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let us = ctx.now.us();
    reply::array(vec![Value::text(us.div_euclid(1_000_000)), Value::text(us.rem_euclid(1_000_000))])
}
