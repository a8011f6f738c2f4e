//! A line on standard error that tells how far something has come.

use std::io::{self, IsTerminal, Write};

/// A line that is written over and over, and wiped at the end; nothing where standard error is no terminal.
pub struct Bar {
    shows: bool,
    drawn: bool,
}

impl Bar {
    /// A line that is not drawn yet.
    pub fn new() -> Bar {
        Bar { shows: io::stderr().is_terminal(), drawn: false }
    }

    /// Writes the line anew.
    pub fn show(&mut self, line: &str) {
        if self.shows {
            self.drawn = true;
            let _ = write!(io::stderr(), "\r{line}\x1b[K");
        }
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
