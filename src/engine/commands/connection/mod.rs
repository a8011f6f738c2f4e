//! The connection itself.

mod describe;
mod hold;
mod kill;
mod tracking;

pub mod refusal;

pub mod client;
pub mod session;
