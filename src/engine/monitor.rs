//! MONITOR: every command that runs, as a line for whoever watches.

use bytes::Bytes;

use crate::resp::{Value, quoted};

use super::client::{ClientId, Delivery};
use super::row::{Flags, Row};
use super::state::State;
use super::time::Time;

/// What is shown in place of a secret.
const REDACTED: &[u8] = b"(redacted)";

/// Who sent a command.
#[derive(Clone, Copy)]
pub enum Sender {
    /// This client.
    Client(ClientId),
    /// A script of this client.
    Script(ClientId),
}

/// Whether MONITOR shows a command: administrators' commands may hold secrets.
pub fn shows(row: &Row) -> bool {
    !row.flags.has(Flags::SKIP_MONITOR) && !row.flags.has(Flags::ADMIN)
}

/// Sends a command to all who watch, in the order in which they came.
pub fn feed(state: &mut State, sender: Sender, argv: &[Bytes], now: Time) {
    if state.monitors.is_empty() {
        return;
    }
    let (id, script) = match sender {
        Sender::Client(id) => (id, false),
        Sender::Script(id) => (id, true),
    };
    let Some(client) = state.clients.get(&id) else { return };
    let origin = if script { "lua" } else { &client.addr };
    let us = now.us();
    let mut line = format!("{}.{:06} [{} {origin}]", us.div_euclid(1_000_000), us.rem_euclid(1_000_000), client.db);
    let secrets = secrets(argv);
    for (n, argument) in argv.iter().enumerate() {
        line.push(' ');
        line.push_str(&quoted(if secrets.contains(&n) { REDACTED } else { argument }));
    }
    let value = Value::Simple(line.into());
    for client in &state.monitors {
        state.outbox.push_back(Delivery { client: *client, value: value.clone(), is_reply: false });
    }
}

/// A command without its secrets.
pub fn redacted(argv: &[Bytes]) -> Vec<Bytes> {
    let mut argv = argv.to_vec();
    for place in secrets(&argv) {
        if let Some(argument) = argv.get_mut(place) {
            *argument = Bytes::from_static(REDACTED);
        }
    }
    argv
}

/// Parameters that CONFIG SET is not shown with.
const SECRET_PARAMETERS: &[&str] =
    &["requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"];

/// The places of passwords and user names in a command.
fn secrets(argv: &[Bytes]) -> Vec<usize> {
    let is =
        |at: usize, word: &str| argv.get(at).is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
    if is(0, "AUTH") && argv.len() <= 3 {
        return (1..argv.len()).collect();
    }
    if is(0, "ACL") && is(1, "SETUSER") {
        return (2..argv.len()).collect();
    }
    if is(0, "CONFIG") && is(1, "SET") {
        let secret = |at: &usize| SECRET_PARAMETERS.iter().any(|name| is(*at, name));
        return (2..argv.len()).step_by(2).filter(secret).map(|at| at + 1).collect();
    }
    if is(0, "MIGRATE") {
        let from = |word, count| (6..argv.len()).find(|at| is(*at, word)).map(|at| at + 1..at + 1 + count);
        return from("AUTH", 1).into_iter().chain(from("AUTH2", 2)).flatten().collect();
    }
    if is(0, "HELLO") {
        return secrets_of_hello(argv);
    }
    Vec::new()
}

/// HELLO's options are read one after the other, up to the first that makes no sense; behind a wrong version, none is.
fn secrets_of_hello(argv: &[Bytes]) -> Vec<usize> {
    let (mut at, mut secrets) = (2, Vec::new());
    if !argv.get(1).is_some_and(|version| matches!(version.as_ref(), b"2" | b"3")) {
        return secrets;
    }
    while at + 1 < argv.len() {
        match argv[at].to_ascii_uppercase().as_slice() {
            b"AUTH" if at + 2 < argv.len() => {
                secrets.extend([at + 1, at + 2]);
                at += 3;
            }
            b"SETNAME" => at += 2,
            _ => break,
        }
    }
    secrets
}
