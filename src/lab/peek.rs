//! A look at the server of a position: its connections and its keys. Nothing of the world changes.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{Called, Client, ClientId, Engine, Time};
use crate::resp::{Value, brief, printable};

use super::part::{Status, Taken};
use super::sentence::keys_of;
use super::view::{ClientView, Dirty, KeyLine, Watch};
use super::world::World;

/// So many keys are looked at; a screen has no room for more.
const MOST_KEYS: usize = 32;
/// So many characters of a value are shown.
const SHOWN: usize = 80;
/// So many characters of a name are shown.
const NAME: usize = 60;

/// What the server knows of a client's connection.
pub fn connection(world: &World, client: usize) -> Option<&Client> {
    let id = world.clients().get(client)?.id;
    world.server().engine.state().clients.get(&id)
}

/// The keys by name, at most a few dozen, and how many there are.
pub fn keys(world: &World) -> (Vec<KeyLine>, usize) {
    let keyspace = &world.server().engine.state().keyspace;
    let mut found: Vec<(usize, Bytes)> = (0..keyspace.databases())
        .flat_map(|db| keyspace.iter(db).map(move |(key, _)| (db, Bytes::copy_from_slice(key))))
        .collect();
    if found.is_empty() {
        return (Vec::new(), 0);
    }
    let count = found.len();
    found.sort();
    found.truncate(MOST_KEYS);
    let mut looker = Looker::new(world);
    (found.iter().map(|(db, key)| looker.line(*db, key)).collect(), count)
}

/// A connection of its own to a copy of the server.
struct Looker {
    engine: Engine,
    id: ClientId,
    now: Time,
    db: usize,
}

impl Looker {
    fn new(world: &World) -> Looker {
        let (mut engine, now) = (world.server().engine.clone(), world.now());
        let id = engine.connect("127.0.0.1:49997", now);
        let mut looker = Looker { engine, id, now, db: 0 };
        // Maps and pairs come as such.
        looker.ask(&[b"HELLO", b"3"]);
        looker
    }

    fn ask(&mut self, words: &[&[u8]]) -> Value {
        let argv: Vec<Bytes> = words.iter().map(|word| Bytes::copy_from_slice(word)).collect();
        match self.engine.call(self.id, &argv, self.now) {
            Called::Reply(value) => value,
            _ => Value::Null,
        }
    }

    fn line(&mut self, db: usize, key: &Bytes) -> KeyLine {
        if db != self.db {
            self.ask(&[b"SELECT", db.to_string().as_bytes()]);
            self.db = db;
        }
        let kind = self.ask(&[b"TYPE", key]);
        let kind = kind.as_bytes().map_or(String::new(), |kind| String::from_utf8_lossy(kind).into_owned());
        let value = match kind.as_str() {
            "string" => self.ask(&[b"GETRANGE", key, b"0", b"200"]),
            "list" => self.ask(&[b"LRANGE", key, b"0", b"15"]),
            "hash" => self.ask(&[b"HGETALL", key]),
            "set" => self.ask(&[b"SMEMBERS", key]),
            "zset" => self.ask(&[b"ZRANGE", key, b"0", b"15", b"WITHSCORES"]),
            "stream" => self.ask(&[b"XRANGE", key, b"-", b"+", b"COUNT", b"8"]),
            _ => Value::Null,
        };
        let ttl_ms = match self.ask(&[b"PTTL", key]) {
            Value::Integer(ms) if ms >= 0 => Some(ms),
            _ => None,
        };
        let name = printable(key, NAME);
        let name = if db == 0 { name } else { format!("db{db} {name}") };
        KeyLine { name, kind, value: brief(&value, SHOWN), ttl_ms, changed: false }
    }
}

/// The keys with a mark at those that were not so before.
pub fn marked(mut keys: Vec<KeyLine>, before: &[KeyLine]) -> Vec<KeyLine> {
    for key in &mut keys {
        let old = before.iter().find(|old| old.name == key.name);
        key.changed = old.is_none_or(|old| (&old.kind, &old.value) != (&key.kind, &key.value));
    }
    keys
}

