//! Everything that a server is, as data. Dispatch and the commands work on it; it runs nothing itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::acl::Acl;
use super::aside::Aside;
use super::client::{Blocked, Client, ClientId, Outbox, Watched};
use super::clients::Clients;
use super::disk::Disk;
use super::keyspace::{Keyspace, Signal};
use super::libraries::Libraries;
use super::measures::Measures;
use super::register::{KeyRegister, Register};
use super::replicas::Replicas;
use super::running::Running;
use super::settings::Settings;
use super::stats::Stats;
use super::time::Time;
use super::tracking::TrackingTable;

/// The subscribers of each channel and pattern, first come first.
#[derive(Clone, Debug, Default)]
pub struct Subscribers {
    /// SUBSCRIBE
    pub channels: Register,
    /// PSUBSCRIBE
    pub patterns: Register,
    /// SSUBSCRIBE
    pub shard_channels: Register,
}

/// What happened to keys since the last look at it.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// In order.
    pub signals: Vec<Signal>,
    /// Keys that were not there before.
    pub added: Vec<(usize, Bytes)>,
}

/// CLIENT PAUSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it ends.
    pub until: Time,
    /// Whether it holds back writes alone.
    pub writes_only: bool,
}

/// A whole server: a clone is a second server in the same state.
#[derive(Clone, Debug)]
pub struct State {
    /// Memory for the next reply that is written as bytes; what it holds means nothing.
    pub paper: Vec<u8>,
    /// Databases and keys.
    pub keyspace: Keyspace,
    /// Connections by number.
    pub clients: Clients,
    /// Cached scripts by their SHA-1 in lower-case hexadecimal digits.
    pub scripts: BTreeMap<String, Bytes>,
    /// Libraries of functions.
    pub libraries: Libraries,
    /// The script or the function that runs.
    pub running: Option<Running>,
    /// Users, and what they were refused.
    pub acl: Acl,
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
    /// Who watches which key.
    pub watchers: KeyRegister,
    /// Who is blocked on which key.
    pub waiters: KeyRegister,
    /// When blocked clients give up: the earliest first, and among equals who blocked first.
    pub deadlines: BTreeSet<(Time, u64, ClientId)>,
    /// Who is subscribed to what.
    pub subscribers: Subscribers,
    /// Connections that CLIENT KILL ended since the last look.
    pub killed: Vec<ClientId>,
    /// What happened to keys, while somebody looks on.
    pub journal: Option<Journal>,
    /// Whether SHUTDOWN has ended the server; who carries its bytes lets go of it then.
    pub stopped: bool,
    /// CLIENT PAUSE, while it lasts.
    pub pause: Option<Pause>,
    /// Who tracks which keys.
    pub tracking: TrackingTable,
    /// Who has sent MONITOR, first come first.
    pub monitors: Vec<ClientId>,
    /// DEBUG SET-ACTIVE-EXPIRE 0: keys go when the next command runs, not when their time has come.
    pub lazy_expiry: bool,
    /// DEBUG SET-DISABLE-DENY-SCRIPTS: whether scripts may call what they usually must not.
    pub scripts_call_all: bool,
    /// DEBUG SET-SKIP-CHECKSUM-VALIDATION: whether the checksums of payloads are not looked at.
    pub skip_checksums: bool,
    /// Where `math.random` of scripts stands, once one has drawn.
    pub script_random: Option<u64>,
    /// DEBUG REPLYBUFFER PEAK-RESET-TIME: how long the most that waited for a client is remembered, in microseconds;
    /// `None`: for ever.
    pub reply_peak_us: Option<i64>,
    /// How long commands took.
    pub measures: Measures,
    /// The file, and what is to be written there.
    pub disk: Disk,
    /// Who copies all data.
    pub replicas: Replicas,
    /// Keys that were set aside.
    pub aside: Option<Arc<Aside>>,
    /// REPLICAOF: the host and the port of the server whose data this one should have. It is never reached.
    pub master: Option<(Bytes, u16)>,
}

