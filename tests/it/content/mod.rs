//! Lesson files, read as an author's: what is built in is clean, and what is broken is told in full.

mod solvable;

use std::process::Command;
use std::sync::Arc;

use redlab::content::{Diagnostics, Kind, Library, Source};
use redlab::lesson;
use redlab::resp::{Value, split_line};
use redlab::target::{LocalServer, StartError};

use crate::oracle::Wire;

/// A lesson with ten faults of ten kinds.
const TEN_FAULTS: &str = include_str!("ten-faults.yaml");

/// A lesson with a fault of each kind that a file can have which is YAML.
const EVERY_FAULT: &str = include_str!("every-fault.yaml");

/// Files with faults that end the reading, or that want a file of their own.
const ALONE: &[(&str, &str)] = &[
    ("an empty file", ""),
    ("a control character", "title: a\u{7}"),
    ("a tab", "title: a\nsteps:\n\t- title: b\n"),
    ("an open quote", "title: 'a\nsummary: b\n"),
    ("a colon", "title: a: b\n"),
    ("a star", "keys: *every\n"),
    ("an open bracket", "keys: [a, b\nsteps: 1\n"),
    ("braces", "title: {{ a }}\n"),
    ("braces in brackets", "keys: [SET k {{ n }}]\n"),
    ("a key twice", "title: a\ntitle: b\n"),
    ("a list as a key", "[a]: b\n"),
    ("a tag", "title: !secret a\n"),
    ("two documents", "title: a\n---\ntitle: b\n"),
    ("an alias in its anchor", "title: &a [*a]\n"),
    ("a merge of no map", "base: &base 1\ntitle: {<<: *base}\n"),
    ("a list, and no map", "- title: a\n"),
    ("no title and no steps", "summary: a\n"),
    ("steps that are none", "title: a\nsummary: b\nsteps: []\n"),
    ("a number as a title", "title: 1\nsummary: [a]\nsteps: a\n"),
    ("no tables", "title: a\nsummary: b\ndatabase: {schema: CREATE TALBE t(a)}\nsteps: [{title: c, text: d}]\n"),
    (
        "a seed without its table",
        "title: a\nsummary: b\ndatabase:\n  schema: CREATE TABLE t(a)\n  seed: INSERT INTO u VALUES (1)\nsteps: [{title: c, text: d}]\n",
    ),
    (
        "a statement without its column",
        "title: a\nsummary: b\ndatabase: {schema: CREATE TABLE t(a)}\nsetup: [sql SELECT b FROM t]\nsteps: [{title: c, text: d}]\n",
    ),
    (
        "a scenario and a variant that are not there",
        "title: a\nsummary: b\nsteps:\n  - title: c\n    race: {scenario: lost-updat}\n  - title: d\n    race: {scenario: lost-update, variant: imcr}\n",
    ),
    (
        "a client where none is named",
        "title: a\nsummary: b\nsteps:\n  - title: c\n    predict: {client: bob, run: GET a, choices: [b, c], because: d}\n",
    ),
    (
        "a key that is not followed, and words that are missing",
        "title: a\nsummary: b\nkeys: ['a:*']\nsteps:\n  - title: c\n    do: {solution: [GET b], check: reply is none}\n",
    ),
    (
        "a command that may be meant",
        "title: a\nsummary: b\nsteps:\n  - title: c\n    compare: {lanes: [{name: d, steps: [{run: NOSUCH a, on_error: continue}]}]}\n",
    ),
];

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
fn a_lesson_with_every_fault_is_told_fault_by_fault() {
    let found = lint(EVERY_FAULT);
    insta::assert_snapshot!(found.render(false));
}

#[test]
fn what_wants_a_file_of_its_own_is_told_too() {
    let nested = format!("title: {}\n", "[".repeat(70));
    let bomb: String = (1..8)
        .map(|n| format!("k{n}: &k{n} [{}]\n", vec![format!("*k{}", n - 1); 9].join(", ")))
        .collect::<Vec<_>>()
        .concat();
    let bomb = format!("k0: &k0 [a, a, a, a, a, a, a, a, a]\n{bomb}");
    let grown = [("lists without an end", nested.as_str()), ("aliases of aliases", bomb.as_str())];
    let told = ALONE.iter().copied().chain(grown).map(|(name, text)| {
        let found = lint(text);
        assert!(!found.is_empty(), "{name}");
        format!("{name}\n  {}", found.lines().join("\n  "))
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_unrelated_key_is_no_fault_and_stays() {
    let server = match LocalServer::start(&[]) {
        Ok(server) => server,
        Err(StartError::NotInstalled) => {
            return eprintln!("not run: neither redis-server nor valkey-server is installed");
        }
        Err(error) => panic!("{error}"),
    };
    let mut wire = Wire::connect(&server);
    let mut call = |line: &str| wire.call(&split_line(line).expect("words"));
    // Names that are near the lessons' own, and types that are not theirs.
    for line in ["SET unrelated 1", "RPUSH str a b", "SADD queue x", "HSET strings:title f v"] {
        call(line);
    }
    for lesson in ["strings-and-counters", "sets", "transactions", "sessions"] {
        let run = Command::new(env!("CARGO_BIN_EXE_redlab")).args(["run", lesson, "--url", &server.url()]).output();
        let run = run.expect("redlab runs");
        let told = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{lesson}\n{told}");
    }
    assert_eq!(call("DBSIZE"), Value::Integer(4));
    assert_eq!(call("GET unrelated"), Value::Bulk("1".into()));
    assert_eq!(call("LRANGE str 0 -1"), Value::Array(vec![Value::Bulk("a".into()), Value::Bulk("b".into())]));
    // A key of the lesson's own is another matter: it is not touched, and the lesson does not begin.
    call("SET str:title mine");
    let refused = Command::new(env!("CARGO_BIN_EXE_redlab"))
        .args(["run", "strings-and-counters", "--url", &server.url()])
        .output();
    let refused = refused.expect("redlab runs");
    let told = String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("str:title"), "{told}");
    assert_eq!(call("GET str:title"), Value::Bulk("mine".into()));
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
