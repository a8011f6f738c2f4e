//! The data types, as pure data: they know no reply, no command, no time.

mod bitfield;
mod blob;
mod dict;
pub mod geohash;
pub mod hyperloglog;
mod item;

mod string;

mod element;
mod intset;
mod pack;
mod packs;

mod field_times;
mod hash;
mod list;
mod listpack;
mod long_double;
mod set;
mod ranks;
mod stream;
mod zset;

pub use bitfield::{Field, Overflow};
pub use blob::Blob;
pub use dict::Dict;
pub use hash::Hash;
pub use item::{Decimal, Item};
pub use list::List;
pub use listpack::{Element, Listpack};
pub use long_double::LongDouble;
pub use packs::End;
pub use ranks::order;
pub use set::Set;
pub use stream::{Consumer, EntryRef, Group, Pending, Stream, StreamId, Trim, TrimBy};
pub use string::{Str, parse_integer};
pub use zset::{Members, ZSet};

/// The limits at which a compact encoding gives way to the general one. Names and defaults are redis.conf's (7.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodingLimits {
    /// `hash-max-listpack-entries`
    pub hash_entries: usize,
    /// `hash-max-listpack-value`, bytes
    pub hash_value: usize,
    /// `set-max-intset-entries`
    pub set_intset_entries: usize,
    /// `zset-max-listpack-entries`
    pub zset_entries: usize,
    /// `zset-max-listpack-value`, bytes
    pub zset_value: usize,
    /// `hll-sparse-max-bytes`
    pub hll_sparse_bytes: usize,
    /// `list-max-listpack-size`: elements of a quicklist node; -1 to -5: 4 to 64 KB
    pub list_node: i64,
    /// `stream-node-max-bytes`; 0: any number
    pub stream_node_bytes: usize,
    /// `stream-node-max-entries`; 0: any number
    pub stream_node_entries: usize,
}

impl Default for EncodingLimits {
    fn default() -> Self {
        EncodingLimits {
            hash_entries: 512,
            hash_value: 64,
            set_intset_entries: 512,
            zset_entries: 128,
            zset_value: 64,
            hll_sparse_bytes: 3000,
            list_node: -2,
            stream_node_bytes: 4096,
            stream_node_entries: 100,
        }
    }
}
