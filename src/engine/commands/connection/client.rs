//! CLIENT.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::client::{Client, ClientId};
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::types::parse_integer;
use super::super::help;
use super::{describe, hold, kill, tracking};

const OWN: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE);
const ADMIN: Flags = OWN.with(Flags::ADMIN);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "CLIENT",
    group: Group::Connection,
    arity: -2,
    since: "2.4.0",
    complexity: "Depends on the subcommand",
    syntax: "CLIENT subcommand [argument ...]",
    summary: "Looks at connections, and governs them.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "CACHING",
        group: Group::Connection,
        arity: 3,
        flags: OWN,
        since: "6.0.0",
        syntax: "CLIENT CACHING <YES | NO>",
        summary: "Says whether what the next command reads is remembered.",
        handler: tracking::caching,
        ..Row::DEFAULT
    },
    Row {
        name: "GETNAME",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "2.6.9",
        syntax: "CLIENT GETNAME",
        summary: "Answers the name of this connection.",
        handler: getname,
        ..Row::DEFAULT
    },
    Row {
        name: "GETREDIR",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "6.0.0",
        syntax: "CLIENT GETREDIR",
        summary: "Answers the connection that invalidation messages are sent to instead, or -1.",
        handler: tracking::getredir,
        ..Row::DEFAULT
    },
    help::row(Group::Connection, "5.0.0", "CLIENT HELP"),
    Row {
        name: "ID",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "5.0.0",
        syntax: "CLIENT ID",
        summary: "Answers the number of this connection.",
        handler: id,
        ..Row::DEFAULT
    },
    Row {
        name: "INFO",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "6.2.0",
        syntax: "CLIENT INFO",
        summary: "Describes this connection.",
        handler: info,
        ..Row::DEFAULT
    },
    Row {
        name: "KILL",
        group: Group::Connection,
        arity: -3,
        flags: ADMIN,
        since: "2.4.0",
        complexity: "O(N) with N the number of connections",
        syntax: "CLIENT KILL <ip:port | [ID client-id] [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] [USER username] \
                 [ADDR ip:port] [LADDR ip:port] [SKIPME <YES | NO>]>",
        summary: "Ends connections.",
        handler: kill::kill,
        ..Row::DEFAULT
    },
    Row {
        name: "LIST",
        group: Group::Connection,
        arity: -2,
        flags: ADMIN,
        since: "2.4.0",
        complexity: "O(N) with N the number of connections",
        syntax: "CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
        summary: "Describes connections, one in a line.",
        handler: list,
        ..Row::DEFAULT
    },
    Row {
        name: "NO-EVICT",
        group: Group::Connection,
        arity: 3,
        flags: ADMIN,
        since: "7.0.0",
        syntax: "CLIENT NO-EVICT <ON | OFF>",
        summary: "Protects this connection from being ended when memory is short.",
        handler: no_evict,
        ..Row::DEFAULT
    },
    Row {
        name: "PAUSE",
        group: Group::Connection,
        arity: -3,
        flags: ADMIN,
        since: "2.9.50",
        syntax: "CLIENT PAUSE timeout [WRITE | ALL]",
        summary: "Holds commands back for so many milliseconds, or writes alone.",
        handler: hold::pause,
        ..Row::DEFAULT
    },
    Row {
        name: "REPLY",
        group: Group::Connection,
        arity: 3,
        flags: OWN,
        since: "3.2.0",
        syntax: "CLIENT REPLY <ON | OFF | SKIP>",
        summary: "Says whether commands of this connection are answered.",
        handler: reply_mode,
        ..Row::DEFAULT
    },
    Row {
        name: "SETINFO",
        group: Group::Connection,
        arity: 4,
        flags: OWN,
        since: "7.2.0",
        syntax: "CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>",
        summary: "Notes which client library this connection uses.",
        handler: setinfo,
        ..Row::DEFAULT
    },
    Row {
        name: "SETNAME",
        group: Group::Connection,
        arity: 3,
        flags: OWN,
        since: "2.6.9",
        syntax: "CLIENT SETNAME connection-name",
        summary: "Names this connection.",
        handler: setname,
        ..Row::DEFAULT
    },
    Row {
        name: "TRACKING",
        group: Group::Connection,
        arity: -3,
        flags: OWN,
        since: "6.0.0",
        syntax: "CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] \
                 [OPTOUT] [NOLOOP]",
        summary: "Lets the server tell when a key changes that this connection has read.",
        handler: tracking::tracking,
        ..Row::DEFAULT
    },
    Row {
        name: "TRACKINGINFO",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "6.2.0",
        syntax: "CLIENT TRACKINGINFO",
        summary: "Tells how this connection tracks the keys it reads.",
        handler: tracking::trackinginfo,
        ..Row::DEFAULT
    },
    Row {
        name: "UNBLOCK",
        group: Group::Connection,
        arity: -3,
        flags: ADMIN,
        since: "5.0.0",
        complexity: "O(log N) with N the number of connections",
        syntax: "CLIENT UNBLOCK client-id [TIMEOUT | ERROR]",
        summary: "Ends the waiting of a blocked connection.",
        handler: hold::unblock,
        ..Row::DEFAULT
    },
    Row {
        name: "UNPAUSE",
        group: Group::Connection,
        arity: 2,
        flags: ADMIN,
        since: "6.2.0",
        complexity: "O(N) with N the number of connections held back",
        syntax: "CLIENT UNPAUSE",
        summary: "Ends a pause.",
        handler: hold::unpause,
        ..Row::DEFAULT
    },
];

