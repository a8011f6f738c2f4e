//! Writing to standard output: a closed pipe is silence.

use std::io::{self, IsTerminal, Write};

use super::args::ColorChoice;
use super::exit::{Exit, Failure};

/// Writes bytes to standard output. A reader that went away is no fault: nothing more is to be done then.
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Err(Failure { exit: Exit::Fine, message: String::new() })
        }
        Err(error) => Err(Failure::usage(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes text to standard output.
pub fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Writes one JSON document to standard output.
pub fn json(document: &serde_json::Value) -> Result<(), Failure> {
    text(&format!("{document:#}\n"))
}

/// Writes a message to standard error, where a failure to do so has nobody to be told to.
pub fn message(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether standard output is a terminal.
pub fn to_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether to colour standard output.
pub fn color(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        // Any value of NO_COLOR but the empty one asks for none (no-color.org).
        ColorChoice::Auto => to_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}
