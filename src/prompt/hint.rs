//! What is still to be typed, and what the command is.

use bytes::Bytes;

use crate::engine;

use super::card::{Card, card};
use super::syntax;
use super::tokens::{after_name, split_far};

/// Help for a line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The arguments still to come, to be shown behind the cursor; empty if there are none or nobody knows.
    pub ghost: String,
    /// The card of the command.
    pub card: Option<Card>,
}

impl Hint {
    /// The card in one line: `GET key · string · O(1) · Answers the string at a key, or nil.`
    pub fn line(&self) -> String {
        match &self.card {
            Some(card) => format!("{} · {} · {} · {}", card.syntax, card.group, card.complexity, card.summary),
            None => String::new(),
        }
    }
}

/// Help for a line whose cursor stands at its end.
pub fn hint(line: &str) -> Hint {
    let (words, unclosed) = split_far(line);
    let argv: Vec<Bytes> = words.iter().map(|word| word.bytes.clone()).collect();
    let Some(card) = card(&argv) else { return Hint::default() };
    let named = card.name.split(' ').count();
    let Some(row) = engine::resolve(&argv) else { return Hint { ghost: String::new(), card: Some(card) } };
    let spaced = line.ends_with(char::is_whitespace);
    if unclosed.is_some() || argv.len() < named || (argv.len() == named && !spaced && !row.subcommands.is_empty()) {
        return Hint { ghost: String::new(), card: Some(card) };
    }
    let typed: Vec<String> = argv[named..].iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect();
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let rest = syntax::rest(&after_name(row.syntax, named), &typed).unwrap_or_default();
    let gap = if spaced || rest.text.is_empty() { "" } else { " " };
    Hint { ghost: format!("{gap}{}", rest.text), card: Some(card) }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_line_that_is_being_typed_is_helped() {
        assert_eq!(hint("GET").ghost, " key");
        assert_eq!(hint("get ").ghost, "key");
        assert_eq!(hint("GET a").ghost, "");
        assert_eq!(hint("GET a").card.map(|card| card.name), Some("GET".into()));
        assert_eq!(hint("nothing of the kind").card, None);
        assert_eq!(hint("").ghost, "");
        assert_eq!(hint("GET \"a").ghost, "");
    }
}
