//! A digest of everything that can change what the server answers from here on.
//!
//! Equal states have equal digests, however they came about: keys, fields, members, WATCHes and subscriptions are put
//! in order first. Counters, the clock and last accesses do not count, nor does what only the layout in memory knows
//! (encodings, the order of a small hash's fields, the order in which SCAN visits).
//!
//! The structs are taken apart field by field, so that whoever adds a field is asked by the compiler whether it counts.

use bytes::Bytes;
use sha1_smol::Sha1;

use crate::resp::{Protocol, encode_value};

use super::acl::Acl;
use super::client::{Blocked, Client, ClientId, Delivery, Tracking, Transaction, Watched};
use super::keyspace::{Data, Entry, Keyspace};
use super::state::State;
use super::types::{Blob, Item, Pending, Stream};

/// A SHA-1 that is told where each part ends, so that no two different sequences of parts run together.
struct Digest(Sha1);

impl Digest {
    fn new() -> Digest {
        Digest(Sha1::new())
    }

    fn number(&mut self, n: i64) {
        self.0.update(&n.to_le_bytes());
    }

    fn count(&mut self, n: usize) {
        self.number(i64::try_from(n).unwrap_or(i64::MAX));
    }

    fn flag(&mut self, yes: bool) {
        self.0.update(&[u8::from(yes)]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn maybe(&mut self, n: Option<i64>) {
        self.flag(n.is_some());
        self.number(n.unwrap_or(0));
    }

    fn ids(&mut self, ids: &[ClientId]) {
        self.count(ids.len());
        ids.iter().for_each(|id| self.0.update(&id.to_le_bytes()));
    }

    /// A sequence whose order counts.
    fn list<'a>(&mut self, items: impl ExactSizeIterator<Item = impl AsRef<[u8]> + 'a>) {
        self.count(items.len());
        items.for_each(|item| self.bytes(item.as_ref()));
    }

    /// A collection whose order does not count.
    fn unordered<'a>(&mut self, items: impl Iterator<Item = impl AsRef<[u8]> + Ord + 'a>) {
        let mut items: Vec<_> = items.collect();
        items.sort_unstable();
        self.list(items.into_iter());
    }

    fn finish(self) -> [u8; 20] {
        self.0.digest().bytes()
    }
}

/// The digest of a whole server.
pub fn fingerprint(state: &State) -> [u8; 20] {
    let State {
        paper: _,
        keyspace,
        clients,
        scripts,
        libraries,
        acl,
        settings,
        stats: _,
        rng,
        outbox,
        started: _,
        next_client: _,
        next_ticket: _,
        // What the clients say of themselves, once more.
        watchers: _,
        waiters: _,
        deadlines: _,
        subscribers: _,
        killed: _,
        journal: _,
        stopped,
        pause,
        tracking,
        monitors,
        lazy_expiry,
        scripts_call_all,
        skip_checksums,
        script_random,
        reply_peak_us: _,
        disk: _,
        replicas,
        aside: _,
        master,
        measures: _,
        running: _,
    } = state;
    let mut digest = Digest::new();
    add_keyspace(&mut digest, keyspace);
    add_use(&mut digest, keyspace);
    digest.count(clients.len());
    for client in clients.values() {
        let blocked = clients.values().filter_map(|client| client.blocked.as_ref());
        add_client(&mut digest, client, Some(client.id), blocked);
    }
    digest.unordered(scripts.values());
    digest.count(libraries.counts().0);
    libraries.iter().for_each(|library| digest.bytes(&library.source));
    add_acl(&mut digest, acl);
    digest.bytes(format!("{settings:?}").as_bytes());
    digest.0.update(&rng.get_seed().to_le_bytes());
    digest.maybe(pause.map(|pause| pause.until.us()));
    digest.flag(pause.is_some_and(|pause| pause.writes_only));
    let mut readers: Vec<(&Bytes, &[ClientId])> = tracking.readers().collect();
    readers.sort_unstable();
    digest.count(readers.len());
    for (key, ids) in readers {
        digest.bytes(key);
        digest.ids(ids);
    }
    digest.ids(monitors);
    digest.ids(&replicas.online.iter().map(|replica| replica.id).collect::<Vec<_>>());
    digest.flag(master.is_some());
    digest.flag(*scripts_call_all);
    digest.flag(*skip_checksums);
    digest.0.update(&script_random.unwrap_or(0).to_le_bytes());
    digest.flag(*lazy_expiry);
    digest.flag(*stopped);
    digest.count(outbox.len());
    outbox.iter().for_each(|delivery| add_delivery(&mut digest, delivery));
    digest.finish()
}

