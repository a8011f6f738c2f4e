//! Where commands go: the bundled engine or a live server, behind one door.

mod identity;

mod local;
mod spec;

mod error;

mod bundled;
mod live;

mod connection;
mod wire;

mod open;

mod guard;

pub use bundled::{Bundled, Snapshot};
pub use connection::Connection;
pub use error::{LinkError, TargetError};
pub use guard::{ClaimError, Claims, Guard, LastResort, Ledger, Verdict};
pub use identity::{Elapsed, Exchange, Identity, Kind};
pub use local::{LocalServer, StartError};
pub use open::Target;
pub use spec::TargetSpec;
pub use wire::{Known, Wire};
