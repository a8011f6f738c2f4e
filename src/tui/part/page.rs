//! A text of many lines that is being edited.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// No text is longer than this many bytes.
const LONGEST: usize = 512 * 1024;
/// So many edits can be taken back.
const UNDO: usize = 200;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// It changed the text.
    Edited,
    /// It moved the cursor.
    Moved,
    /// It means nothing here.
    Unused,
}

/// The text and its cursor, by line and character.
#[derive(Clone, Debug, Default)]
pub struct Page {
    lines: Vec<String>,
    row: usize,
    column: usize,
    undo: Vec<(Vec<String>, usize, usize)>,
    /// Whether the last key typed a letter: a run of letters is taken back as one.
    typing: bool,
}

impl Page {
    /// A page with a text, the cursor at its start.
    pub fn new(text: &str) -> Page {
        Page { lines: split(text), ..Page::default() }
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Its lines; never none.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The cursor: line and character, both from 0.
    pub fn cursor(&self) -> (usize, usize) {
        (self.row, self.column)
    }

    /// Puts the cursor somewhere; beyond an end, to that end.
    pub fn place(&mut self, row: usize, column: usize) {
        self.row = row.min(self.lines.len().saturating_sub(1));
        self.column = column.min(self.length());
        self.typing = false;
    }

    fn line(&self) -> &str {
        self.lines.get(self.row).map_or("", String::as_str)
    }

    fn length(&self) -> usize {
        self.line().chars().count()
    }

    /// The byte at which the cursor stands in its line.
    fn offset(&self) -> usize {
        let line = self.line();
        line.char_indices().nth(self.column).map_or(line.len(), |(at, _)| at)
    }

    fn remember(&mut self) {
        if self.undo.len() == UNDO {
            self.undo.remove(0);
        }
        self.undo.push((self.lines.clone(), self.row, self.column));
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        let size: usize = self.lines.iter().map(|line| line.len() + 1).sum();
        if size + text.len() > LONGEST {
            return;
        }
        self.remember();
        self.typing = false;
        self.insert(text);
    }

    fn insert(&mut self, text: &str) {
        let mut parts = split(text);
        if text.ends_with(['\n', '\r']) {
            parts.push(String::new());
        }
        let at = self.offset();
        let Some(line) = self.lines.get_mut(self.row) else { return };
        let rest = line.split_off(at);
        let last = parts.len() - 1;
        line.push_str(&parts[0]);
        let mut column = line.chars().count();
        for (n, part) in parts.iter().enumerate().skip(1) {
            self.lines.insert(self.row + n, part.clone());
            column = part.chars().count();
        }
        self.row += last;
        self.column = column;
        self.lines[self.row].push_str(&rest);
    }

    /// Edits by a key.
    pub fn key(&mut self, key: KeyEvent) -> Pressed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, control) {
            (KeyCode::Char(c), false) if !c.is_control() && !key.modifiers.contains(KeyModifiers::ALT) => {
                if !std::mem::replace(&mut self.typing, true) {
                    self.remember();
                }
                self.insert(c.encode_utf8(&mut [0; 4]));
                return Pressed::Edited;
            }
            _ => {}
        }
        self.typing = false;
        if self.motion(key.code, control) {
            return Pressed::Moved;
        }
        match (key.code, control) {
            (KeyCode::Char('z'), true) => self.take_back(),
            (KeyCode::Enter, _) => {
                self.remember();
                let indent = self.indent();
                self.insert(&format!("\n{indent}"));
            }
            (KeyCode::Tab, _) => {
                self.remember();
                self.insert("  ");
            }
            (KeyCode::Backspace, _) => self.erase(),
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => {
                let before = self.cursor();
                self.motion(KeyCode::Right, false);
                if self.cursor() != before {
                    self.erase();
                }
            }
            (KeyCode::Char('k'), true) => {
                self.remember();
                let at = self.offset();
                self.lines[self.row].truncate(at);
            }
            (KeyCode::Char('x'), true) => {
                self.remember();
                self.lines.remove(self.row);
                if self.lines.is_empty() {
                    self.lines.push(String::new());
                }
                self.place(self.row, self.column);
            }
            _ => return Pressed::Unused,
        }
        Pressed::Edited
    }

    /// What a new line begins with: as deep as this one, deeper behind a colon.
    fn indent(&self) -> String {
        let before: String = self.line().chars().take(self.column).collect();
        let depth = before.chars().take_while(|c| *c == ' ').count();
        let deeper = if before.trim_end().ends_with(':') { 2 } else { 0 };
        " ".repeat(depth + deeper)
    }

    fn erase(&mut self) {
        if self.column > 0 {
            self.remember();
            let end = self.offset();
            self.column -= 1;
            let start = self.offset();
            self.lines[self.row].replace_range(start..end, "");
        } else if self.row > 0 {
            self.remember();
            let line = self.lines.remove(self.row);
            self.row -= 1;
            self.column = self.length();
            self.lines[self.row].push_str(&line);
        }
    }

    fn take_back(&mut self) {
        if let Some((lines, row, column)) = self.undo.pop() {
            (self.lines, self.row, self.column) = (lines, row, column);
        }
    }

    fn motion(&mut self, code: KeyCode, control: bool) -> bool {
        let (row, column) = (self.row, self.column);
        match code {
            KeyCode::Left if column > 0 => self.column -= 1,
            KeyCode::Left if row > 0 => self.place(row - 1, usize::MAX),
            KeyCode::Right if column < self.length() => self.column += 1,
            KeyCode::Right if row + 1 < self.lines.len() => self.place(row + 1, 0),
            KeyCode::Left | KeyCode::Right => {}
            KeyCode::Up => self.place(row.saturating_sub(1), column),
            KeyCode::Down => self.place(row + 1, column),
            KeyCode::PageUp => self.place(row.saturating_sub(15), column),
            KeyCode::PageDown => self.place(row + 15, column),
            KeyCode::Home if control => self.place(0, 0),
            KeyCode::End if control => self.place(usize::MAX, usize::MAX),
            KeyCode::Home => self.column = 0,
            KeyCode::Char('a') if control => self.column = 0,
            KeyCode::End => self.column = self.length(),
            KeyCode::Char('e') if control => self.column = self.length(),
            _ => return false,
        }
        true
    }
}

