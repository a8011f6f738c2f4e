//! Turns what a server does into events for somebody who looks on.

use std::cell::Cell;
use std::collections::HashSet;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::engine::keyspace::{Class, Data, Signal};
use crate::engine::{Called, Client, ClientId, Delivery, State, Time, redacted};
use crate::resp::{Value, brief, printable, quoted};

use super::event::{Change, Event, Seen, Totals};

/// About so many characters of a command, a reply, a key or a value are shown.
const SHOWN: usize = 120;
/// A command may do so many things to a key in a row.
const STROKES: usize = 8;
/// So much room is kept for rounds: what was left out is told even while more comes than is taken.
const SPARE: usize = 4;
/// At most so many clients are told of in a round.
const MOST_CLIENTS: usize = 1_000;

/// Where the events go.
pub struct Watch {
    sender: mpsc::Sender<Event>,
    left_out: Cell<u64>,
}

impl Watch {
    /// Events go to `sender`.
    pub fn new(sender: mpsc::Sender<Event>) -> Watch {
        Watch { sender, left_out: Cell::new(0) }
    }

    /// Whether one more would be taken; counts it if not. What nobody takes need not be written down.
    fn has_room(&self) -> bool {
        let room = self.sender.capacity() > SPARE;
        self.left_out.set(self.left_out.get() + u64::from(!room));
        room
    }

    fn tell(&self, event: Event) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(event) {
            self.left_out.set(self.left_out.get() + 1);
        }
    }

    /// A client came.
    pub fn joined(&self, state: &State, id: ClientId, now: Time) {
        if let Some(client) = state.clients.get(&id).filter(|_| self.has_room()) {
            self.tell(Event::Joined(seen(client, now)));
        }
    }

    /// A client is gone.
    pub fn left(&self, id: ClientId) {
        if self.has_room() {
            self.tell(Event::Left(id));
        }
    }

    /// A command ran.
    pub fn called(&self, state: &mut State, client: ClientId, argv: &[Bytes], called: &Called, took_us: u64) {
        if self.has_room() {
            let (reply, failed) = match called {
                Called::Reply(value) | Called::Closed(value) => (brief(value, SHOWN), is_error(value)),
                Called::Replies(values) => {
                    (values.iter().map(|v| brief(v, SHOWN)).collect::<Vec<_>>().join(" "), false)
                }
                Called::Blocked => (String::new(), false),
            };
            let blocked = matches!(called, Called::Blocked);
            self.tell(Event::Called { client, command: command(argv), reply, failed, blocked, took_us });
        }
        self.changed(state);
    }

    /// Something was sent to a client.
    pub fn delivered(&self, delivery: &Delivery) {
        if self.has_room() {
            let what = brief(&delivery.value, SHOWN);
            self.tell(Event::Delivered { client: delivery.client, what, is_reply: delivery.is_reply });
        }
    }

    /// What happened to keys since the last look.
    pub fn changed(&self, state: &mut State) {
        let Some(journal) = state.journal.as_mut().map(std::mem::take) else { return };
        // One command may add a hundred thousand keys.
        let added: HashSet<(usize, &[u8])> = journal.added.iter().map(|(db, key)| (*db, key.as_ref())).collect();
        for (n, signal) in journal.signals.iter().enumerate() {
            // What a command does to a key in several strokes (SET with EX) is told once.
            let later = &journal.signals[n + 1..];
            if later.iter().take(STROKES).any(|other| other.db == signal.db && other.key == signal.key) {
                continue;
            }
            if self.has_room() {
                self.tell(change(state, &added, signal));
            }
        }
    }

    /// How everything stands; false once nobody looks on any more.
    pub fn round(&self, state: &State, now: Time) -> bool {
        let keys = (0..state.keyspace.databases()).map(|db| state.keyspace.len(db)).sum();
        let totals = Totals {
            commands: state.stats.commands,
            keys,
            hits: state.stats.hits,
            misses: state.stats.misses,
            left_out: self.left_out.get(),
            now_us: now.us(),
        };
        let clients = state.clients.values().take(MOST_CLIENTS).map(|client| seen(client, now)).collect();
        // A round that does not fit is made up for by the next one.
        let _ = self.sender.try_send(Event::Round { clients, totals });
        !self.sender.is_closed()
    }
}

