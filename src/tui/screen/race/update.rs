//! What keys and events do in the race lab.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::session::{Event, RaceRequest, Request};

use super::super::super::action::Action;
use super::super::super::part::{Busy, Editor};
use super::state::State;

impl State {
    /// Takes in an event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::RaceMoved(view) => {
                let variant = self.view.as_ref().map(|view| view.variant);
                let scenario = self.view.as_ref().map(|view| view.scenario.clone());
                if scenario.is_some_and(|id| id != view.scenario) {
                    self.reports.clear();
                }
                if variant != Some(view.variant) {
                    self.listed = 0;
                    self.below.reset();
                }
                self.back.reset();
                self.view = Some((**view).clone());
            }
            Event::Explored(report) => {
                // A scenario has a handful of variants; the index is the session's, not a stranger's.
                let at = report.index.min(1_000);
                if self.reports.len() <= at {
                    self.reports.resize(at + 1, None);
                }
                self.reports[at] = Some((**report).clone());
                let variants = self.view.as_ref().map_or(0, |view| view.variants.len());
                if self.reports.iter().flatten().count() >= variants {
                    self.busy = None;
                }
            }
            Event::Progressed { what, done, total } => {
                self.busy = Some(Busy { what: what.clone(), done: *done, total: *total });
            }
            Event::Cancelled | Event::Failed { .. } => self.busy = None,
            _ => {}
        }
    }

    /// Handles a key; returns whether it meant anything here.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        if self.replay.is_some() {
            self.replay_key(key, out);
            return true;
        }
        if self.reading {
            // The text closes by any key.
            self.reading = false;
            return true;
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return false;
        }
        let request = match key.code {
            KeyCode::Left => RaceRequest::Back,
            KeyCode::Right => RaceRequest::Forward,
            KeyCode::Home => RaceRequest::ToStart,
            KeyCode::End => RaceRequest::ToEnd,
            KeyCode::Char('w') => RaceRequest::Simplest,
            KeyCode::Char('v') => return self.variant(1, out),
            KeyCode::Char('V') => return self.variant(-1, out),
            KeyCode::Char('x') => return self.next_failure(out),
            KeyCode::Char('e') => {
                self.busy = Some(Busy { what: "exploring".into(), done: 0, total: 0 });
                RaceRequest::Explore
            }
            KeyCode::Enter => match self.report().filter(|report| self.listed < report.listed.len()) {
                Some(_) => RaceRequest::Play(self.listed),
                None => return false,
            },
            KeyCode::Char(c) if self.client(c).is_some() => RaceRequest::Step(self.client(c).unwrap_or(0)),
            KeyCode::Char(c) if self.fault(c).is_some() => RaceRequest::Fault(self.fault(c).unwrap_or(0)),
            _ => return self.look(key.code),
        };
        out.push(Action::Send(Request::Race(request)));
        true
    }

    /// Pasted text goes into the schedule that is being typed.
    pub fn paste(&mut self, text: &str) {
        if let Some(editor) = &mut self.replay {
            editor.paste(text);
        }
    }

    /// Keys that only change what is seen.
    fn look(&mut self, code: KeyCode) -> bool {
        let count = self.report().map_or(0, |report| report.listed.len());
        match code {
            KeyCode::Up if count > 0 => self.listed = self.listed.saturating_sub(1),
            KeyCode::Down if count > 0 => self.listed = (self.listed + 1).min(count - 1),
            KeyCode::Up => self.below.lines(-1),
            KeyCode::Down => self.below.lines(1),
            KeyCode::PageUp => self.back.pages(1),
            KeyCode::PageDown => self.back.pages(-1),
            KeyCode::Char('t') => self.reading = true,
            KeyCode::Char('r') => self.replay = Some(Editor::default()),
            _ => return false,
        }
        true
    }

    fn replay_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        let Some(editor) = &mut self.replay else { return };
        match key.code {
            KeyCode::Esc => self.replay = None,
            KeyCode::Enter => {
                let line = editor.take();
                self.replay = None;
                if !line.trim().is_empty() {
                    out.push(Action::Send(Request::Race(RaceRequest::Replay(line.trim().to_string()))));
                }
            }
            _ => {
                editor.key(key);
            }
        }
    }

    fn variant(&mut self, by: isize, out: &mut Vec<Action>) -> bool {
        let Some(view) = &self.view else { return true };
        let count = isize::try_from(view.variants.len()).unwrap_or(0);
        if count > 1 {
            let at = (isize::try_from(view.variant).unwrap_or(0) + by).rem_euclid(count);
            out.push(Action::Send(Request::Race(RaceRequest::Variant(usize::try_from(at).unwrap_or(0)))));
        }
        true
    }

    /// The next listed schedule that fails, from the selected one on, around the end.
    fn next_failure(&mut self, out: &mut Vec<Action>) -> bool {
        let Some(report) = self.report() else { return true };
        let count = report.listed.len();
        let failing = (1..=count).map(|by| (self.listed + by) % count).find(|at| !report.listed[*at].1);
        if let Some(at) = failing {
            self.listed = at;
            out.push(Action::Send(Request::Race(RaceRequest::Play(at))));
        }
        true
    }
}
