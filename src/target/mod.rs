//! Where commands go: the bundled engine or a live server, behind one door.

mod local;

pub use local::{LocalServer, StartError};
