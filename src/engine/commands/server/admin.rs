//! Looking after the server.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, NO_SUCH_KEY};
use super::super::super::outcome::{Answer, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::settings::REDIS_VERSION;
use super::super::super::types::parse_integer;
use super::super::help;
use super::weight;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::LOADING).with(Flags::STALE);
const SLOW: Flags = Flags::ADMIN.with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DEBUG",
        group: Group::Server,
        arity: -2,
        flags: ADMIN.with(Flags::DANGEROUS),
        since: "1.0.0",
        complexity: "Depends on the subcommand",
        syntax: "DEBUG <OBJECT key | SET-ACTIVE-EXPIRE <0 | 1> | HELP>",
        summary: "Helps those who test Redis itself.",
        handler: debug,
        ..Row::DEFAULT
    },
    Row {
        name: "LASTSAVE",
        group: Group::Server,
        arity: 1,
        flags: Flags::LOADING.with(Flags::STALE).with(Flags::FAST),
        since: "1.0.0",
        syntax: "LASTSAVE",
        summary: "Tells when the data was last saved.",
        handler: lastsave,
        ..Row::DEFAULT
    },
    Row {
        name: "LATENCY",
        group: Group::Server,
        arity: -2,
        since: "2.8.13",
        complexity: "Depends on the subcommand",
        syntax: "LATENCY subcommand [argument ...]",
        summary: "Tells of moments in which the server was slow.",
        subcommands: LATENCY,
        ..Row::DEFAULT
    },
    Row {
        name: "LOLWUT",
        group: Group::Server,
        arity: -1,
        flags: Flags::READONLY.with(Flags::FAST),
        since: "5.0.0",
        complexity: "O(1)",
        syntax: "LOLWUT [VERSION version]",
        summary: "Draws something, and tells the version.",
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
        name: "SLOWLOG",
        group: Group::Server,
        arity: -2,
        since: "2.2.12",
        complexity: "Depends on the subcommand",
        syntax: "SLOWLOG subcommand [argument ...]",
        summary: "Tells of commands that took long.",
        subcommands: SLOWLOG,
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

const LATENCY: &[Row] = &[
    Row {
        name: "DOCTOR",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY DOCTOR",
        summary: "Explains what made the server slow.",
        handler: latency_doctor,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "2.8.13", "LATENCY HELP"),
    Row {
        name: "HISTORY",
        group: Group::Server,
        arity: 3,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY HISTORY event",
        summary: "Lists the slow moments of one kind.",
        handler: nothing,
        ..Row::DEFAULT
    },
    Row {
        name: "LATEST",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY LATEST",
        summary: "Lists the latest slow moment of each kind.",
        handler: nothing,
        ..Row::DEFAULT
    },
    Row {
        name: "RESET",
        group: Group::Server,
        arity: -2,
        flags: ADMIN,
        since: "2.8.13",
        syntax: "LATENCY RESET [event [event ...]]",
        summary: "Forgets slow moments.",
        handler: none_reset,
        ..Row::DEFAULT
    },
];

const SLOWLOG: &[Row] = &[
    Row {
        name: "GET",
        group: Group::Server,
        arity: -2,
        flags: SLOW,
        since: "2.2.12",
        complexity: "O(N) with N the number of entries",
        syntax: "SLOWLOG GET [count]",
        summary: "Lists the latest slow commands.",
        handler: slowlog_get,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "6.2.0", "SLOWLOG HELP"),
    Row {
        name: "LEN",
        group: Group::Server,
        arity: 2,
        flags: SLOW,
        since: "2.2.12",
        syntax: "SLOWLOG LEN",
        summary: "Counts the slow commands.",
        handler: none_reset,
        ..Row::DEFAULT
    },
    Row {
        name: "RESET",
        group: Group::Server,
        arity: 2,
        flags: SLOW,
        since: "2.2.12",
        complexity: "O(N) with N the number of entries",
        syntax: "SLOWLOG RESET",
        summary: "Forgets the slow commands.",
        handler: slowlog_reset,
        ..Row::DEFAULT
    },
];

fn text(text: impl Into<Bytes>) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: text.into() })
}

fn debug(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.keyword("HELP") {
        let lines = [
            "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "OBJECT <key>",
            "    Describes how the value of a key is stored.",
            "SET-ACTIVE-EXPIRE <0|1>",
            "    Accepted; keys always go at once when their time has come.",
            "HELP",
            "    Prints this help.",
        ];
        return reply::array(lines.into_iter().map(Value::simple).collect());
    }
    if args.keyword("OBJECT") {
        return debug_object(ctx, args);
    }
    if args.keyword("SET-ACTIVE-EXPIRE") {
        args.next()?;
        return reply::ok();
    }
    Err(help::wrong_count(&args))
}

fn debug_object(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let entry = ctx.state.keyspace.entry(ctx.db, key).ok_or(NO_SUCH_KEY)?;
    let line = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        entry.data.encoding(),
        weight::of_entry(key, entry, None),
        entry.lru,
        ctx.state.keyspace.clock.idle_s(entry.lru),
    );
    reply::value(Value::Simple(line.into()))
}

fn lastsave(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::integer(ctx.state.started.us() / 1_000_000)
}

fn latency_doctor(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    text("The bundled engine's clock stands still while a command runs, so no command was ever slow.\n")
}

fn nothing(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::array(Vec::new())
}

fn none_reset(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::integer(0)
}

fn lolwut(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    text(format!("Redis ver. {REDIS_VERSION}\n"))
}

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

fn role(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::array(vec![Value::bulk("master"), Value::Integer(0), Value::Array(Vec::new())])
}

fn slowlog_get(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    if args.left() == 1 && parse_integer(args.next()?).is_none_or(|count| count < -1) {
        return Err(Error::fixed("ERR count should be greater than or equal to -1"));
    }
    reply::array(Vec::new())
}

fn slowlog_reset(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::ok()
}

fn time(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let us = ctx.now.us();
    reply::array(vec![Value::text(us.div_euclid(1_000_000)), Value::text(us.rem_euclid(1_000_000))])
}
