//! All lessons and scenarios, read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::content::{self, Diagnostics, Document, Item, Kind};
use crate::lab::{self, Scenario};
use crate::lesson::{self, Lesson};

use super::handle::{Catalogue, LessonEntry, ScenarioEntry};

/// All lessons and scenarios that can be opened.
#[derive(Debug, Default)]
pub struct Library {
    files: content::Library,
    lessons: Vec<Arc<Lesson>>,
    scenarios: Vec<Arc<Scenario>>,
    /// The folder that was named; new files go there.
    folder: Option<PathBuf>,
}

impl Library {
    /// What is built in, and what a folder or a .zip holds. Faulty files are left out, and told.
    pub fn load(folder: Option<&Path>) -> (Library, Vec<String>) {
        let mut files = content::Library::built_in();
        let mut complaints: Vec<String> = match folder {
            Some(folder) => files.add_pack(folder).iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        };
        let (mut library, faults) = Library::of(files);
        // Nothing is written into an archive.
        library.folder = folder.filter(|folder| folder.is_dir()).map(Path::to_path_buf);
        complaints.extend(faults);
        (library, complaints)
    }

    /// What these files hold. Faulty ones are left out, and told.
    pub fn of(files: content::Library) -> (Library, Vec<String>) {
        let mut complaints = Vec::new();
        let (mut lessons, mut scenarios) = (Vec::new(), Vec::new());
        for item in files.items() {
            let diagnostics = match item.kind {
                Kind::Lesson => keep(lesson::read(item), &mut lessons),
                Kind::Scenario => keep(read_scenario(item), &mut scenarios),
            };
            if diagnostics.has_errors() {
                complaints.push(diagnostics.render(false));
            }
        }
        (Library { files, lessons, scenarios, folder: None }, complaints)
    }

    /// The lesson of an id, or of the file at a path.
    pub fn lesson(&self, id: &str) -> Result<Arc<Lesson>, String> {
        if let Some(lesson) = self.lessons.iter().find(|lesson| lesson.id == id) {
            return Ok(lesson.clone());
        }
        let item = self.files.find(Kind::Lesson, id).map_err(|error| error.to_string())?;
        let (lesson, diagnostics) = lesson::read(&item);
        lesson.filter(|_| !diagnostics.has_errors()).map(Arc::new).ok_or_else(|| diagnostics.render(false))
    }

    /// The scenario of an id, or of the file at a path.
    pub fn scenario(&self, id: &str) -> Result<Arc<Scenario>, String> {
        if let Some(scenario) = self.scenarios.iter().find(|scenario| scenario.id == id) {
            return Ok(scenario.clone());
        }
        let item = self.files.find(Kind::Scenario, id).map_err(|error| error.to_string())?;
        let (scenario, diagnostics) = read_scenario(&item);
        scenario.filter(|_| !diagnostics.has_errors()).map(Arc::new).ok_or_else(|| diagnostics.render(false))
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
        self.lessons.iter().map(|lesson| lesson.id.clone()).collect()
    }

    /// The ids of all scenarios, in order.
    pub fn scenario_ids(&self) -> Vec<String> {
        self.scenarios.iter().map(|scenario| scenario.id.clone()).collect()
    }

    /// All that can be opened, as a catalogue lists it.
    pub fn catalogue(&self) -> Catalogue {
        let lesson = |lesson: &Arc<Lesson>| LessonEntry {
            id: lesson.id.clone(),
            track: lesson.track.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            steps: lesson.steps.len(),
        };
        let scenario = |scenario: &Arc<Scenario>| ScenarioEntry {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            summary: scenario.summary.clone(),
            variants: scenario.variants.iter().map(|variant| variant.title.clone()).collect(),
        };
        Catalogue {
            lessons: self.lessons.iter().map(lesson).collect(),
            scenarios: self.scenarios.iter().map(scenario).collect(),
        }
    }
}

/// Reads a scenario's file; `None` where the diagnostics hold an error.
pub fn read_scenario(item: &Item) -> (Option<Scenario>, Diagnostics) {
    let (document, mut diagnostics) = Document::parse(&item.source);
    let scenario = document.and_then(|document| lab::read(&item.id, &document, &mut diagnostics));
    (scenario, diagnostics)
}

fn keep<T>((read, diagnostics): (Option<T>, Diagnostics), into: &mut Vec<Arc<T>>) -> Diagnostics {
    if let Some(read) = read.filter(|_| !diagnostics.has_errors()) {
        into.push(Arc::new(read));
    }
    diagnostics
}
