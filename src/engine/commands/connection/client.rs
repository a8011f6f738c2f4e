//! CLIENT.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::acl::Acl;
use super::super::super::args::Args;
use super::super::super::client::{Client, ClientId, Delivery};
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::state::Pause;
use super::super::super::time::Time;
use super::super::super::types::parse_integer;
use super::super::help;
use super::describe;

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
        handler: getredir,
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
        handler: kill,
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
        handler: pause,
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
        name: "TRACKINGINFO",
        group: Group::Connection,
        arity: 2,
        flags: OWN,
        since: "6.2.0",
        syntax: "CLIENT TRACKINGINFO",
        summary: "Tells how this connection tracks the keys it reads.",
        handler: trackinginfo,
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
        handler: unblock,
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
        handler: unpause,
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

fn kind_argument(name: &[u8]) -> Result<&'static str, Error> {
    describe::kind_named(name)
        .ok_or_else(|| Error::new(format!("ERR Unknown client type '{}'", String::from_utf8_lossy(name))))
}

fn text(lines: String) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: lines.into() })
}

fn getname(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let name = &ctx.client()?.name;
    reply::maybe((!name.is_empty()).then(|| name.clone()))
}

fn getredir(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::integer(-1)
}

fn id(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    number(ctx.id)
}

fn info(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let now = ctx.now;
    text(describe::line(ctx.client()?, now) + "\n")
}

/// Which connections CLIENT KILL means.
#[derive(Default)]
struct Victims<'a> {
    id: Option<ClientId>,
    kind: Option<&'static str>,
    user: Option<&'a Bytes>,
    addr: Option<&'a Bytes>,
    laddr: Option<&'a Bytes>,
    /// Whether the caller may be among them.
    me_too: bool,
}

impl<'a> Victims<'a> {
    fn read(mut args: Args<'a>, acl: &Acl) -> Result<Victims<'a>, Error> {
        let mut victims = Victims::default();
        if args.left() == 1 {
            victims.addr = Some(args.next()?);
            victims.me_too = true;
            return Ok(victims);
        }
        while args.left() > 0 {
            victims.read_option(&mut args, acl)?;
        }
        Ok(victims)
    }

    fn read_option(&mut self, args: &mut Args<'a>, acl: &Acl) -> Result<(), Error> {
        if args.left() < 2 {
            return Err(SYNTAX);
        }
        if args.keyword("ID") {
            let id = parse_integer(args.next()?).and_then(|id| ClientId::try_from(id).ok()).filter(|id| *id > 0);
            self.id = Some(id.ok_or(Error::fixed("ERR client-id should be greater than 0"))?);
        } else if args.keyword("TYPE") {
            self.kind = Some(kind_argument(args.next()?)?);
        } else if args.keyword("ADDR") {
            self.addr = Some(args.next()?);
        } else if args.keyword("LADDR") {
            self.laddr = Some(args.next()?);
        } else if args.keyword("USER") {
            let user = args.next()?;
            if acl.user(user).is_none() {
                return Err(Error::new(format!("ERR No such user '{}'", String::from_utf8_lossy(user))));
            }
            self.user = Some(user);
        } else if args.keyword("SKIPME") {
            self.me_too = args.keyword("NO");
            if !self.me_too && !args.keyword("YES") {
                return Err(SYNTAX);
            }
        } else {
            return Err(SYNTAX);
        }
        Ok(())
    }

    fn mean(&self, client: &Client, caller: ClientId) -> bool {
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind == describe::kind(client))
            && self.user.is_none_or(|user| *user == client.user)
            && self.addr.is_none_or(|addr| addr == client.addr.as_bytes())
            && self.laddr.is_none_or(|laddr| laddr == client.laddr.as_bytes())
            && (self.me_too || client.id != caller)
    }
}

fn kill(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let by_address = args.left() == 1;
    let victims = Victims::read(args, &ctx.state.acl)?;
    let ids: Vec<ClientId> = ctx.state.clients.values().filter(|c| victims.mean(c, ctx.id)).map(|c| c.id).collect();
    for id in ids.iter().filter(|id| **id != ctx.id) {
        ctx.state.disconnect(*id);
        ctx.state.killed.push(*id);
    }
    let value = match (by_address, ids.len()) {
        (true, 0) => return Err(Error::fixed("ERR No such client")),
        (true, _) => Value::ok(),
        (false, count) => Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)),
    };
    Ok(if ids.contains(&ctx.id) { Outcome::Close(value) } else { Outcome::Reply(value) })
}

fn list(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let now = ctx.now;
    let clients = &ctx.state.clients;
    let chosen: Vec<&Client> = if args.left() == 0 {
        clients.values().collect()
    } else if args.left() == 2 && args.keyword("TYPE") {
        let kind = kind_argument(args.next()?)?;
        clients.values().filter(|client| describe::kind(client) == kind).collect()
    } else if args.left() > 1 && args.keyword("ID") {
        let number = |id: &Bytes| parse_integer(id).ok_or(Error::fixed("ERR Invalid client ID"));
        let ids = args.rest().iter().map(number).collect::<Result<Vec<i64>, Error>>()?;
        ids.into_iter().filter_map(|id| clients.get(&ClientId::try_from(id).ok()?)).collect()
    } else {
        return Err(SYNTAX);
    };
    text(chosen.into_iter().map(|client| describe::line(client, now) + "\n").collect())
}

fn no_evict(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    ctx.client()?.no_evict = switch(&mut args)?;
    reply::ok()
}

fn pause(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
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

fn trackinginfo(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    let fields = [
        ("flags", Value::Set(vec![Value::bulk("off")])),
        ("redirect", Value::Integer(-1)),
        ("prefixes", Value::Array(Vec::new())),
    ];
    reply::value(Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect()))
}

fn unblock(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 2 {
        return Err(help::wrong_count(&args));
    }
    let id = args.next()?;
    let with_error = args.keyword("ERROR");
    if !with_error && !args.keyword("TIMEOUT") && args.left() > 0 {
        return Err(Error::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
    }
    let id = parse_integer(id).ok_or(super::super::super::error::NOT_INTEGER)?;
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

fn unpause(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    if let Some(pause) = &mut ctx.state.pause {
        pause.until = ctx.now;
    }
    reply::ok()
}
