//! The prompt: editing, history, completion, and what is said about the line.

use std::collections::VecDeque;

use bytes::Bytes;
use crossterm::event::{KeyCode, KeyEvent};

use crate::inspect::KeyView;
use crate::prompt::{Names, Wanted, complete, hint, validate, wanted};

use super::editor::Editor;

/// How many lines are remembered.
const HISTORY: usize = 500;

/// What a key did at the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The line is to be run.
    Enter(String),
    /// It was edited, completed, recalled.
    Edited,
    /// The key means nothing here.
    Unused,
}

/// Candidates that are being cycled through.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What may stand there.
    pub candidates: Vec<String>,
    /// Which one stands there now.
    pub chosen: Option<usize>,
    start: usize,
    end: usize,
}

/// The prompt's state.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// The line.
    pub editor: Editor,
    /// Completion, while it is open.
    pub menu: Option<Menu>,
    /// What the session refused, until the line is edited: the message and its place.
    pub refused: Option<(String, Option<usize>)>,
    history: VecDeque<String>,
    recalled: Option<usize>,
    draft: String,
}

impl Prompt {
    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.editor.text().is_empty()
    }

    /// Handles a key.
    pub fn key(&mut self, key: KeyEvent, views: &[KeyView]) -> Typed {
        match key.code {
            KeyCode::Tab if !self.is_empty() => self.complete(views, 1),
            KeyCode::BackTab if self.menu.is_some() => self.complete(views, -1),
            KeyCode::Enter => return self.enter(),
            KeyCode::Up => self.recall(-1),
            KeyCode::Down => self.recall(1),
            KeyCode::Esc if self.menu.is_some() => self.menu = None,
            KeyCode::Esc if self.refused.is_some() => self.refused = None,
            _ => {
                if !self.editor.key(key) {
                    return Typed::Unused;
                }
                self.edited();
            }
        }
        Typed::Edited
    }

    /// Pastes text.
    pub fn paste(&mut self, text: &str) {
        self.editor.paste(text);
        self.edited();
    }

    /// Puts a line in place, as a hint does, or a line that was refused.
    pub fn fill(&mut self, line: &str) {
        self.editor.set(line);
        self.edited();
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        self.editor.set("");
        self.edited();
    }

    /// What is wrong with the line as far as it is typed: only what no further typing could mend.
    pub fn complaint(&self) -> Option<String> {
        if let Some((message, _)) = &self.refused {
            return Some(message.clone());
        }
        let line = self.editor.text();
        let first = line.split_whitespace().next()?;
        if first.eq_ignore_ascii_case("sql") || !line.trim_start().contains(' ') {
            return None;
        }
        // A missing argument and an open quote are not faults while the line is being typed.
        let complaint = validate(line).err()?;
        complaint.message.starts_with("there ").then_some(complaint.message)
    }

    /// The arguments that are still to come, shown behind the cursor at the line's end.
    pub fn ghost(&self) -> String {
        let line = self.editor.text();
        if self.editor.cursor() == line.len() && self.menu.is_none() { hint(line).ghost } else { String::new() }
    }

    /// The reference of the command that is being typed.
    pub fn reference(&self) -> String {
        // The ghost shows the syntax already; what the command does comes first here.
        let card = hint(self.editor.text()).card;
        card.map(|card| format!("{}: {} · {} · {}", card.name, card.summary, card.complexity, card.group))
            .unwrap_or_default()
    }

    fn edited(&mut self) {
        self.menu = None;
        self.refused = None;
        self.recalled = None;
    }

    fn enter(&mut self) -> Typed {
        self.edited();
        let line = self.editor.take();
        if !line.trim().is_empty() && self.history.back() != Some(&line) {
            if self.history.len() == HISTORY {
                self.history.pop_front();
            }
            self.history.push_back(line.clone());
        }
        Typed::Enter(line)
    }

    fn recall(&mut self, by: isize) {
        let last = self.history.len();
        let at = self.recalled.unwrap_or(last);
        let next = at.saturating_add_signed(by).min(last);
        if next == at {
            return;
        }
        if self.recalled.is_none() {
            self.draft = self.editor.text().to_string();
        }
        let line = self.history.get(next).cloned().unwrap_or_else(|| self.draft.clone());
        self.fill(&line);
        self.recalled = (next < last).then_some(next);
    }

    fn complete(&mut self, views: &[KeyView], by: isize) {
        if let Some(mut menu) = self.menu.take() {
            let count = isize::try_from(menu.candidates.len()).unwrap_or(1).max(1);
            let at = menu.chosen.map_or(if by > 0 { -1 } else { 0 }, |at| isize::try_from(at).unwrap_or(0));
            let next = usize::try_from((at + by).rem_euclid(count)).unwrap_or(0);
            let Some(candidate) = menu.candidates.get(next) else { return };
            self.editor.replace(menu.start, menu.end, candidate);
            menu.end = menu.start + candidate.len();
            menu.chosen = Some(next);
            self.menu = Some(menu);
            return;
        }
        let keys: Vec<Bytes> = views.iter().map(|view| view.key.clone()).collect();
        let elements = match wanted(self.editor.text(), self.editor.cursor()) {
            Wanted::Element { key, .. } => views.iter().find(|view| view.key == key).map(KeyView::elements),
            Wanted::Nothing | Wanted::Key(_) => None,
        };
        let names = Names { keys: &keys, elements: &elements.unwrap_or_default() };
        let found = complete(self.editor.text(), self.editor.cursor(), names);
        match found.candidates.as_slice() {
            [] => {}
            [only] => self.editor.replace(found.start, found.end, &format!("{only} ")),
            many => {
                let common = common_start(many);
                let mut end = found.end;
                if common.len() > end - found.start {
                    self.editor.replace(found.start, end, common);
                    end = found.start + common.len();
                }
                self.menu = Some(Menu { candidates: many.to_vec(), chosen: None, start: found.start, end });
            }
        }
    }
}

