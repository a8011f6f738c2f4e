//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::{Pane, State};

impl State {
    /// Handles a key; returns whether it asks to quit.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return matches!(key.code, KeyCode::Char('c' | 'd'));
        }
        if self.help {
            self.help = false;
            return false;
        }
        if self.typing {
            self.typed(key.code);
            return false;
        }
        match key.code {
            KeyCode::Char('q') => return true,
            KeyCode::Char(' ') => self.pause(),
            KeyCode::Char('/') => {
                self.typing = true;
                self.text.clear();
            }
            KeyCode::Char('c') => self.next_client(),
            KeyCode::Char('?') | KeyCode::F(1) => self.help = true,
            KeyCode::Esc => {
                self.only = None;
                self.text.clear();
                self.scroll().reset();
            }
            KeyCode::Tab => self.focus = next(self.focus),
            KeyCode::BackTab => self.focus = next(next(self.focus)),
            KeyCode::Up | KeyCode::Char('k') => self.scroll().lines(self.direction(-1)),
            KeyCode::Down | KeyCode::Char('j') => self.scroll().lines(self.direction(1)),
            KeyCode::PageUp => self.scroll().pages(self.direction(-1)),
            KeyCode::PageDown => self.scroll().pages(self.direction(1)),
            KeyCode::End => self.scroll().reset(),
            _ => {}
        }
        false
    }

    fn typed(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.text.clear();
            }
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char(c) => self.text.push(c),
            _ => {}
        }
    }

    fn scroll(&self) -> &super::super::super::widget::Scroll {
        &self.scrolls[self.focus as usize]
    }

    /// The clients scroll from the top, what happens scrolls back from the end.
    fn direction(&self, by: isize) -> isize {
        if self.focus == Pane::Clients { by } else { -by }
    }
}

fn next(pane: Pane) -> Pane {
    match pane {
        Pane::Clients => Pane::Commands,
        Pane::Commands => Pane::Keys,
        Pane::Keys => Pane::Clients,
    }
}
