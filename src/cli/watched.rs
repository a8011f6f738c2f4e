//! A lesson's file while its author edits it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::content::{Item, Kind, Library};
use crate::lesson::{Lesson, lint};
use crate::resp::printable;
use crate::session::{SharedStore, What};
use crate::tui::Reread;

use super::args::Common;
use super::exit::Failure;

/// A file, and what was last seen of it.
pub struct Watched {
    path: PathBuf,
    /// When it was changed and how long it is: what is asked often.
    stamp: Option<(SystemTime, u64)>,
    text: Option<String>,
    /// The titles of its steps when it was last good, by which the learner's place is found again.
    titles: Vec<String>,
    /// The scenarios that it may name.
    library: Library,
    /// Where the learner stands.
    store: SharedStore,
}

impl Watched {
    /// Looks at a file for the first time: what is no file cannot be watched.
    pub fn open(path: &Path, common: &Common, store: SharedStore) -> Result<Watched, Failure> {
        let shown = printable(path.as_os_str().as_encoded_bytes(), 4096);
        let item = Item::open(path).map_err(|error| Failure::usage(error.to_string()))?;
        if item.kind != Kind::Lesson {
            return Err(Failure::usage(format!("{shown} is a scenario: `redlab race {shown}` opens it")));
        }
        let mut library = Library::built_in();
        if let Some(pack) = &common.content {
            let faults: Vec<String> = library.add_pack(pack).iter().map(ToString::to_string).collect();
            if !faults.is_empty() {
                return Err(Failure::usage(faults.join("\n")));
            }
        }
        Ok(Watched { path: path.into(), stamp: None, text: None, titles: Vec::new(), library, store })
    }

    /// What became of the file since.
    pub fn look(&mut self) -> Option<Reread> {
        let stamp = std::fs::metadata(&self.path).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
        if stamp == self.stamp && self.text.is_some() {
            return None;
        }
        self.stamp = stamp;
        let item = match Item::open(&self.path) {
            Ok(item) => item,
            Err(error) => return self.changed(error.to_string()).map(Reread::Faulty),
        };
        let text = self.changed(item.source.text().to_string())?;
        drop(text);
        let (lesson, diagnostics) = lint(&item, &self.library);
        match lesson.filter(|_| !diagnostics.has_errors()) {
            Some(lesson) => {
                self.keep_place(&lesson);
                Some(Reread::Good(What::Lesson(self.path.to_string_lossy().into_owned())))
            }
            None => Some(Reread::Faulty(diagnostics.render(false))),
        }
    }

    /// The text, if it is another one than before.
    fn changed(&mut self, text: String) -> Option<String> {
        if self.text.as_ref() == Some(&text) {
            return None;
        }
        self.text = Some(text.clone());
        Some(text)
    }

    /// The learner stays at the step with the same title, wherever it stands now; else at the same number.
    fn keep_place(&mut self, lesson: &Lesson) {
        let titles: Vec<String> = lesson.steps.iter().map(|step| step.title.clone()).collect();
        if let Ok(mut store) = self.store.lock() {
            let current = store.lesson(&lesson.id).current;
            let title = self.titles.get(current);
            let same = |at: usize| titles.get(at) == title;
            let found = if same(current) { Some(current) } else { (0..titles.len()).find(|at| same(*at)) };
            let place = found.filter(|_| title.is_some()).unwrap_or(current);
            store.forget(&lesson.id);
            store.stand_at(&lesson.id, place.min(titles.len().saturating_sub(1)));
        }
        self.titles = titles;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use clap::Parser;

    use super::super::args::Cli;
    use super::*;
    use crate::lesson::Store;

    fn lesson(titles: &[&str]) -> String {
        let steps: String = titles.iter().map(|title| format!("  - {{title: {title}, text: t}}\n")).collect();
        format!("title: a\nsummary: b\nsteps:\n{steps}")
    }

    #[test]
    fn a_file_is_read_again_when_it_changed_and_the_place_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.yaml");
        let save = |text: &str| std::fs::write(&path, text).unwrap();
        save(&lesson(&["one", "two", "three"]));
        let store: SharedStore = Arc::new(Mutex::new(Store::in_memory()));
        let common = Cli::parse_from(["redlab"]).common;
        let mut watched = Watched::open(&path, &common, store.clone()).ok().unwrap();
        let good = Some(Reread::Good(What::Lesson(path.to_string_lossy().into_owned())));
        assert_eq!(watched.look(), good);
        assert_eq!(watched.look(), None, "nothing changed");
        let stand_at = |step| store.lock().unwrap().stand_at("own", step);
        let stands_at = || store.lock().unwrap().lesson("own").current;
        stand_at(1);
        save(&lesson(&["zero", "one", "two", "three"]));
        assert_eq!((watched.look(), stands_at()), (good.clone(), 2));
        save("title: a\nsteps: 5\n");
        let Some(Reread::Faulty(faults)) = watched.look() else { panic!("it is faulty") };
        assert!(faults.contains("own.yaml:2:8") && faults.contains("expected a list"), "{faults}");
        assert_eq!((watched.look(), stands_at()), (None, 2), "told once, and the place is kept");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(watched.look(), Some(Reread::Faulty(why)) if why.contains("no such file")));
        save(&lesson(&["zero", "one"]));
        assert_eq!((watched.look(), stands_at()), (good, 1), "its step is gone: the last one");
    }

    #[test]
    fn what_is_no_lesson_cannot_be_watched() {
        let folder = tempfile::tempdir().unwrap();
        let common = Cli::parse_from(["redlab"]).common;
        let watch = |path: &Path| {
            let store: SharedStore = Arc::new(Mutex::new(Store::in_memory()));
            Watched::open(path, &common, store).err().map(|failure| failure.message).unwrap_or_default()
        };
        assert!(watch(&folder.path().join("none.yaml")).contains("no such file"));
        assert!(watch(folder.path()).contains("is no file"));
        let scenario = folder.path().join("race.yaml");
        std::fs::write(&scenario, "title: a\nvariants: {}\n").unwrap();
        assert!(watch(&scenario).contains("is a scenario"));
    }
}
