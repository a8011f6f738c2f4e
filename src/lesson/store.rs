//! The progress file: in the platform's state directory, readable, written as a whole or not at all.
//!
//! Nothing here fails: what cannot be done is a notice to the learner, and the program goes on without it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcetera::BaseStrategy;

use super::mastery::Used;
use super::progress::{LessonProgress, Progress, Unreadable};
use crate::content::MOST_BYTES;

/// Names the directory instead of the platform's.
const VARIABLE: &str = "REDLAB_STATE_DIR";
const FILE: &str = "progress.yaml";
const LOCK: &str = "progress.lock";
/// Another process holds the lock for a few milliseconds. One that was stopped holds it for ever: then we go on.
const PATIENCE: Duration = Duration::from_secs(1);

/// A person's progress and where it is kept.
#[derive(Debug)]
pub struct Store {
    /// `None`: it is not kept.
    directory: Option<PathBuf>,
    progress: Progress,
    notices: Vec<String>,
    told_unwritable: bool,
}

impl Store {
    /// The learner's own store.
    pub fn open() -> Store {
        match state_directory() {
            Some(directory) => Store::open_in(&directory),
            None => {
                let mut store = Store::in_memory();
                store.notices.push(format!(
                    "Progress is not kept: no home directory is known. Set {VARIABLE} to a directory to keep it there."
                ));
                store
            }
        }
    }

    /// The store in a directory, which is made when it is first written to.
    pub fn open_in(directory: &Path) -> Store {
        let mut store = Store { directory: Some(directory.into()), ..Store::in_memory() };
        // Only a broken file is changed by opening, and that under the lock, so that it is set aside once.
        if matches!(store.read_file(), Some(Err(Unreadable::Broken(_)))) {
            let lock = store.lock();
            store.progress = store.read_or_set_aside();
            drop(lock);
        } else {
            store.progress = store.read_or_set_aside();
        }
        store
    }

    /// A store that forgets everything when the program ends.
    pub fn in_memory() -> Store {
        Store { directory: None, progress: Progress::default(), notices: Vec::new(), told_unwritable: false }
    }

    /// Where the file is, if progress is kept.
    pub fn path(&self) -> Option<PathBuf> {
        self.directory.as_ref().map(|directory| directory.join(FILE))
    }

    /// What has to be told to the learner; each notice once.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// What is known about a lesson.
    pub fn lesson(&self, id: &str) -> LessonProgress {
        self.progress.lessons.get(id).cloned().unwrap_or_default()
    }

    /// A step was met.
    pub fn tick(&mut self, id: &str, step: usize) {
        self.change(id, |lesson| lesson.steps.insert(step));
    }

    /// The learner stands at a step.
    pub fn stand_at(&mut self, id: &str, step: usize) {
        self.change(id, |lesson| std::mem::replace(&mut lesson.current, step) != step);
    }

    /// A step was solved by typing so much.
    pub fn used(&mut self, id: &str, step: usize, used: Used) {
        self.change(id, |lesson| {
            let known = lesson.used.contains_key(&step);
            lesson.note_used(step, used) || !known
        });
    }

    /// All that is known.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Takes in what another file knows. Nothing that is known here is lost.
    pub fn take_in(&mut self, other: &Progress) {
        let lock = self.lock();
        self.refresh();
        self.progress.merge(other);
        self.write();
        drop(lock);
    }

    /// All steps are met, today. The first such day stays.
    pub fn finish(&mut self, id: &str) {
        self.change(id, |lesson| {
            let first = lesson.finished.is_none();
            lesson.finished.get_or_insert_with(|| day(SystemTime::now()));
            first
        });
    }

