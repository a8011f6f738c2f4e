//! Two or more ways side by side, measured.

mod state;

mod update;

mod view;

pub use state::State;
pub use view::draw;
