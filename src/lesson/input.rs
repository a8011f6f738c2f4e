//! What can be typed in a lesson: a command for Redis, or a statement for the lesson's database.

use bytes::Bytes;

use crate::engine;
use crate::program::Datum;
use crate::resp::{SplitError, split_line};

/// A typed line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A command.
    Command {
        /// As it was typed.
        line: String,
        /// Its words.
        argv: Vec<Bytes>,
    },
    /// A statement; it was typed after the word `sql`.
    Sql(String),
}

impl Input {
    /// Understands a line. `sql SELECT …` is a statement where there is a database; no Redis command has that name.
    pub fn typed(line: &str, database: bool) -> Result<Input, SplitError> {
        let line = line.trim();
        if database && let Some(statement) = statement(line) {
            return Ok(Input::Sql(statement.to_string()));
        }
        Ok(Input::Command { line: line.to_string(), argv: split_line(line)? })
    }

    /// The keys that a command names; a statement names none. Checks read it as `keys`.
    pub fn keys(&self) -> Datum {
        match self {
            Input::Command { argv, .. } => keys_of(argv),
            Input::Sql(_) => Datum::list([]),
        }
    }

    /// The line that one types for it.
    pub fn line(&self) -> String {
        match self {
            Input::Command { line, .. } => line.clone(),
            Input::Sql(statement) => format!("sql {statement}"),
        }
    }
}

/// The keys that a command names.
pub fn keys_of(argv: &[Bytes]) -> Datum {
    let keys = engine::resolve(argv).map(|row| row.keys_of(argv)).unwrap_or_default();
    Datum::list(keys.into_iter().map(|key| Datum::Str(key.clone())))
}

/// What follows the word `sql`.
pub(super) fn statement(line: &str) -> Option<&str> {
    let (word, rest) = line.split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case("sql").then(|| rest.trim()).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_or_a_statement() {
        assert_eq!(Input::typed(" SQL  SELECT 1 ", true), Ok(Input::Sql("SELECT 1".into())));
        assert!(matches!(Input::typed("sql SELECT 1", false), Ok(Input::Command { argv, .. }) if argv.len() == 3));
        assert!(matches!(Input::typed("sql", true), Ok(Input::Command { argv, .. }) if argv.len() == 1));
        assert_eq!(Input::typed("GET 'a b'", true).unwrap().line(), "GET 'a b'");
        assert!(Input::typed("GET 'a", true).is_err());
    }
}
