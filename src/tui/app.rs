//! The whole of what is shown: one screen, what lies on top of it, and where keys and events go.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::render::{Line, Tone};
use crate::session::{Event, Request, What};

use super::action::Action;
use super::canvas::Canvas;
use super::paint::Painted;
use super::part::{self, Desk};
use super::screen::{catalogue, help, lesson, play, race};
use super::theme::Theme;
use super::widget::{Desktop, title_strip, too_small};

/// The screens.
#[derive(Clone, Debug)]
pub enum Screen {
    /// What there is.
    Catalogue,
    /// A lesson.
    Lesson(Box<lesson::State>),
    /// The race lab, with a desk for what surrounds it.
    Race(Box<(Desk, race::State)>),
    /// The playground.
    Play(Box<play::State>),
}

/// Everything that is shown.
#[derive(Debug)]
pub struct App {
    /// The screen.
    pub screen: Screen,
    /// The catalogue, which is there behind every screen.
    pub catalogue: catalogue::State,
    /// Highlighted code.
    pub painted: Painted,
    /// Set while the program is ending: what is waited for.
    pub ending: Option<String>,
    /// What is wrong with the file that is watched: it lies on top until the file is mended, or esc hides it.
    pub faults: Option<String>,
    theme: Theme,
    help: Option<usize>,
    leaving: bool,
}

impl App {
    /// An app that shows an empty catalogue.
    pub fn new(theme: Theme) -> App {
        let (catalogue, painted) = (catalogue::State::default(), Painted::default());
        App {
            screen: Screen::Catalogue,
            catalogue,
            painted,
            ending: None,
            faults: None,
            theme,
            help: None,
            leaving: false,
        }
    }

    /// Shows the screen for what was opened.
    pub fn open(&mut self, what: &What) {
        self.help = None;
        self.screen = match what {
            What::Play => Screen::Play(Box::default()),
            What::Lesson(id) => Screen::Lesson(Box::new(self.lesson(id))),
            What::Race(_) => Screen::Race(Box::default()),
        };
    }

    /// A lesson that knows which of its steps were met before.
    fn lesson(&self, id: &str) -> lesson::State {
        let mut state = lesson::State::default();
        if let Some(progress) = self.catalogue.progress.get(id) {
            progress.steps.iter().for_each(|step| state.set_met(*step));
        }
        state
    }

    /// Shows the catalogue.
    pub fn leave(&mut self) {
        (self.screen, self.help, self.leaving) = (Screen::Catalogue, None, false);
    }

    /// What a session's screen works with.
    pub fn desk(&mut self) -> Option<&mut Desk> {
        match &mut self.screen {
            Screen::Catalogue => None,
            Screen::Lesson(state) => Some(&mut state.desk),
            Screen::Race(state) => Some(&mut state.0),
            Screen::Play(state) => Some(&mut state.desk),
        }
    }

    /// The race that is shown, by itself or in a lesson.
    fn race(&self) -> Option<&race::State> {
        match &self.screen {
            Screen::Race(state) => Some(&state.1),
            Screen::Lesson(state) => state.race.as_ref(),
            _ => None,
        }
    }

    fn race_mut(&mut self) -> Option<&mut race::State> {
        match &mut self.screen {
            Screen::Race(state) => Some(&mut state.1),
            Screen::Lesson(state) => state.race.as_mut(),
            _ => None,
        }
    }

    /// Whether the mouse does something here; else the terminal keeps it, for selecting text.
    pub fn wants_mouse(&self) -> bool {
        match &self.screen {
            Screen::Race(state) => !state.0.closed,
            Screen::Lesson(state) => state.racing && state.race.is_some(),
            _ => false,
        }
    }

