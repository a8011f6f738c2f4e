//! Who is let in, and who is cut off. Source: Redis's `maxclients`, `protected-mode`, `timeout` and
//! `client-output-buffer-limit`.

use bytes::Bytes;

use crate::engine::{Client, ClientId, Doors, OutputLimit, State, Time};
use crate::resp::CommandLimits;

use super::mailbox::Mailbox;

/// What Redis keeps for replies in each client without counting it.
const UNCOUNTED: usize = 16 * 1024;
/// Who is silent for so long gives back the memory that waits for its next command.
const RESTLESS_US: i64 = 2_000_000;

const FULL: &str = "-ERR max number of clients reached\r\n";
const PROTECTED: &str = "-DENIED This server has no password, so it serves this machine alone (protected mode). \
     Set a password with CONFIG SET requirepass from here, or say CONFIG SET protected-mode no if you know who can \
     reach the port.\r\n";

/// What a connection is told that is not let in; `from_here`: whether it comes from this machine.
pub fn refuse(state: &State, connections: usize, from_here: bool) -> Option<&'static str> {
    let doors = &state.settings.doors;
    if connections >= doors.maxclients {
        return Some(FULL);
    }
    (doors.protected && !from_here && !state.acl.asks()).then_some(PROTECTED)
}

/// What a connection may send.
pub fn of_commands(state: &State, id: ClientId) -> CommandLimits {
    CommandLimits {
        stranger: state.clients.get(&id).is_none_or(|client| !client.authenticated),
        bulk_bytes: usize::try_from(state.settings.longest_string).unwrap_or(usize::MAX),
    }
}

/// How many bytes of commands may have arrived that have not run.
pub fn query_bytes(state: &State) -> usize {
    usize::try_from(state.settings.doors.query_bytes).unwrap_or(usize::MAX)
}

fn silent_us(client: &Client, now: Time) -> i64 {
    now.us().saturating_sub(client.last_seen.us())
}

/// Whether a client waits for messages, which come when they come.
fn listens(client: &Client) -> bool {
    client.subscriptions() > 0 || client.monitors
}

/// Whether a client has sent no whole command for longer than `timeout`.
pub fn is_idle(client: &Client, doors: &Doors, now: Time) -> bool {
    let limit_us = i64::try_from(doors.idle_s).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    limit_us > 0 && client.blocked.is_none() && !listens(client) && silent_us(client, now) > limit_us
}

/// Whether a client has sent nothing for a while.
pub fn is_resting(client: &Client, now: Time) -> bool {
    silent_us(client, now) > RESTLESS_US
}

fn output_limit(client: &Client, doors: &Doors) -> OutputLimit {
    if client.subscriptions() > 0 { doors.output.pubsub } else { doors.output.normal }
}

/// Whether more waits for a client than ever may.
pub fn is_too_much(state: &State, id: ClientId, waiting: usize) -> bool {
    if waiting <= UNCOUNTED {
        return false;
    }
    let Some(client) = state.clients.get(&id) else { return false };
    let hard = output_limit(client, &state.settings.doors).hard;
    hard > 0 && waiting as u64 > hard
}

/// Whether more waits for a client than may wait for long, and has for too long.
pub fn is_over(client: &Client, doors: &Doors, mailbox: &Mailbox, now: Time) -> bool {
    let limit = output_limit(client, doors);
    let waiting = mailbox.waiting() as u64;
    let since = mailbox.note_over(limit.soft > 0 && waiting > limit.soft, now);
    let seconds = since.map_or(0, |since| now.us().saturating_sub(since.us()).unsigned_abs() / 1_000_000);
    since.is_some() && seconds >= limit.soft_s.max(1) || limit.hard > 0 && waiting > limit.hard
}

/// Whether a command shows the memory of connections, which has to be told first.
pub fn tells_of_buffers(argv: &[Bytes]) -> bool {
    argv.first().is_some_and(|name| name.len() == 6 && name.eq_ignore_ascii_case(b"CLIENT"))
}
