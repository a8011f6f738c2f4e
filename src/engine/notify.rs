//! Messages: what PUBLISH sends, and what keys tell of themselves.

use bytes::Bytes;

use crate::resp::Value;

use super::client::{ClientId, Delivery};
use super::keyspace::Signal;
use super::state::State;

/// Sends a message to the subscribers of a channel, then to those of matching patterns; how many got it.
pub fn publish(state: &mut State, channel: &Bytes, message: &Bytes) -> usize {
    let mut sent: Vec<(ClientId, Value)> = Vec::new();
    for client in state.clients.values() {
        if client.channels.contains(channel) {
            let parts = [Bytes::from_static(b"message"), channel.clone(), message.clone()];
            sent.push((client.id, Value::Push(parts.into_iter().map(Value::Bulk).collect())));
        }
    }
    for client in state.clients.values() {
        for pattern in client.patterns.iter().filter(|p| super::glob::matches(p, channel)) {
            let parts = [Bytes::from_static(b"pmessage"), pattern.clone(), channel.clone(), message.clone()];
            sent.push((client.id, Value::Push(parts.into_iter().map(Value::Bulk).collect())));
        }
    }
    let count = sent.len();
    state.outbox.extend(sent.into_iter().map(|(client, value)| Delivery { client, value, is_reply: false }));
    count
}

/// Publishes a key's event on `__keyspace@<db>__:<key>` and `__keyevent@<db>__:<event>`, as configured.
pub fn keyspace_event(state: &mut State, signal: &Signal) {
    let Some((class, name)) = signal.event else { return };
    let wanted = &state.settings.notify_keyspace_events;
    if wanted.is_empty() || !(wanted.contains(class.letter()) || wanted.contains('A')) {
        return;
    }
    let (by_key, by_event) = (wanted.contains('K'), wanted.contains('E'));
    let event = Bytes::from_static(name.as_bytes());
    if by_key {
        let mut channel = format!("__keyspace@{}__:", signal.db).into_bytes();
        channel.extend_from_slice(&signal.key);
        publish(state, &Bytes::from(channel), &event);
    }
    if by_event {
        let channel = format!("__keyevent@{}__:{name}", signal.db);
        publish(state, &Bytes::from(channel), &signal.key);
    }
}