    /// Handles a click or a turn of the wheel.
    pub fn mouse(&mut self, event: MouseEvent, out: &mut Vec<Action>) {
        if let Some(scroll) = &mut self.help {
            match event.kind {
                MouseEventKind::ScrollDown => *scroll = scroll.saturating_add(3).min(60),
                MouseEventKind::ScrollUp => *scroll = scroll.saturating_sub(3),
                MouseEventKind::Down(_) => self.help = None,
                _ => {}
            }
            return;
        }
        if !self.wants_mouse() || self.desk().is_some_and(|desk| desk.ask.is_some()) {
            return;
        }
        if let Some(race) = self.race_mut() {
            race.mouse(event, out);
        }
    }

    /// Another program has edited the text of a scenario; or why it could not.
    pub fn edited_outside(&mut self, id: &str, edited: Result<Option<String>, String>, out: &mut Vec<Action>) {
        match edited {
            Ok(Some(text)) => {
                if let Some(race) = self.race_mut() {
                    race.edited_outside(id, &text, out);
                }
            }
            Ok(None) => self.notice(Tone::Dim, "nothing was changed"),
            Err(why) => self.notice(Tone::Bad, &why),
        }
    }

    fn notice(&mut self, tone: Tone, text: &str) {
        if let Some(desk) = self.desk() {
            desk.notice = Some((tone, text.into()));
        }
    }

    /// Takes in an event of the session.
    pub fn event(&mut self, event: &Event, at: Instant, out: &mut Vec<Action>) {
        if let Some(desk) = self.desk() {
            desk.take(event, at);
        }
        match &mut self.screen {
            Screen::Lesson(state) => state.take(event, out),
            Screen::Race(state) => state.1.take(event, out),
            _ => {}
        }
        let text = match event {
            Event::StepEntered { step, .. } => step.text.as_str(),
            Event::RaceMoved(view) => view.text.as_str(),
            _ => return,
        };
        out.extend(self.painted.missing(text).into_iter().map(Action::Paint));
    }

    /// The session ended by itself, without saying so: something in it broke.
    pub fn broken(&mut self, why: &str) {
        // One that ended in order has said why already.
        if let Some(desk) = self.desk().filter(|desk| !desk.closed) {
            desk.busy = None;
            desk.failure = Some(format!("The session ended: {why}."));
            desk.closed = true;
        }
    }

    /// Lets time pass; returns whether anything on screen depends on it.
    pub fn tick(&mut self, at: Instant) -> bool {
        match self.desk() {
            Some(desk) => {
                desk.tick(at);
                desk.clock.now_ms().is_some() || desk.lost.is_some()
            }
            None => false,
        }
    }

    /// Whether ticks should come often: a TTL is running.
    pub fn is_lively(&mut self) -> bool {
        self.desk().is_some_and(|desk| desk.keys.any_ttl() || desk.is_busy())
    }

