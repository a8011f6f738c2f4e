//! The text of a scenario: read with all that is wrong with it, and saved as a file.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::content::{Diagnostics, Document, Severity, Source};
use crate::lab::{self, Scenario};
use crate::resp::printable;

use super::event::RaceFault;
use super::library::Library;

/// Reads a text of a scenario; `None` where it holds an error.
pub fn read(id: &str, text: &str) -> (Option<Scenario>, Vec<RaceFault>) {
    let source = match Source::new(format!("{id}.yaml"), text.as_bytes().to_vec()) {
        Ok(source) => Arc::new(source),
        Err(error) => {
            let fault = RaceFault { line: 1, column: 1, width: 1, message: error.to_string(), ..RaceFault::default() };
            return (None, vec![fault]);
        }
    };
    let (document, mut diagnostics) = Document::parse(&source);
    let scenario = document.and_then(|document| lab::read(id, &document, &mut diagnostics));
    let scenario = scenario.filter(|_| !diagnostics.has_errors());
    (scenario, faults(&diagnostics))
}

fn faults(diagnostics: &Diagnostics) -> Vec<RaceFault> {
    let source = diagnostics.source();
    let told = diagnostics.sorted().into_iter().map(|found| {
        let span = found.span.unwrap_or_default();
        let place = source.place(span.start);
        let end = span.end.min(source.line_of(span.start).end).max(span.start);
        let width = source.text().get(span.start..end).map_or(1, |text| text.chars().count()).max(1);
        let said = |text: &str| printable(text.as_bytes(), 1_000);
        let label = if found.label.is_empty() { String::new() } else { format!(" ({})", said(&found.label)) };
        RaceFault {
            line: place.line,
            column: place.column,
            width,
            message: format!("{}{label}", said(&found.message)),
            help: said(&found.help),
            warning: found.severity == Severity::Warning,
        }
    });
    told.collect()
}

/// Where a scenario is saved unless another place is named.
pub fn place(library: &Library, id: &str) -> String {
    let name = if id.ends_with("-mine") { format!("{id}.yaml") } else { format!("{id}-mine.yaml") };
    match library.folder() {
        Some(folder) => folder.join(name).to_string_lossy().into_owned(),
        None => name,
    }
}

/// What became of a file that was to be saved.
pub enum Saved {
    /// It is there.
    Done,
    /// There is such a file already, and it was not to be replaced.
    Exists,
    /// It could not be written, and why.
    Failed(String),
}

/// Saves a text; replaces a file only where that is allowed.
pub fn save(path: &str, text: &str, over: bool) -> Saved {
    let place = Path::new(path);
    if !place.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
        return Saved::Failed(format!("{} is no scenario's name: it has to end in .yaml", shown(path)));
    }
    let mut options = OpenOptions::new();
    match over {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    let written = options.open(place).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Saved::Done,
        Err(error) if !over && error.kind() == io::ErrorKind::AlreadyExists => Saved::Exists,
        Err(error) => Saved::Failed(format!("cannot save {}: {}", shown(path), why(&error))),
    }
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".into(),
        io::ErrorKind::PermissionDenied => "its folder does not allow this user to write there".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

fn shown(path: &str) -> String {
    printable(path.as_bytes(), 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_know_their_place_and_a_good_text_is_a_scenario() {
        let good = include_str!("../../scenarios/lost-update.yaml");
        let (scenario, faults) = read("x", good);
        assert_eq!((scenario.map(|it| it.id), faults), (Some("x".into()), Vec::new()));
        let (scenario, faults) = read("x", &good.replace("    expect: holds", "    expects: holds"));
        assert!(scenario.is_none());
        assert_eq!((faults[0].column, faults[0].width, faults[0].warning), (5, 7, false));
        assert!(faults[0].help.contains("expect"), "{faults:?}");
        assert!(read("x", "").0.is_none() && !read("x", "\u{1b}[2J: [").1.is_empty());
    }

    #[test]
    fn a_file_is_replaced_only_when_that_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.yaml");
        let path = path.to_str().unwrap();
        assert!(matches!(save(path, "a", false), Saved::Done));
        assert!(matches!(save(path, "b", false), Saved::Exists));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "a");
        assert!(matches!(save(path, "b", true), Saved::Done));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "b");
        assert!(matches!(save("/nowhere/at/all.yaml", "b", true), Saved::Failed(_)));
        assert!(matches!(save("/tmp/notes.txt", "b", true), Saved::Failed(_)));
    }
}