/// By whose step each client's WATCH is dirty after a step: what was known before it stays known while it is dirty.
pub fn dirt(
    before: &[Option<Arc<Dirty>>],
    worlds: (&World, &World),
    taken: &Taken,
    step: usize,
) -> Vec<Option<Arc<Dirty>>> {
    let (old, new) = worlds;
    let mut dirt = Vec::with_capacity(before.len());
    for (client, known) in before.iter().enumerate() {
        let Some(connection) = connection(new, client).filter(|connection| connection.watch_dirty) else {
            dirt.push(None);
            continue;
        };
        if known.is_some() {
            dirt.push(known.clone());
            continue;
        }
        let watched: Vec<Bytes> = connection.watched.iter().map(|watched| watched.key.clone()).collect();
        let keys = modified(&watched, old, new, taken).iter().map(|key| printable(key, NAME)).collect();
        let name = new.clients().get(taken.client).map_or("", |client| client.machine.client()).to_string();
        let what = taken.deed.as_ref().map_or_else(|| "a fault".into(), |deed| deed.line());
        dirt.push(Some(Arc::new(Dirty { step, name, what, keys })));
    }
    dirt
}

/// Which of the watched keys a step modified: those that it names, else those that hold something else now.
fn modified(watched: &[Bytes], old: &World, new: &World, taken: &Taken) -> Vec<Bytes> {
    let named = taken.deed.as_ref().map_or(Vec::new(), |deed| keys_of(deed, true));
    let hit: Vec<Bytes> = watched.iter().filter(|key| named.contains(key)).cloned().collect();
    if !hit.is_empty() {
        return hit;
    }
    let (mut before, mut after) = (Looker::new(old), Looker::new(new));
    let differs = |key: &&Bytes| before.ask(&[b"DUMP", key]) != after.ask(&[b"DUMP", key]);
    let hit: Vec<Bytes> = watched.iter().filter(differs).cloned().collect();
    if hit.is_empty() { watched.to_vec() } else { hit }
}

/// What a screen shows of a client that the server knows: what it watches, what is queued.
pub fn add_connection(view: &mut ClientView, world: &World, client: usize, dirt: Option<&Arc<Dirty>>) {
    let Some(connection) = connection(world, client) else { return };
    let watch = |key: &Bytes| {
        let key = printable(key, NAME);
        let dirty = dirt.filter(|dirty| dirty.keys.contains(&key)).cloned();
        Watch { key, dirty }
    };
    view.watched = connection.watched.iter().map(|watched| watch(&watched.key)).collect();
    view.watch_dirty = connection.watch_dirty;
    let line = |argv: &Vec<Bytes>| crate::program::command_line(argv);
    view.queued = connection.transaction.as_ref().map(|open| open.queued.iter().map(line).collect());
}

/// What a client can do, in words: `ready`, `blocked on jobs`, `sleeping until 2000 ms`.
pub fn state_text(world: &World, client: usize, since_start_ms: &dyn Fn(Time) -> i64) -> String {
    let Some(state) = world.clients().get(client) else { return String::new() };
    match &state.status {
        Status::Ready => "ready".into(),
        Status::Done => "done".into(),
        Status::Sleeping(until) => format!("sleeping until {} ms", since_start_ms(*until)),
        Status::Paused(until) => format!("paused until {} ms", since_start_ms(*until)),
        Status::Crashed => "crashed".into(),
        Status::Failed(fault) => format!("failed: {fault}"),
        Status::Blocked => {
            let Some(blocked) = connection(world, client).and_then(|connection| connection.blocked.as_ref()) else {
                return "blocked".into();
            };
            let keys: Vec<String> = blocked.keys.iter().map(|key| printable(key, NAME)).collect();
            let on = if keys.is_empty() { String::new() } else { format!(" on {}", keys.join(", ")) };
            let until = blocked.deadline.map_or(String::new(), |at| format!(" until {} ms", since_start_ms(at)));
            format!("blocked{on}{until}")
        }
    }
}
