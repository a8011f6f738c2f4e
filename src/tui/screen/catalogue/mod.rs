//! What there is to learn, what is finished, what to do next.

mod state;

mod update;

mod view;

pub use state::State;
pub use view::draw;
