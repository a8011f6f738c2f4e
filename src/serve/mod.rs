//! The bundled engine behind a loopback TCP port, for any Redis client.
//!
//! The engine itself does no I/O: a [`Server`] reads the clock, carries bytes, and wakes the engine when a key expires
//! or a blocked client gives up.

mod mailbox;

mod hub;

mod connection;

mod server;

pub use server::Server;
