//! The bundled engine behind a TCP port (and TLS, and a Unix socket), for any Redis client.
//!
//! The engine itself does no I/O: a [`Server`] reads the clock, carries bytes, and wakes the engine when a key expires
//! or a blocked client gives up.

mod mailbox;

mod limits;
mod tls;

mod event;

mod watch;

mod disk;

mod hub;

mod meanwhile;

mod wire;

mod line;

mod connection;

mod door;

mod server;

pub use event::{Change, Event, Seen, Totals};
pub use server::{Places, Server};
pub use tls::TlsFiles;