    /// Handles a key.
    pub fn key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        if key.kind == crossterm::event::KeyEventKind::Release {
            return;
        }
        let leaving = std::mem::take(&mut self.leaving);
        if let Some(desk) = self.desk() {
            desk.notice = None;
        }
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.interrupt(out);
        }
        if key.code == KeyCode::Esc && self.faults.take().is_some() {
            return;
        }
        if self.help_key(key) || self.ask_key(key, out) {
            return;
        }
        if self.desk().is_some_and(|desk| desk.closed) {
            // Nobody is there to answer; the only way is back.
            if matches!(key.code, KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q')) {
                out.push(Action::Leave);
            }
            return;
        }
        if key.code == KeyCode::Char('?') && self.is_free() {
            self.help = Some(0);
            return;
        }
        let used = match &mut self.screen {
            Screen::Catalogue => {
                self.catalogue.key(key, out);
                true
            }
            Screen::Lesson(state) => state.key(key, out),
            Screen::Race(state) => state.1.key(key, out),
            Screen::Play(state) => state.key(key, out),
        };
        if !used && key.code == KeyCode::Esc {
            self.escape(leaving, out);
        }
        if !used && key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL) {
            out.push(Action::Suspend);
        }
    }

    /// Pastes text where text is typed.
    pub fn paste(&mut self, text: &str, out: &mut Vec<Action>) {
        match &mut self.screen {
            Screen::Catalogue => self.catalogue.paste(text),
            Screen::Lesson(state) if state.racing => {
                if let Some(race) = &mut state.race {
                    race.paste(text, out);
                }
            }
            Screen::Lesson(state) => state.desk.prompt.paste(text),
            Screen::Race(state) => state.1.paste(text, out),
            Screen::Play(state) => state.desk.prompt.paste(text),
        }
    }

    fn help_key(&mut self, key: KeyEvent) -> bool {
        let Some(scroll) = self.help else { return false };
        self.help = match key.code {
            KeyCode::Down | KeyCode::PageDown | KeyCode::Char('j') => Some(scroll.saturating_add(1).min(60)),
            KeyCode::Up | KeyCode::PageUp | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
            _ => None,
        };
        true
    }

    /// Only a clear yes sends what the guard asks about.
    fn ask_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) -> bool {
        let Some(desk) = self.desk().filter(|desk| desk.ask.is_some()) else { return false };
        let answer = match key.code {
            KeyCode::Char('y' | 'Y') => true,
            KeyCode::Char('n' | 'N') | KeyCode::Esc | KeyCode::Enter => false,
            _ => return true,
        };
        out.extend(desk.answer(answer).map(Action::Send));
        true
    }

    /// Whether a single letter is a key of its own and no text.
    fn is_free(&self) -> bool {
        match &self.screen {
            Screen::Catalogue => !self.catalogue.typing,
            Screen::Lesson(state) if state.racing => state.race.as_ref().is_none_or(|race| !race.is_typing()),
            Screen::Lesson(state) => state.desk.prompt.is_empty(),
            Screen::Race(state) => !state.1.is_typing(),
            Screen::Play(state) => state.desk.prompt.is_empty(),
        }
    }

    /// Ctrl-c: what is being worked at ends; with nothing to end, the program does.
    fn interrupt(&mut self, out: &mut Vec<Action>) {
        let racing = self.race().is_some_and(|race| race.exploring);
        match self.desk() {
            Some(desk) if !desk.closed && (desk.is_busy() || racing) => {
                desk.busy = None;
                desk.log.stop_waiting("cancelled");
                desk.notice = Some((Tone::Warning, "cancelled; ctrl-c once more quits".into()));
                if let Some(race) = self.race_mut() {
                    race.exploring = false;
                }
                // What covers the screen would hide that.
                self.help = None;
                out.push(Action::Send(Request::Cancel));
            }
            _ => out.push(Action::Quit),
        }
    }

    /// Escape: cancels, else empties the line, else leaves when pressed twice.
    fn escape(&mut self, leaving: bool, out: &mut Vec<Action>) {
        let racing = self.race().is_some_and(|race| race.exploring);
        let Some(desk) = self.desk() else { return };
        if desk.is_busy() || racing {
            if racing {
                desk.notice = Some((Tone::Warning, "exploring was ended; e begins again".into()));
            }
            out.push(Action::Send(Request::Cancel));
        } else if !desk.prompt.is_empty() {
            desk.prompt.clear();
        } else if leaving {
            out.push(Action::Leave);
        } else {
            desk.notice = Some((Tone::Dim, "esc once more leaves to the catalogue; progress is kept".into()));
            self.leaving = true;
        }
    }

    /// Draws everything.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let cursor = self.draw_on(frame.buffer_mut());
        if let Some(cursor) = cursor {
            frame.set_cursor_position(cursor);
        }
    }

    fn draw_on(&self, buffer: &mut Buffer) -> Option<Position> {
        let mut canvas = Canvas { buffer, theme: self.theme, painted: &self.painted, cursor: None };
        if too_small(&mut canvas) {
            return None;
        }
        let place = match &self.screen {
            Screen::Catalogue => {
                catalogue::draw(&mut canvas, &self.catalogue);
                help::Place::Catalogue
            }
            Screen::Lesson(state) => {
                lesson::draw(&mut canvas, state);
                part::ask(&mut canvas, &state.desk);
                part::over(&mut canvas, &state.desk);
                if state.racing { help::Place::Race } else { help::Place::Lesson }
            }
            Screen::Race(state) => {
                draw_race(&mut canvas, &state.0, &state.1);
                part::over(&mut canvas, &state.0);
                help::Place::Race
            }
            Screen::Play(state) => {
                play::draw(&mut canvas, state);
                part::ask(&mut canvas, &state.desk);
                part::over(&mut canvas, &state.desk);
                help::Place::Play
            }
        };
        if let Some(scroll) = self.help {
            canvas.cursor = None;
            help::draw(&mut canvas, place, scroll);
        }
        if let Some(faults) = &self.faults {
            canvas.cursor = None;
            let lines: Vec<Line> =
                faults.lines().map(|line| Line { wrap: false, ..Line::of(line, fault_tone(line)) }).collect();
            let title = Line::of("faults in the file", Tone::Bad).with("  esc hides them", Tone::Dim);
            super::widget::overlay(&mut canvas, &title, &lines, u16::MAX, 0);
        }
        if let Some(what) = &self.ending {
            canvas.cursor = None;
            let lines = [Line::of(what.clone(), Tone::Plain)];
            super::widget::overlay(&mut canvas, &Line::of("ending", Tone::Accent), &lines, 70, 0);
        }
        canvas.cursor
    }
}

