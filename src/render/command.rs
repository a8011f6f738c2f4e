//! A typed command line, each word in the tone of what it is.

use crate::prompt::{TokenKind, tokens};
use crate::resp::printable;

use super::highlight::Highlighter;
use super::line::{Line, Tone};

/// The line as it was typed (what could move the terminal is escaped), at most `most` characters of it.
pub fn command(line: &str, most: usize) -> Line {
    let mut out = Line::new();
    let (mut at, mut left) = (0, most);
    for token in tokens(line) {
        push(&mut out, &line[at..token.start], Tone::Plain, &mut left);
        push(&mut out, &line[token.start..token.end], tone(token.kind), &mut left);
        at = token.end;
    }
    push(&mut out, &line[at..], Tone::Plain, &mut left);
    out
}

/// The same, with what the syntax sees inside of words: quoted strings, their escapes, numbers. The tokens decide
/// wherever they know more than a syntax can: which word is a command that exists, an option, a key.
pub fn typed(line: &str, most: usize, highlighter: &Highlighter) -> Line {
    let mut tones = highlighter.tones("redis", line);
    tones.resize(line.len(), Tone::Plain);
    for token in tokens(line) {
        let known = tone(token.kind);
        let syntax = tones[token.start..token.end].iter().any(|tone| matches!(tone, Tone::Str | Tone::Number));
        if !(known == Tone::Plain && syntax) && token.kind != TokenKind::Unclosed {
            tones[token.start..token.end].fill(known);
        }
    }
    let (mut out, mut left, mut at) = (Line::new(), most, 0);
    while at < line.len() {
        let end = (at + 1..line.len()).find(|end| tones[*end] != tones[at] && line.is_char_boundary(*end));
        let end = end.unwrap_or(line.len());
        push(&mut out, &line[at..end], tones[at], &mut left);
        at = end;
    }
    out
}

fn push(out: &mut Line, text: &str, tone: Tone, left: &mut usize) {
    if text.is_empty() || *left == 0 {
        return;
    }
    out.spans.push(super::line::Span { text: printable(text.as_bytes(), *left), tone });
    *left = left.saturating_sub(text.chars().count());
}

fn tone(kind: TokenKind) -> Tone {
    match kind {
        TokenKind::Command | TokenKind::Subcommand => Tone::Command,
        TokenKind::Unknown | TokenKind::Text => Tone::Plain,
        TokenKind::Option => Tone::Keyword,
        TokenKind::Key => Tone::Key,
        TokenKind::Number => Tone::Number,
        TokenKind::Unclosed => Tone::Str,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_tones_and_nothing_is_lost() {
        let line = command("SET  user:1 \"a\x1b\" EX 60 ", 100);
        assert_eq!(line.text(), "SET  user:1 \"a\\x1b\" EX 60 ");
        let tones: Vec<Tone> = line.spans.iter().filter(|s| s.text != " ").map(|s| s.tone).collect();
        assert_eq!(tones[0], Tone::Command);
        assert!(tones.contains(&Tone::Key) && tones.contains(&Tone::Keyword) && tones.contains(&Tone::Number));
        assert_eq!(command("GET abcdef", 5).text(), "GET a…");
    }

    #[test]
    fn the_syntax_colours_what_words_hold() {
        let highlighter = Highlighter::load();
        let line = typed("SET user:1 \"a\\n\" EX 60", 100, &highlighter);
        let tone = |text: &str| line.spans.iter().find(|span| span.text == text).map(|span| span.tone);
        assert_eq!(line.text(), "SET user:1 \"a\\n\" EX 60");
        assert_eq!(tone("SET"), Some(Tone::Command));
        assert_eq!(tone("user:1"), Some(Tone::Key));
        assert_eq!(tone("\"a"), Some(Tone::Str));
        assert_eq!(tone("\\n"), Some(Tone::Number));
        assert_eq!(tone("EX"), Some(Tone::Keyword));
        for odd in ["", " ", "é", "漢 \"é", "SET \u{1b} \"\u{1b}\\", "sql SELECT 'x"] {
            assert_eq!(typed(odd, 1_000, &highlighter).text(), command(odd, 1_000).text());
        }
    }
}
