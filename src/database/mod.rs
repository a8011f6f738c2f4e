//! The system of record beside Redis: a real SQLite database of a lesson or a scenario, in memory.
//!
//! It knows nothing of Redis, of clients, or of time.

mod cell;

mod limits;

mod store;

pub use cell::{Cell, Rows};
pub use store::{Database, DatabaseError, Image};
