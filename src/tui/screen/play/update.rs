//! What keys do in the playground.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::session::Request;

use super::super::super::action::Action;
use super::super::super::part::Typed;
use super::state::{MOST_CLIENTS, State};

impl State {
    /// Handles a key; returns whether it meant anything here.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('z') if control => out.push(Action::Send(Request::Undo)),
            KeyCode::Char('r') if control => out.push(Action::Send(Request::Reset)),
            KeyCode::F(2) => out.push(Action::Send(Request::Jump(10_000))),
            KeyCode::F(3) => self.alone = !self.alone,
            KeyCode::F(4) => self.client = (self.client + 1) % self.clients,
            KeyCode::F(5) => {
                if self.clients < MOST_CLIENTS {
                    self.clients += 1;
                }
                self.client = self.clients - 1;
            }
            KeyCode::BackTab if self.desk.prompt.menu.is_none() => self.focus = 1 - self.focus.min(1),
            KeyCode::Tab if self.desk.prompt.is_empty() => self.focus = 1 - self.focus.min(1),
            KeyCode::PageUp => self.scroll(-1),
            KeyCode::PageDown => self.scroll(1),
            _ => return self.typed(key, out),
        }
        true
    }

    fn scroll(&mut self, by: isize) {
        if self.focus == 0 { self.desk.log.back.pages(-by) } else { self.desk.keys.scroll.pages(by) }
    }

    fn typed(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        match self.desk.prompt.key(key, &self.desk.keys.views) {
            Typed::Enter(line) if line.trim().is_empty() => {}
            Typed::Enter(line) => out.push(Action::Send(Request::Run { client: self.client, line })),
            Typed::Edited => {}
            Typed::Unused => return false,
        }
        true
    }
}
