//! ACL: users and what they may do.

use bytes::Bytes;

use super::super::acl::{CATEGORIES, DEFAULT_USER, Denied, LogEntry, Selector, User, category_mask, has_spaces};
use super::super::args::Args;
use super::super::client::{Client, ClientId};
use super::super::context::Context;
use super::super::error::{Error, NOT_INTEGER};
use super::super::outcome::{Answer, Outcome, reply};
use super::super::row::{Flags, Group, Row};
use super::super::types::parse_integer;
use super::permission::{self, catalogue};
use super::{help, lookup};
use crate::resp::Value;

const OPEN: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE);
const PART: Row = Row { group: Group::Server, flags: OPEN, since: "6.0.0", ..Row::DEFAULT };
const ADMIN: Row = Row { flags: OPEN.with(Flags::ADMIN), ..PART };

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "ACL",
    group: Group::Server,
    arity: -2,
    since: "6.0.0",
    complexity: "Depends on the subcommand",
    syntax: "ACL subcommand [argument ...]",
    summary: "Says who may do what.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "CAT",
        arity: -2,
        syntax: "ACL CAT [category]",
        summary: "Lists the categories of commands, or the commands of one of them.",
        handler: cat,
        ..PART
    },
    Row {
        name: "DELUSER",
        arity: -3,
        complexity: "O(N) with N the number of connections",
        syntax: "ACL DELUSER username [username ...]",
        summary: "Removes users, and ends their connections.",
        handler: deluser,
        ..ADMIN
    },
    Row {
        name: "DRYRUN",
        arity: -4,
        since: "7.0.0",
        syntax: "ACL DRYRUN username command [arg [arg ...]]",
        summary: "Says whether a user may run a command, without running it.",
        handler: dryrun,
        ..ADMIN
    },
    Row {
        name: "GENPASS",
        arity: -2,
        syntax: "ACL GENPASS [bits]",
        summary: "Draws a password at random.",
        handler: genpass,
        ..PART
    },
    Row {
        name: "GETUSER",
        arity: 3,
        complexity: "O(N) with N the number of the user's passwords, commands and patterns",
        syntax: "ACL GETUSER username",
        summary: "Tells everything about a user, field by field.",
        handler: getuser,
        ..ADMIN
    },
    help::row(Group::Server, "6.0.0", "ACL HELP"),
    Row {
        name: "LIST",
        arity: 2,
        complexity: "O(N) with N the number of users",
        syntax: "ACL LIST",
        summary: "Lists the users with their rules.",
        handler: list,
        ..ADMIN
    },
    Row {
        name: "LOAD",
        arity: 2,
        complexity: "O(N) with N the number of users",
        syntax: "ACL LOAD",
        summary: "Reads the users from the ACL file; here there is none.",
        handler: no_file,
        ..ADMIN
    },
    Row {
        name: "LOG",
        arity: -2,
        complexity: "O(N) with N the number of entries shown",
        syntax: "ACL LOG [count | RESET]",
        summary: "Shows what users were refused, the latest first.",
        handler: log,
        ..ADMIN
    },
    Row {
        name: "SAVE",
        arity: 2,
        complexity: "O(N) with N the number of users",
        syntax: "ACL SAVE",
        summary: "Writes the users to the ACL file; here there is none.",
        handler: no_file,
        ..ADMIN
    },
    Row {
        name: "SETUSER",
        arity: -3,
        complexity: "O(N) with N the number of rules",
        syntax: "ACL SETUSER username [rule [rule ...]]",
        summary: "Creates a user, or changes what the user may do.",
        handler: setuser,
        ..ADMIN
    },
    Row {
        name: "USERS",
        arity: 2,
        complexity: "O(N) with N the number of users",
        syntax: "ACL USERS",
        summary: "Lists the names of the users.",
        handler: users,
        ..ADMIN
    },
    Row {
        name: "WHOAMI",
        arity: 2,
        syntax: "ACL WHOAMI",
        summary: "Answers the user of this connection.",
        handler: whoami,
        ..PART
    },
];

/// Most bits of a password from GENPASS.
const MOST_BITS: i64 = 4096;
/// So many entries LOG shows unless asked for more.
const SHOWN_ENTRIES: i64 = 10;

