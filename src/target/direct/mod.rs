//! A server without a library between: commands go out and replies come in exactly as they are on the wire. For `exec`
//! and for commands from a pipe, where each byte counts and every microsecond of the start.

mod endpoint;

mod stream;

mod socket;

pub use endpoint::{Endpoint, Place};
pub use socket::{Socket, SocketError};
