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

/// Names of the target that may stand before the cursor, as far as somebody found them out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Keys.
    pub keys: &'a [Bytes],
    /// Fields or members of the key that the command names.
    pub elements: &'a [Bytes],
}

/// Which names of the target the word before the cursor could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// None.
    Nothing,
    /// A key that begins so.
    Key(Bytes),
    /// A field or member of a key, and how it begins.
    Element {
        /// The key.
        key: Bytes,
        /// How it begins.
        prefix: Bytes,
    },
}

/// The line up to the cursor: the words before the one that is being typed, and that one.
struct Typed<'a> {
    argv: Vec<Bytes>,
    prefix: &'a str,
    start: usize,
    end: usize,
}

fn typed(line: &str, cursor: usize) -> Typed<'_> {
    let cursor = (0..=cursor.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let before = &line[..cursor];
    let (words, unclosed) = split_far(before);
    let fresh = before.is_empty() || before.ends_with(char::is_whitespace);
    let (done, start) = match (words.split_last(), unclosed) {
        (_, Some(start)) => (words.as_slice(), start),
        (Some((last, done)), None) if !fresh => (done, last.start),
        _ => (words.as_slice(), cursor),
    };
    let argv = done.iter().map(|word| word.bytes.clone()).collect();
    Typed { argv, prefix: before[start..].trim_start_matches(['"', '\'']), start, end: cursor }
}

/// Completes the word before `cursor` (a byte offset): commands, subcommands, options in their place, and names.
pub fn complete(line: &str, cursor: usize, names: Names<'_>) -> Completion {
    let typed = typed(line, cursor);
    let candidates = candidates(&typed.argv, typed.prefix, names);
    Completion { start: typed.start, end: typed.end, candidates }
}

/// Which names of the target would help to complete the word before `cursor`.
pub fn wanted(line: &str, cursor: usize) -> Wanted {
    let typed = typed(line, cursor);
    let Some(place) = Place::of(&typed.argv, typed.prefix) else { return Wanted::Nothing };
    let prefix = Bytes::copy_from_slice(typed.prefix.as_bytes());
    match place.element_of {
        _ if place.is_key => Wanted::Key(prefix),
        Some(key) => Wanted::Element { key, prefix },
        None => Wanted::Nothing,
    }
}

/// What may stand after some words of a command.
struct Place {
    literals: Vec<String>,
    is_key: bool,
    element_of: Option<Bytes>,
}

impl Place {
    fn of(argv: &[Bytes], prefix: &str) -> Option<Place> {
        let container = engine::lookup(argv.first()?)?;
        let row = engine::resolve(argv).unwrap_or(container);
        let words = if container.name == row.name { 1 } else { 2 };
        let typed: Vec<String> = argv.get(words..)?.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect();
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        let rest = syntax::rest(&after_name(row.syntax, words), &typed).unwrap_or_default();
        // The word that is being typed stands for itself while the places of the keys are asked for.
        let mut whole = argv.to_vec();
        whole.push(Bytes::copy_from_slice(prefix.as_bytes()));
        let at = |place: usize| row.keys.iter().any(|spec| positions(spec, &whole).contains(&place));
        let names_element = rest.values.iter().any(|value| ["field", "member"].contains(&value.as_str()));
        let key = (words..argv.len()).find(|place| at(*place)).and_then(|place| argv.get(place));
        let element_of = key.filter(|_| names_element).cloned();
        Some(Place { literals: rest.literals, is_key: at(argv.len()), element_of })
    }
}

fn candidates(argv: &[Bytes], prefix: &str, names: Names<'_>) -> Vec<String> {
    let Some(name) = argv.first() else {
        return named(engine::rows().map(|row| row.name), prefix);
    };
    let Some(container) = engine::lookup(name) else { return Vec::new() };
    if argv.len() == 1 && !container.subcommands.is_empty() {
        return named(container.subcommands.iter().map(|row| row.name), prefix);
    }
    let Some(place) = Place::of(argv, prefix) else { return Vec::new() };
    let mut found = named(place.literals.iter().map(String::as_str), prefix);
    let starting = |all: &[Bytes]| -> Vec<String> {
        all.iter().filter(|name| name.starts_with(prefix.as_bytes())).map(|name| argument(name)).collect()
    };
    if place.is_key {
        found.extend(starting(names.keys));
    } else if place.element_of.is_some() {
        found.extend(starting(names.elements));
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
        let names = Names { keys: &keys, elements: &[] };
        assert!(complete("GE", 2, names).candidates.contains(&"GET".to_string()));
        assert!(complete("ge", 2, names).candidates.contains(&"get".to_string()));
        assert_eq!(complete("GET us", 6, names), Completion { start: 4, end: 6, candidates: vec!["user:1".into()] });
        assert_eq!(complete("GET ", 4, names).candidates, ["user:1", "\"a b\""]);
        assert!(complete("nonsense x", 10, names).candidates.is_empty());
        // A cursor inside a character is moved before it.
        assert_eq!(complete("é", 1, names).candidates, complete("", 0, names).candidates);
    }

    #[test]
    fn names_are_asked_for_where_they_may_stand() {
        let element =
            |key: &'static str, prefix: &'static str| Wanted::Element { key: key.into(), prefix: prefix.into() };
        let asked = |line: &str| wanted(line, line.len());
        assert_eq!(asked("GET us"), Wanted::Key("us".into()));
        assert_eq!(asked("MSET a 1 "), Wanted::Key("".into()));
        assert_eq!(asked("HGET h na"), element("h", "na"));
        assert_eq!(asked("HDEL h a b"), element("h", "b"));
        assert_eq!(asked("SREM s "), element("s", ""));
        assert_eq!(asked("ZSCORE z m"), element("z", "m"));
        assert_eq!(asked("OBJECT ENCODING k"), Wanted::Key("k".into()));
        assert_eq!(asked("SET a b"), Wanted::Nothing);
        assert_eq!(asked("GE"), Wanted::Nothing);
    }

    #[test]
    fn options_and_elements_stand_in_their_places() {
        let elements = [Bytes::from_static(b"name")];
        let names = Names { keys: &[], elements: &elements };
        let found = |line: &str| complete(line, line.len(), names).candidates;
        assert_eq!(found("HGET h n"), ["name"]);
        assert!(found("SET a b K").contains(&"KEEPTTL".to_string()));
        assert!(found("SET a b EX 5 N").contains(&"NX".to_string()));
        assert!(found("SET a b EX 5 P").is_empty(), "{:?}", found("SET a b EX 5 P"));
        assert!(found("CONFIG G").contains(&"GET".to_string()));
    }
}