    /// The lesson is to be begun again.
    pub fn forget(&mut self, id: &str) {
        let lock = self.lock();
        self.refresh();
        if self.progress.lessons.remove(id).is_some() {
            self.write();
        }
        drop(lock);
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut LessonProgress) -> bool) {
        if change(self.progress.lessons.entry(id.to_string()).or_default()) {
            let lock = self.lock();
            self.refresh();
            self.write();
            drop(lock);
        }
    }

    /// Takes in what another process wrote since.
    fn refresh(&mut self) {
        let theirs = self.read_or_set_aside();
        self.progress.merge(&theirs);
    }

    /// One process at a time reads, merges and writes. Where the file system knows no locks it is done without.
    fn lock(&self) -> Option<File> {
        let directory = self.directory.as_ref()?;
        std::fs::create_dir_all(directory).ok()?;
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(directory.join(LOCK)).ok()?;
        let pause = Duration::from_millis(5);
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(pause),
                Err(std::fs::TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    fn read_file(&mut self) -> Option<Result<Progress, Unreadable>> {
        let path = self.path()?;
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() > MOST_BYTES => Some(Err(Unreadable::Broken("it is larger than 1 MiB".into()))),
            Ok(bytes) => Some(Progress::read(FILE, bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.give_up(format!("Progress is not kept: {} cannot be read ({error}).", shown(&path)));
                None
            }
        }
    }

    fn read_or_set_aside(&mut self) -> Progress {
        match self.read_file() {
            None => Progress::default(),
            Some(Ok(progress)) => progress,
            Some(Err(Unreadable::Newer)) => {
                let path = self.path().unwrap_or_default();
                self.give_up(format!(
                    "Progress is not kept: {} was written by a newer redlab and is left alone.",
                    shown(&path)
                ));
                Progress::default()
            }
            Some(Err(Unreadable::Broken(why))) => {
                self.set_aside(&why);
                Progress::default()
            }
        }
    }

    /// A broken file is the learner's still: it gets another name, and nothing is ever written over it.
    fn set_aside(&mut self, why: &str) {
        let Some(path) = self.path() else { return };
        for n in 1..10_000 {
            let aside = path.with_file_name(format!("{FILE}.broken-{n}"));
            if aside.symlink_metadata().is_ok() {
                continue;
            }
            let notice = match std::fs::rename(&path, &aside) {
                Ok(()) => format!(
                    "The progress file could not be read ({why}). It was set aside as {}, and a new one is begun.",
                    shown(&aside)
                ),
                Err(error) => {
                    let message = format!(
                        "Progress is not kept: {} could not be read ({why}) nor be set aside ({error}).",
                        shown(&path)
                    );
                    return self.give_up(message);
                }
            };
            self.notices.push(notice);
            return;
        }
        self.give_up(format!("Progress is not kept: there are too many broken files beside {}.", shown(&path)));
    }

    fn give_up(&mut self, notice: String) {
        self.directory = None;
        self.notices.push(notice);
    }

    fn write(&mut self) {
        let Some(directory) = self.directory.clone() else { return };
        if let Err(error) = write_whole(&directory, &self.progress.write())
            && !std::mem::replace(&mut self.told_unwritable, true)
        {
            self.notices.push(format!(
                "Progress is not kept: {} cannot be written ({error}). Set {VARIABLE} to a directory that can.",
                shown(&directory.join(FILE))
            ));
        }
    }
}

/// Writes beside the file and puts it in its place in one move: whoever reads sees the old text or the new one.
fn write_whole(directory: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join(FILE);
    // A link is followed: its owner wants the file to be where it points.
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    let beside = path.parent().unwrap_or(directory);
    let mut file = tempfile::Builder::new().prefix(".progress-").tempfile_in(beside)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // Makes the move itself last; where directories cannot be synced there is nothing to be done.
    if let Ok(directory) = File::open(beside) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// The platform's directory for state, or what `REDLAB_STATE_DIR` names; `None` where no home directory is known.
pub fn state_directory() -> Option<PathBuf> {
    if let Some(directory) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return Some(directory.into());
    }
    let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("redlab"))
}

fn shown(path: &Path) -> String {
    crate::resp::printable(path.as_os_str().as_encoded_bytes(), 4096)
}

/// The day of a moment, UTC. Source: Howard Hinnant, "chrono-compatible low-level date algorithms" (civil_from_days).
fn day(now: SystemTime) -> String {
    let days = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("made/when/needed");
        let mut store = Store::open_in(&inner);
        assert!(!inner.exists());
        store.tick("a", 0);
        store.stand_at("a", 1);
        store.finish("a");
        assert_eq!(store.take_notices(), Vec::<String>::new());
        let again = Store::open_in(&inner);
        assert_eq!(again.lesson("a"), store.lesson("a"));
        assert_eq!((again.lesson("a").current, again.lesson("a").steps.len()), (1, 1));
        assert!(again.lesson("a").finished.is_some());
        let names: Vec<_> = std::fs::read_dir(&inner).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
    }

    #[test]
    fn two_processes_lose_no_tick() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let mut store = Store::open_in(directory.path());
                scope.spawn(move || {
                    for step in 0..10 {
                        store.tick("a", worker * 10 + step);
                    }
                });
            }
        });
        assert_eq!(Store::open_in(directory.path()).lesson("a").steps.len(), 40);
    }

    #[test]
    fn a_broken_file_is_set_aside_and_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        for (n, text) in ["[", "lessons: 5"].iter().enumerate() {
            std::fs::write(directory.path().join(FILE), text).unwrap();
            let mut store = Store::open_in(directory.path());
            let notice = store.take_notices().join("");
            let aside = directory.path().join(format!("{FILE}.broken-{}", n + 1));
            assert!(notice.contains(aside.to_str().unwrap()), "{notice}");
            store.tick("a", n);
            assert_eq!(std::fs::read_to_string(aside).unwrap(), *text);
            assert!(directory.path().join(FILE).exists());
            // Broken while it is open: the same.
            std::fs::remove_file(directory.path().join(FILE)).unwrap();
        }
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let text = "version: 7\nwhatever: true\n";
        std::fs::write(directory.path().join(FILE), text).unwrap();
        let mut store = Store::open_in(directory.path());
        store.tick("a", 0);
        assert!(store.take_notices()[0].contains("newer"));
        assert_eq!(std::fs::read_to_string(directory.path().join(FILE)).unwrap(), text);
        assert_eq!(store.lesson("a").steps.len(), 1, "it is known until the program ends");
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a-file");
        std::fs::write(&file, "").unwrap();
        let mut store = Store::open_in(&file.join("below"));
        store.tick("a", 0);
        store.tick("a", 1);
        let notices = store.take_notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert_eq!(store.lesson("a").steps.len(), 2);
    }

    #[test]
    fn forgetting_a_lesson_leaves_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open_in(directory.path());
        store.tick("a", 0);
        store.tick("b", 0);
        store.forget("a");
        let again = Store::open_in(directory.path());
        assert_eq!((again.lesson("a").steps.len(), again.lesson("b").steps.len()), (0, 1));
    }

    #[test]
    fn days_are_days() {
        let at = |seconds| day(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(951_782_400), "2000-02-29");
        assert_eq!(at(1_795_219_199), "2026-11-20");
        assert_eq!(at(4_107_542_400), "2100-03-01");
    }
}
