//! Keys: what they hold, when they expire, and the one place that notices a change.

mod data;
mod policy;
mod signal;

mod usage;

mod keys;

pub use data::{Data, Entry, Kind};
pub use keys::Keyspace;
pub use policy::{Policy, Rules};
pub use signal::{Class, Signal};
pub use usage::UseClock;
