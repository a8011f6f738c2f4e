//! All lessons and scenarios. What is built in is proven when redlab is built: of it only the cards are read at first,
//! and the rest of a file once it is opened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::content::{self, Diagnostics, Document, Item, Kind};
use crate::lab::{self, Scenario};
use crate::lesson::{self, Lesson, Mastery, Used};

use super::card::{lesson_card, scenario_card};
use super::handle::{Catalogue, LessonEntry, ScenarioEntry};

/// A lesson or a scenario: its card, and all of it once somebody has asked for it.
#[derive(Debug)]
struct Shelved<T, C> {
    item: Item,
    card: C,
    whole: OnceLock<Arc<T>>,
}

impl<T, C> Shelved<T, C> {
    /// All of it; the error is its faults.
    fn whole(&self, read: fn(&Item) -> (Option<T>, Diagnostics)) -> Result<Arc<T>, String> {
        if let Some(whole) = self.whole.get() {
            return Ok(whole.clone());
        }
        let whole = usable(read(&self.item))?;
        Ok(self.whole.get_or_init(|| whole).clone())
    }
}

/// What was read, if it has no fault.
fn usable<T>((read, diagnostics): (Option<T>, Diagnostics)) -> Result<Arc<T>, String> {
    read.filter(|_| !diagnostics.has_errors()).map(Arc::new).ok_or_else(|| diagnostics.render(false))
}

/// Puts a file on the shelf: by its card where it is trusted and has one, else read whole. The error is its faults.
fn shelve<T, C: for<'t> From<&'t T>>(
    item: &Item,
    card: Option<C>,
    read: fn(&Item) -> (Option<T>, Diagnostics),
) -> Result<Shelved<T, C>, String> {
    let (item, whole) = (item.clone(), OnceLock::new());
    if let Some(card) = card {
        return Ok(Shelved { item, card, whole });
    }
    let read = usable(read(&item))?;
    let card = C::from(&read);
    Ok(Shelved { item, card, whole: OnceLock::from(read) })
}

/// All lessons and scenarios that can be opened.
#[derive(Debug, Default)]
pub struct Library {
    files: content::Library,
    lessons: Vec<Shelved<Lesson, LessonEntry>>,
    scenarios: Vec<Shelved<Scenario, ScenarioEntry>>,
    /// The folder that was named; new files go there.
    folder: Option<PathBuf>,
}

impl Library {
    /// What is built in, and what a folder or a .zip holds. Faulty files are left out, and told.
    pub fn load(folder: Option<&Path>) -> (Library, Vec<String>) {
        let mut files = content::Library::built_in();
        let ours: Vec<(Kind, String)> = files.items().iter().map(|item| (item.kind, item.id.clone())).collect();
        let mut complaints: Vec<String> = match folder {
            Some(folder) => files.add_pack(folder).iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        };
        let (mut library, faults) = Library::shelved(files, &ours);
        // Nothing is written into an archive.
        library.folder = folder.filter(|folder| folder.is_dir()).map(Path::to_path_buf);
        complaints.extend(faults);
        (library, complaints)
    }

    /// What these files hold. Faulty ones are left out, and told.
    pub fn of(files: content::Library) -> (Library, Vec<String>) {
        Library::shelved(files, &[])
    }

    /// The same, where some files are trusted to be without faults.
    fn shelved(files: content::Library, trusted: &[(Kind, String)]) -> (Library, Vec<String>) {
        let mut complaints = Vec::new();
        let (mut lessons, mut scenarios) = (Vec::new(), Vec::new());
        for item in files.items() {
            let trusted = trusted.iter().any(|(kind, id)| *kind == item.kind && *id == item.id);
            let fault = match item.kind {
                Kind::Lesson => {
                    let card = trusted.then(|| lesson_card(item)).flatten();
                    shelve(item, card, lesson::read).map(|shelved| lessons.push(shelved)).err()
                }
                Kind::Scenario => {
                    let card = trusted.then(|| scenario_card(item)).flatten();
                    shelve(item, card, read_scenario).map(|shelved| scenarios.push(shelved)).err()
                }
            };
            complaints.extend(fault);
        }
        (Library { files, lessons, scenarios, folder: None }, complaints)
    }

    /// The lesson of an id, or of the file at a path.
    pub fn lesson(&self, id: &str) -> Result<Arc<Lesson>, String> {
        if let Some(lesson) = self.lessons.iter().find(|lesson| lesson.card.id == id) {
            return lesson.whole(lesson::read);
        }
        let item = self.files.find(Kind::Lesson, id).map_err(|error| error.to_string())?;
        usable(lesson::read(&item))
    }

    /// The scenario of an id, or of the file at a path.
    pub fn scenario(&self, id: &str) -> Result<Arc<Scenario>, String> {
        if let Some(scenario) = self.scenarios.iter().find(|scenario| scenario.card.id == id) {
            return scenario.whole(read_scenario);
        }
        let item = self.files.find(Kind::Scenario, id).map_err(|error| error.to_string())?;
        usable(read_scenario(&item))
    }

    /// What a learner needed for a lesson, by step, beside what its author needs.
    pub fn mastery(&self, id: &str, used: &BTreeMap<usize, Used>) -> Option<Mastery> {
        let known = self.lessons.iter().find(|lesson| lesson.card.id == id).filter(|_| !used.is_empty())?;
        Some(Mastery::of(used, &known.whole(lesson::read).ok()?.author_used()))
    }

    /// The text of the scenario of an id, or of the file at a path.
    pub fn scenario_text(&self, id: &str) -> Result<String, String> {
        let item = self.files.find(Kind::Scenario, id).map_err(|error| error.to_string())?;
        Ok(item.source.text().to_string())
    }

    /// Where new files go: the folder that was named, else where redlab was started.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What the packs beside the built-in content say of themselves.
    pub fn packs(&self) -> &[content::Pack] {
        self.files.packs()
    }

    /// The ids of all lessons, in order.
    pub fn lesson_ids(&self) -> Vec<String> {
        self.lessons.iter().map(|lesson| lesson.card.id.clone()).collect()
    }

    /// The ids of all scenarios, in order.
    pub fn scenario_ids(&self) -> Vec<String> {
        self.scenarios.iter().map(|scenario| scenario.card.id.clone()).collect()
    }

    /// All that can be opened, as a catalogue lists it.
    pub fn catalogue(&self) -> Catalogue {
        Catalogue {
            lessons: self.lessons.iter().map(|lesson| lesson.card.clone()).collect(),
            scenarios: self.scenarios.iter().map(|scenario| scenario.card.clone()).collect(),
        }
    }
}

/// Reads a scenario's file; `None` where the diagnostics hold an error.
pub fn read_scenario(item: &Item) -> (Option<Scenario>, Diagnostics) {
    let (document, mut diagnostics) = Document::parse(&item.source);
    let scenario = document.and_then(|document| lab::read(&item.id, &document, &mut diagnostics));
    (scenario, diagnostics)
}

/// The same with what its texts say about Redis.
pub fn lint_scenario(item: &Item) -> Diagnostics {
    let (_, mut diagnostics) = read_scenario(item);
    let (document, mut told) = Document::parse(&item.source);
    if let Some(mut root) = document.as_ref().and_then(|document| document.root().map(&mut told)) {
        for text in ["summary", "text"].into_iter().filter_map(|key| root.optional(key)) {
            content::check_prose(&text, &content::Vocabulary::default(), &mut diagnostics);
        }
    }
    diagnostics
}
