//! Keys: what they hold, when they expire, and the one place that notices a change.

mod data;
mod ledger;
mod policy;
mod pool;
mod signal;

mod usage;

pub mod weight;

mod memory;
mod timers;

mod database;

mod keys;

mod evict;
mod expiry;

pub use data::{Data, Entry, Kind, Taken};
pub use keys::Keyspace;
pub use memory::Room;
pub use policy::{Policy, Rules};
pub use signal::{Class, Signal};
pub use usage::UseClock;
