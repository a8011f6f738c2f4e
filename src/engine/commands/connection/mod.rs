//! The connection itself.

mod describe;
pub mod refusal;

pub mod client;
pub mod session;
