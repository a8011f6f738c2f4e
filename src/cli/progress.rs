//! `redlab progress`: shown, written into a file, taken in from one. Files are merged, never replaced.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use serde_json::json;

use crate::content::MOST_BYTES;
use crate::lesson::{Progress, Store, Unreadable};
use crate::resp::printable;

use super::args::{Common, Format, ProgressWish};
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::setup::library;

/// Does what was asked for.
pub fn progress(common: &Common, what: Option<ProgressWish>) -> Ended {
    let mut store = Store::open();
    tell(&mut store);
    match what {
        None => show(common, &store),
        Some(ProgressWish::Export { file }) => export(&store, &file),
        Some(ProgressWish::Import { file }) => import(&mut store, &file),
    }
}

fn tell(store: &mut Store) {
    store.take_notices().iter().for_each(|notice| print::message(notice));
}

/// What was begun, and what was needed beside what the author needs.
fn show(common: &Common, store: &Store) -> Ended {
    let library = library(common)?;
    let catalogue = library.catalogue();
    let begun = catalogue.lessons.iter().map(|lesson| (lesson, store.lesson(&lesson.id)));
    let begun: Vec<_> = begun.filter(|(_, progress)| !progress.steps.is_empty()).collect();
    if common.format == Format::Json {
        let entry = |(lesson, progress): &(&crate::session::LessonEntry, crate::lesson::LessonProgress)| {
            let mastery = library.mastery(&lesson.id, &progress.used).unwrap_or_default();
            json!({
                "id": lesson.id, "met": progress.steps.len(), "steps": lesson.steps, "finished": progress.finished,
                "typed": mastery.steps, "commands": mastery.yours.commands, "round_trips": mastery.yours.round_trips,
                "author_commands": mastery.author.commands, "author_round_trips": mastery.author.round_trips,
            })
        };
        let target = common.spec().kind().name();
        let lessons: Vec<_> = begun.iter().map(entry).collect();
        return print::json(&json!({"target": target, "lessons": lessons})).map(|()| Exit::Fine);
    }
    if begun.is_empty() {
        return print::text("Nothing is begun yet: `redlab` shows what there is.\n").map(|()| Exit::Fine);
    }
    let width = begun.iter().map(|(lesson, _)| lesson.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (lesson, progress) in &begun {
        let ended = match &progress.finished {
            Some(day) => format!("✓ {}", printable(day.as_bytes(), 30)),
            None => format!("{}/{}", progress.steps.len().min(lesson.steps), lesson.steps),
        };
        let mastery =
            library.mastery(&lesson.id, &progress.used).and_then(|mastery| mastery.sentence()).unwrap_or_default();
        out.push_str(format!("{:<width$}  {ended:<12}  {mastery}", lesson.id).trim_end());
        out.push('\n');
    }
    print::text(&out).map(|()| Exit::Fine)
}

fn export(store: &Store, file: &Path) -> Ended {
    let mut progress = store.progress().clone();
    if file == Path::new("-") {
        return print::text(&progress.write()).map(|()| Exit::Fine);
    }
    match File::open(file) {
        Ok(opened) => progress.merge(&read(opened, file)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot("read", file, &error)),
    }
    fits(&progress)?;
    write(file, &progress.write()).map_err(|error| cannot("write", file, &error))?;
    let many = progress.lessons.len();
    print::text(&format!("{}: {many} lessons. `redlab progress import` takes them in elsewhere.\n", shown(file)))
        .map(|()| Exit::Fine)
}

/// Beside the file first, so that what was there is never half a file.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.persist(file).map_err(|error| error.error).map(drop)
}

fn import(store: &mut Store, file: &Path) -> Ended {
    let theirs = if file == Path::new("-") {
        read(std::io::stdin().lock(), file)?
    } else {
        read(File::open(file).map_err(|error| cannot("read", file, &error))?, file)?
    };
    let met = |progress: &Progress| progress.lessons.values().map(|lesson| lesson.steps.len()).sum::<usize>();
    let before = met(store.progress());
    let mut both = store.progress().clone();
    both.merge(&theirs);
    fits(&both)?;
    store.take_in(&theirs);
    let new = met(store.progress()).saturating_sub(before);
    if store.path().is_none() {
        tell(store);
        return Err(Failure::usage("progress is not kept, so nothing was taken in"));
    }
    tell(store);
    let many = theirs.lessons.len();
    print::text(&format!("{many} lessons read, {new} steps new. What was known is kept.\n")).map(|()| Exit::Fine)
}

fn read(from: impl Read, file: &Path) -> Result<Progress, Failure> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| cannot("read", file, &error))?;
    Progress::read(&file.to_string_lossy(), bytes).map_err(|why| match why {
        Unreadable::Newer => Failure::usage(format!(
            "{} was written by a newer redlab: get that one, or export with this one; nothing was changed",
            shown(file)
        )),
        Unreadable::Broken(why) => Failure::usage(format!("this is no progress of redlab: {why}; nothing was changed")),
    })
}

/// No progress file is read again that is larger than any other file of redlab.
fn fits(progress: &Progress) -> Result<(), Failure> {
    if progress.write().len() <= MOST_BYTES {
        return Ok(());
    }
    Err(Failure::usage("both together are larger than 1 MiB, which no progress is; nothing was changed"))
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot {what} {}: {error}", shown(file)))
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes(), 4096)
}
