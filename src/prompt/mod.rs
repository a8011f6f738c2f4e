//! What helps someone who types a command: tokens, completion, hints, did-you-mean, the reference card of a command.
//!
//! The REPL and the screens share it. It reads the engine's command rows and draws nothing.

mod nearest;

mod syntax;

mod card;
mod tokens;

mod complete;
mod help;
mod hint;
mod validate;

pub use card::{Card, card, cards};
pub use complete::{Completion, Names, Wanted, complete, wanted};
pub use help::{help_page, no_help};
pub use hint::{Hint, hint};
pub use nearest::nearest;
pub use tokens::{Token, TokenKind, tokens};
pub use validate::{Complaint, mended, validate, validate_words};