fn is_error(value: &Value) -> bool {
    matches!(value, Value::Error(_))
}

/// A command on one line.
fn command(argv: &[Bytes]) -> String {
    let mut line = String::new();
    for (n, word) in redacted(&argv[..argv.len().min(SHOWN)]).iter().enumerate() {
        if line.len() > SHOWN {
            return line + &format!(" … ({} arguments)", argv.len());
        }
        line += if n == 0 { "" } else { " " };
        line += &match n {
            0 => printable(word, SHOWN),
            _ => argument(word),
        };
    }
    line
}

fn argument(word: &[u8]) -> String {
    let plain = !word.is_empty() && word.iter().all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(byte));
    match word.len() {
        _ if plain && word.len() <= SHOWN => String::from_utf8_lossy(word).into_owned(),
        0..=SHOWN => quoted(word),
        length => format!("{}… ({length} bytes)", quoted(&word[..SHOWN / 2])),
    }
}

fn change(state: &State, added: &HashSet<(usize, &[u8])>, signal: &Signal) -> Event {
    let entry = state.keyspace.entry(signal.db, &signal.key);
    let change = match (signal.event.map(|(class, _)| class), entry) {
        (Some(Class::Expired), _) => Change::Expired,
        (Some(Class::Evicted), _) => Change::Evicted,
        (_, None) => Change::Deleted,
        _ if added.contains(&(signal.db, signal.key.as_ref())) => Change::New,
        _ => Change::Changed,
    };
    Event::Changed {
        db: signal.db,
        key: printable(&signal.key, SHOWN),
        change,
        event: signal.event.map_or("", |(_, name)| name),
        holds: entry.map(|entry| holds(&entry.data)).unwrap_or_default(),
    }
}

/// Type and size of a value, or a string itself.
fn holds(data: &Data) -> String {
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let size = match data {
        Data::Str(value) => {
            let view = value.view();
            let shown = &view[..view.len().min(SHOWN)];
            let rest = if shown.len() < view.len() { format!("… ({} bytes)", view.len()) } else { String::new() };
            quoted(shown) + &rest
        }
        Data::List(value) => count(value.len(), "element", "elements"),
        Data::Hash(value) => count(value.len(), "field", "fields"),
        Data::Set(value) => count(value.len(), "member", "members"),
        Data::ZSet(value) => count(value.len(), "member", "members"),
        Data::Stream(value) => count(value.len(), "entry", "entries"),
    };
    format!("{} {size}", data.type_name())
}

fn seen(client: &Client, now: Time) -> Seen {
    let seconds = |since: Time| now.us().saturating_sub(since.us()).max(0).unsigned_abs() / 1_000_000;
    let text = |bytes: &[u8]| printable(bytes, SHOWN);
    let library = match (client.lib_name.is_empty(), client.lib_ver.is_empty()) {
        (true, _) => String::new(),
        (false, true) => text(&client.lib_name),
        (false, false) => format!("{} {}", text(&client.lib_name), text(&client.lib_ver)),
    };
    let last = match client.last_command {
        (name, "") => name.to_lowercase(),
        (name, sub) => format!("{name} {sub}").to_lowercase(),
    };
    Seen {
        id: client.id,
        name: text(&client.name),
        addr: printable(client.addr.as_bytes(), SHOWN),
        library,
        db: client.db,
        last,
        age_s: seconds(client.since),
        idle_s: seconds(client.last_seen),
        waits: waits(client),
    }
}

/// What a client waits for, or listens to.
fn waits(client: &Client) -> String {
    let names = |names: &mut dyn Iterator<Item = String>| names.take(5).collect::<Vec<_>>().join(" ");
    if let Some(blocked) = &client.blocked {
        return match blocked.paused {
            true => "the end of a pause".into(),
            false => names(&mut blocked.keys.iter().map(|key| printable(key, SHOWN / 4))),
        };
    }
    if client.monitors {
        return "all commands".into();
    }
    let all = client.channels.keys().chain(client.patterns.keys()).chain(client.shard_channels.keys());
    let shown = names(&mut all.map(|name| printable(name, SHOWN / 4)));
    if shown.is_empty() { shown } else { format!("messages: {shown}") }
}
