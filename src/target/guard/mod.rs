//! What keeps a live server's data safe: it is somebody's.
//!
//! redlab changes and removes only keys that it created itself, and asks, command by command, before anything else
//! that could do harm.

mod danger;
mod script;

mod keys;

mod ledger;

mod clean;

mod judge;

mod claims;

pub use claims::Claims;
pub use clean::LastResort;
pub use judge::{ClaimError, Guard, Verdict};
pub use keys::only_looks;
pub use ledger::Ledger;
