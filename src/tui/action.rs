//! What an update asks for. Updates change states; whatever reaches beyond them is an action.

use crate::session::{Request, What};

use super::paint::Piece;

/// A wish of a screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Tell the session.
    Send(Request),
    /// Open a screen with a new session.
    Open(What),
    /// Back to the catalogue.
    Leave,
    /// End the program.
    Quit,
    /// Highlight a piece of code.
    Paint(Piece),
}
