//! A running server, watched.

mod state;

mod filter;

mod update;

mod view;

pub use state::State;
pub use view::draw;