/// How long the most that waited for a client is remembered, in microseconds.
pub const REPLY_PEAK_US: i64 = 5_000_000;

impl State {
    /// An empty server.
    pub fn new(settings: Settings, now: Time) -> State {
        State {
            paper: Vec::new(),
            keyspace: Keyspace::with_rules(settings.databases, &settings.memory, settings.seed),
            clients: Clients::default(),
            scripts: BTreeMap::new(),
            libraries: Libraries::default(),
            running: None,
            acl: Acl::new(settings.password.as_bytes()),
            stats: Stats::default(),
            rng: fastrand::Rng::with_seed(settings.seed),
            outbox: Outbox::new(),
            started: now,
            next_client: 1,
            next_ticket: 0,
            watchers: KeyRegister::default(),
            waiters: KeyRegister::default(),
            deadlines: BTreeSet::new(),
            subscribers: Subscribers::default(),
            killed: Vec::new(),
            journal: None,
            stopped: false,
            pause: None,
            tracking: TrackingTable::default(),
            monitors: Vec::new(),
            lazy_expiry: false,
            scripts_call_all: false,
            skip_checksums: false,
            script_random: None,
            reply_peak_us: Some(REPLY_PEAK_US),
            measures: Measures::default(),
            disk: Disk::new(now),
            replicas: Replicas::default(),
            aside: None,
            master: None,
            settings,
        }
    }

    /// Lets those parts obey the settings that keep a copy of theirs: to be called when settings have changed.
    pub fn obey_settings(&mut self) {
        self.keyspace.obey(&self.settings.memory);
    }

    /// A number that no other server has: 40 hexadecimal digits.
    pub fn run_id(&self) -> String {
        let origin = format!("{}:{}", self.settings.seed, self.started.us());
        sha1_smol::Sha1::from(origin).digest().to_string()
    }

    /// Whether anybody reacts to what happens to keys: a WATCH, a blocked client, keyspace notifications, or
    /// CLIENT TRACKING.
    pub fn heeds_keys(&self) -> bool {
        !self.settings.notify_keyspace_events.is_empty()
            || !self.watchers.is_empty()
            || !self.waiters.is_empty()
            || self.tracking.is_on()
            || self.journal.is_some()
            || self.replicas.is_on()
    }

