//! The databases of one server.

use bytes::Bytes;

use super::super::error::{Error, WRONG_TYPE};
use super::super::types::Blob;
use super::data::{Data, Entry, Kind, Taken};
use super::database::Database;
use super::memory::Memory;
use super::policy::Rules;
use super::signal::{Class, Signal};
use super::usage::UseClock;

/// The databases (16 unless configured otherwise), and the log of what happened to their keys.
///
/// A key whose time has come is gone for every accessor: [`Keyspace::expire_some`] runs before each command, and what
/// it leaves for later is hidden.
#[derive(Clone, Debug)]
pub struct Keyspace {
    pub(super) databases: Vec<Database>,
    signals: Vec<Signal>,
    /// Keys that came into being, and streams that grew or went, by database: the only ones that a blocked client may
    /// have waited for.
    added: Vec<(usize, Bytes)>,
    /// Whether anybody will react to signals: only then is a key copied for each change.
    heard: bool,
    /// Stamps [`Entry::lru`].
    pub clock: UseClock,
    /// The limit of memory, and what it takes to keep to it.
    pub memory: Memory,
    /// No key expires before this moment, in milliseconds since the Unix epoch: a bound, so that a glance is enough
    /// before each command.
    pub(super) none_before_ms: i64,
    /// The time, in milliseconds since the Unix epoch.
    pub(super) now_ms: i64,
    /// Whether keys may be there that are past their time.
    pub(super) is_stale: bool,
    /// Whether those keys stay although somebody looks at them: CLIENT PAUSE.
    pub(super) is_held: bool,
    /// Whether what is read now is no access: redlab itself looks, not a client.
    pub looking: bool,
    /// Changes since the start: INFO's `rdb_changes_since_last_save`.
    pub dirty: u64,
    /// Keys that expired since the start: INFO's `expired_keys`.
    pub expired: u64,
}

/// What is told of a key that was not there before.
const NEW: Option<(Class, &str)> = Some((Class::New, "new"));

impl Keyspace {
    /// `count` empty databases.
    pub fn new(count: usize) -> Keyspace {
        Keyspace::with_rules(count, &Rules::default(), 0)
    }

    /// The same, with rules for memory; `seed` decides whatever they leave to chance.
    pub fn with_rules(count: usize, rules: &Rules, seed: u64) -> Keyspace {
        let databases = vec![Database::default(); count];
        let mut keyspace = Keyspace {
            databases,
            signals: Vec::new(),
            added: Vec::new(),
            heard: true,
            clock: UseClock::new(rules, seed),
            memory: Memory::default(),
            none_before_ms: i64::MAX,
            now_ms: 0,
            is_stale: false,
            is_held: false,
            looking: false,
            dirty: 0,
            expired: 0,
        };
        keyspace.obey(rules);
        keyspace
    }

    /// How many databases there are.
    pub fn databases(&self) -> usize {
        self.databases.len()
    }

    /// How many keys database `db` holds.
    pub fn len(&self, db: usize) -> usize {
        self.databases[db].entries().len()
    }

    /// Whether database `db` holds no key.
    pub fn is_empty(&self, db: usize) -> bool {
        self.len(db) == 0
    }

    /// How many keys of database `db` have a TTL.
    pub fn volatile_len(&self, db: usize) -> usize {
        self.databases[db].volatile_len()
    }

    /// What `key` holds; not an access.
    pub fn entry(&self, db: usize, key: &[u8]) -> Option<&Entry> {
        self.databases[db].entries().get(key).filter(|entry| !self.is_hidden(db, entry))
    }

    /// What `key` holds, although its time may have come: whoever debugs sees it until it goes.
    pub fn entry_even_if_due(&self, db: usize, key: &[u8]) -> Option<&Entry> {
        self.databases[db].entries().get(key)
    }

    /// What `key` holds; this is an access, as OBJECT IDLETIME sees it.
    pub fn visit(&mut self, db: usize, key: &[u8]) -> Option<&Entry> {
        self.expire_if_seen(db, key);
        let (is_stale, now_ms) = (self.is_stale, self.now_ms);
        if self.is_held && self.entry(db, key).is_none() {
            return None;
        }
        let entry = self.databases[db].get_mut(key)?;
        if is_stale {
            Keyspace::hide_fields(entry, now_ms);
        }
        if !self.looking {
            entry.lru = self.clock.used(entry.lru);
        }
        Some(entry)
    }

