//! What keys do in the catalogue.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::action::Action;
use super::super::super::part::Editor;
use super::state::{Item, State};

impl State {
    /// Handles a key.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        if self.typing {
            self.search_key(key, out);
            return;
        }
        match key.code {
            KeyCode::Char('q') => out.push(Action::Quit),
            KeyCode::Char('/') => {
                self.search.get_or_insert_with(Editor::default);
                self.typing = true;
            }
            KeyCode::Char('n') => {
                if let Some(what) = self.next().and_then(|at| self.what(Item::Lesson(at))) {
                    out.push(Action::Open(what));
                }
            }
            KeyCode::Esc => {
                self.search = None;
                self.selected = 0;
            }
            _ => self.movement(key.code, out),
        }
    }

    /// Pasted text goes into the search.
    pub fn paste(&mut self, text: &str) {
        if self.typing {
            self.search.get_or_insert_with(Editor::default).paste(text);
            self.selected = 0;
        }
    }

    fn search_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        match key.code {
            KeyCode::Esc => {
                self.search = None;
                self.typing = false;
                self.selected = 0;
            }
            KeyCode::Enter => {
                self.typing = false;
                // The only hit is meant.
                if self.items().len() == 1 {
                    self.open(out);
                }
            }
            KeyCode::Up | KeyCode::Down => self.movement(key.code, out),
            _ => {
                if self.search.get_or_insert_with(Editor::default).key(key) {
                    self.selected = 0;
                }
            }
        }
    }

    fn movement(&mut self, code: KeyCode, out: &mut Vec<Action>) {
        let last = self.items().len().saturating_sub(1);
        self.selected = match code {
            KeyCode::Up | KeyCode::Char('k') => self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected.saturating_add(1),
            KeyCode::PageUp => self.selected.saturating_sub(10),
            KeyCode::PageDown => self.selected.saturating_add(10),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            KeyCode::Enter => return self.open(out),
            _ => self.selected,
        }
        .min(last);
    }

    fn open(&mut self, out: &mut Vec<Action>) {
        if let Some(what) = self.current().and_then(|item| self.what(item)) {
            out.push(Action::Open(what));
        }
    }
}
