//! Completion of the word before the cursor.

use bytes::Bytes;

use crate::engine::{self, positions};
use crate::resp::quoted;

use super::syntax;
use super::tokens::{after_name, split_far};

/// What the word before the cursor could become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Byte offset where the replaced text starts.
    pub start: usize,
    /// Byte offset where it ends: the cursor.
    pub end: usize,
    /// What may stand there, best first.
    pub candidates: Vec<String>,
}

/// Completes the word before `cursor` (a byte offset): commands, subcommands, options in their place, and `keys`.
pub fn complete(line: &str, cursor: usize, keys: &[Bytes]) -> Completion {
    let cursor = (0..=cursor.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let before = &line[..cursor];
    let (words, unclosed) = split_far(before);
    let fresh = before.is_empty() || before.ends_with(char::is_whitespace);
    let (done, start) = match (words.split_last(), unclosed) {
        (_, Some(start)) => (words.as_slice(), start),
        (Some((last, done)), None) if !fresh => (done, last.start),
        _ => (words.as_slice(), cursor),
    };
    let argv: Vec<Bytes> = done.iter().map(|word| word.bytes.clone()).collect();
    let prefix = before[start..].trim_start_matches(['"', '\'']);
    Completion { start, end: cursor, candidates: candidates(&argv, prefix, keys) }
}

fn candidates(argv: &[Bytes], prefix: &str, keys: &[Bytes]) -> Vec<String> {
    let Some(name) = argv.first() else {
        return named(engine::rows().map(|row| row.name), prefix);
    };
    let Some(container) = engine::lookup(name) else { return Vec::new() };
    if argv.len() == 1 && !container.subcommands.is_empty() {
        return named(container.subcommands.iter().map(|row| row.name), prefix);
    }
    let row = engine::resolve(argv).unwrap_or(container);
    let words = if container.name == row.name { 1 } else { 2 };
    let typed: Vec<String> = argv[words..].iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect();
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let rest = syntax::rest(&after_name(row.syntax, words), &typed).unwrap_or_default();
    let mut found = named(rest.literals.iter().map(String::as_str), prefix);
    // The word that is being typed stands for itself while the places of the keys are asked for.
    let mut whole = argv.to_vec();
    whole.push(Bytes::copy_from_slice(prefix.as_bytes()));
    if row.keys.iter().any(|spec| positions(spec, &whole).contains(&argv.len())) {
        found.extend(keys.iter().filter(|key| key.starts_with(prefix.as_bytes())).map(|key| argument(key)));
    }
    found
}

/// Names that begin with `prefix`, in the case in which it is being typed.
fn named<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> Vec<String> {
    let lower = !prefix.is_empty() && prefix.chars().all(|c| !c.is_uppercase());
    let mut found: Vec<String> = names
        .filter(|name| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
        .map(|name| if lower { name.to_lowercase() } else { name.to_string() })
        .collect();
    found.sort_by_key(|name| (name.len(), name.clone()));
    found.dedup();
    found
}

/// A key as it is typed: in quotes only where it must be.
fn argument(key: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    match std::str::from_utf8(key) {
        Ok(text) if !text.is_empty() && key.iter().all(plain) => text.to_string(),
        _ => quoted(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_before_the_cursor_is_completed() {
        let keys = [Bytes::from_static(b"user:1"), Bytes::from_static(b"a b")];
        assert!(complete("GE", 2, &keys).candidates.contains(&"GET".to_string()));
        assert!(complete("ge", 2, &keys).candidates.contains(&"get".to_string()));
        assert_eq!(complete("GET us", 6, &keys), Completion { start: 4, end: 6, candidates: vec!["user:1".into()] });
        assert_eq!(complete("GET ", 4, &keys).candidates, ["user:1", "\"a b\""]);
        assert!(complete("nonsense x", 10, &keys).candidates.is_empty());
        // A cursor inside a character is moved before it.
        assert_eq!(complete("é", 1, &keys).candidates, complete("", 0, &keys).candidates);
    }
}