/// What C prints of these bytes with `%s`.
fn shown(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An error line out of parts, some of which are no UTF-8.
fn error(parts: &[&[u8]]) -> Error {
    Error(parts.concat().into())
}

fn cat(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    let Ok(category) = args.next() else {
        return reply::value(Value::bulks(CATEGORIES.iter().map(|name| Bytes::from_static(name.as_bytes()))));
    };
    let name = shown(category);
    let unknown = || error(&[b"ERR Unknown category '", &name[..name.len().min(128)], b"'"]);
    let mask = category_mask(name).ok_or_else(unknown)?;
    let members = catalogue().commands().iter().filter(|command| command.categories & mask != 0);
    reply::value(Value::bulks(members.map(|command| Bytes::from(command.name.clone()))))
}

/// Ends connections whose user is gone or has lost rights; whether the caller is among them.
fn end(ctx: &mut Context<'_>, ids: &[ClientId]) -> bool {
    for id in ids.iter().filter(|id| **id != ctx.id) {
        ctx.state.disconnect(*id);
        ctx.state.killed.push(*id);
    }
    ids.contains(&ctx.id)
}

/// The reply, after which the caller's connection ends if it has to.
fn ending(me_too: bool, value: Value) -> Answer {
    Ok(if me_too { Outcome::Close(value) } else { Outcome::Reply(value) })
}

fn deluser(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let names = args.rest();
    if names.iter().any(|name| name == DEFAULT_USER) {
        return Err(Error::fixed("ERR The 'default' user cannot be removed"));
    }
    let (mut removed, mut me_too) = (0, false);
    for name in names {
        if !ctx.state.acl.remove(name) {
            continue;
        }
        removed += 1;
        let ids: Vec<ClientId> = ctx.state.clients.values().filter(|c| c.user == *name).map(|c| c.id).collect();
        me_too |= end(ctx, &ids);
    }
    if me_too {
        let client = ctx.client()?;
        (client.user, client.authenticated) = (Bytes::from_static(DEFAULT_USER), false);
    }
    ending(me_too, Value::Integer(removed))
}

fn dryrun(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let name = args.next()?;
    if ctx.state.acl.user(name).is_none() {
        return Err(error(&[b"ERR User '", shown(name), b"' not found"]));
    }
    let argv = args.rest();
    let unknown = || error(&[b"ERR Command '", shown(&argv[0]), b"' not found"]);
    let container = lookup(&argv[0]).ok_or_else(unknown)?;
    let row = match argv.get(1) {
        Some(word) if !container.subcommands.is_empty() => container.subcommand(word).ok_or_else(unknown)?,
        _ => container,
    };
    let own = if std::ptr::eq(row, container) { "" } else { row.name };
    let full_name = if own.is_empty() { container.name.into() } else { format!("{}|{own}", container.name) };
    let full_name = full_name.to_lowercase();
    if !row.accepts(argv.len()) {
        return Err(Error::new(format!("ERR wrong number of arguments for '{full_name}' command")));
    }
    let refusal = match permission::check(&ctx.state.acl, name, (container.name, own), row, argv) {
        Ok(()) => return reply::ok(),
        Err(refusal) => refusal,
    };
    let object = refusal.object(argv).map(|object| shown(object)).unwrap_or_default();
    const REFUSED: &[u8] = b"This user has no permissions to ";
    reply::bulk(match refusal {
        Denied::Command => [REFUSED, b"run the '", full_name.as_bytes(), b"' command"].concat(),
        Denied::Key(_) => [REFUSED, b"access the '", object, b"' key"].concat(),
        Denied::Channel(_) => [REFUSED, b"access the '", object, b"' channel"].concat(),
    })
}

fn genpass(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    let bits = if args.left() == 1 { args.integer()? } else { 256 };
    if !(1..=MOST_BITS).contains(&bits) {
        return Err(Error::fixed(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
        ));
    }
    let rng = &mut ctx.state.rng;
    let digits: String = (0..(bits + 3) / 4).map(|_| char::from_digit(rng.u32(0..16), 16).unwrap_or('0')).collect();
    reply::bulk(digits)
}

fn map(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect())
}

fn selector_fields(selector: &Selector) -> Vec<(&'static str, Value)> {
    vec![
        ("commands", Value::Bulk(selector.command_rules(catalogue()).into())),
        ("keys", Value::Bulk(selector.key_rules().into())),
        ("channels", Value::Bulk(selector.channel_rules().into())),
    ]
}

