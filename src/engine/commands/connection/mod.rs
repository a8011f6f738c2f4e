//! The connection itself.

mod describe;

pub mod client;
pub mod session;