    /// Whether a script keeps the server busy.
    pub fn is_busy(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.is_busy)
    }

    /// Whether CLIENT PAUSE holds at `now`: no key goes meanwhile, neither by time nor for want of memory.
    pub fn is_paused(&self, now: Time) -> bool {
        self.pause.is_some_and(|pause| pause.until > now)
    }

    /// Whether keys that are past their time stay until somebody touches them.
    fn keeps_expired(&self) -> bool {
        self.lazy_expiry || self.pause.is_some()
    }

    /// The earliest moment at which a key or a field goes by itself, as far as a glance tells; `None`: none does.
    pub fn next_expiry(&self) -> Option<Time> {
        let ms = self.keyspace.none_before().filter(|_| !self.keeps_expired())?;
        Some(Time::from_ms(ms.saturating_add(1)))
    }

    /// Whether keys are to be evicted as soon as there is time.
    pub fn is_evicting(&self) -> bool {
        self.keyspace.memory.is_evicting && self.pause.is_none()
    }

    /// Whether anybody watches the commands that run: CLIENT TRACKING, MONITOR, or who set keys aside.
    pub fn is_observed(&self) -> bool {
        self.tracking.clients > 0 || !self.monitors.is_empty() || self.aside.is_some()
    }

    /// Whether a command that works on keys has nothing to mind but its arguments: nobody reacts to it, every user may do
    /// everything, no pause, no limit of memory, and nothing that waits to be sent.
    pub fn is_usual(&self) -> bool {
        !self.heeds_keys()
            && !self.is_observed()
            && !self.acl.limits()
            && self.pause.is_none()
            && self.settings.memory.maxmemory == 0
            && !self.lazy_expiry
            && self.disk.is_well
            && self.outbox.is_empty()
            && self.master.is_none()
            && (self.settings.kept.is_empty() || self.settings.replicas_to_write() == 0)
    }

    /// A new connection; `addr` is what CLIENT LIST shows.
    pub fn connect(&mut self, addr: &str, now: Time) -> ClientId {
        let id = self.next_client;
        self.next_client += 1;
        self.stats.connections += 1;
        let mut client = Client::new(id, addr.into(), now);
        client.authenticated = !self.acl.asks();
        client.laddr = format!("127.0.0.1:{}", self.settings.port);
        self.clients.insert(id, client);
        id
    }

    /// WATCH of one key.
    pub fn watch(&mut self, id: ClientId, db: usize, key: &Bytes) {
        if self.watchers.of(db, key).contains(&id) {
            return;
        }
        let Some(client) = self.clients.get_mut(&id) else { return };
        let key = Bytes::copy_from_slice(key);
        self.watchers.add(db, &key, id);
        client.watched.push(Watched { db, key });
    }

    /// UNWATCH: forgets the keys and what became of them.
    pub fn unwatch(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.watch_dirty = false;
        for Watched { db, key } in std::mem::take(&mut client.watched) {
            self.watchers.remove(db, &key, id);
        }
    }

    /// Blocks a client, behind all others that wait.
    pub fn block(&mut self, id: ClientId, blocked: Blocked) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        for (n, key) in blocked.keys.iter().enumerate() {
            // A key may be named twice; the client stands in its queue once.
            if !blocked.keys[..n].contains(key) {
                self.waiters.add(client.db, key, id);
            }
        }
        self.deadlines.extend(blocked.deadline.map(|at| (at, blocked.ticket, id)));
        client.blocked = Some(blocked);
    }

    /// Ends a client's waiting; what it waited for.
    pub fn unblock(&mut self, id: ClientId) -> Option<Blocked> {
        let client = self.clients.get_mut(&id)?;
        let blocked = client.blocked.take()?;
        if let Some(at) = blocked.deadline {
            self.deadlines.remove(&(at, blocked.ticket, id));
        }
        for key in &blocked.keys {
            self.waiters.remove(client.db, key, id);
        }
        Some(blocked)
    }

    /// Ends all subscriptions of a client, without a word.
    pub fn unsubscribe(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Subscribers { channels, patterns, shard_channels } = &mut self.subscribers;
        for (own, all) in [
            (&mut client.channels, channels),
            (&mut client.patterns, patterns),
            (&mut client.shard_channels, shard_channels),
        ] {
            std::mem::take(own).keys().for_each(|name| all.remove(name, id));
        }
    }

    /// CLIENT TRACKING OFF. What the client has read is forgotten when it changes.
    pub fn untrack(&mut self, id: ClientId) {
        let tracking = self.clients.get_mut(&id).and_then(|client| client.tracking.take());
        if let Some(tracking) = tracking {
            self.tracking.clients -= 1;
            self.tracking.unsubscribe(&tracking.prefixes, id);
        }
    }

    /// Ends MONITOR.
    pub fn unmonitor(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(&id).filter(|client| client.monitors) {
            client.monitors = false;
            self.monitors.retain(|monitor| *monitor != id);
        }
    }

    /// SHUTDOWN: every connection ends, the one that asked without an answer.
    pub fn shut_down(&mut self, by: ClientId) {
        self.stopped = true;
        let all: Vec<_> = self.clients.values().map(|client| client.id).collect();
        for id in all.iter().filter(|id| **id != by) {
            self.disconnect(*id);
        }
        self.killed.extend(all);
    }

    /// Ends a connection with all that belonged to it: its transaction, WATCHes and subscriptions.
    pub fn disconnect(&mut self, id: ClientId) {
        self.unwatch(id);
        self.unblock(id);
        self.unsubscribe(id);
        self.untrack(id);
        self.unmonitor(id);
        self.replicas.forget(id);
        self.clients.remove(&id);
        self.outbox.retain(|delivery| delivery.client != id);
    }
}