/// Whether a name may be given to a connection.
///
/// # Errors
/// Redis's, where it holds anything but visible ASCII.
pub fn check_name(name: &[u8]) -> Result<(), Error> {
    if name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        return Ok(());
    }
    Err(Error::fixed("ERR Client names cannot contain spaces, newlines or special characters."))
}

fn number(n: u64) -> Answer {
    reply::integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// ON or OFF, and nothing more.
fn switch(args: &mut Args<'_>) -> Result<bool, Error> {
    let on = args.keyword("ON");
    if !on && !args.keyword("OFF") {
        return Err(SYNTAX);
    }
    args.finish().map(|()| on)
}

fn text(lines: String) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: lines.into() })
}

fn getname(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let name = &ctx.client()?.name;
    reply::maybe((!name.is_empty()).then(|| name.clone()))
}

fn id(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    number(ctx.id)
}

fn info(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let now = ctx.now;
    text(describe::line(ctx.client()?, now, args.argv()) + "\n")
}

fn list(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (now, caller, argv) = (ctx.now, ctx.id, args.argv());
    let clients = &ctx.state.clients;
    let chosen: Vec<&Client> = if args.left() == 0 {
        clients.values().collect()
    } else if args.left() == 2 && args.keyword("TYPE") {
        let kind = describe::kind_argument(args.next()?)?;
        clients.values().filter(|client| describe::kind(client) == kind).collect()
    } else if args.left() > 1 && args.keyword("ID") {
        let number = |id: &Bytes| parse_integer(id).ok_or(Error::fixed("ERR Invalid client ID"));
        let ids = args.rest().iter().map(number).collect::<Result<Vec<i64>, Error>>()?;
        ids.into_iter().filter_map(|id| clients.get(&ClientId::try_from(id).ok()?)).collect()
    } else {
        return Err(SYNTAX);
    };
    let running = |client: &Client| if client.id == caller { argv } else { &[] };
    text(chosen.into_iter().map(|client| describe::line(client, now, running(client)) + "\n").collect())
}

fn no_evict(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    ctx.client()?.no_evict = switch(&mut args)?;
    reply::ok()
}

fn reply_mode(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let client = ctx.client()?;
    let silence = Ok(Outcome::Replies(Vec::new()));
    if args.keyword("ON") {
        client.replies = true;
        client.skip_this_reply = false;
        return reply::ok();
    }
    if args.keyword("OFF") {
        client.replies = false;
        return silence;
    }
    if args.keyword("SKIP") {
        client.skip_next_reply = client.replies;
        return silence;
    }
    Err(SYNTAX)
}

fn setinfo(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (attribute, value) = (args.next()?, args.next()?);
    let attribute_name = attribute.to_ascii_lowercase();
    if !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        let attribute = String::from_utf8_lossy(attribute);
        let line = format!("ERR {attribute} cannot contain spaces, newlines or special characters.");
        return Err(Error::new(line));
    }
    let client = ctx.client()?;
    match attribute_name.as_slice() {
        b"lib-name" => client.lib_name = Bytes::copy_from_slice(value),
        b"lib-ver" => client.lib_ver = Bytes::copy_from_slice(value),
        _ => return Err(Error::new(format!("ERR Unrecognized option '{}'", String::from_utf8_lossy(attribute)))),
    }
    reply::ok()
}

fn setname(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let name = args.next()?;
    check_name(name)?;
    ctx.client()?.name = Bytes::copy_from_slice(name);
    reply::ok()
}
