//! What keys and events do in the race lab.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::lab::RaceView;
use crate::session::{Event, RaceRequest, Request};

use super::super::super::action::Action;
use super::super::super::part::Editor;
use super::state::{Asked, State};

/// A scenario has a handful of variants; the index is the session's, not a stranger's.
const MOST_VARIANTS: usize = 1_000;

/// Puts something at a place of a list that grows as needed.
fn put<T: Clone>(list: &mut Vec<Option<T>>, at: usize, what: T) {
    let at = at.min(MOST_VARIANTS);
    if list.len() <= at {
        list.resize(at + 1, None);
    }
    list[at] = Some(what);
}

impl State {
    /// Takes in an event.
    pub fn take(&mut self, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::RaceMoved(view) => self.moved(view),
            Event::RaceBeside(view) => put(&mut self.beside, view.variant, (**view).clone()),
            Event::RaceTogether(together) => self.apart = !together,
            Event::Explored(report) => {
                put(&mut self.reports, report.index, (**report).clone());
                if let Some(progress) = self.progress.get_mut(report.index) {
                    *progress = None;
                }
            }
            Event::RaceExploring(running) => {
                self.exploring = *running > 0;
                if !self.exploring {
                    self.progress.clear();
                }
            }
            Event::RaceProgress(progress) => put(&mut self.progress, progress.variant, progress.clone()),
            Event::RaceContrast(view) => {
                self.over.reset();
                self.contrast = Some((**view).clone());
            }
            Event::RaceSource { text, id, path } => self.take_source(text, id, path, out),
            Event::RaceChecked { faults, accepted } => {
                if *accepted {
                    self.forget_found();
                }
                self.take_checked(faults, *accepted);
            }
            Event::RaceSaved { .. } => self.save = None,
            Event::RaceExists { .. } => {
                if let Some(save) = &mut self.save {
                    save.exists = true;
                }
            }
            Event::Cancelled => self.exploring = false,
            _ => {}
        }
    }

    fn forget_found(&mut self) {
        self.reports.clear();
        self.beside.clear();
        self.progress.clear();
        self.contrast = None;
        self.selected = 0;
        self.below.reset();
    }

    fn moved(&mut self, view: &RaceView) {
        let before = self.view.take();
        if before.as_ref().is_some_and(|before| before.scenario != view.scenario) {
            self.forget_found();
        }
        if let Some(before) = before.filter(|before| before.variant != view.variant) {
            (self.selected, self.contrast) = (0, None);
            self.below.reset();
            put(&mut self.beside, before.variant, before);
        }
        self.back.reset();
        self.view = Some(view.clone());
    }

    /// Handles a key; returns whether it meant anything here.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        if self.save.is_some() {
            self.save_key(key, out);
            return true;
        }
        if self.replay.is_some() {
            self.replay_key(key, out);
            return true;
        }
        if self.reading || self.keys {
            self.over_key(key.code);
            return true;
        }
        if self.editing {
            self.edit_key(key, out);
            return true;
        }
        if self.contrast.is_some() && self.contrast_key(key.code, out) {
            return true;
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            match key.code {
                KeyCode::Char('s') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                    self.ask_source(Asked::Save, out);
                    return true;
                }
                _ => return false,
            }
        }
        self.lab_key(key.code, out)
    }

    fn lab_key(&mut self, code: KeyCode, out: &mut Vec<Action>) -> bool {
        let request = match code {
            KeyCode::Left => RaceRequest::Back,
            KeyCode::Right => RaceRequest::Forward,
            KeyCode::Home => RaceRequest::ToStart,
            KeyCode::End => RaceRequest::ToEnd,
            KeyCode::Char('w') => RaceRequest::Simplest,
            KeyCode::Char('n') => RaceRequest::Contrast,
            KeyCode::Char('y') => RaceRequest::Together(self.apart),
            KeyCode::Char('v') => return self.variant(1, out),
            KeyCode::Char('V') => return self.variant(-1, out),
            KeyCode::Char('x') => return self.next_failure(out),
            KeyCode::Char('e') => RaceRequest::Explore,
            KeyCode::Enter => match self.open_selected() {
                Some(request) => request,
                None => return false,
            },
            KeyCode::Char(c @ '1'..='9') => {
                let at = usize::from(c as u8 - b'1');
                if at >= self.selectable().0 {
                    return false;
                }
                self.selected = at;
                RaceRequest::Outcome(at)
            }
            KeyCode::Char('i') => {
                self.ask_source(Asked::Edit, out);
                return true;
            }
            KeyCode::Char('o') => {
                self.ask_source(Asked::Outside, out);
                return true;
            }
            KeyCode::Char(c) if self.client(c).is_some() => RaceRequest::Step(self.client(c).unwrap_or(0)),
            KeyCode::Char(c) if self.fault(c).is_some() => RaceRequest::Fault(self.fault(c).unwrap_or(0)),
            _ => return self.look(code),
        };
        out.push(Action::Send(Request::Race(request)));
        true
    }

    /// Plays what is selected: an outcome's simplest schedule, or a listed one.
    pub fn open_selected(&self) -> Option<RaceRequest> {
        let (outcomes, listed) = self.selectable();
        match self.selected {
            at if at < outcomes => Some(RaceRequest::Outcome(at)),
            at if at < outcomes + listed => Some(RaceRequest::Play(at - outcomes)),
            _ => None,
        }
    }

    /// Keys that only change what is seen.
    fn look(&mut self, code: KeyCode) -> bool {
        let (outcomes, listed) = self.selectable();
        let count = outcomes + listed;
        match code {
            KeyCode::Up if count > 0 => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down if count > 0 => self.selected = (self.selected + 1).min(count - 1),
            KeyCode::Up => self.below.lines(-1),
            KeyCode::Down => self.below.lines(1),
            KeyCode::PageUp => self.back.pages(1),
            KeyCode::PageDown => self.back.pages(-1),
            KeyCode::Char('t') => self.lay_over(true),
            KeyCode::Char('k') => self.lay_over(false),
            KeyCode::Char('r') => self.replay = Some(Editor::default()),
            KeyCode::Char('m') => self.alone = !self.alone,
            _ => return false,
        }
        true
    }

    /// Shows the scenario's text, or all keys, on top.
    fn lay_over(&mut self, reading: bool) {
        (self.reading, self.keys) = (reading, !reading);
        self.over.reset();
    }

    /// What lies on top scrolls by the arrows and closes by any other key.
    fn over_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Up => self.over.lines(-1),
            KeyCode::Down => self.over.lines(1),
            KeyCode::PageUp => self.over.pages(-1),
            KeyCode::PageDown => self.over.pages(1),
            _ => (self.reading, self.keys) = (false, false),
        }
    }

    /// Keys while two schedules stand beside each other; those of the lab close them and do what they always do.
    fn contrast_key(&mut self, code: KeyCode, out: &mut Vec<Action>) -> bool {
        let Some(contrast) = &self.contrast else { return false };
        match code {
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                self.over_key(code);
                return true;
            }
            KeyCode::Enter => {
                let replay = contrast.holding.replay.clone();
                out.push(Action::Send(Request::Race(RaceRequest::Replay(replay))));
            }
            KeyCode::Esc | KeyCode::Char('n') => {}
            _ => {
                self.contrast = None;
                return false;
            }
        }
        self.contrast = None;
        true
    }

    fn replay_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        let Some(editor) = &mut self.replay else { return };
        match key.code {
            KeyCode::Esc => self.replay = None,
            KeyCode::Enter => {
                let line = editor.take();
                self.replay = None;
                // It may have been copied with the words around it.
                let line = line.trim().trim_start_matches("replay ").trim_matches(['"', '\'', ' ']).to_string();
                if !line.is_empty() {
                    out.push(Action::Send(Request::Race(RaceRequest::Replay(line))));
                }
            }
            _ => {
                editor.key(key);
            }
        }
    }

    fn variant(&mut self, by: isize, out: &mut Vec<Action>) -> bool {
        let count = isize::try_from(self.variants()).unwrap_or(0);
        if count > 1 {
            let at = (isize::try_from(self.focus()).unwrap_or(0) + by).rem_euclid(count);
            out.push(Action::Send(Request::Race(RaceRequest::Variant(usize::try_from(at).unwrap_or(0)))));
        }
        true
    }

    /// The next failing outcome from the selected one on, around the end; with only one, the next listed schedule
    /// that fails.
    fn next_failure(&mut self, out: &mut Vec<Action>) -> bool {
        let Some(report) = self.report() else { return true };
        let outcomes = report.outcomes.len();
        let fails = |at: &usize| match report.outcomes.get(*at) {
            Some(outcome) => !outcome.holds,
            None => report.listed.get(*at - outcomes).is_some_and(|(_, holds)| !holds),
        };
        let several = (0..outcomes).filter(fails).count() > 1 || report.listed.is_empty();
        let (from, to) = if several { (0, outcomes) } else { (outcomes, outcomes + report.listed.len()) };
        let after = (self.selected + 1).max(from);
        if let Some(at) = (after..to).find(fails).or((from..to).find(fails)) {
            self.selected = at;
            out.extend(self.open_selected().map(|request| Action::Send(Request::Race(request))));
        }
        true
    }
}
