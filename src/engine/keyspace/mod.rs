//! Keys: what they hold, when they expire, and the one place that notices a change.

mod data;
mod signal;

mod keys;

pub use data::{Data, Entry, Kind};
pub use keys::Keyspace;
pub use signal::{Class, Signal};
