//! A server that runs elsewhere, through the redis crate.

mod clean;

mod convert;

mod address;
mod reason;

mod dial;

mod link;
mod plain;

pub use address::Address;
pub use dial::{Dialer, version};
pub use link::LiveLink;
pub use plain::PlainLink;
