//! What is wrong with a line before it is sent.

use bytes::Bytes;

use crate::engine;
use crate::resp::{printable, split_words};

use super::nearest::nearest;

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What and what to do.
    pub message: String,
    /// Byte offset in the line.
    pub at: usize,
}

/// Checks quotes, the command's name and the number of its arguments.
///
/// A live server may know commands that the engine does not: whoever talks to one lets an unknown command pass.
pub fn validate(line: &str) -> Result<(), Complaint> {
    let words = split_words(line).map_err(|error| Complaint { message: error.to_string(), at: error.at() })?;
    let argv: Vec<Bytes> = words.iter().map(|word| word.bytes.clone()).collect();
    validate_words(&argv).map_err(|fault| Complaint {
        at: words.get(fault.at).map_or(line.len(), |word| word.start),
        message: fault.message,
    })
}

/// The same for a command that is already split; `at` is then the index of the word.
pub fn validate_words(argv: &[Bytes]) -> Result<(), Complaint> {
    let Some(name) = argv.first() else { return Ok(()) };
    let Some(container) = engine::lookup(name) else {
        return Err(unknown(name, engine::rows().map(|row| row.name), 0));
    };
    let row = match argv.get(1) {
        Some(word) if !container.subcommands.is_empty() => match container.subcommand(word) {
            Some(row) => row,
            None => return Err(unknown(word, container.subcommands.iter().map(|row| row.name), 1)),
        },
        _ => container,
    };
    if row.accepts(argv.len()) {
        return Ok(());
    }
    let few = argv.len() < usize::try_from(row.arity.unsigned_abs()).unwrap_or(usize::MAX);
    let what = if few { "an argument is missing" } else { "there are too many arguments" };
    Err(Complaint { message: format!("{what}: {}", row.syntax), at: argv.len() - usize::from(!few) })
}

/// The line with its unknown command or subcommand replaced by the nearest one there is. `None` where the line is
/// sound, or nobody can guess.
pub fn mended(line: &str) -> Option<String> {
    let words = split_words(line).ok()?;
    let name = words.first()?;
    let (word, names): (_, Vec<&str>) = match engine::lookup(&name.bytes) {
        None => (name, engine::rows().map(|row| row.name).collect()),
        Some(row) => (words.get(1)?, row.subcommands.iter().map(|row| row.name).collect()),
    };
    let shown = printable(&word.bytes, 40);
    if names.iter().any(|name| name.eq_ignore_ascii_case(&shown)) {
        return None;
    }
    let near = nearest(&shown, names).into_iter().next()?;
    let lower = !shown.chars().any(char::is_uppercase);
    let near = if lower { near.to_lowercase() } else { near.to_string() };
    Some(format!("{}{near}{}", &line[..word.start], &line[word.end..]))
}

fn unknown<'a>(word: &[u8], names: impl Iterator<Item = &'a str>, at: usize) -> Complaint {
    let shown = printable(word, 40);
    let kind = if at == 0 { "command" } else { "subcommand" };
    let near = nearest(&shown, names);
    let message = match near.as_slice() {
        [] => format!("there is no {kind} {shown}"),
        near => format!("there is no {kind} {shown}: did you mean {}?", near.join(" or ")),
    };
    Complaint { message, at }
}

#[cfg(test)]
mod tests {
    use super::{mended, validate};

    #[test]
    fn a_complaint_says_where_and_what_to_do() {
        let complaint = |line: &str| validate(line).map_err(|c| (c.message, c.at));
        assert_eq!(complaint("GET a"), Ok(()));
        assert_eq!(complaint("GTE a"), Err(("there is no command GTE: did you mean GET?".into(), 0)));
        assert_eq!(complaint("GET"), Err(("an argument is missing: GET key".into(), 3)));
        assert_eq!(complaint("GET a b"), Err(("there are too many arguments: GET key".into(), 6)));
        assert_eq!(complaint("GET \"a").map_err(|c| c.1), Err(4));
        assert_eq!(complaint("  "), Ok(()));
    }

    #[test]
    fn a_slip_is_mended() {
        assert_eq!(mended("GTE a"), Some("GET a".into()));
        assert_eq!(mended("confgi get x"), Some("config get x".into()));
        assert_eq!(mended("CONFIG GTE x"), Some("CONFIG GET x".into()));
        assert_eq!(mended("GET a b"), None);
        assert_eq!(mended("zzzzzz"), None);
    }
}
