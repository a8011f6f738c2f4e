//! The words of a typed line, each with what it is. It never fails: a line is looked at while it is typed.

use bytes::Bytes;

use crate::engine::{self, positions};
use crate::resp::split_words;

use super::syntax;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A command's name that exists.
    Command,
    /// A command's name that does not exist (yet).
    Unknown,
    /// A subcommand.
    Subcommand,
    /// An option: a word that the syntax knows.
    Option,
    /// A key.
    Key,
    /// A number.
    Number,
    /// Anything else.
    Text,
    /// From a quote that is not closed to the end of the line.
    Unclosed,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset just past its last character.
    pub end: usize,
    /// What it is.
    pub kind: TokenKind,
}

/// Splits as far as a line can be split: the words, and where an unclosed quote begins.
pub(super) fn split_far(line: &str) -> (Vec<crate::resp::Word>, Option<usize>) {
    match split_words(line) {
        Ok(words) => (words, None),
        Err(error) => {
            let at = error.at().min(line.len());
            // Up to the fault the line is sound, unless a word began before the quote.
            let start = line[..at].rfind(char::is_whitespace).map_or(0, |space| space + 1);
            (split_words(&line[..start]).unwrap_or_default(), Some(start))
        }
    }
}

/// The words of a line.
pub fn tokens(line: &str) -> Vec<Token> {
    let (words, unclosed) = split_far(line);
    let argv: Vec<Bytes> = words.iter().map(|word| word.bytes.clone()).collect();
    let mut tokens: Vec<Token> = words
        .iter()
        .enumerate()
        .map(|(at, word)| Token { start: word.start, end: word.end, kind: kind(&argv, at) })
        .collect();
    if let Some(start) = unclosed {
        tokens.push(Token { start, end: line.len(), kind: TokenKind::Unclosed });
    }
    tokens
}

fn kind(argv: &[Bytes], at: usize) -> TokenKind {
    let Some(container) = engine::lookup(&argv[0]) else {
        return if at == 0 { TokenKind::Unknown } else { plain(&argv[at]) };
    };
    if at == 0 {
        return TokenKind::Command;
    }
    let row = engine::resolve(argv).unwrap_or(container);
    let words = if container.name == row.name { 1 } else { 2 };
    if at < words {
        return TokenKind::Subcommand;
    }
    if row.keys.iter().any(|spec| positions(spec, argv).contains(&at)) {
        return TokenKind::Key;
    }
    let before: Vec<String> = argv[words..at].iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let literals = syntax::rest(&after_name(row.syntax, words), &before).map(|rest| rest.literals).unwrap_or_default();
    if literals.iter().any(|literal| argv[at].eq_ignore_ascii_case(literal.as_bytes())) {
        return TokenKind::Option;
    }
    plain(&argv[at])
}

fn plain(word: &[u8]) -> TokenKind {
    let number = std::str::from_utf8(word).is_ok_and(|text| !text.is_empty() && text.parse::<f64>().is_ok());
    if number { TokenKind::Number } else { TokenKind::Text }
}

/// A syntax line without the `words` words that name the command.
pub(super) fn after_name(syntax: &str, words: usize) -> Vec<syntax::Item> {
    let mut rest = syntax;
    for _ in 0..words {
        rest = rest.trim_start().split_once(' ').map_or("", |(_, rest)| rest);
    }
    syntax::parse(rest)
}
