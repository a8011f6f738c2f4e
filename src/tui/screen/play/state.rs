//! The playground's state.

use super::super::super::part::Desk;

/// How many clients a playground may have.
pub const MOST_CLIENTS: usize = 6;

/// What the playground knows.
#[derive(Clone, Debug)]
pub struct State {
    /// Prompt, log, keys, times.
    pub desk: Desk,
    /// How many clients there are.
    pub clients: usize,
    /// Which one types.
    pub client: usize,
    /// Which pane scrolls: 0 the log, 1 the keys.
    pub focus: usize,
    /// Whether the focused pane is alone.
    pub alone: bool,
}

impl Default for State {
    fn default() -> State {
        State { desk: Desk::default(), clients: 1, client: 0, focus: 0, alone: false }
    }
}
