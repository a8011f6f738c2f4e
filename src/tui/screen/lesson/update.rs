//! What keys and events do in a lesson.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::render::Tone;
use crate::session::{Event, Request, StepCard, Task};

use super::super::super::action::Action;
use super::super::super::part::Typed;
use super::super::{compare, race};
use super::state::{Answer, Hint, Pane, State};

impl State {
    /// Takes in an event (the desk has taken it in already).
    pub fn take(&mut self, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::Opened { lesson: Some(card), .. } => {
                self.met.resize(card.steps.len().min(10_000), false);
                self.desk.log.name_clients(&card.clients);
                self.card = Some(card.clone());
            }
            Event::StepEntered { index, step, met } => self.enter(*index, step, *met),
            Event::Met { index, solution } => {
                self.set_met(*index);
                if *index == self.index {
                    self.unmet = None;
                    self.solution = solution.clone();
                }
            }
            Event::Unmet { index, unmet } if *index == self.index => {
                if let (Some(line), true) = (self.line_after(&unmet.done), self.desk.prompt.is_empty()) {
                    self.desk.prompt.fill(&line);
                }
                self.unmet = Some(unmet.clone());
            }
            Event::Hinted { rung, of, text, command, .. } => {
                let hint = Hint { rung: *rung, of: *of, text: text.clone() };
                if !self.hints.contains(&hint) {
                    self.hints.push(hint);
                }
                if let (Some(command), true) = (command, self.desk.prompt.is_empty()) {
                    self.desk.prompt.fill(command);
                }
            }
            Event::Answered { index, chosen, answer, because } if *index == self.index => {
                self.answer = Some(Answer { chosen: *chosen, right: *answer, because: because.clone() });
                self.set_met(*index);
            }
            Event::Compared { index, holds, .. } if *holds != Some(false) => self.set_met(*index),
            Event::Advanced { index } | Event::RaceWon { index } => self.set_met(*index),
            Event::Mastered(mastery) => self.mastery = Some(*mastery),
            Event::Completed => self.completed = true,
            Event::Undone { .. } => self.unmet = None,
            Event::WasReset => self.forget(),
            _ => {}
        }
        if let Some(compare) = &mut self.compare {
            compare.take(event);
        }
        if matches!(event, Event::RaceMoved(_)) && self.race.is_none() {
            self.race = Some(race::State::default());
        }
        if let Some(race) = &mut self.race {
            race.take(event, out);
        }
    }

    /// Once the solution was shown: its line after those that were typed just now.
    fn line_after(&self, done: &[String]) -> Option<String> {
        let hint = self.hints.last().filter(|hint| hint.rung == hint.of)?;
        let lines: Vec<&str> = hint.text.split('\n').collect();
        let typed = |count: usize| {
            let from = done.len().checked_sub(count);
            from.is_some_and(|from| done[from..].iter().map(String::as_str).eq(lines[..count].iter().copied()))
        };
        (1..lines.len()).rev().find(|count| typed(*count)).map(|count| lines[count].to_string())
    }

    fn enter(&mut self, index: usize, step: &StepCard, met: bool) {
        let again = self.index == index && self.step.as_ref() == Some(step);
        self.index = index;
        // To be shown is all that a text asks for.
        if met || step.task == Task::Read {
            self.set_met(index);
        }
        if again {
            return;
        }
        self.step = Some(step.clone());
        self.forget();
        (self.race, self.racing, self.pane) = (None, false, Pane::Text);
        self.desk.busy = None;
        self.text.reset();
        self.client = match &step.task {
            Task::Do { client, .. } => *client,
            _ => 0,
        };
        // A line that was refused, or a digit typed too early, would stand in the way of what this step asks.
        if self.desk.prompt.refused.is_some() || !matches!(step.task, Task::Read | Task::Do { .. }) {
            self.desk.prompt.clear();
        }
    }

    /// What was shown and answered in this step.
    fn forget(&mut self) {
        (self.hints, self.unmet, self.solution, self.answer) = (Vec::new(), None, Vec::new(), None);
        self.choice = 0;
        self.compare = match self.step.as_ref().map(|step| &step.task) {
            Some(Task::Compare { lanes }) => Some(compare::State::new(lanes)),
            _ => None,
        };
    }

    /// A step is known to be met.
    pub fn set_met(&mut self, index: usize) {
        if self.met.len() <= index && index < 10_000 {
            self.met.resize(index + 1, false);
        }
        if let Some(met) = self.met.get_mut(index) {
            *met = true;
        }
    }

    /// Handles a key; returns whether it meant anything here.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        // While something is typed in the lab, all keys are its own.
        if let Some(race) = self.race.as_mut().filter(|race| self.racing && race.is_typing()) {
            return race.key(key, out);
        }
        if self.step_key(key, out) {
            return true;
        }
        if self.racing {
            if key.code == KeyCode::Tab {
                self.racing = false;
                return true;
            }
            return self.race.as_mut().is_some_and(|race| race.key(key, out));
        }
        if self.pane_key(key) || (self.desk.prompt.is_empty() && self.choice_key(key, out)) {
            return true;
        }
        match self.desk.prompt.key(key, &self.desk.keys.views) {
            Typed::Enter(line) if line.trim().is_empty() => self.go_on(out),
            Typed::Enter(line) => out.push(Action::Send(Request::Run { client: self.client, line })),
            Typed::Edited => {}
            Typed::Unused => return false,
        }
        true
    }

    /// Keys that move through the lesson.
    fn step_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let request = match key.code {
            KeyCode::Char('n') if control => {
                self.next(out);
                return true;
            }
            KeyCode::Char('p') if control && self.index == 0 => return true,
            KeyCode::Char('p') if control => Request::GoTo(self.index - 1),
            KeyCode::Char('h') if control => Request::Hint,
            KeyCode::F(1) => Request::Hint,
            KeyCode::Char('z') if control => Request::Undo,
            KeyCode::Char('r') if control => Request::Reset,
            KeyCode::Char('g') if control && self.can_start() => {
                self.start(out);
                return true;
            }
            _ => return false,
        };
        out.push(Action::Send(request));
        true
    }

    /// To the next step; behind the last one there is the catalogue.
    fn next(&mut self, out: &mut Vec<Action>) {
        if !self.is_last() {
            out.push(Action::Send(Request::GoTo(self.index + 1)));
        } else if self.completed || self.is_met() {
            out.push(Action::Leave);
        } else {
            let text = "this is the last step, and it is still open (esc twice leaves; progress is kept)";
            self.desk.notice = Some((Tone::Warning, text.into()));
        }
    }

    fn start(&mut self, out: &mut Vec<Action>) {
        if let Some(compare) = &mut self.compare {
            compare.start();
        }
        out.push(Action::Send(Request::Start));
    }

    /// Enter on an empty line: whatever comes next in this step.
    fn go_on(&mut self, out: &mut Vec<Action>) {
        let Some(step) = &self.step else { return };
        let met = self.is_met();
        match &step.task {
            Task::Advance { .. } if !met && self.desk.busy.is_some() => out.push(Action::Send(Request::Skip)),
            Task::Race { .. } if !met => (self.racing, self.pane) = (true, Pane::Work),
            Task::Compare { .. } if self.compare.as_ref().is_some_and(|compare| compare.running) => {}
            Task::Compare { .. } | Task::Advance { .. } if !met => self.start(out),
            Task::Predict { .. } | Task::Quiz { .. } if self.answer.is_none() && !met => {
                out.push(Action::Send(Request::Choose(self.choice)));
            }
            Task::Do { .. } if !met => {
                let text = "type a command that does what the step asks for; ctrl-h gives a hint";
                self.desk.notice = Some((Tone::Dim, text.into()));
            }
            _ => self.next(out),
        }
    }

    fn choice_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        let count = self.choices().len();
        if count == 0 {
            return false;
        }
        match key.code {
            KeyCode::Up => self.choice = self.choice.saturating_sub(1),
            KeyCode::Down => self.choice = (self.choice + 1).min(count - 1),
            KeyCode::Enter => out.push(Action::Send(Request::Choose(self.choice.min(count - 1)))),
            KeyCode::Char(digit) => {
                let chosen = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
                let Some(chosen) = chosen.filter(|chosen| *chosen < count) else { return false };
                self.choice = chosen;
                out.push(Action::Send(Request::Choose(chosen)));
            }
            _ => return false,
        }
        true
    }

    fn pane_key(&mut self, key: KeyEvent) -> bool {
        let empty = self.desk.prompt.is_empty();
        match key.code {
            KeyCode::F(3) => self.alone = !self.alone,
            KeyCode::F(4) => self.client = (self.client + 1) % self.clients().len().max(1),
            KeyCode::BackTab if self.desk.prompt.menu.is_none() => self.focus_next(),
            KeyCode::Tab if empty && self.race.is_some() => {
                (self.racing, self.pane) = (true, Pane::Work);
            }
            KeyCode::Tab if empty => self.focus_next(),
            KeyCode::PageUp => self.scroll(-1),
            KeyCode::PageDown => self.scroll(1),
            _ => return false,
        }
        true
    }

    fn focus_next(&mut self) {
        self.pane = match self.pane {
            Pane::Text => Pane::Work,
            Pane::Work if self.compare.is_some() || self.race.is_some() => Pane::Text,
            Pane::Work => Pane::Keys,
            Pane::Keys => Pane::Text,
        };
    }

    fn scroll(&mut self, by: isize) {
        match self.pane {
            Pane::Text => self.text.pages(by),
            Pane::Work => self.desk.log.back.pages(-by),
            Pane::Keys => self.desk.keys.scroll.pages(by),
        }
    }
}