/// How a line of a diagnostic looks.
fn fault_tone(line: &str) -> Tone {
    match line {
        line if line.starts_with("error") => Tone::Bad,
        line if line.starts_with("warning") => Tone::Warning,
        line if line.contains("= help") => Tone::Accent,
        _ => Tone::Plain,
    }
}

const RACE_KEYS: &[(&str, &str)] = &[
    ("a b c", "who runs next"),
    ("← →", "back, forward"),
    ("e", "explore all"),
    ("w", "simplest failure"),
    ("n", "why"),
    ("v", "variants"),
    ("i", "edit"),
    ("x", "next failure"),
    ("t", "text"),
    ("?", "all keys"),
];

const CONTRAST_KEYS: &[(&str, &str)] =
    &[("enter", "play the one that holds"), ("w", "play the failure"), ("↑ ↓", "scroll"), ("esc", "close")];

const EDIT_KEYS: &[(&str, &str)] = &[
    ("ctrl-r", "take it and explore"),
    ("ctrl-n", "next fault"),
    ("ctrl-s", "save as"),
    ("ctrl-o", "your editor"),
    ("ctrl-z", "take back"),
    ("esc", "close"),
];

fn draw_race(canvas: &mut Canvas<'_>, desk: &Desk, state: &race::State) {
    let desktop = Desktop::divide(canvas.buffer.area, desk.lost.is_some(), 0);
    let title = state.view.as_ref().map(|view| crate::resp::printable(view.title.as_bytes(), 80)).unwrap_or_default();
    let here = Line::of("race lab › ", Tone::Dim).with(title, Tone::Strong);
    let clock = match &state.view {
        Some(view) => format!(
            "bundled engine · clock {:02}:{:02}.{:03}",
            view.clock_ms / 60_000,
            view.clock_ms / 1_000 % 60,
            view.clock_ms % 1_000
        ),
        None => String::new(),
    };
    title_strip(canvas, desktop.title, &here, &[], &[Line::of(clock, Tone::Dim)]);
    part::banner(canvas, desktop.banner, desk);
    race::draw(canvas, desktop.body, state, true);
    let keys = match (state.editing, &state.contrast) {
        (true, _) => EDIT_KEYS,
        (false, Some(_)) => CONTRAST_KEYS,
        (false, None) => RACE_KEYS,
    };
    part::keys_strip(canvas, desktop.keys, desk, keys);
}
