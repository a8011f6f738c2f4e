//! Who one is, which protocol one speaks, which database one works on.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::super::super::acl::{DEFAULT_USER, Reason, Scene};
use super::super::super::args::Args;
use super::super::super::context::{Context, Mode};
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Outcome, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::settings::REDIS_VERSION;
use super::super::super::types::parse_integer;
use super::client::check_name;
use super::refusal;

const OPEN: Flags = Flags::NOSCRIPT
    .with(Flags::LOADING)
    .with(Flags::STALE)
    .with(Flags::FAST)
    .with(Flags::NO_AUTH)
    .with(Flags::ALLOW_BUSY);

const WRONG_PASSWORD: Error = Error::fixed("WRONGPASS invalid username-password pair or user is disabled.");

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "AUTH",
        group: Group::Connection,
        arity: -2,
        flags: OPEN,
        since: "1.0.0",
        complexity: "O(N) with N the number of passwords of the user",
        syntax: "AUTH [username] password",
        summary: "Gives the password that the server asks for.",
        handler: auth,
        ..Row::DEFAULT
    },
    Row {
        name: "ECHO",
        group: Group::Connection,
        arity: 2,
        flags: Flags::LOADING.with(Flags::STALE).with(Flags::FAST),
        since: "1.0.0",
        syntax: "ECHO message",
        summary: "Answers what it was sent.",
        handler: echo,
        ..Row::DEFAULT
    },
    Row {
        name: "HELLO",
        group: Group::Connection,
        arity: -1,
        flags: OPEN,
        since: "6.0.0",
        syntax: "HELLO [protover [AUTH username password] [SETNAME clientname]]",
        summary: "Chooses the protocol, and tells about the server.",
        handler: hello,
        ..Row::DEFAULT
    },
    Row {
        name: "PING",
        group: Group::Connection,
        arity: -1,
        flags: Flags::FAST,
        since: "1.0.0",
        syntax: "PING [message]",
        summary: "Answers PONG, or the message.",
        handler: ping,
        ..Row::DEFAULT
    },
    Row {
        name: "QUIT",
        group: Group::Connection,
        arity: -1,
        flags: OPEN,
        since: "1.0.0",
        syntax: "QUIT",
        summary: "Ends the connection.",
        handler: quit,
        ..Row::DEFAULT
    },
    Row {
        name: "RESET",
        group: Group::Connection,
        arity: 1,
        flags: OPEN,
        since: "6.2.0",
        syntax: "RESET",
        summary: "Makes the connection as it was when it was new.",
        handler: reset,
        ..Row::DEFAULT
    },
    Row {
        name: "SELECT",
        group: Group::Connection,
        arity: 2,
        flags: Flags::LOADING.with(Flags::STALE).with(Flags::FAST),
        since: "1.0.0",
        syntax: "SELECT index",
        summary: "Chooses the database that the connection works on.",
        handler: select,
        ..Row::DEFAULT
    },
];

/// Makes the connection one of this user, if the password fits.
fn authenticate(ctx: &mut Context<'_>, user: &Bytes, password: &[u8], command: &Bytes) -> Result<(), Error> {
    if !ctx.state.acl.user(user).is_some_and(|known| known.lets_in(password)) {
        let scene = if ctx.mode == Mode::Transaction { Scene::Multi } else { Scene::Toplevel };
        let refused = (Reason::Auth, scene);
        refusal::note(ctx.state, ctx.id, ctx.now, refused, command.clone(), Some(Bytes::copy_from_slice(user)));
        return Err(WRONG_PASSWORD);
    }
    let client = ctx.client()?;
    client.authenticated = true;
    client.user = Bytes::copy_from_slice(user);
    Ok(())
}

fn auth(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let command = &args.argv()[0];
    let first = args.next()?;
    let second = args.next().ok();
    args.finish()?;
    match second {
        Some(password) => authenticate(ctx, first, password, command)?,
        None if ctx.state.acl.user(DEFAULT_USER).is_none_or(|user| user.no_password) => {
            return Err(Error::fixed(
                "ERR AUTH <password> called without any password configured for the default user. \
                 Are you sure your configuration is correct?",
            ));
        }
        None => authenticate(ctx, &Bytes::from_static(DEFAULT_USER), first, command)?,
    }
    reply::ok()
}

fn echo(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::bulk(args.next()?.clone())
}

/// The protocol that HELLO asks for.
fn wanted_protocol(version: &[u8]) -> Result<Protocol, Error> {
    match parse_integer(version) {
        Some(2) => Ok(Protocol::Resp2),
        Some(3) => Ok(Protocol::Resp3),
        Some(_) => Err(Error::fixed("NOPROTO unsupported protocol version")),
        None => Err(Error::fixed("ERR Protocol version is not an integer or out of range")),
    }
}

/// HELLO's options. Each does its work before the next is read.
fn greet(ctx: &mut Context<'_>, args: &mut Args<'_>) -> Result<(), Error> {
    while let Some(option) = args.peek() {
        if args.left() > 2 && args.keyword("AUTH") {
            authenticate(ctx, args.next()?, args.next()?, &args.argv()[0])?;
        } else if args.left() > 1 && args.keyword("SETNAME") {
            let name = args.next()?;
            check_name(name)?;
            ctx.client()?.name = Bytes::copy_from_slice(name);
        } else {
            return Err(Error([b"ERR Syntax error in HELLO option '", option.as_ref(), b"'"].concat().into()));
        }
    }
    Ok(())
}

fn hello(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let wanted = args.next().ok().map(|version| wanted_protocol(version)).transpose()?;
    greet(ctx, &mut args)?;
    let client = ctx.client()?;
    if !client.authenticated {
        return Err(Error::fixed(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    client.protocol = wanted.unwrap_or(client.protocol);
    let protocol = Value::Integer(client.protocol.version().into());
    let id = Value::Integer(i64::try_from(client.id).unwrap_or(i64::MAX));
    let fields = [
        ("server", Value::bulk("redis")),
        ("version", Value::bulk(REDIS_VERSION)),
        ("proto", protocol),
        ("id", id),
        ("mode", Value::bulk("standalone")),
        ("role", Value::bulk("master")),
        ("modules", Value::Array(Vec::new())),
    ];
    reply::value(Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect()))
}

fn ping(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let message = args.next().ok();
    if args.left() > 0 {
        return Err(Error::fixed("ERR wrong number of arguments for 'ping' command"));
    }
    let subscribed = ctx.mode != Mode::Script && !ctx.resp3() && ctx.client()?.subscriptions() > 0;
    match message {
        _ if subscribed => {
            let message = message.cloned().unwrap_or_default();
            reply::value(Value::bulks([Bytes::from_static(b"pong"), message]))
        }
        Some(message) => reply::bulk(message.clone()),
        None => reply::simple("PONG"),
    }
}

fn quit(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Ok(Outcome::Close(Value::ok()))
}

fn reset(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    ctx.state.unwatch(ctx.id);
    ctx.state.unsubscribe(ctx.id);
    ctx.state.untrack(ctx.id);
    ctx.state.unmonitor(ctx.id);
    let authenticated = !ctx.state.acl.asks();
    let client = ctx.client()?;
    client.transaction = None;
    client.db = 0;
    client.protocol = Protocol::Resp2;
    client.authenticated = authenticated;
    client.user = Bytes::from_static(DEFAULT_USER);
    client.name = Bytes::new();
    client.replies = true;
    client.skip_next_reply = false;
    reply::simple("RESET")
}

fn select(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let index = args.database(ctx.state.keyspace.databases())?;
    ctx.client().map_err(|_| SYNTAX)?.db = index;
    reply::ok()
}
