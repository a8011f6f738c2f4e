//! Everything that a server is, as data. Dispatch and the commands work on it; it runs nothing itself.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::client::{Client, ClientId, Outbox};
use super::keyspace::Keyspace;
use super::settings::Settings;
use super::time::Time;

/// Counters that INFO shows.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// `total_commands_processed`
    pub commands: u64,
    /// `total_connections_received`
    pub connections: u64,
    /// `keyspace_hits`
    pub hits: u64,
    /// `keyspace_misses`
    pub misses: u64,
}

impl Stats {
    /// Counts a lookup of a key as a hit or a miss.
    pub fn count_lookup(&mut self, found: bool) {
        if found {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
    }
}

/// A whole server: a clone is a second server in the same state.
#[derive(Clone, Debug)]
pub struct State {
    /// Databases and keys.
    pub keyspace: Keyspace,
    /// Connections by number.
    pub clients: BTreeMap<ClientId, Client>,
    /// Cached scripts by their SHA-1 in lower-case hexadecimal digits.
    pub scripts: BTreeMap<String, Bytes>,
    /// The configuration.
    pub settings: Settings,
    /// Counters.
    pub stats: Stats,
    /// Where everything random comes from.
    pub rng: fastrand::Rng,
    /// What is to be sent to clients other than the caller.
    pub outbox: Outbox,
    /// When the server started.
    pub started: Time,
    /// The next client number.
    pub next_client: ClientId,
    /// The next ticket of a client that blocks.
    pub next_ticket: u64,
}

impl State {
    /// An empty server.
    pub fn new(settings: Settings, now: Time) -> State {
        State {
            keyspace: Keyspace::new(settings.databases),
            clients: BTreeMap::new(),
            scripts: BTreeMap::new(),
            stats: Stats::default(),
            rng: fastrand::Rng::with_seed(settings.seed),
            outbox: Outbox::new(),
            started: now,
            next_client: 1,
            next_ticket: 0,
            settings,
        }
    }

    /// Whether anybody reacts to what happens to keys: a WATCH, a blocked client, or keyspace notifications.
    pub fn heeds_keys(&self) -> bool {
        let waits = |client: &Client| client.blocked.is_some() || !client.watched.is_empty();
        !self.settings.notify_keyspace_events.is_empty() || self.clients.values().any(waits)
    }
}
