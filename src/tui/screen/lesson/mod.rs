//! A lesson: its text and task beside prompt, log, keys and latency.

mod state;

mod update;

mod task;

mod view;

pub use state::State;
pub use view::draw;
