//! How much memory a server uses, by what it is used for: an estimate of what Redis would use.

use super::keyspace::Room;
use super::state::State;

/// What a Redis takes that holds nothing.
pub const STARTUP: usize = 876_064;
/// What a connection takes while it is idle.
const CLIENT: usize = 1928;
/// What a cached script takes beside its source.
const SCRIPT: usize = 192;

/// Bytes by what they are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Connections.
    pub clients: usize,
    /// Cached scripts.
    pub scripts: usize,
    /// Tables of keys, and the headers of their values.
    pub tables: usize,
    /// Everything.
    pub total: usize,
}

/// What is used for anything but keys.
fn beside_keys(state: &State) -> usize {
    STARTUP + of_clients(state) + of_scripts(state)
}

fn of_clients(state: &State) -> usize {
    state.clients.len() * CLIENT
}

fn of_scripts(state: &State) -> usize {
    state.scripts.values().map(|source| source.len() + SCRIPT).sum()
}

/// What a server uses now.
pub fn footprint(state: &State) -> Footprint {
    let total = beside_keys(state) + state.keyspace.used();
    let keyspace = &state.keyspace;
    let keys: usize = (0..keyspace.databases()).map(|db| keyspace.len(db)).sum();
    // Of each key, the entry of the table and the header of the value.
    let tables = keyspace.tables() + keys * 40;
    Footprint { clients: of_clients(state), scripts: of_scripts(state), tables, total }
}

/// The same, noted as the most that was ever used where it is.
pub fn note_peak(state: &mut State) -> Footprint {
    let footprint = footprint(state);
    let peak = &mut state.keyspace.memory.peak;
    *peak = (*peak).max(footprint.total);
    footprint
}

/// Evicts keys as the policy says, until the server keeps to its limit or has to wait for the next time.
pub fn make_room(state: &mut State) -> Room {
    let beside = beside_keys(state);
    state.keyspace.make_room(beside)
}