fn getuser(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let Some(user) = ctx.state.acl.user(args.next()?) else { return reply::null() };
    let mut fields = vec![
        ("flags", Value::Set(user.flags().into_iter().map(Value::bulk).collect())),
        ("passwords", Value::bulks(user.passwords.iter().map(|hash| Bytes::from(hash.clone())))),
    ];
    fields.extend(selector_fields(&user.root));
    let others = user.others.iter().map(|selector| map(selector_fields(selector)));
    fields.push(("selectors", Value::Array(others.collect())));
    reply::value(map(fields))
}

fn list(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let line =
        |(name, user): (&Bytes, &User)| Bytes::from([b"user ", name.as_ref(), b" ", &user.rules(catalogue())].concat());
    reply::value(Value::bulks(ctx.state.acl.users().map(line)))
}

fn no_file(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Err(Error::fixed(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL \
         SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order \
         to store users in the Redis configuration.",
    ))
}

fn entry(entry: &LogEntry, now_us: i64) -> Value {
    let age_ms = now_us / 1000 - entry.at.us() / 1000;
    map(vec![
        ("count", Value::Integer(entry.count)),
        ("reason", Value::bulk(entry.reason.name())),
        ("context", Value::bulk(entry.scene.name())),
        ("object", Value::Bulk(entry.object.clone())),
        ("username", Value::Bulk(entry.user.clone())),
        ("age-seconds", Value::Double(age_ms as f64 / 1000.0)),
        ("client-info", Value::Bulk(entry.client.clone())),
    ])
}

fn log(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    if args.keyword("RESET") {
        ctx.state.acl.log.clear();
        return reply::ok();
    }
    let count = args.next().ok().map_or(Ok(SHOWN_ENTRIES), |count| parse_integer(count).ok_or(NOT_INTEGER))?;
    let count = usize::try_from(count).unwrap_or(0);
    let now_us = ctx.now.us();
    reply::array(ctx.state.acl.log.iter().take(count).map(|known| entry(known, now_us)).collect())
}

/// The rules, where those of a selector may stand in several arguments: from one that starts with a parenthesis to one
/// that ends with one.
fn merged(rules: &[Bytes]) -> Result<Vec<Vec<u8>>, Error> {
    let (mut merged, mut open) = (Vec::new(), None::<(usize, Vec<u8>)>);
    for (n, rule) in rules.iter().enumerate() {
        if rule.starts_with(b"(") && !rule.ends_with(b")") {
            open = Some((n, shown(rule).to_vec()));
            continue;
        }
        match &mut open {
            None => merged.push(rule.to_vec()),
            Some((_, selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(shown(rule));
                if rule.ends_with(b")") {
                    merged.push(std::mem::take(selector));
                    open = None;
                }
            }
        }
    }
    match open {
        None => Ok(merged),
        Some((n, _)) => {
            Err(error(&[b"ERR Unmatched parenthesis in acl selector starting at '", shown(&rules[n]), b"'."]))
        }
    }
}

fn setuser(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let name = args.next()?;
    if has_spaces(name) {
        return Err(Error::fixed("ERR Usernames can't contain spaces or null characters"));
    }
    let all_channels = ctx.state.settings.acl_all_channels;
    let before = ctx.state.acl.user(name).cloned();
    let mut user = before.clone().unwrap_or_else(|| User::new(all_channels));
    for rule in merged(args.rest())? {
        user.set(&rule, all_channels, catalogue()).map_err(|why| {
            error(&[b"ERR Error in ACL SETUSER modifier '", shown(&rule), b"': ", why.text().as_bytes()])
        })?;
    }
    let deaf: Vec<ClientId> = match before {
        Some(_) => {
            ctx.state.clients.values().filter(|c| c.user == *name && hears_too_much(c, &user)).map(|c| c.id).collect()
        }
        None => Vec::new(),
    };
    ctx.state.acl.put(name, user);
    let me_too = end(ctx, &deaf);
    ending(me_too, Value::ok())
}

/// Whether a client is subscribed to what its user may not hear.
fn hears_too_much(client: &Client, user: &User) -> bool {
    let hears =
        |name: &Bytes, is_pattern: bool| user.selectors().any(|selector| selector.allows_channel(name, is_pattern));
    let mut names = client.channels.keys().chain(client.shard_channels.keys());
    names.any(|name| !hears(name, false)) || client.patterns.keys().any(|pattern| !hears(pattern, true))
}

fn users(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::value(Value::bulks(ctx.state.acl.users().map(|(name, _)| name.clone())))
}

fn whoami(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::bulk(ctx.client()?.user.clone())
}
