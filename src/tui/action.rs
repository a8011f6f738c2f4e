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
    /// Edit a scenario's text in the program that the user has chosen for that.
    EditOutside {
        /// The scenario's id.
        id: String,
        /// The text.
        text: String,
    },
    /// Stop the program, as ctrl-z does in a shell.
    Suspend,
    /// Highlight a piece of code.
    Paint(Piece),
}
