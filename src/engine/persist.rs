//! All data as the bytes of a file, and back.

use bytes::Bytes;

use super::disk::Kept;
use super::footprint::footprint;
use super::keyspace::Taken;
use super::rdb::{Content, FileReader, Part, write_file};
use super::settings::REDIS_VERSION;
use super::state::State;
use super::time::Time;

/// What was in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// How many keys were loaded.
    pub keys: usize,
    /// How many were not, since their time had come.
    pub expired: usize,
    /// What has written the file, with its version, as it says.
    pub written_by: Option<String>,
    /// The sources of libraries of functions.
    pub functions: Vec<Bytes>,
    /// What could not be kept: the data of modules.
    pub left_out: Vec<String>,
}

/// All data as the bytes of a file.
pub fn save(state: &State, now: Time) -> Vec<u8> {
    let used = footprint(state).total;
    let notes = vec![
        ("redis-ver", REDIS_VERSION.into()),
        ("redis-bits", "64".into()),
        ("ctime", now.us().div_euclid(1_000_000).to_string()),
        ("used-mem", used.to_string()),
        ("aof-base", "0".into()),
        (WRITTEN_BY, env!("CARGO_PKG_VERSION").into()),
    ];
    write_file(&Content {
        keyspace: &state.keyspace,
        functions: state.libraries.iter().map(|library| &*library.source).collect(),
        notes,
        now_ms: now.ms(),
        limits: state.settings.limits,
        compress: state.settings.compresses_dumps(),
    })
}

/// The name under which a file says which redlab has written it.
pub const WRITTEN_BY: &str = "redlab-ver";

/// Whether redlab has written a file, by its first bytes.
pub fn is_own(start: &[u8]) -> bool {
    start.windows(WRITTEN_BY.len()).any(|window| window == WRITTEN_BY.as_bytes())
}

/// How many bytes from the start of a file [`is_own`] wants to see.
pub const OWN_BYTES: usize = 256;

/// What becomes of keys that are there when a file is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// All go.
    Flush,
    /// Those go whose names are in the file.
    Merge,
    /// One of the same name is an error.
    Refuse,
}

/// Loads a file: all of it, or nothing. Its functions are only handed over.
///
/// # Errors
/// A sentence about what is wrong with the file, and where.
pub fn load(state: &mut State, bytes: &[u8], now: Time, present: Present) -> Result<Loaded, String> {
    let mut reader = FileReader::new(bytes, &state.settings.limits).map_err(|fault| fault.0.into_owned())?;
    let (mut loaded, mut keys) = (Loaded::default(), Vec::new());
    let at = |reader: &FileReader<'_>, why: &str| format!("{why} (before byte {})", reader.at());
    loop {
        match reader.next_part().map_err(|fault| at(&reader, &fault.0))? {
            None => break,
            Some(Part::Note(name, value)) if *name == *b"redis-ver" => {
                loaded.written_by = Some(format!("Redis {}", String::from_utf8_lossy(&value)));
            }
            Some(Part::Note(name, value)) if *name == *WRITTEN_BY.as_bytes() => {
                loaded.written_by = Some(format!("redlab {}", String::from_utf8_lossy(&value)));
            }
            Some(Part::Note(..)) => {}
            Some(Part::Function(source)) => loaded.functions.push(source.into()),
            Some(Part::LeftOut(what)) => loaded.left_out.push(what),
            Some(Part::Key(key)) => {
                let databases = state.keyspace.databases();
                let db = usize::try_from(key.db).ok().filter(|db| *db < databases);
                let Some(db) = db else {
                    return Err(at(&reader, &format!("it has a database {}, and there are {databases}", key.db)));
                };
                if key.expires_ms.is_some_and(|at| at < now.ms()) {
                    loaded.expired += 1;
                } else {
                    keys.push((db, key));
                }
            }
        }
    }
    if let (Present::Refuse, Some((_, key))) =
        (present, keys.iter().find(|(db, key)| state.keyspace.exists(*db, &key.name)))
    {
        return Err(format!("the key {} is there already", crate::resp::printable(&key.name, 100)));
    }
    if present == Present::Flush {
        for db in 0..state.keyspace.databases() {
            state.keyspace.clear(db);
        }
    }
    for (db, key) in keys {
        let clock = &state.keyspace.clock;
        let stamp = match (key.frequency.filter(|_| clock.counts()), key.idle_s.filter(|_| !clock.counts())) {
            (Some(frequency), _) => clock.stamp_frequency(frequency),
            (_, Some(idle)) => clock.stamp_idle(u32::try_from(idle).unwrap_or(u32::MAX)),
            _ => clock.fresh(),
        };
        let taken = Taken { data: key.data, expires_ms: key.expires_ms, lru: stamp };
        state.keyspace.put_entry(db, &key.name, taken);
        loaded.keys += 1;
    }
    (state.disk.load_keys, state.disk.load_expired) = (loaded.keys, loaded.expired);
    Ok(loaded)
}

