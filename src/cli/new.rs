//! `redlab new`: begins a lesson, a scenario or a pack.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::content::{Kind, Library};
use crate::resp::printable;

use super::args::{Begun, Common};
use super::exit::{Ended, Exit, Failure};
use super::print;

const LESSON: &str = include_str!("../../assets/new-lesson.yaml");
const SCENARIO: &str = include_str!("../../assets/new-scenario.yaml");
const PACK: &str = include_str!("../../assets/new-pack.yaml");

/// What stands in the skeletons for the id.
const ID: &str = "NEW-ID";
/// No id is longer.
const LONGEST: usize = 60;

/// Writes a skeleton and says what to do next.
pub fn new(common: &Common, kind: Begun, id: &str) -> Ended {
    check_id(id)?;
    match kind {
        Begun::Lesson => begin(common, Kind::Lesson, id, LESSON),
        Begun::Scenario => begin(common, Kind::Scenario, id, SCENARIO),
        Begun::Pack => pack(id),
    }
}

/// An id is a file's name and the prefix of the lesson's keys.
fn check_id(id: &str) -> Result<(), Failure> {
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = id.starts_with(|c: char| c.is_ascii_lowercase()) && !id.ends_with('-');
    if ends && id.len() <= LONGEST && id.chars().all(part) {
        return Ok(());
    }
    let shown = printable(id.as_bytes(), 80);
    Err(Failure::usage(format!(
        "`{shown}` cannot be an id: take small letters, digits and hyphens, a letter first, up to {LONGEST}, as in my-first-lesson"
    )))
}

fn begin(common: &Common, kind: Kind, id: &str, skeleton: &str) -> Ended {
    if let Some(taken) = Library::built_in().items().iter().find(|item| item.kind == kind && item.id == id) {
        return Err(Failure::usage(format!(
            "the {} id `{id}` is taken by {}, which is built in: take another",
            kind.name(),
            taken.source.name()
        )));
    }
    let path = folder(common, kind)?.join(format!("{id}.yaml"));
    write(&path, &skeleton.replace(ID, id))?;
    let shown = shown(&path);
    let look = match kind {
        Kind::Lesson => format!("redlab learn --watch {shown}"),
        Kind::Scenario => format!("redlab race {shown}"),
    };
    print::text(&format!(
        "{shown}\n\nIt is complete and explains itself. Next:\n  \
         edit it; `redlab schema {}` is for your editor\n  \
         redlab check {shown}    every fault with its place, then the proof\n  \
         {look}    see it\n",
        kind.name()
    ))
    .map(|()| Exit::Fine)
}

/// Where a new file goes: into the folder that `--content` names, else where redlab was started; there into the folder
/// for its kind where there is one.
fn folder(common: &Common, kind: Kind) -> Result<PathBuf, Failure> {
    let inner = format!("{}s", kind.name());
    let Some(named) = &common.content else {
        let inner = PathBuf::from(inner);
        return Ok(if inner.is_dir() { inner } else { PathBuf::new() });
    };
    if named.exists() && !named.is_dir() {
        return Err(Failure::usage(format!("{} is no folder: name one, and the file is put there", shown(named))));
    }
    let folder = named.join(inner);
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder, &error))?;
    Ok(folder)
}

fn pack(id: &str) -> Ended {
    let folder = Path::new(id);
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(taken(folder)),
        Err(error) => return Err(cannot(folder, &error)),
    }
    let files = [
        ("pack.yaml".to_string(), PACK),
        (format!("lessons/01-first/01-{id}-lesson.yaml"), LESSON),
        (format!("scenarios/{id}-race.yaml"), SCENARIO),
    ];
    for (name, text) in files {
        let path = folder.join(&name);
        let inner = path.parent().unwrap_or(folder);
        fs::create_dir_all(inner).map_err(|error| cannot(inner, &error))?;
        write(&path, &text.replace(ID, id))?;
    }
    print::text(&format!(
        "{id}/pack.yaml\n{id}/lessons/01-first/01-{id}-lesson.yaml\n{id}/scenarios/{id}-race.yaml\n\nNext:\n  \
         redlab check {id}    every fault with its place, then the proof\n  \
         redlab --content {id}    see it in the catalogue\n  \
         zip -r {id}.zip {id}    to give it away: --content takes the archive too\n"
    ))
    .map(|()| Exit::Fine)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    match opened.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
        Err(error) => Err(cannot(path, &error)),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::usage(format!("{} is there already, and is left as it is: take another id", shown(path)))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", shown(path)))
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes(), 4096)
}