/// Where keys are evicted or their uses counted: what that depends on. Which keys are drawn depends on their layout.
fn add_use(digest: &mut Digest, keyspace: &Keyspace) {
    let limited = keyspace.has_limit();
    if !limited && !keyspace.clock.counts() {
        return;
    }
    digest.0.update(&keyspace.clock.seed().to_le_bytes());
    for db in 0..keyspace.databases() {
        for (key, entry) in keyspace.iter(db).filter(|_| limited) {
            digest.bytes(key);
            digest.number(entry.lru.into());
        }
    }
    for (idleness, db, key) in keyspace.memory.pool.candidates() {
        digest.0.update(&idleness.to_le_bytes());
        digest.count(*db);
        digest.bytes(key);
    }
    digest.count(keyspace.memory.pool.last_db);
}

/// The digest of the keys alone: databases, keys, values and expiry.
pub fn fingerprint_keys(keyspace: &Keyspace) -> [u8; 20] {
    let mut digest = Digest::new();
    add_keyspace(&mut digest, keyspace);
    digest.finish()
}

fn add_keyspace(digest: &mut Digest, keyspace: &Keyspace) {
    for db in 0..keyspace.databases() {
        let mut entries: Vec<(&Blob, &Entry)> = keyspace.iter(db).collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        digest.count(entries.len());
        for (key, entry) in entries {
            let Entry { data, lru: _, .. } = entry;
            digest.bytes(key);
            digest.maybe(keyspace.expiry_of(db, entry));
            add_data(digest, data);
        }
    }
}

fn add_data(digest: &mut Digest, data: &Data) {
    digest.bytes(data.type_name().as_bytes());
    match data {
        Data::Str(string) => digest.bytes(&string.bytes()),
        Data::List(list) => digest.list(list.iter()),
        Data::Hash(hash) => {
            let mut pairs: Vec<(Item<'_>, Item<'_>)> = hash.iter().collect();
            pairs.sort_unstable();
            digest.count(pairs.len());
            for (field, value) in pairs {
                digest.bytes(&field);
                digest.bytes(&value);
                digest.maybe(hash.expiry(&field));
            }
        }
        Data::Set(set) => {
            digest.unordered(set.iter());
        }
        Data::ZSet(zset) => {
            digest.count(zset.len());
            for (member, score) in zset.iter() {
                digest.bytes(&member);
                digest.0.update(&score.to_bits().to_le_bytes());
            }
        }
        Data::Stream(stream) => add_stream(digest, stream),
    }
}

/// Users count, and what was refused; not when, nor how often.
fn add_acl(digest: &mut Digest, acl: &Acl) {
    digest.count(acl.users().len());
    for (name, user) in acl.users() {
        digest.bytes(name);
        digest.bytes(format!("{user:?}").as_bytes());
    }
    for entry in acl.log.iter() {
        digest.bytes(format!("{:?} {:?} {:?} {:?}", entry.reason, entry.scene, entry.object, entry.user).as_bytes());
    }
}

/// Here the layout counts: where nodes end decides what `XTRIM MAXLEN ~` removes.
fn add_stream(digest: &mut Digest, stream: &Stream) {
    digest.count(stream.nodes().len());
    for (id, listpack) in stream.nodes() {
        digest.0.update(&id.to_bytes());
        digest.bytes(listpack);
    }
    for id in [stream.first_id(), stream.last_id, stream.max_deleted_id] {
        digest.0.update(&id.to_bytes());
    }
    digest.0.update(&stream.entries_added.to_le_bytes());
    digest.count(stream.groups().len());
    for (name, group) in stream.groups() {
        digest.bytes(name);
        digest.0.update(&group.last_id.to_bytes());
        digest.maybe(group.entries_read);
        digest.count(group.consumers().len());
        for (name, consumer) in group.consumers() {
            digest.bytes(name);
            digest.number(consumer.seen_ms);
        }
        digest.count(group.pending().len());
        for (id, Pending { consumer, delivered_ms, deliveries }) in group.pending() {
            digest.0.update(&id.to_bytes());
            digest.bytes(consumer);
            digest.number(*delivered_ms);
            digest.0.update(&deliveries.to_le_bytes());
        }
    }
}

