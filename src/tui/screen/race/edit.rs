//! Editing the scenario's text in the lab, and saving it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::session::{RaceFault, RaceRequest, Request};

use super::super::super::action::Action;
use super::super::super::part::{Editor, Page, Pressed};
use super::state::{Asked, Edit, Save, State};

fn send(out: &mut Vec<Action>, request: RaceRequest) {
    out.push(Action::Send(Request::Race(request)));
}

impl State {
    /// Asks for the text, for what is to be done with it.
    pub fn ask_source(&mut self, asked: Asked, out: &mut Vec<Action>) {
        // A draft that was closed goes on where it was left.
        if asked == Asked::Edit && self.edit.as_ref().is_some_and(|edit| edit.changed) {
            self.editing = true;
            return;
        }
        self.asked = Some(asked);
        send(out, RaceRequest::Source);
    }

    /// The text has come.
    pub fn take_source(&mut self, text: &str, id: &str, path: &str, out: &mut Vec<Action>) {
        match self.asked.take() {
            Some(Asked::Edit) => {
                self.open_editor(text, id);
                let (row, column) = self.steps_place(text);
                if let Some(edit) = &mut self.edit {
                    edit.page.place(row, column);
                }
            }
            Some(Asked::Outside) => out.push(Action::EditOutside { id: id.into(), text: text.into() }),
            Some(Asked::Save) => {
                let mut save = Save { draft: self.editing, ..Save::default() };
                save.path.set(path);
                self.save = Some(save);
            }
            None => {}
        }
    }

    fn open_editor(&mut self, text: &str, id: &str) {
        self.edit = Some(Edit { page: Page::new(text), id: id.into(), ..Edit::default() });
        self.editing = true;
    }

    /// Where the steps begin of whoever is next in the variant in the focus.
    fn steps_place(&self, text: &str) -> (usize, usize) {
        let Some(view) = &self.view else { return (0, 0) };
        let Some((variant, _)) = view.variants.get(view.variant) else { return (0, 0) };
        let client = view.clients.iter().find(|client| client.can_run).or(view.clients.first());
        let lines: Vec<&str> = text.lines().collect();
        let begins = |from: usize, name: &str| {
            let found = lines
                .iter()
                .skip(from)
                .position(|line| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
            found.map(|at| at + from)
        };
        let Some(at) = begins(0, "variants").and_then(|at| begins(at, variant)) else { return (0, 0) };
        let row = client.and_then(|client| begins(at, &client.name)).unwrap_or(at);
        (row, lines[row].chars().take_while(|c| *c == ' ').count())
    }

    /// Another program has edited the text: it is taken, or opened here with what is wrong with it.
    pub fn edited_outside(&mut self, id: &str, text: &str, out: &mut Vec<Action>) {
        self.open_editor(text, id);
        if let Some(edit) = &mut self.edit {
            edit.changed = true;
        }
        send(out, RaceRequest::Edit(text.into()));
    }

    /// The session has read the text.
    pub fn take_checked(&mut self, faults: &[RaceFault], accepted: bool) {
        let Some(edit) = &mut self.edit else { return };
        edit.faults = faults.to_vec();
        if accepted {
            (edit.changed, edit.accepted) = (false, true);
            // Where there is no room for both, what the new text does is more than the text.
            if !self.roomy.get() {
                self.editing = false;
            }
        }
    }

    /// A key while the editor is open.
    pub fn edit_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        let Some(edit) = &mut self.edit else {
            self.editing = false;
            return;
        };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.editing = false,
            KeyCode::Char('r') if control => send(out, RaceRequest::Edit(edit.page.text())),
            KeyCode::F(5) => send(out, RaceRequest::Edit(edit.page.text())),
            KeyCode::Char('s') if control => self.ask_source(Asked::Save, out),
            KeyCode::Char('o') if control => {
                let (id, text) = (edit.id.clone(), edit.page.text());
                out.push(Action::EditOutside { id, text });
            }
            KeyCode::Char('n') if control => edit.next_fault(),
            _ => {
                if edit.page.key(key) == Pressed::Edited {
                    edit.touched(out);
                }
            }
        }
    }

    /// A key while a place to save at is asked for.
    pub fn save_key(&mut self, key: KeyEvent, out: &mut Vec<Action>) {
        let Some(save) = &mut self.save else { return };
        if save.exists {
            match key.code {
                KeyCode::Char('y' | 'Y') => self.save_at(true, out),
                // The name can be changed.
                _ => save.exists = false,
            }
            return;
        }
        match key.code {
            KeyCode::Esc => self.save = None,
            KeyCode::Enter if !save.path.text().trim().is_empty() => self.save_at(false, out),
            _ => {
                save.path.key(key);
            }
        }
    }

    fn save_at(&mut self, over: bool, out: &mut Vec<Action>) {
        let Some(save) = &self.save else { return };
        let draft = self.edit.as_ref().filter(|_| save.draft);
        let request = RaceRequest::Save {
            path: save.path.text().trim().to_string(),
            text: draft.map(|edit| edit.page.text()),
            over,
        };
        send(out, request);
    }

    /// Pasted text goes where text is typed.
    pub fn paste(&mut self, text: &str, out: &mut Vec<Action>) {
        if let Some(save) = self.save.as_mut().filter(|save| !save.exists) {
            save.path.paste(text);
        } else if let Some(editor) = &mut self.replay {
            editor.paste(text);
        } else if let Some(edit) = self.edit.as_mut().filter(|_| self.editing) {
            edit.page.paste(text);
            edit.touched(out);
        } else if self.view.is_some() && text.trim().contains(char::is_whitespace) {
            // Pasted where nothing is typed, a schedule is meant; enter plays it.
            let mut editor = Editor::default();
            editor.paste(text.trim());
            self.replay = Some(editor);
        }
    }
}

impl Edit {
    /// The text was changed: what is wrong with it is asked again.
    fn touched(&mut self, out: &mut Vec<Action>) {
        (self.changed, self.accepted) = (true, false);
        send(out, RaceRequest::Check(self.page.text()));
    }

    /// The cursor goes to the next fault, around the end.
    fn next_fault(&mut self) {
        let (row, column) = self.page.cursor();
        let places = || self.faults.iter().map(|fault| (fault.line.saturating_sub(1), fault.column.saturating_sub(1)));
        if let Some((row, column)) = places().find(|place| *place > (row, column)).or(places().next()) {
            self.page.place(row, column);
        }
    }
}
