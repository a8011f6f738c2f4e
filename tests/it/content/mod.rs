//! Lesson files, read as an author's: what is built in is clean, and what is broken is told in full.

mod solvable;

use std::sync::Arc;

use redlab::content::{Diagnostics, Library, Source};
use redlab::lesson;

/// A lesson with ten faults of ten kinds.
const TEN_FAULTS: &str = include_str!("ten-faults.yaml");

fn lint(text: &str) -> Diagnostics {
    let library = Library::built_in();
    let mut item = library.lessons().next().expect("a lesson").clone();
    item.source = Arc::new(Source::new("lessons/faulty.yaml", text.into()).expect("text"));
    lesson::lint(&item, &library).1
}

#[test]
fn the_built_in_lessons_are_clean() {
    let library = Library::built_in();
    let told: Vec<String> = lesson::lint_library(&library).iter().map(|found| found.render(false)).collect();
    assert_eq!(told.join("\n"), "");
    let ids: Vec<&str> = library.lessons().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["cache-aside", "lost-update", "read-modify-write", "round-trips"]);
    assert!(library.scenarios().any(|item| item.id == "lost-update"));
}

#[test]
fn ten_faults_are_ten_diagnostics() {
    let found = lint(TEN_FAULTS);
    insta::assert_snapshot!(found.render(false));
    assert_eq!(found.counts(), (10, 0), "{}", found.lines().join("\n"));
}
