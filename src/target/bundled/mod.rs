//! The bundled engine behind a simulated link: a clock that can jump, connections, blocked calls, undo.

mod clock;

mod hub;

mod snapshot;

mod link;

pub use hub::Bundled;
pub use link::BundledLink;
pub use snapshot::Snapshot;
