//! The race lab: clients in swimlanes, stepped by hand, explored as a whole.

mod state;

mod update;

mod view;

pub use state::State;
pub use view::draw;
