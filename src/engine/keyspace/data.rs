//! What one key holds.

use super::super::types::{Hash, List, Set, Str, Stream, ZSet};

/// The value of a key. It takes 24 bytes: what is larger lies in memory of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// A string.
    Str(Str),
    /// A list.
    List(List),
    /// A hash.
    Hash(Hash),
    /// A set.
    Set(Set),
    /// A sorted set.
    ZSet(ZSet),
    /// A stream.
    Stream(Box<Stream>),
}

impl Data {
    /// What TYPE answers.
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::Str(_) => "string",
            Data::List(_) => "list",
            Data::Hash(_) => "hash",
            Data::Set(_) => "set",
            Data::ZSet(_) => "zset",
            Data::Stream(_) => "stream",
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Data::Str(v) => v.encoding(),
            Data::List(v) => v.encoding(),
            Data::Hash(v) => v.encoding(),
            Data::Set(v) => v.encoding(),
            Data::ZSet(v) => v.encoding(),
            Data::Stream(v) => v.encoding(),
        }
    }

    /// Whether this is a collection without elements, which Redis does not keep.
    pub fn is_hollow(&self) -> bool {
        match self {
            // An empty stream remembers its last id and its groups.
            Data::Str(_) | Data::Stream(_) => false,
            Data::List(v) => v.is_empty(),
            Data::Hash(v) => v.is_empty(),
            Data::Set(v) => v.is_empty(),
            Data::ZSet(v) => v.is_empty(),
        }
    }
}

impl Data {
    /// Of how many parts the value consists that are allocated one by one; a compact value is one.
    pub fn parts(&self) -> usize {
        match self {
            Data::List(list) if self.encoding() == "quicklist" => list.len().div_ceil(128),
            Data::Set(set) if self.encoding() == "hashtable" => set.len(),
            Data::Hash(hash) if self.encoding() == "hashtable" => hash.len(),
            Data::ZSet(zset) if self.encoding() == "skiplist" => zset.len(),
            Data::Stream(stream) => {
                let groups = stream.groups();
                let pending = groups.values().next().map_or(0, |group| group.pending().len());
                stream.radix_nodes() + groups.len() * (1 + pending)
            }
            _ => 1,
        }
    }
}

/// A type that a key can hold: lets the typed accessors of the keyspace answer WRONGTYPE in one place.
pub trait Kind: Sized {
    /// The value as this type, if it is one.
    fn of(data: &Data) -> Option<&Self>;
    /// The value as this type, to change it.
    fn of_mut(data: &mut Data) -> Option<&mut Self>;
    /// This value as what a key holds.
    fn into_data(self) -> Data;
}

macro_rules! kinds {
    ($($kind:ident),*) => {$(
        impl Kind for $kind {
            fn of(data: &Data) -> Option<&Self> {
                if let Data::$kind(value) = data { Some(value) } else { None }
            }
            fn of_mut(data: &mut Data) -> Option<&mut Self> {
                if let Data::$kind(value) = data { Some(value) } else { None }
            }
            fn into_data(self) -> Data {
                Data::$kind(self)
            }
        }
    )*};
}
kinds!(Str, List, Hash, Set, ZSet);

impl Kind for Stream {
    fn of(data: &Data) -> Option<&Self> {
        if let Data::Stream(value) = data { Some(value) } else { None }
    }
    fn of_mut(data: &mut Data) -> Option<&mut Self> {
        if let Data::Stream(value) = data { Some(value) } else { None }
    }
    fn into_data(self) -> Data {
        Data::Stream(Box::new(self))
    }
}

/// What [`Entry::timer`] is while the key does not expire.
pub(super) const NEVER: u32 = u32::MAX;

/// What a database keeps for a key: 32 bytes. When the key expires the database knows
/// ([`super::Keyspace::expiry_of`]).
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the key holds.
    pub data: Data,
    /// When or how often it was used: 24 bits that [`super::UseClock`] writes and reads.
    pub lru: u32,
    /// The place of its time in the database's heap.
    pub(super) timer: u32,
}

impl Entry {
    /// An entry that does not expire.
    pub fn new(data: Data, lru: u32) -> Entry {
        Entry { data, lru, timer: NEVER }
    }

    /// Whether it holds a stream, whose end wakes whoever reads from it for a group.
    pub fn is_stream(&self) -> bool {
        matches!(self.data, Data::Stream(_))
    }

    /// Whether the key expires.
    pub fn is_volatile(&self) -> bool {
        self.timer != NEVER
    }
}

/// What a key held that was taken away.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What it held.
    pub data: Data,
    /// When it would have expired, in milliseconds since the Unix epoch; `None`: never.
    pub expires_ms: Option<i64>,
    /// When or how often it was used: see [`Entry::lru`].
    pub lru: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_for_a_key_is_small() {
        assert_eq!((size_of::<Data>(), size_of::<Entry>()), (24, 32));
    }
}
