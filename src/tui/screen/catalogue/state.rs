//! The catalogue's state.

use std::collections::BTreeMap;

use crate::lesson::{LessonProgress, Mastery};
use crate::session::{Catalogue, LessonEntry, ScenarioEntry, What};

use super::super::super::part::Editor;

/// Something that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A lesson, by its place.
    Lesson(usize),
    /// A scenario, by its place.
    Scenario(usize),
    /// The playground.
    Play,
}

/// What the catalogue knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What there is; `None` while it is being read.
    pub catalogue: Option<Catalogue>,
    /// What is known about lessons, by id.
    pub progress: BTreeMap<String, LessonProgress>,
    /// What was needed for lessons, beside what their authors need.
    pub mastery: BTreeMap<String, Mastery>,
    /// What has to be told: a broken progress file, faults in a content folder.
    pub notices: Vec<String>,
    /// Which of the shown items is selected.
    pub selected: usize,
    /// The search, while there is one.
    pub search: Option<Editor>,
    /// Whether keys go into the search.
    pub typing: bool,
}

impl State {
    /// Adds a message, once; the newest few are shown.
    pub fn notice(&mut self, text: String) {
        if !self.notices.contains(&text) {
            self.notices.push(text);
        }
        let old = self.notices.len().saturating_sub(4);
        self.notices.drain(..old);
    }

    /// The lesson at a place.
    pub fn lesson(&self, at: usize) -> Option<&LessonEntry> {
        self.catalogue.as_ref()?.lessons.get(at)
    }

    /// The scenario at a place.
    pub fn scenario(&self, at: usize) -> Option<&ScenarioEntry> {
        self.catalogue.as_ref()?.scenarios.get(at)
    }

    /// The items that match the search, in order.
    pub fn items(&self) -> Vec<Item> {
        let Some(catalogue) = &self.catalogue else { return Vec::new() };
        let wanted = self.search.as_ref().map(|search| search.text().to_lowercase()).unwrap_or_default();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let matches = |texts: [&str; 4]| {
            let text = texts.join(" ").to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let lessons = catalogue.lessons.iter().enumerate();
        let scenarios = catalogue.scenarios.iter().enumerate();
        lessons
            .filter(|(_, it)| matches([&it.id, &it.track, &it.title, &it.summary]))
            .map(|(at, _)| Item::Lesson(at))
            .chain(
                scenarios
                    .filter(|(_, it)| matches([&it.id, "race lab", &it.title, &it.summary]))
                    .map(|(at, _)| Item::Scenario(at)),
            )
            .chain(matches(["playground", "", "", ""]).then_some(Item::Play))
            .collect()
    }

    /// The selected item.
    pub fn current(&self) -> Option<Item> {
        let items = self.items();
        items.get(self.selected.min(items.len().saturating_sub(1))).copied()
    }

    /// What opens for an item.
    pub fn what(&self, item: Item) -> Option<What> {
        match item {
            Item::Lesson(at) => self.lesson(at).map(|it| What::Lesson(it.id.clone())),
            Item::Scenario(at) => self.scenario(at).map(|it| What::Race(it.id.clone())),
            Item::Play => Some(What::Play),
        }
    }

    /// What is known about a lesson.
    pub fn progress_of(&self, lesson: &LessonEntry) -> LessonProgress {
        self.progress.get(&lesson.id).cloned().unwrap_or_default()
    }

    /// The lesson to go on with: one that was begun, else the first that was not.
    pub fn next(&self) -> Option<usize> {
        let lessons = &self.catalogue.as_ref()?.lessons;
        let open = |begun: bool| {
            lessons.iter().position(|lesson| {
                let progress = self.progress_of(lesson);
                progress.finished.is_none() && begun != progress.steps.is_empty()
            })
        };
        open(true).or_else(|| open(false))
    }

    /// How many lessons are finished.
    pub fn finished(&self) -> usize {
        let lessons = self.catalogue.as_ref().map(|catalogue| catalogue.lessons.as_slice()).unwrap_or_default();
        lessons.iter().filter(|lesson| self.progress_of(lesson).finished.is_some()).count()
    }
}
