//! A typed command line, each word in the tone of what it is.

use crate::prompt::{TokenKind, tokens};
use crate::resp::printable;

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
}
