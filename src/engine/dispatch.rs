//! The gates, once, in order: lookup, arity, authentication, subscribed, MULTI, run. And what follows a command:
//! its signals become dirty WATCHes, woken clients and keyspace notifications.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::args::Args;
use super::client::ClientId;
use super::commands;
use super::context::{Context, Mode};
use super::error::Error;
use super::outcome::{Answer, Outcome};
use super::row::{Flags, Row};
use super::state::State;
use super::time::Time;

/// A command that passed the gates.
pub struct Admitted {
    /// The row that runs it (its subcommand's, where it has one).
    pub row: &'static Row,
    /// How many words name it: 1, or 2 with a subcommand.
    pub words: usize,
}

/// Commands that run at once although a transaction is open.
const NEVER_QUEUED: &[&str] = &["EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET"];

/// Commands that a RESP2 client may send while it is subscribed.
const WHILE_SUBSCRIBED: &[&str] =
    &["PING", "SUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "SUNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "QUIT", "RESET"];

/// Finds the row of a command and checks the number of its arguments.
pub fn find(argv: &[Bytes]) -> Result<Admitted, Error> {
    let Some(name) = argv.first() else { return Err(super::error::SYNTAX) };
    let Some(row) = commands::lookup(name) else { return Err(unknown_command(argv)) };
    let found = match argv.get(1).and_then(|sub| row.subcommand(sub)) {
        Some(sub) => Admitted { row: sub, words: 2 },
        None => Admitted { row, words: 1 },
    };
    if found.row.accepts(argv.len()) {
        return Ok(found);
    }
    let full = if found.words == 2 { format!("{}|{}", row.name, found.row.name) } else { row.name.into() };
    Err(Error::new(format!("ERR wrong number of arguments for '{}' command", full.to_lowercase())))
}

fn unknown_command(argv: &[Bytes]) -> Error {
    // Redis shows 128 bytes of the name and about as many of the arguments, with line ends made spaces.
    let text = |bytes: &Bytes, most: usize| {
        let shown: String = bytes.iter().take(most).map(|&b| char::from(b)).collect();
        shown.replace(['\r', '\n', '\0'], " ")
    };
    let mut arguments = String::new();
    for argument in &argv[1..] {
        if arguments.len() >= 128 {
            break;
        }
        arguments.push_str(&format!("'{}' ", text(argument, 128 - arguments.len())));
    }
    let line = format!("ERR unknown command '{}', with args beginning with: {arguments}", text(&argv[0], 128));
    // Latin-1 back to the bytes that came.
    Error(line.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect())
}

/// All gates for a command that a client sent. `Ok(None)`: it was queued.
pub fn admit(state: &mut State, id: ClientId, argv: &[Bytes]) -> Result<Option<Admitted>, Error> {
    let checked = find(argv).and_then(|found| gates(state, id, argv, found));
    let Some(client) = state.clients.get_mut(&id) else { return checked.map(Some) };
    match (checked, &mut client.transaction) {
        (Ok(found), Some(transaction)) if !NEVER_QUEUED.contains(&commands_name(argv)) => {
            if found.row.flags.has(Flags::NO_MULTI) {
                transaction.aborted = true;
                return Err(Error::fixed("ERR Command not allowed inside a transaction"));
            }
            transaction.queued.push(argv.to_vec());
            Ok(None)
        }
        (Err(error), Some(transaction)) => {
            transaction.aborted = true;
            Err(error)
        }
        (checked, _) => checked.map(Some),
    }
}

fn commands_name(argv: &[Bytes]) -> &'static str {
    argv.first().and_then(|name| commands::lookup(name)).map_or("", |row| row.name)
}

fn gates(state: &State, id: ClientId, argv: &[Bytes], found: Admitted) -> Result<Admitted, Error> {
    let Some(client) = state.clients.get(&id) else { return Ok(found) };
    if !client.authenticated && !found.row.flags.has(Flags::NO_AUTH) {
        return Err(Error::fixed("NOAUTH Authentication required."));
    }
    let name = commands_name(argv);
    if name == "WATCH" && client.transaction.is_some() {
        return Err(Error::fixed("ERR WATCH inside MULTI is not allowed"));
    }
    if client.protocol == Protocol::Resp2 && client.subscriptions() > 0 && !WHILE_SUBSCRIBED.contains(&name) {
        let full = full_name(argv, &found);
        return Err(Error::new(format!(
            "ERR Can't execute '{full}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        )));
    }
    Ok(found)
}

/// The name of a command in lower case, with its subcommand's: `config|get`.
pub fn full_name(argv: &[Bytes], found: &Admitted) -> String {
    let container = commands_name(argv);
    if found.words == 2 { format!("{container}|{}", found.row.name) } else { found.row.name.into() }.to_lowercase()
}

/// Runs an admitted command.
pub fn run(state: &mut State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time, mode: Mode) -> Answer {
    let (db, protocol) = match state.clients.get_mut(&id) {
        Some(client) => {
            client.last_seen = now;
            client.last_command = full_name(argv, found);
            (client.db, client.protocol)
        }
        None => (0, Protocol::Resp2),
    };
    state.stats.commands += 1;
    let heeded = state.heeds_keys();
    state.keyspace.listen(heeded);
    // Within a transaction or a script, an earlier command may have set a time that is already past.
    state.keyspace.expire_due(now);
    let mut context = Context { state, id, now, mode, db, protocol };
    (found.row.handler)(&mut context, Args::new(argv, found.words))
}

/// Turns what a command signalled into dirty WATCHes and notifications; the keys that may serve blocked clients are
/// appended to `ready`.
pub fn settle(state: &mut State, id: ClientId, ready: &mut Vec<(usize, Bytes)>) {
    for signal in state.keyspace.take_signals() {
        if signal.modified {
            for client in state.clients.values_mut() {
                // A client's own changes count too, but not those of the transaction that its EXEC is running: by
                // then it watches nothing.
                if client.watched.iter().any(|w| w.db == signal.db && w.key == signal.key) {
                    client.watch_dirty = true;
                }
            }
            let waits = |client: &super::client::Client| {
                client.db == signal.db && client.blocked.as_ref().is_some_and(|b| b.keys.contains(&signal.key))
            };
            if state.clients.values().any(waits) {
                ready.push((signal.db, signal.key.clone()));
            }
        }
        super::notify::keyspace_event(state, &signal);
    }
    let _ = id;
}

/// The reply of an answer that is one.
pub fn reply_of(answer: Answer) -> Value {
    match answer {
        Ok(Outcome::Reply(value) | Outcome::Close(value)) => value,
        Ok(Outcome::Replies(mut values)) => values.pop().unwrap_or(Value::Null),
        Ok(Outcome::Block(block)) => block.on_timeout,
        Ok(Outcome::Exec(_) | Outcome::Script(_)) => Value::error("ERR not allowed here"),
        Err(error) => error.into(),
    }
}
