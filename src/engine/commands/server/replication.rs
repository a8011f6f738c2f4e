//! Replication: this server has no replicas, and is none.

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::types::parse_integer;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::STALE);

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
        name: "REPLICAOF",
        group: Group::Server,
        arity: 3,
        flags: ADMIN.with(Flags::NO_ASYNC_LOADING),
        since: "5.0.0",
        syntax: "REPLICAOF <host port | NO ONE>",
        summary: "Makes the server a replica, or no replica any more: which it never was.",
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

fn replicaof(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (host, port) = (args.next()?, args.next()?);
    if host.eq_ignore_ascii_case(b"NO") && port.eq_ignore_ascii_case(b"ONE") {
        return reply::ok();
    }
    let port = parse_integer(port).ok_or(Error::fixed("ERR Invalid master port"))?;
    if !(0..=65535).contains(&port) {
        return Err(Error::fixed("ERR Invalid master port"));
    }
    Err(Error::fixed("ERR the bundled engine is never a replica: it keeps its own data, and copies nobody's"))
}
