//! Streams: entries in the order of their ids, and the groups of consumers that share them out.

mod id;

mod node;
mod tree;

mod group;
mod range;

mod entries;

pub use entries::{Stream, Trim, TrimBy};
pub use group::{Consumer, Group, Pending};
pub use id::StreamId;
pub use range::EntryRef;
