//! Messages: what PUBLISH sends, and what keys tell of themselves.

use bytes::Bytes;

use crate::resp::Value;

use super::client::{ClientId, Delivery};
use super::keyspace::{Class, Signal};
use super::state::State;

/// The classes behind `A` in `notify-keyspace-events`, in the order in which CONFIG GET shows them.
const ALL: &str = "g$lshzxetd";

/// Sends a message to the subscribers of a channel, first come first, then to those of matching patterns; how many
/// got it.
pub fn publish(state: &mut State, channel: &Bytes, message: &Bytes) -> usize {
    let State { subscribers, outbox, .. } = state;
    let mut count = 0;
    let mut send = |client: ClientId, parts: &[&Bytes], kind: &'static str| {
        let kind = Value::Bulk(Bytes::from_static(kind.as_bytes()));
        let rest = parts.iter().map(|part| Value::Bulk(Bytes::clone(part)));
        let value = Value::Push(std::iter::once(kind).chain(rest).collect());
        outbox.push_back(Delivery { client, value, is_reply: false });
        count += 1;
    };
    for client in subscribers.channels.of(channel) {
        send(*client, &[channel, message], "message");
    }
    for (pattern, clients) in subscribers.patterns.iter().filter(|(pattern, _)| super::glob::matches(pattern, channel))
    {
        clients.iter().for_each(|client| send(*client, &[pattern, channel, message], "pmessage"));
    }
    count
}

/// Sends a message to the subscribers of a shard channel; how many got it.
pub fn publish_shard(state: &mut State, channel: &Bytes, message: &Bytes) -> usize {
    let State { subscribers, outbox, .. } = state;
    let clients = subscribers.shard_channels.of(channel);
    for client in clients {
        let parts = [Bytes::from_static(b"smessage"), channel.clone(), message.clone()];
        let value = Value::Push(parts.into_iter().map(Value::Bulk).collect());
        outbox.push_back(Delivery { client: *client, value, is_reply: false });
    }
    clients.len()
}

/// Publishes a key's event on `__keyspace@<db>__:<key>` and `__keyevent@<db>__:<event>`, as configured.
pub fn keyspace_event(state: &mut State, signal: &Signal) {
    let Some((class, name)) = signal.event else { return };
    let wanted = &state.settings.notify_keyspace_events;
    if !wants(wanted, class) {
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

fn wants(letters: &str, class: Class) -> bool {
    letters.contains(class.letter()) || (letters.contains('A') && ALL.contains(class.letter()))
}

/// The letters of `notify-keyspace-events` as CONFIG GET shows them: `A` for all classes together.
/// `None` if there is another letter among them.
pub fn canonical(letters: &str) -> Option<String> {
    if !letters.chars().all(|letter| ALL.contains(letter) || "AKEmn".contains(letter)) {
        return None;
    }
    let has = |letter: char| letters.contains(letter);
    let all = has('A') || ALL.chars().all(has);
    let mut text = String::new();
    if all {
        text.push('A');
    } else {
        text.extend(ALL.chars().filter(|letter| has(*letter)));
    }
    // Redis names the new-key class only beside single classes.
    text.extend(Some('n').filter(|letter| !all && has(*letter)));
    text.extend(['K', 'E', 'm'].into_iter().filter(|letter| has(*letter)));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_shown_as_redis_shows_them() {
        for (given, shown) in [("KEA", "AKE"), ("gE$", "g$E"), ("", ""), ("tdg$lshzxeK", "AK"), ("xKmn", "xnKm")] {
            assert_eq!(canonical(given).as_deref(), Some(shown));
        }
        assert_eq!(canonical("KEy"), None);
    }
}
