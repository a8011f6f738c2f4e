//! What CLIENT TRACKING sends: messages that keys have changed.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::client::{ClientId, Delivery};
use super::state::State;
use super::tracking::Broadcast;

/// The channel on which a RESP2 connection hears of it, in place of another.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// Tells whoever has read a key that it changed, and notes it for those who want to hear of its prefixes.
pub fn key(state: &mut State, key: &Bytes) {
    let writer = state.tracking.writer;
    state.tracking.broadcast(key, writer);
    tell_readers(state, key);
}

fn tell_readers(state: &mut State, key: &Bytes) {
    for id in state.tracking.take_readers(key) {
        let tracking = state.clients.get(&id).and_then(|client| client.tracking.as_ref());
        let Some(tracking) = tracking.filter(|tracking| !tracking.broadcast) else { continue };
        if !(tracking.no_loop && id == state.tracking.caller) {
            tell(state, id, Value::bulks([key.clone()]));
        }
    }
}

/// Tells everybody who tracks keys that all keys are gone: FLUSHALL, FLUSHDB.
pub fn everything(state: &mut State) {
    if !state.tracking.is_on() {
        return;
    }
    let trackers = state.clients.values().filter(|client| client.tracking.is_some());
    let ids: Vec<ClientId> = trackers.map(|client| client.id).collect();
    for id in ids {
        tell(state, id, Value::Null);
    }
    state.tracking.forget_readers();
}

/// Tells a client; the caller only after its reply.
fn tell(state: &mut State, id: ClientId, what: Value) {
    if id == state.tracking.caller {
        state.tracking.own.push(what);
        state.tracking.pending = true;
    } else {
        send(state, id, what);
    }
}

/// Sends out what waited for the end of the command that a client sent: its own messages, then broadcasts.
pub fn finish(state: &mut State) {
    if !std::mem::take(&mut state.tracking.pending) {
        return;
    }
    for what in std::mem::take(&mut state.tracking.own) {
        send(state, state.tracking.caller, what);
    }
    let changed = |broadcast: &mut Broadcast| (broadcast.clients.clone(), std::mem::take(&mut broadcast.keys));
    let all: Vec<_> = state.tracking.prefixes.values_mut().map(changed).collect();
    for (clients, keys) in all {
        for id in clients {
            let tracking = state.clients.get(&id).and_then(|client| client.tracking.as_ref());
            let no_loop = tracking.is_some_and(|tracking| tracking.no_loop);
            let heard = keys.iter().filter(|(_, writer)| !(no_loop && **writer == id));
            let heard: Vec<Value> = heard.map(|(key, _)| Value::Bulk(key.clone())).collect();
            if !heard.is_empty() {
                send(state, id, Value::Array(heard));
            }
        }
    }
}

/// How many keys are forgotten at most before a command; each time that was not enough, so many more the next time.
const AT_A_COMMAND: usize = 100;

/// Forgets keys, drawn at random, while more are remembered than `tracking-table-max-keys`, but only some at a time;
/// their readers are told.
pub fn limit(state: &mut State) {
    let most = state.settings.tracking_table_max_keys;
    if most == 0 || state.tracking.keys() <= most {
        state.tracking.overruns = 0;
        return;
    }
    for _ in 0..AT_A_COMMAND.saturating_mul(state.tracking.overruns + 1) {
        let place = state.rng.usize(..state.tracking.keys());
        let Some(key) = state.tracking.key_at(place) else { return };
        tell_readers(state, &key);
        if state.tracking.keys() <= most {
            state.tracking.overruns = 0;
            return;
        }
    }
    state.tracking.overruns += 1;
}

/// Sends a message to a client that tracks keys, or to the one it names instead.
fn send(state: &mut State, id: ClientId, what: Value) {
    let Some(client) = state.clients.get_mut(&id) else { return };
    let protocol = |id: ClientId, own: Protocol| match state.tracking.scripted {
        Some((scripted, protocol)) if scripted == id => protocol,
        _ => own,
    };
    let resp3 = protocol(id, client.protocol) == Protocol::Resp3;
    let Some(tracking) = &mut client.tracking else { return };
    let redirect = tracking.redirect;
    if redirect == 0 {
        if resp3 {
            push(state, id, vec![Value::bulk("invalidate"), what]);
        }
        return;
    }
    let Some(other) = state.clients.get(&redirect) else {
        tracking_broken(state, id, redirect, resp3);
        return;
    };
    if protocol(redirect, other.protocol) == Protocol::Resp3 {
        push(state, redirect, vec![Value::bulk("invalidate"), what]);
    } else if other.subscriptions() > 0 {
        push(state, redirect, vec![Value::bulk("message"), Value::bulk(CHANNEL), what]);
    }
}

fn tracking_broken(state: &mut State, id: ClientId, redirect: ClientId, resp3: bool) {
    if let Some(tracking) = state.clients.get_mut(&id).and_then(|client| client.tracking.as_mut()) {
        tracking.broken = true;
    }
    if resp3 {
        let number = Value::Integer(i64::try_from(redirect).unwrap_or(i64::MAX));
        push(state, id, vec![Value::bulk("tracking-redir-broken"), number]);
    }
}

fn push(state: &mut State, client: ClientId, parts: Vec<Value>) {
    state.outbox.push_back(Delivery { client, value: Value::Push(parts), is_reply: false });
}
