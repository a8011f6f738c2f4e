//! Lesson files, read as an author's: what is built in is clean, and what is broken is told in full.

mod solvable;

use std::sync::Arc;

use redlab::content::{Diagnostics, Kind, Library, Source};
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
    for id in ["strings-and-counters", "cache-aside", "lost-update", "read-modify-write", "round-trips"] {
        assert!(library.lessons().any(|item| item.id == id), "{id}");
    }
    assert!(library.scenarios().any(|item| item.id == "lost-update"));
}

#[test]
fn ten_faults_are_ten_diagnostics() {
    let found = lint(TEN_FAULTS);
    insta::assert_snapshot!(found.render(false));
    assert_eq!(found.counts(), (10, 0), "{}", found.lines().join("\n"));
}

#[test]
fn no_damage_to_a_lesson_makes_its_reader_panic() {
    let library = Library::built_in();
    let mut random = fastrand::Rng::with_seed(11);
    let pieces =
        ["{{", "}}", "'", "\"", ": ", "- ", "\n", "[", "]", "\t", "é", "\u{1b}", "&a ", "*a ", "<<: ", "0", "-1", "|"];
    for item in library.lessons() {
        for _ in 0..25 {
            let mut text: Vec<char> = item.source.text().chars().collect();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(0..text.len());
                let until = (at + random.usize(0..12)).min(text.len());
                let piece = pieces[random.usize(0..pieces.len())];
                text.splice(at..until, piece.chars().filter(|_| random.bool() || piece.len() < 3).collect::<Vec<_>>());
            }
            let found = lint(&text.into_iter().collect::<String>());
            let shown = found.render(false);
            assert!(!shown.contains('\u{1b}'), "{shown}");
            assert_eq!(shown.is_empty(), found.is_empty());
        }
    }
}

#[test]
fn nothing_that_a_file_says_can_move_a_terminal() {
    let evil = r#""x\e[2J\u202E" "#.trim();
    let text = format!(
        "title: {evil}\n{evil}: 1\nsummary: a\nkeys: [b]\nsteps:\n  - title: c\n    do:\n      client: {evil}\n      solution: [{evil}, \"GET \\e[2J\"]\n      check: {evil}\n      otherwise: d\n      hints: [e]\n  - title: f\n    race: {{scenario: {evil}, variant: {evil}, goal: {evil}}}\n"
    );
    for shown in [lint(&text).render(false), lint(&text).lines().join("\n")] {
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
        assert!(shown.contains("unknown key `x\\x1b[2J\\u{202e}`"), "{shown}");
    }
}

#[test]
fn files_and_folders_that_cannot_be_used_are_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let told = |library: &mut Library, folder: &std::path::Path| {
        library.add_pack(folder).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let mut library = Library::built_in();
    assert!(told(&mut library, &path("nowhere")).ends_with("nowhere: there is no such file or directory"));
    assert!(told(&mut library, directory.path()).ends_with("there is no .yaml file in it"));
    std::fs::create_dir_all(path("lessons/01-own")).expect("made");
    std::fs::create_dir_all(path("scenarios")).expect("made");
    std::fs::write(path("lessons/01-own/02-second.yaml"), "title: b").expect("written");
    std::fs::write(path("lessons/01-own/01-first.yaml"), "title: a").expect("written");
    std::fs::write(path("lessons/01-own/03-cache-aside.yaml"), "title: taken").expect("written");
    std::fs::write(path("lessons/01-own/04-bytes.yaml"), b"\xff").expect("written");
    std::fs::write(path("scenarios/mine.yaml"), "title: c").expect("written");
    let faults = told(&mut library, directory.path());
    assert_eq!(faults.lines().count(), 2, "{faults}");
    assert!(
        faults.contains("the lesson id `cache-aside` is taken by lessons/02-caching/01-cache-aside.yaml"),
        "{faults}"
    );
    assert!(faults.contains("04-bytes.yaml:1:1: byte 0xff is no UTF-8"), "{faults}");
    let own: Vec<_> = library.lessons().filter(|item| item.track == "own").map(|item| item.id.as_str()).collect();
    assert_eq!(own, ["first", "second"]);
    assert!(library.find(Kind::Scenario, "mine").is_ok());
    let unknown = library.find(Kind::Lesson, "cache-asid").expect_err("unknown").to_string();
    assert_eq!(unknown, "there is no lesson `cache-asid`; did you mean `cache-aside`?");
    let unknown = library.find(Kind::Lesson, "x\u{1b}").expect_err("unknown").to_string();
    assert_eq!(
        unknown,
        "there is no lesson `x\\x1b`; `redlab list lessons` shows them, and a file is named by its path"
    );
    let (named, faults) =
        Library::of_paths(&[path("lessons/01-own/01-first.yaml"), path("scenarios"), path("none.yaml")]);
    assert_eq!(named.items().iter().map(|item| item.kind.name()).collect::<Vec<_>>(), ["lesson", "scenario"]);
    assert_eq!(faults.len(), 1);
    assert!(library.find(Kind::Lesson, "./no.yaml").expect_err("missing").to_string().contains("no such file"));
}
