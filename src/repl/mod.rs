//! The line REPL: rustyline around prompt, session and render.

mod helper;

mod interactive;
mod piped;

pub use interactive::interactive;
pub use piped::{PipedError, piped};
