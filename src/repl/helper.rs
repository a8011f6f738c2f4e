//! What rustyline asks for while a line is edited, answered by the room `prompt`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use crate::prompt::{self, Names, TokenKind, Wanted};
use crate::render::{Line, Tone, cut, width};
use crate::resp::printable;

use super::colon;
use super::finder::{Finder, Standing};
use super::statement::{is_open, repeated};

/// A line whose Enter comes so soon after its last character was not typed by hand: it was pasted, or a program sent
/// it. It is sent as it is, and what is wrong with it is said afterwards.
const BURST: Duration = Duration::from_millis(15);

/// What the loop tells the editor.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Where the connection stands that lines are typed for.
    pub standing: Standing,
    /// Whether a line is checked before it is sent.
    pub check: bool,
    /// Whether arguments still to come are shown.
    pub hints: bool,
    /// Whether a line below the one that is typed tells what the command does.
    pub about: bool,
    /// Whether the target may know commands that the engine does not.
    pub foreign: bool,
    /// What may be meant by the line before, shown while nothing is typed.
    pub meant: Option<String>,
    /// Whether a question is to be answered, and no command typed.
    pub asks: bool,
    /// The colour of the prompt, as SGR has it; `None`: none.
    pub tint: Option<&'static str>,
    /// The columns of the window.
    pub columns: usize,
}

/// Completion, hints, colours and checks for a line.
pub struct LineHelper {
    /// What the loop tells.
    pub told: Arc<Mutex<Told>>,
    /// Finds names of the target.
    pub finder: Finder,
    /// Whether to colour.
    pub color: bool,
    /// The line that was refused last: sent again, it passes.
    refused: Mutex<Option<String>>,
    edited: Mutex<Option<Instant>>,
}

impl LineHelper {
    /// For a prompt.
    pub fn new(told: Arc<Mutex<Told>>, finder: Finder, color: bool) -> LineHelper {
        LineHelper { told, finder, color, refused: Mutex::new(None), edited: Mutex::new(None) }
    }

    fn told(&self) -> Told {
        self.told.lock().map(|told| told.clone()).unwrap_or_default()
    }

    fn by_hand(&self) -> bool {
        self.edited.lock().is_ok_and(|edited| edited.is_none_or(|at| at.elapsed() > BURST))
    }

    /// Notes a refusal; whether the same line was refused just before.
    fn refuse(&self, line: &str) -> bool {
        let Ok(mut refused) = self.refused.lock() else { return true };
        let again = refused.as_deref() == Some(line);
        *refused = (!again).then(|| line.to_string());
        again
    }
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (before, skipped) = command_part(line);
        if skipped > at {
            return Ok((at, Vec::new()));
        }
        if let Some((start, words)) = colon::complete(line, at) {
            let pair = |text: String| Pair { display: text.clone(), replacement: text };
            return Ok((start, words.into_iter().map(pair).collect()));
        }
        let told = self.told();
        if told.asks {
            return Ok((at, Vec::new()));
        }
        let wanted = prompt::wanted(before, at - skipped);
        let names = self.finder.find(wanted.clone(), told.standing);
        let names = match wanted {
            Wanted::Element { .. } => Names { keys: &[], elements: &names },
            _ => Names { keys: &names, elements: &[] },
        };
        let completion = prompt::complete(before, at - skipped, names);
        // A name may come from a server: as it is shown it must not move the terminal.
        let pair = |text: String| Pair { display: printable(text.as_bytes(), told.columns.max(8)), replacement: text };
        let single = completion.candidates.len() == 1;
        let ended = |mut text: String| {
            if single {
                text.push(' ');
            }
            pair(text)
        };
        Ok((completion.start + skipped, completion.candidates.into_iter().map(ended).collect()))
    }
}

/// The part of a line that is a command, and where it begins: `:both GET a` and `5 GET a` run one.
fn command_part(line: &str) -> (&str, usize) {
    let rest = colon::command_in(line).unwrap_or(line);
    let (_, rest) = repeated(rest);
    (rest, line.len() - rest.len())
}

/// A hint behind the cursor.
pub struct Ghost {
    shown: String,
    /// What the right arrow puts in place. Most hints are only names for what is to be typed.
    taken: Option<String>,
}

