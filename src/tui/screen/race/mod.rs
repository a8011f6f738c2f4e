//! The race lab: clients in swimlanes, stepped by hand, explored as a whole, variants beside each other, edited.

mod state;

mod edit;

mod update;

mod mouse;

mod lanes;

mod next;

mod found;

mod contrast;

mod edit_view;

mod view;

pub use state::State;
pub use view::draw;
