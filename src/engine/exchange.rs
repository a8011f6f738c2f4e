//! What stands around a command that a client has sent: what comes before it runs, and what becomes of its reply.

use bytes::Bytes;

use crate::resp::Value;

use super::called::{self, Called};
use super::client::{Blocked, Client, ClientId};
use super::dispatch::{self, Verdict};
use super::error::Error;
use super::invalidate;
use super::outcome::Block;
use super::state::State;
use super::time::Time;

/// A command that has passed the gates, or has not.
pub struct Opened {
    /// What the gates say.
    pub verdict: Result<Verdict, Error>,
    /// Messages for the client that came about at the gates.
    pub early: Vec<Value>,
}

/// Lets a command through the gates.
///
/// # Errors
/// What the call gives back at once: the connection is gone, or there is no command.
pub fn open(state: &mut State, id: ClientId, argv: &[Bytes], now: Time) -> Result<Opened, Called> {
    state.clients.select(id);
    if state.clients.get(&id).is_none() {
        return Err(Called::Closed(Value::error("ERR this connection is closed")));
    }
    if argv.is_empty() {
        return Err(Called::Replies(Vec::new()));
    }
    if state.tracking.clients > 0 {
        state.tracking.caller = 0;
        invalidate::limit(state);
    }
    if let Some(client) = state.clients.get_mut(&id) {
        // CLIENT REPLY SKIP: the reply that it skips is this one.
        client.skip_this_reply = std::mem::take(&mut client.skip_next_reply);
    }
    let verdict = dispatch::admit(state, id, argv, now);
    let early = called::take_early(state, id);
    state.tracking.caller = id;
    Ok(Opened { verdict, early })
}

/// Makes of what a command gave what its client gets.
pub fn close(state: &mut State, id: ClientId, argv: &[Bytes], early: Vec<Value>, called: Called) -> Called {
    count_errors(state, &called);
    if state.tracking.clients > 0 {
        end_caching(state, id, argv);
    }
    let silent = |client: &Client| client.skip_this_reply || !client.replies;
    let muted = state.clients.get(&id).is_some_and(silent);
    let called = if muted { called::without_replies(called) } else { called };
    if early.is_empty() { called } else { called::prefixed(state, id, early, called) }
}

/// Counts the error that a call gave back, if it is one.
pub fn count_errors(state: &mut State, called: &Called) {
    if let Called::Reply(Value::Error(line)) = called {
        state.stats.count_error(line);
    }
}

/// CLIENT CACHING holds for one command, or for one transaction.
fn end_caching(state: &mut State, id: ClientId, argv: &[Bytes]) {
    let Some(client) = state.clients.get_mut(&id) else { return };
    if client.transaction.is_none()
        && let Some(tracking) = &mut client.tracking
    {
        tracking.caching &= argv[0].eq_ignore_ascii_case(b"CLIENT");
    }
}

/// Makes a client wait, behind all that wait already.
pub fn block(state: &mut State, id: ClientId, argv: &[Bytes], block: Block, paused: bool) {
    let ticket = state.next_ticket;
    state.next_ticket += 1;
    let Block { keys, deadline, on_timeout, argv: resumes } = block;
    let argv = resumes.unwrap_or_else(|| argv.to_vec());
    state.block(id, Blocked { paused, argv, keys, deadline, on_timeout, ticket });
}