/// The digest of one connection, whatever its id; `None` if it is closed.
pub fn fingerprint_client(state: &State, id: ClientId) -> Option<[u8; 20]> {
    let client = state.clients.get(&id)?;
    let mut digest = Digest::new();
    add_client(&mut digest, client, None, state.clients.values().filter_map(|client| client.blocked.as_ref()));
    digest.count(state.tracking.readers().filter(|(_, ids)| ids.contains(&id)).count());
    digest.flag(state.monitors.contains(&id));
    Some(digest.finish())
}

fn add_client<'a>(
    digest: &mut Digest,
    client: &Client,
    id: Option<ClientId>,
    blocked_clients: impl Iterator<Item = &'a Blocked>,
) {
    let Client {
        id: _,
        name,
        lib_name: _,
        lib_ver: _,
        addr: _,
        laddr: _,
        db,
        protocol,
        user,
        authenticated,
        transaction,
        watched,
        watch_dirty,
        channels,
        patterns,
        shard_channels,
        blocked,
        since: _,
        last_seen: _,
        last_command: _,
        replies,
        skip_next_reply,
        skip_this_reply: _,
        no_evict: _,
        tracking,
        monitors: _,
        buffers: _,
    } = client;
    if let Some(id) = id {
        digest.0.update(&id.to_le_bytes());
    }
    digest.bytes(name);
    digest.bytes(user);
    digest.count(*db);
    digest.0.update(&[protocol.version()]);
    for flag in [authenticated, watch_dirty, replies, skip_next_reply] {
        digest.flag(*flag);
    }
    add_transaction(digest, transaction.as_ref());
    add_watched(digest, watched);
    for names in [channels, patterns, shard_channels] {
        digest.unordered(names.keys());
    }
    add_blocked(digest, blocked.as_ref(), blocked_clients);
    add_tracking(digest, tracking.as_deref());
}

fn add_tracking(digest: &mut Digest, tracking: Option<&Tracking>) {
    digest.flag(tracking.is_some());
    let Some(Tracking { redirect, broken, broadcast, opt_in, opt_out, no_loop, caching, prefixes }) = tracking else {
        return;
    };
    digest.ids(&[*redirect]);
    for flag in [broken, broadcast, opt_in, opt_out, no_loop, caching] {
        digest.flag(*flag);
    }
    digest.list(prefixes.iter());
}

fn add_transaction(digest: &mut Digest, transaction: Option<&Transaction>) {
    digest.flag(transaction.is_some());
    let Some(Transaction { queued, aborted }) = transaction else { return };
    digest.flag(*aborted);
    digest.count(queued.len());
    queued.iter().for_each(|argv| digest.list(argv.iter()));
}

fn add_watched(digest: &mut Digest, watched: &[Watched]) {
    let mut places: Vec<(usize, &Bytes)> = watched.iter().map(|Watched { db, key }| (*db, key)).collect();
    places.sort_unstable();
    digest.count(places.len());
    for (db, key) in places {
        digest.count(db);
        digest.bytes(key);
    }
}

fn add_blocked<'a>(digest: &mut Digest, blocked: Option<&Blocked>, all: impl Iterator<Item = &'a Blocked>) {
    digest.flag(blocked.is_some());
    let Some(Blocked { paused, argv, keys, deadline, on_timeout: _, ticket }) = blocked else { return };
    digest.flag(*paused);
    digest.list(argv.iter());
    digest.list(keys.iter());
    digest.maybe(deadline.map(|at| at.us()));
    // Only the order of tickets counts, not how many were drawn before.
    digest.count(all.filter(|other| other.ticket < *ticket).count());
}