/// Lines without their ends; tabs become spaces, which is all that YAML knows. Never none.
fn split(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(|line| line.trim_end_matches('\r').replace('\t', "  ").replace('\r', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(page: &mut Page, code: KeyCode) -> Pressed {
        page.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn control(page: &mut Page, c: char) -> Pressed {
        page.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
    }

    #[test]
    fn typing_moving_erasing_and_taking_back() {
        let mut page = Page::new("a:\n  b: é1\n");
        page.place(1, 99);
        for c in "2\u{6f22}".chars() {
            assert_eq!(press(&mut page, KeyCode::Char(c)), Pressed::Edited);
        }
        assert_eq!(page.text(), "a:\n  b: é12漢\n");
        press(&mut page, KeyCode::Backspace);
        press(&mut page, KeyCode::Home);
        press(&mut page, KeyCode::Backspace);
        assert_eq!((page.text().as_str(), page.cursor()), ("a:  b: é12\n", (0, 2)));
        press(&mut page, KeyCode::Enter);
        assert_eq!((page.text().as_str(), page.cursor()), ("a:\n    b: é12\n", (1, 2)));
        for _ in 0..4 {
            control(&mut page, 'z');
        }
        assert_eq!(page.text(), "a:\n  b: é1\n");
        assert_eq!(control(&mut page, 'z'), Pressed::Edited);
        assert_eq!(press(&mut page, KeyCode::F(3)), Pressed::Unused);
    }

    #[test]
    fn pasted_lines_and_odd_ends() {
        let mut page = Page::new("");
        assert_eq!((page.lines().len(), page.text().as_str()), (1, ""));
        page.paste("x: 1\r\n\ty: 2\n");
        assert_eq!((page.text().as_str(), page.cursor()), ("x: 1\n  y: 2\n\n", (2, 0)));
        for _ in 0..9 {
            control(&mut page, 'x');
        }
        assert_eq!((page.lines().len(), page.cursor()), (1, (0, 0)));
        for code in [KeyCode::Delete, KeyCode::Backspace, KeyCode::Left, KeyCode::Right, KeyCode::Up, KeyCode::PageDown]
        {
            press(&mut page, code);
        }
        page.paste(&"x".repeat(LONGEST + 1));
        assert_eq!(page.lines(), [""]);
    }
}
