//! What the mouse does in the race lab. Every click has a key that does the same.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use crate::session::{RaceRequest, Request};

use super::super::super::action::Action;
use super::state::{Hit, State};

/// So many lines the wheel scrolls at once.
const WHEEL: isize = 3;

impl State {
    /// Handles a click or a turn of the wheel.
    pub fn mouse(&mut self, event: MouseEvent, out: &mut Vec<Action>) {
        match event.kind {
            MouseEventKind::ScrollUp => self.wheel(event, -WHEEL),
            MouseEventKind::ScrollDown => self.wheel(event, WHEEL),
            MouseEventKind::Down(MouseButton::Left) => self.click(event, out),
            _ => {}
        }
    }

    fn wheel(&mut self, event: MouseEvent, by: isize) {
        if self.reading || self.keys || self.contrast.is_some() {
            return self.over.lines(by);
        }
        match self.hits.find(event.column, event.row, |hit| matches!(hit, Hit::Lanes(_) | Hit::Found | Hit::Text(..))) {
            Some((_, Hit::Lanes(_))) => self.back.lines(-by),
            Some((_, Hit::Found)) => self.below.lines(by),
            Some((_, Hit::Text(..))) => {
                if let Some(edit) = &mut self.edit {
                    let (row, column) = edit.page.cursor();
                    edit.page.place(row.saturating_add_signed(by), column);
                }
            }
            _ => {}
        }
    }

    fn click(&mut self, event: MouseEvent, out: &mut Vec<Action>) {
        if self.save.is_some() || self.replay.is_some() {
            return;
        }
        if self.reading || self.keys {
            (self.reading, self.keys) = (false, false);
            return;
        }
        if self.contrast.take().is_some() {
            return;
        }
        let Some((area, hit)) =
            self.hits.find(event.column, event.row, |hit| !matches!(hit, Hit::Lanes(_) | Hit::Found))
        else {
            return;
        };
        let (variant, request) = match hit {
            Hit::Client(variant, at) => (variant, RaceRequest::Step(at)),
            Hit::Fault(variant, at) => (variant, RaceRequest::Fault(at)),
            Hit::Step(variant, position) => (variant, RaceRequest::Jump(position)),
            Hit::Outcome(variant, at) => (variant, RaceRequest::Outcome(at)),
            Hit::Listed(variant, at) => (variant, RaceRequest::Play(at)),
            Hit::Tab(variant) => (variant, RaceRequest::Variant(variant)),
            Hit::Text(row, left) => {
                if let Some(edit) = &mut self.edit {
                    edit.page.place(row, usize::from(event.column - area.x) + left);
                }
                return;
            }
            Hit::Lanes(_) | Hit::Found => return,
        };
        if variant != self.focus() && !matches!(hit, Hit::Tab(_)) {
            out.push(Action::Send(Request::Race(RaceRequest::Variant(variant))));
        } else {
            match hit {
                Hit::Outcome(_, at) => self.selected = at,
                Hit::Listed(_, at) => self.selected = self.selectable().0 + at,
                _ => {}
            }
        }
        out.push(Action::Send(Request::Race(request)));
    }
}
