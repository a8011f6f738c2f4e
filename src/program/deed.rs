//! What a client is about to do, with all values put in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::resp::{printable, quoted};

use super::datum::Datum;

/// Longest word that is shown in full.
const SHOWN: usize = 60;

/// A scheduling point, rendered: whoever drives the machine carries it out and feeds the answer back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Send a command.
    Command(Vec<Bytes>),
    /// MULTI, these commands, EXEC, with nothing in between; the answer is EXEC's.
    Transaction(Vec<Vec<Bytes>>),
    /// Commands that are written together. One answer is fed for each, from `at` on.
    Pipeline {
        /// All commands.
        commands: Arc<Vec<Vec<Bytes>>>,
        /// How many are answered already.
        at: usize,
    },
    /// Run a statement on the database.
    Sql(String),
    /// Set variables of the world, in order; the answer is none.
    World(Vec<(String, Datum)>),
    /// Do nothing for a while; the answer is none.
    Sleep(Duration),
}

impl Deed {
    /// One line for a screen, safe for a terminal. Of a pipeline, the command that comes next.
    pub fn line(&self) -> String {
        match self {
            Deed::Command(argv) => command_line(argv),
            Deed::Transaction(commands) => {
                let inner: Vec<String> = commands.iter().map(|argv| command_line(argv)).collect();
                format!("MULTI; {}; EXEC", inner.join("; "))
            }
            Deed::Pipeline { commands, at } => commands.get(*at).map(|argv| command_line(argv)).unwrap_or_default(),
            Deed::Sql(statement) => format!("sql {}", printable(squeezed(statement).as_bytes(), 200)),
            Deed::World(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{name} = {}", value.brief(SHOWN))).collect();
                format!("world {}", pairs.join(", "))
            }
            Deed::Sleep(time) => format!("sleep {time:?}"),
        }
    }
}

/// White space made single spaces: statements and scripts are often written over several lines.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A command as it could be typed; long words are cut.
pub fn command_line(argv: &[Bytes]) -> String {
    argv.iter().map(|word| shown_word(word)).collect::<Vec<_>>().join(" ")
}

/// A word as it could be typed: in quotes where it needs them.
pub fn shown_word(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'');
    let cut = &word[..word.len().min(SHOWN)];
    let mut shown = match std::str::from_utf8(word) {
        Ok(text) if !word.is_empty() && text.bytes().any(|b| b == b'\n') => {
            let line = squeezed(text);
            return format!("\"{}\"", printable(line.as_bytes(), SHOWN));
        }
        _ if !word.is_empty() && cut.iter().all(plain) => String::from_utf8_lossy(cut).into_owned(),
        Ok(text) if !word.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') => {
            return printable(word, SHOWN);
        }
        _ => quoted(cut),
    };
    if cut.len() < word.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_safe_and_short() {
        let line = |words: &[&[u8]]| Deed::Command(words.iter().map(|w| Bytes::copy_from_slice(w)).collect()).line();
        assert_eq!(line(&[b"SET", b"k", b"a b"]), "SET k \"a b\"");
        assert_eq!(line(&[b"SET", b"k", b""]), "SET k \"\"");
        assert_eq!(line(&[b"SET", b"k", b"\xff"]), "SET k \"\\xff\"");
        assert_eq!(line(&[b"SET", b"k", "ä".as_bytes()]), "SET k ä");
        assert!(line(&[b"SET", b"k", &[b'x'; 1000]]).len() < 80);
    }
}
