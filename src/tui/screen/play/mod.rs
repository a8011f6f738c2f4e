//! The playground: a prompt, several clients, no lesson.

mod state;

mod update;

mod view;

pub use state::State;
pub use view::draw;