/// DEBUG RELOAD: all data once through the form of a file, which is kept. Functions stay as they are.
///
/// # Errors
/// If what was written cannot be read, which would be an error of ours.
pub fn reload(state: &mut State, now: Time, present: Present) -> Result<(), String> {
    keep(state, now);
    load_kept(state, now, present).map(|_| ())
}

/// Keeps all data in memory, as a file would hold it.
pub fn keep(state: &mut State, now: Time) {
    let bytes = save(state, now).into();
    let libraries = state.libraries.iter().map(|library| library.name.clone()).collect();
    state.disk.kept = Some(Kept { bytes, libraries });
    state.disk.taken_dirty = state.keyspace.dirty;
    state.disk.note_saved(now);
}

/// Loads what was last kept in memory; the sources of its functions are handed over.
///
/// # Errors
/// A sentence that says why it cannot be loaded.
pub fn load_kept(state: &mut State, now: Time, present: Present) -> Result<Vec<Bytes>, String> {
    let kept = state.disk.kept.clone().ok_or("nothing was saved yet")?;
    let there = |name: &&Bytes| state.libraries.iter().any(|library| library.name == **name);
    if let (Present::Refuse, Some(name)) = (present, kept.libraries.iter().find(there)) {
        return Err(format!("the library {} is there already", crate::resp::printable(name, 100)));
    }
    let dirty = state.keyspace.dirty;
    let loaded = load(state, &kept.bytes, now, present)?;
    state.keyspace.dirty = dirty;
    Ok(loaded.functions)
}

/// Whether a save point of the configuration is reached: so many changes, and so many seconds since the last writing.
pub fn is_due(state: &State, now: Time) -> bool {
    /// After a failure, the next try waits for so long.
    const AGAIN_S: i64 = 5;
    if state.settings.dir.is_none() || state.disk.background.is_some() {
        return false;
    }
    let since = |then: Time| (now.us() - then.us()).div_euclid(1_000_000);
    let changes = state.disk.changes(state.keyspace.dirty);
    let numbers: Vec<u64> = save_points(state).split(' ').filter_map(|n| n.parse().ok()).collect();
    let reached = |point: &[u64]| {
        changes >= point[1].max(1) && u64::try_from(since(state.disk.saved)).is_ok_and(|seconds| seconds > point[0])
    };
    (state.disk.is_well || since(state.disk.tried) > AGAIN_S) && numbers.chunks_exact(2).any(reached)
}

/// Whether writes are refused since the last writing in the background has failed: `stop-writes-on-bgsave-error`, where
/// there are save points.
pub fn refuses_writes(state: &State) -> bool {
    let stops = || state.settings.kept.get("stop-writes-on-bgsave-error").is_none_or(|stops| stops == "yes");
    !state.disk.is_well && stops() && !save_points(state).is_empty()
}

/// `save`: seconds and changes by turns.
pub fn save_points(state: &State) -> &str {
    state.settings.kept.get("save").map_or("", String::as_str)
}
