//! Where commands go: the bundled engine or a live server, behind one door.

mod identity;
mod local;
mod spec;

pub use identity::{Elapsed, Exchange, Identity, Kind};
pub use local::{LocalServer, StartError};
pub use spec::TargetSpec;