    /// Whether `key` exists.
    pub fn exists(&self, db: usize, key: &[u8]) -> bool {
        if self.is_stale { self.entry(db, key).is_some() } else { self.databases[db].entries().contains(key) }
    }

    /// Keys and entries of a database, in an order that is the same on every run.
    pub fn iter(&self, db: usize) -> impl Iterator<Item = (&Blob, &Entry)> {
        self.databases[db].entries().iter().filter(move |(_, entry)| !self.is_hidden(db, entry))
    }

    /// The key, hidden or not, in place `index` below [`Keyspace::len`]: a fair draw for a fair index.
    pub fn at(&self, db: usize, index: usize) -> Option<(&Blob, &Entry)> {
        self.databases[db].entries().at(index)
    }

    /// One step of SCAN; see [`super::super::types::Dict::scan`].
    pub fn scan<'a>(&'a self, db: usize, cursor: u64, mut visit: impl FnMut(&'a Blob, &'a Entry)) -> u64 {
        self.databases[db].entries().scan(cursor, |key, entry| {
            if !self.is_hidden(db, entry) {
                visit(key, entry);
            }
        })
    }

    /// Removes the keys past their time that the next step of SCAN would meet.
    pub fn expire_scanned(&mut self, db: usize, cursor: u64) {
        if !self.is_stale || self.is_held {
            return;
        }
        let mut met = Vec::new();
        self.databases[db].entries().scan(cursor, |key, _| met.push(key.clone()));
        for key in met {
            self.expire_if_due(db, &key);
        }
    }

    /// The value of `key` as a `T`: `None` if there is no such key, WRONGTYPE if it holds something else. Not an access.
    pub fn read<T: Kind>(&self, db: usize, key: &[u8]) -> Result<Option<&T>, Error> {
        match self.entry(db, key) {
            None => Ok(None),
            Some(entry) => T::of(&entry.data).map(Some).ok_or(WRONG_TYPE),
        }
    }

    /// The value of `key` to change it, if it exists. Whoever changes it calls [`Keyspace::touch`] afterwards.
    pub fn edit<T: Kind>(&mut self, db: usize, key: &[u8]) -> Result<Option<&mut T>, Error> {
        self.expire_if_due(db, key);
        self.suspend(db, key);
        let (is_stale, now_ms) = (self.is_stale, self.now_ms);
        match self.databases[db].get_mut(key) {
            None => Ok(None),
            Some(entry) => {
                if is_stale {
                    Keyspace::hide_fields(entry, now_ms);
                }
                entry.lru = self.clock.used(entry.lru);
                T::of_mut(&mut entry.data).map(Some).ok_or(WRONG_TYPE)
            }
        }
    }

    /// The value of `key` to change it; an empty one is put there first if the key does not exist.
    pub fn edit_or_create<T: Kind + Default>(&mut self, db: usize, key: &[u8]) -> Result<&mut T, Error> {
        self.expire_if_due(db, key);
        self.suspend(db, key);
        let (fresh, mut is_new) = (self.clock.fresh(), false);
        let entry = self.databases[db].get_or_insert_with(key, || {
            is_new = true;
            Entry::new(T::default().into_data(), fresh)
        });
        if self.is_stale {
            Keyspace::hide_fields(entry, self.now_ms);
        }
        if is_new && self.heard {
            let key = Bytes::copy_from_slice(key);
            self.signals.push(Signal { db, key: key.clone(), event: NEW, modified: false });
            self.added.push((db, key));
        }
        entry.lru = self.clock.used(entry.lru);
        T::of_mut(&mut entry.data).ok_or(WRONG_TYPE)
    }

    /// Puts a value at `key`, whatever was there; its TTL goes unless `expires_ms` sets one.
    ///
    /// Over another value this wakes nobody who is blocked on the key (Redis's `setKey`); [`Keyspace::take`] before it
    /// makes the value a new one (RENAME, COPY).
    pub fn put(&mut self, db: usize, key: &[u8], data: Data, expires_ms: Option<i64>) {
        let mut lru = self.clock.fresh();
        if self.clock.counts()
            && let Some(old) = self.entry(db, key).map(|entry| entry.lru)
        {
            // How often a key is used does not end with its value.
            lru = self.clock.used(old);
        }
        self.place(db, key, Taken { data, expires_ms, lru });
    }

    /// Puts what another key held at `key`, in place of what was there, with its TTL and its last access: what RENAME
    /// moves.
    pub fn put_entry(&mut self, db: usize, key: &[u8], entry: Taken) {
        self.take(db, key);
        self.place(db, key, entry);
    }

    fn place(&mut self, db: usize, key: &[u8], Taken { data, expires_ms, lru }: Taken) {
        self.expire_if_due(db, key);
        self.suspend(db, key);
        let ends_stream = self.heard && self.entry(db, key).is_some_and(Entry::is_stream);
        let is_new = self.databases[db].put(key, data, lru, expires_ms);
        let field = self.databases[db].soonest_field().map(|(at_ms, _)| *at_ms);
        self.none_before_ms = expires_ms.into_iter().chain(field).fold(self.none_before_ms, i64::min);
        if is_new {
            self.signal(db, key, Class::New, "new", false);
        }
        if (is_new || ends_stream) && self.heard {
            self.added.push((db, Bytes::copy_from_slice(key)));
        }
    }

    /// Takes `key` away with what it held. It tells nobody: see [`Keyspace::touch`].
    pub fn take(&mut self, db: usize, key: &[u8]) -> Option<Taken> {
        self.expire_if_due(db, key);
        self.suspend(db, key);
        let place = self.databases[db].entries().place(key)?;
        let taken = self.databases[db].remove(place)?;
        if matches!(taken.data, Data::Stream(_)) {
            self.wake(db, key);
        }
        Some(taken)
    }

    /// Removes every key of a database; how many there were.
    pub fn clear(&mut self, db: usize) -> usize {
        if self.heard {
            let gone = self.iter(db).map(|(key, _)| Signal { db, key: key.to_bytes(), event: None, modified: true });
            let mut gone: Vec<Signal> = gone.collect();
            self.signals.append(&mut gone);
            self.wake_readers(db, db);
        }
        let old = std::mem::take(&mut self.databases[db]);
        let count = old.entries().len();
        self.memory.ledger.clear(db);
        self.dirty += count as u64;
        count
    }

    /// Exchanges two databases. Keys that exist in either count as changed, since WATCH sees them so.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.databases.swap(a, b);
        self.memory.ledger.swap(a, b);
        if !self.heard {
            return;
        }
        let mut told = Vec::new();
        for (db, other) in [(a, b), (b, a)] {
            self.wake_readers(db, other);
            // Those that are past their time too: whoever waits for one makes it go.
            let entries = self.databases[db].entries().iter();
            let mut added: Vec<(usize, Bytes)> = entries.map(|(key, _)| (db, key.to_bytes())).collect();
            self.added.append(&mut added);
            for (key, _) in self.iter(db).chain(self.iter(other)) {
                told.push(Signal { db, key: key.to_bytes(), event: None, modified: true });
            }
        }
        self.signals.append(&mut told);
    }

    /// Wakes whoever waits in `db` for the streams that are in `other`.
    fn wake_readers(&mut self, db: usize, other: usize) {
        let streams = self.iter(other).filter(|(_, entry)| entry.is_stream());
        let mut gone: Vec<(usize, Bytes)> = streams.map(|(key, _)| (db, key.to_bytes())).collect();
        self.added.append(&mut gone);
    }

    /// Says whether anybody (a WATCH, a blocked client, a subscriber of notifications) will react to signals from here
    /// on; while nobody does, none are noted down.
    pub fn listen(&mut self, heard: bool) {
        self.heard = heard;
    }

    /// The one place that notices a change of a key: call it after each modification with the event's name.
    #[inline]
    pub fn touch(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        self.dirty += 1;
        if class == Class::Hash && self.databases[db].soonest_field().is_some() {
            self.watch_fields(db, key);
        }
        self.signal(db, key, class, event, true);
    }

    /// [`Keyspace::touch`] for a change that no notification tells of.
    pub fn touch_untold(&mut self, db: usize, key: &[u8]) {
        self.dirty += 1;
        if self.heard {
            self.signals.push(Signal { db, key: Bytes::copy_from_slice(key), event: None, modified: true });
        }
    }

    /// Tells of an event that modified nothing by itself, such as the `del` that follows a `lpop` of the last element.
    #[inline]
    pub fn signal(&mut self, db: usize, key: &[u8], class: Class, event: &'static str, modified: bool) {
        if self.heard {
            self.note(db, key, (class, event), modified);
        }
    }

    fn note(&mut self, db: usize, key: &[u8], event: (Class, &'static str), modified: bool) {
        self.signals.push(Signal { db, key: Bytes::copy_from_slice(key), event: Some(event), modified });
    }

    /// [`Keyspace::touch`], and the key goes if its collection is now empty.
    pub fn touch_or_drop(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        self.touch(db, key, class, event);
        if self.entry(db, key).is_some_and(|entry| entry.data.is_hollow()) {
            self.take(db, key);
            self.signal(db, key, Class::Generic, "del", true);
        }
    }

    /// Whether anything happened that [`Keyspace::take_signals`] or [`Keyspace::take_added`] would tell.
    pub fn has_news(&self) -> bool {
        !self.signals.is_empty() || !self.added.is_empty()
    }

    /// What happened since the last call of [`Keyspace::take_signals`].
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// What happened since the last call.
    pub fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// Lets clients that wait for `key` look at it: a stream has grown or gone.
    pub fn wake(&mut self, db: usize, key: &[u8]) {
        if self.heard {
            self.added.push((db, Bytes::copy_from_slice(key)));
        }
    }

    /// Keys that [`Keyspace::wake`] named or that came into being since the last call, by database and in order.
    pub fn take_added(&mut self) -> Vec<(usize, Bytes)> {
        std::mem::take(&mut self.added)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::time::Time;
    use super::super::super::types::Str;
    use super::*;

    fn string(text: &str) -> Data {
        Data::Str(Str::new(text.as_bytes()))
    }

    fn events(keyspace: &mut Keyspace) -> Vec<(usize, Bytes)> {
        keyspace.take_signals().into_iter().map(|signal| (signal.db, signal.key)).collect()
    }

    #[test]
    fn keys_expire_earliest_first_over_all_databases() {
        let mut keyspace = Keyspace::new(2);
        keyspace.put(0, b"late", string("1"), Some(30));
        keyspace.put(1, b"early", string("2"), Some(10));
        keyspace.put(0, b"middle", string("3"), Some(20));
        assert_eq!(events(&mut keyspace), [(0, "late".into()), (1, "early".into()), (0, "middle".into())]);
        keyspace.expire_due(Time::from_ms(10));
        assert_eq!(keyspace.expired, 0);
        keyspace.expire_due(Time::from_ms(31));
        assert_eq!(events(&mut keyspace), [(1, "early".into()), (0, "middle".into()), (0, "late".into())]);
        assert_eq!(keyspace.next_expiry_ms(), None);
    }

    #[test]
    fn a_new_value_or_time_forgets_the_old_time() {
        let mut keyspace = Keyspace::new(1);
        keyspace.put(0, b"a", string("1"), Some(10));
        keyspace.put(0, b"a", string("2"), None);
        keyspace.put(0, b"b", string("1"), Some(10));
        assert!(keyspace.set_expiry(0, b"b", Some(50)));
        assert!(!keyspace.set_expiry(0, b"c", Some(50)));
        assert_eq!(keyspace.next_expiry_ms(), Some(50));
        assert_eq!(keyspace.volatile_len(0), 1);
        keyspace.take(0, b"b");
        assert_eq!((keyspace.volatile_len(0), keyspace.len(0)), (0, 1));
    }

    #[test]
    fn nothing_is_noted_while_nobody_listens() {
        let mut keyspace = Keyspace::new(1);
        keyspace.listen(false);
        keyspace.touch(0, b"a", Class::Generic, "del");
        assert_eq!(keyspace.dirty, 1);
        assert!(events(&mut keyspace).is_empty());
        keyspace.listen(true);
        keyspace.touch(0, b"a", Class::Generic, "del");
        assert_eq!(events(&mut keyspace), [(0, "a".into())]);
    }

    #[test]
    fn a_look_is_an_access_and_a_glance_is_not() {
        let mut keyspace = Keyspace::new(1);
        keyspace.expire_due(Time::from_ms(5_000));
        keyspace.put(0, b"a", string("1"), None);
        keyspace.expire_due(Time::from_ms(9_999));
        assert_eq!(keyspace.entry(0, b"a").map(|entry| entry.lru), Some(5));
        assert_eq!(keyspace.visit(0, b"a").map(|entry| entry.lru), Some(9));
    }
}