/// What all candidates begin with.
fn common_start(candidates: &[String]) -> &str {
    let Some((first, others)) = candidates.split_first() else { return "" };
    let mut end = first.len();
    for other in others {
        let same = first.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
        end = end.min(same.unwrap_or(first.len().min(other.len())));
    }
    first.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;
    use crate::inspect::Content;

    /// A hash with one field.
    fn view(key: &'static str) -> KeyView {
        KeyView {
            key: key.into(),
            type_name: "hash".into(),
            encoding: String::new(),
            content: Content::Hash(vec![("name".into(), "v".into())]),
            total: 1,
            expires_at_ms: None,
        }
    }

    fn press(prompt: &mut Prompt, code: KeyCode) -> Typed {
        prompt.key(KeyEvent::new(code, KeyModifiers::NONE), &["user:1", "user:2"].map(view))
    }

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::default();
        text.chars().for_each(|c| assert_eq!(press(&mut prompt, KeyCode::Char(c)), Typed::Edited));
        prompt
    }

    #[test]
    fn tab_completes_the_common_part_then_cycles() {
        let mut prompt = typed("GET us");
        press(&mut prompt, KeyCode::Tab);
        assert_eq!(prompt.editor.text(), "GET user:");
        press(&mut prompt, KeyCode::Tab);
        assert_eq!(prompt.editor.text(), "GET user:1");
        press(&mut prompt, KeyCode::BackTab);
        assert_eq!(prompt.editor.text(), "GET user:2");
        press(&mut prompt, KeyCode::Char('x'));
        assert!(prompt.menu.is_none());
    }

    #[test]
    fn fields_are_completed_from_the_keys_that_are_seen() {
        let mut prompt = typed("HGET user:1 n");
        press(&mut prompt, KeyCode::Tab);
        assert_eq!(prompt.editor.text(), "HGET user:1 name ");
    }

    #[test]
    fn history_comes_back_and_the_draft_is_kept() {
        let mut prompt = typed("PING");
        assert_eq!(press(&mut prompt, KeyCode::Enter), Typed::Enter("PING".into()));
        prompt.fill("GET a");
        press(&mut prompt, KeyCode::Up);
        assert_eq!(prompt.editor.text(), "PING");
        press(&mut prompt, KeyCode::Up);
        press(&mut prompt, KeyCode::Down);
        assert_eq!(prompt.editor.text(), "GET a");
    }

    #[test]
    fn only_what_typing_cannot_mend_is_complained_of() {
        assert_eq!(typed("GTE").complaint(), None);
        assert!(typed("GTE ").complaint().is_some_and(|message| message.contains("GET")));
        assert_eq!(typed("GET ").complaint(), None);
        assert_eq!(typed("SET a \"b").complaint(), None);
        assert_eq!(typed("sql SELECT 1").complaint(), None);
        assert!(typed("GET a b").complaint().is_some());
    }
}