impl Hint for Ghost {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl Hinter for LineHelper {
    type Hint = Ghost;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Ghost> {
        if let Ok(mut edited) = self.edited.lock() {
            *edited = Some(Instant::now());
        }
        let told = self.told();
        if let Some(meant) = told.meant.filter(|_| told.hints && line.is_empty()) {
            return Some(Ghost { shown: format!("{meant}  ← did you mean this? → takes it"), taken: Some(meant) });
        }
        if at != line.len() || !told.hints {
            return None;
        }
        let shown = ghost(line, told.about, told.columns);
        (!shown.is_empty()).then_some(Ghost { shown, taken: None })
    }
}

/// What stands behind the cursor: the arguments still to come, and below what the command does if that is wanted.
fn ghost(line: &str, about: bool, columns: usize) -> String {
    if let Some(ghost) = colon::hint(line) {
        return ghost;
    }
    let asked = line.ends_with(" ?");
    let line = if asked { line[..line.len() - 1].trim_end() } else { line };
    let hint = prompt::hint(command_part(line).0);
    let below = match hint.card {
        Some(card) if (about || asked) && !line.contains('\n') => {
            let text = format!("{} · {} · since {}", card.summary, card.complexity, card.since);
            format!("\n{}", cut(&Line::of(text, Tone::Dim), columns.saturating_sub(1)).text())
        }
        _ => String::new(),
    };
    if asked { below } else { format!("{}{below}", hint.ghost) }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext) -> Result<ValidationResult> {
        let line = context.input();
        let told = self.told();
        if !told.check {
            return Ok(ValidationResult::Valid(None));
        }
        // Two empty lines end even what a quote keeps open.
        if is_open(line) && !line.ends_with("\n\n") {
            return Ok(ValidationResult::Incomplete);
        }
        if line.trim_start().starts_with(':') || line.contains('\n') || !self.by_hand() {
            return Ok(ValidationResult::Valid(None));
        }
        match complaint(line, told.foreign, told.columns) {
            Some(message) if !self.refuse(line) => Ok(ValidationResult::Invalid(Some(message))),
            _ => Ok(ValidationResult::Valid(None)),
        }
    }
}

/// What is wrong with a line, on lines of its own, with a caret below the place.
fn complaint(line: &str, foreign: bool, columns: usize) -> Option<String> {
    let (command, skipped) = command_part(line);
    if is_own(command) {
        return None;
    }
    let complaint = prompt::validate(command).err()?;
    // A server may know commands that the engine does not: only what looks like a slip is held up.
    if foreign && complaint.message.starts_with("there is no command") && prompt::mended(command).is_none() {
        return None;
    }
    let before = printable(line.get(..skipped + complaint.at).unwrap_or(line).as_bytes(), usize::MAX);
    let caret = width(&before);
    let message = format!("{} (Enter again sends it)", complaint.message);
    let text = if caret + width(&message) + 3 < columns {
        format!("{}^ {message}", " ".repeat(caret))
    } else {
        format!("{}^\n{message}", " ".repeat(caret.min(columns.saturating_sub(2))))
    };
    Some(format!("\n{text}"))
}

/// Whether a line is for the prompt itself and not for Redis.
pub fn is_own(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default().to_lowercase();
    ["help", "?", "quit", "exit", "clear", "connect"].contains(&first.as_str())
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || self.told.lock().is_ok_and(|told| told.asks) {
            return Cow::Borrowed(line);
        }
        let (command, skipped) = command_part(line);
        if line.starts_with(':') && skipped == 0 {
            return Cow::Owned(format!("\x1b[1;35m{line}\x1b[0m"));
        }
        let (mut out, mut done) = (String::with_capacity(line.len() * 2), 0);
        out.push_str(&line[..skipped]);
        for token in prompt::tokens(command) {
            out.push_str(&command[done..token.start]);
            out.push_str(&format!("\x1b[{}m{}\x1b[0m", color(token.kind), &command[token.start..token.end]));
            done = token.end;
        }
        out.push_str(&command[done..]);
        Cow::Owned(out)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.color { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        match self.told().tint {
            Some(tint) if self.color && default => Cow::Owned(format!("\x1b[{tint}m{prompt}\x1b[0m")),
            _ => Cow::Borrowed(prompt),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_points_at_the_place() {
        let shown = |line: &str, columns| complaint(line, false, columns);
        assert_eq!(
            shown("GTE a", 80).as_deref(),
            Some("\n^ there is no command GTE: did you mean GET? (Enter again sends it)")
        );
        assert_eq!(
            shown("GET a b", 80).as_deref(),
            Some("\n      ^ there are too many arguments: GET key (Enter again sends it)")
        );
        assert!(shown("GET a b", 20).is_some_and(|text| text.starts_with("\n      ^\n")));
        assert_eq!(shown("5 GET a", 80), None);
        assert_eq!(shown("help nothing", 80), None);
        assert_eq!(complaint("JSON.SET a", true, 80), None);
        assert!(complaint("GTE a", true, 80).is_some());
    }

    #[test]
    fn a_question_mark_asks_what_a_command_does() {
        assert_eq!(ghost("GET", false, 80), " key");
        assert!(ghost("GET ?", false, 80).starts_with("\n") && ghost("GET ?", false, 80).contains("since 1.0.0"));
        assert!(ghost("GET", true, 20).lines().all(|line| width(line) < 20), "{}", ghost("GET", true, 20));
    }
}
