//! Where commands go: the bundled engine or a live server, behind one door.

mod identity;

mod local;
mod spec;

mod error;

mod tls;

mod bundled;
mod live;

mod direct;

mod connection;
mod wire;

mod open;

mod port;

mod guard;

pub use bundled::{Bundled, Snapshot};
pub use connection::Connection;
pub use direct::{Endpoint, Place, Socket, SocketError};
pub use error::{LinkError, TargetError};
pub use guard::{ClaimError, Claims, Guard, LastResort, Ledger, Verdict, only_looks};
pub use identity::{Elapsed, Exchange, Identity, Kind};
pub use local::{LocalServer, StartError};
pub use open::Target;
pub use port::Port;
pub use spec::TargetSpec;
pub use tls::TlsWish;
pub use wire::{Known, Wire};
