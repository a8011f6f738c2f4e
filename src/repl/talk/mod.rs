//! What redis-cli does where nobody sits in front of it: one command, lines from a pipe, mass insertion.
//!
//! Everything it writes is redis-cli's byte for byte; where they differ, the place says so.

mod line;
mod wish;

mod connection;

mod lines;
mod mass;

pub use connection::{Ending, NO_REPLICA, Talk};
pub use line::{BAD_REPEAT, Line, RESTART, UNBALANCED, read};
pub use lines::lines;
pub use mass::mass;
pub use wish::{Dialect, Open, TalkWish};
