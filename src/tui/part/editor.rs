//! One line of text that is being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// No line is longer than this many characters.
const LONGEST: usize = 64 * 1024;

/// The line and its cursor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    input: Input,
}

impl Editor {
    /// What was typed so far.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor as a byte offset.
    pub fn cursor(&self) -> usize {
        let text = self.text();
        text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at)
    }

    /// Puts another text in place, the cursor behind it.
    pub fn set(&mut self, text: &str) {
        self.input = Input::new(clean(text));
    }

    /// Replaces a range of bytes; the cursor goes behind what was put there.
    pub fn replace(&mut self, start: usize, end: usize, text: &str) {
        let old = self.text();
        let (Some(before), Some(after)) = (old.get(..start), old.get(end..)) else { return };
        let head = format!("{before}{}", clean(text));
        let cursor = head.chars().count();
        self.input = Input::new(format!("{head}{after}")).with_cursor(cursor);
    }

    /// Takes the text away.
    pub fn take(&mut self) -> String {
        self.input.value_and_reset()
    }

    /// Pastes: line breaks become spaces, so that nothing runs before it was read.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text().chars().count());
        let text: String = clean(text.trim_end_matches(['\r', '\n'])).chars().take(room).collect();
        let at = self.cursor();
        self.replace(at, at, &text);
    }

    /// Edits by a key; returns whether the key meant anything here.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request(key) else { return false };
        if matches!(request, InputRequest::InsertChar(_)) && self.text().len() >= LONGEST {
            return true;
        }
        self.input.handle(request);
        true
    }
}

/// Line breaks and tabs become spaces; other control characters are left out.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", " ");
    text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

fn request(key: KeyEvent) -> Option<InputRequest> {
    use InputRequest::*;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match (key.code, control, alt) {
        (KeyCode::Char(c), false, false) if !c.is_control() => InsertChar(c),
        (KeyCode::Char('a'), true, false) | (KeyCode::Home, _, _) => GoToStart,
        (KeyCode::Char('e'), true, false) | (KeyCode::End, _, _) => GoToEnd,
        (KeyCode::Char('b'), false, true) | (KeyCode::Left, true, _) => GoToPrevWord,
        (KeyCode::Char('f'), false, true) | (KeyCode::Right, true, _) => GoToNextWord,
        (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => DeletePrevWord,
        (KeyCode::Char('d'), false, true) | (KeyCode::Delete, true, _) => DeleteNextWord,
        (KeyCode::Char('u'), true, false) => DeleteFromStart,
        (KeyCode::Char('k'), true, false) => DeleteTillEnd,
        (KeyCode::Char('y'), true, false) => Yank,
        (KeyCode::Char('d'), true, false) | (KeyCode::Delete, _, _) => DeleteNextChar,
        (KeyCode::Backspace, _, _) => DeletePrevChar,
        (KeyCode::Left, _, _) => GoToPrevChar,
        (KeyCode::Right, _, _) => GoToNextChar,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_lines_do_not_run_and_do_not_move_the_terminal() {
        let mut editor = Editor::default();
        editor.paste("SET a 1\r\nSET b 2\x1b[2J\n");
        assert_eq!(editor.text(), "SET a 1 SET b 2[2J");
        editor.set("GET é x");
        editor.replace(4, 6, "key");
        assert_eq!((editor.text(), editor.cursor()), ("GET key x", 7));
        editor.replace(100, 200, "no");
        assert_eq!(editor.text(), "GET key x");
        assert!(!editor.key(KeyEvent::new(KeyCode::F(3), KeyModifiers::NONE)));
        assert!(editor.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE)));
        assert_eq!(editor.text(), "GET ke x");
    }
}