fn add_delivery(digest: &mut Digest, Delivery { client, value, is_reply }: &Delivery) {
    digest.0.update(&client.to_le_bytes());
    digest.flag(*is_reply);
    let mut text = Vec::new();
    encode_value(value, Protocol::Resp3, &mut text);
    digest.bytes(&text);
}

#[cfg(test)]
mod tests {
    use super::super::types::{Hash, Set, Str};
    use super::super::{ClientId, Engine, Settings, Time};
    use super::*;
    use crate::resp::split_line;

    const NOW: Time = Time(1_700_000_000_000_000);

    /// An engine with two clients after these commands, each `<client> <command>`.
    fn after(lines: &[&str]) -> Engine {
        let mut engine = Engine::new(Settings::default(), NOW);
        let ids: Vec<ClientId> = (0..2).map(|n| engine.connect(&format!("127.0.0.1:{n}"), NOW)).collect();
        for line in lines {
            let words = split_line(line).expect("a line");
            let client = usize::from(words[0].as_ref() == b"2");
            engine.call(ids[client], &words[1..], NOW);
        }
        engine
    }

    fn print(lines: &[&str]) -> [u8; 20] {
        after(lines).fingerprint()
    }

    #[test]
    fn the_order_of_insertion_does_not_count() {
        assert_eq!(print(&["1 SET a 1", "1 SET b 2", "1 GET c"]), print(&["2 SET b 2", "2 SET a 1"]));
        let limits = Default::default();
        let mut keyspaces = [Keyspace::new(1), Keyspace::new(1)];
        for (n, keyspace) in keyspaces.iter_mut().enumerate() {
            let (mut set, mut hash) = (Set::default(), Hash::default());
            let words = if n == 0 { ["x", "1", "y"] } else { ["y", "x", "1"] };
            for word in words {
                set.add(word.as_bytes(), &limits);
                hash.set(word.as_bytes(), b"value", &limits);
            }
            keyspace.put(0, b"set", Data::Set(set), None);
            keyspace.put(0, b"hash", Data::Hash(hash), None);
        }
        assert_eq!(fingerprint_keys(&keyspaces[0]), fingerprint_keys(&keyspaces[1]));
    }

    #[test]
    fn a_change_counts_and_its_undo_too() {
        let mut engine = after(&["1 SET a 1", "2 SET b x"]);
        let before = engine.fingerprint();
        let mut keyspace = engine.state().keyspace.clone();
        engine.call(1, &split_line("SET a 2").expect("a line"), NOW);
        assert_ne!(engine.fingerprint(), before);
        engine.call(1, &split_line("SET a 1").expect("a line"), NOW.plus_us(5));
        assert_eq!(engine.fingerprint(), before);
        let keys = fingerprint_keys(&keyspace);
        keyspace.put(0, b"c", Data::Str(Str::new(b"1")), Some(5));
        assert_ne!(fingerprint_keys(&keyspace), keys);
        keyspace.take(0, b"c");
        assert_eq!(fingerprint_keys(&keyspace), keys);
    }

    #[test]
    fn whatever_changes_later_answers_counts() {
        let states: [&[&str]; 9] = [
            &[],
            &["1 SET a 1"],
            &["1 SET a 2"],
            &["1 SET 1 a"],
            &["1 MULTI"],
            &["1 MULTI", "1 SET a 1"],
            &["1 WATCH a"],
            &["2 WATCH a"],
            &["1 WATCH a", "2 SET a 1"],
        ];
        let mut prints: Vec<[u8; 20]> = states.iter().map(|lines| print(lines)).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), states.len());
    }

    #[test]
    fn time_and_counters_do_not_count() {
        let mut engine = after(&["1 SET a 1"]);
        let before = engine.fingerprint();
        engine.advance(Time(NOW.us() + 1_000_000));
        engine.call(2, &split_line("GET nothing").expect("a line"), Time(NOW.us() + 2_000_000));
        assert_eq!(engine.fingerprint(), before);
    }

    #[test]
    fn watches_are_forgotten_by_unwatch() {
        assert_eq!(print(&["1 WATCH a b", "1 UNWATCH"]), print(&[]));
        assert_eq!(print(&["1 WATCH a b"]), print(&["1 WATCH b a"]));
    }
}
