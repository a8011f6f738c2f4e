//! What rustyline asks for while a line is edited, answered by the room `prompt`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use crate::prompt::{self, TokenKind};

/// The keys that are known at the moment, shared with the loop that learns of them.
pub type KnownKeys = Arc<Mutex<Vec<Bytes>>>;

/// Completion, hints and colours for a line.
pub struct LineHelper {
    /// Keys for completion.
    pub keys: KnownKeys,
    /// Whether to colour.
    pub color: bool,
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let keys = self.keys.lock().map(|keys| keys.clone()).unwrap_or_default();
        let completion = prompt::complete(line, at, &keys);
        let pair = |text: String| Pair { display: text.clone(), replacement: text };
        Ok((completion.start, completion.candidates.into_iter().map(pair).collect()))
    }
}

impl Hinter for LineHelper {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        (at == line.len()).then(|| prompt::hint(line).ghost).filter(|ghost| !ghost.is_empty())
    }
}

impl Validator for LineHelper {
    /// A line is always whole: redis-cli knows no continuation, and an unclosed quote is told when it is sent.
    fn validate(&self, _: &mut ValidationContext) -> Result<ValidationResult> {
        Ok(ValidationResult::Valid(None))
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color {
            return Cow::Borrowed(line);
        }
        let (mut out, mut done) = (String::with_capacity(line.len() * 2), 0);
        for token in prompt::tokens(line) {
            out.push_str(&line[done..token.start]);
            out.push_str(&format!("\x1b[{}m{}\x1b[0m", color(token.kind), &line[token.start..token.end]));
            done = token.end;
        }
        out.push_str(&line[done..]);
        Cow::Owned(out)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.color { Cow::Owned(format!("\x1b[90m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }
}

/// The SGR parameters of a token: the sixteen colours that every terminal has.
fn color(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Command | TokenKind::Subcommand => "1;36",
        TokenKind::Unknown | TokenKind::Unclosed => "31",
        TokenKind::Option => "33",
        TokenKind::Key => "34",
        TokenKind::Number => "35",
        TokenKind::Text => "0",
    }
}
