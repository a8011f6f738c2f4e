//! The schemas say what the readers accept: all that is there, and no key more or less.

use std::sync::Arc;

use redlab::content::{Form, Item, Kind, Library, PACK, Record, Source, json_schema};
use redlab::lab::SCENARIO;
use redlab::lesson::{self, LESSON};
use redlab::session::read_scenario;
use serde_json::Value;

use super::redlab;

fn document(text: &str) -> Value {
    let mut yaml: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
    yaml.apply_merge().expect("merged");
    serde_json::to_value(yaml).expect("JSON")
}

fn schema_of(kind: Kind) -> jsonschema::Validator {
    let schema = match kind {
        Kind::Lesson => json_schema("lesson", &[&LESSON]),
        Kind::Scenario => json_schema("scenario", &[&SCENARIO]),
    };
    jsonschema::draft202012::new(&schema).expect("a schema")
}

#[test]
fn all_that_is_built_in_fits_the_schemas() {
    let all = jsonschema::validator_for(&json_schema("all", &[&LESSON, &SCENARIO, &PACK])).expect("a schema");
    let library = Library::built_in();
    for (kind, least) in [(Kind::Lesson, 30), (Kind::Scenario, 15)] {
        let schema = schema_of(kind);
        let items: Vec<&Item> = library.items().iter().filter(|item| item.kind == kind).collect();
        assert!(items.len() >= least);
        for item in items {
            let document = document(item.source.text());
            let faults: Vec<String> = schema.iter_errors(&document).map(|fault| fault.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{}", item.source.name());
            assert!(all.is_valid(&document), "{}", item.source.name());
        }
    }
}

/// All records that a record leads to.
fn reached(record: &'static Record, found: &mut Vec<&'static Record>) {
    if found.iter().any(|known| std::ptr::eq(*known, record)) {
        return;
    }
    found.push(record);
    record.keys.iter().for_each(|key| reached_by(&key.form, found));
}

fn reached_by(form: &'static Form, found: &mut Vec<&'static Record>) {
    match form {
        Form::Of(record) => reached(record, found),
        Form::Choice(choice) if !(choice.name == "deed" && found.iter().any(|record| record.name == "run")) => {
            choice.forms.iter().for_each(|form| reached_by(form, found));
        }
        Form::Any(forms) => forms.iter().for_each(|form| reached_by(form, found)),
        Form::List(_, inner) | Form::Map(inner) => reached_by(inner, found),
        _ => {}
    }
}

#[test]
fn definitions_have_names_of_their_own() {
    let mut found = Vec::new();
    for whole in [&LESSON, &SCENARIO, &PACK] {
        reached(whole, &mut found);
    }
    let mut names: Vec<&str> = found.iter().map(|record| record.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all > 25, "{names:?}");
    for record in found {
        assert!(record.about.ends_with('.') && record.keys.iter().all(|key| key.about.ends_with('.')), "{record:?}");
    }
}

/// What the reader of a kind of file says about a text.
fn told(kind: Kind, text: &str) -> String {
    let library = Library::built_in();
    let mut item = library.items().iter().find(|item| item.kind == kind).expect("one").clone();
    item.source = Arc::new(Source::new("a.yaml", text.into()).expect("text"));
    let diagnostics = match kind {
        Kind::Lesson => lesson::read(&item).1,
        Kind::Scenario => read_scenario(&item).1,
    };
    diagnostics.lines().join("\n")
}

/// Files that hold every key of every table: the readers accept them, and so do the schemas. That a reader asks for no
/// other key, and for all keys of its table, is asserted where maps are read.
const LESSON_WITH_ALL: &str = include_str!("all-keys-lesson.yaml");
const SCENARIO_WITH_ALL: &str = include_str!("all-keys-scenario.yaml");

#[test]
fn every_key_of_the_schemas_is_read() {
    for (kind, text, whole) in
        [(Kind::Lesson, LESSON_WITH_ALL, &LESSON), (Kind::Scenario, SCENARIO_WITH_ALL, &SCENARIO)]
    {
        assert_eq!(told(kind, text), "", "{}", kind.name());
        let faults: Vec<String> = schema_of(kind)
            .iter_errors(&document(text))
            .map(|fault| format!("{fault} at {}", fault.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new());
        let mut records = Vec::new();
        reached(whole, &mut records);
        for key in records.iter().flat_map(|record| record.keys) {
            let written = text.contains(&format!("{}:", key.name));
            assert!(written, "no file of the tests has the key {}", key.name);
        }
    }
}

#[test]
fn what_is_in_no_schema_is_no_key() {
    for (kind, text) in [(Kind::Lesson, LESSON_WITH_ALL), (Kind::Scenario, SCENARIO_WITH_ALL)] {
        let schema = schema_of(kind);
        let mut tried = 0;
        for (number, line) in text.lines().enumerate() {
            // Every key at the start of a line, or after `- ` or `{`, with one letter more.
            let Some((start, rest)) =
                line.split_at_checked(line.len() - line.trim_start_matches([' ', '-', '{']).len())
            else {
                continue;
            };
            let Some(key) = rest.split(':').next().filter(|key| !key.is_empty() && rest.len() > key.len()) else {
                continue;
            };
            // Names of the author's choice may be called whatever.
            if key.starts_with("my") || !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                continue;
            }
            let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
            lines[number] = format!("{start}{key}x{}", &rest[key.len()..]);
            let damaged = lines.join("\n");
            assert!(told(kind, &damaged).contains("error"), "{}", lines[number]);
            assert!(!schema.is_valid(&document(&damaged)), "{}", lines[number]);
            tried += 1;
        }
        assert!(tried > 20, "{tried}");
    }
}

#[test]
fn the_schema_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, title) in [("lesson", "redlab lesson"), ("scenario", "redlab scenario"), ("pack", "redlab pack")] {
        let ended = redlab(folder.path(), &["schema", kind]);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        let schema: Value = serde_json::from_str(&ended.out).expect("JSON");
        assert_eq!(schema["title"], title);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::meta::is_valid(&schema));
    }
    let all: Value = serde_json::from_str(&redlab(folder.path(), &["schema"]).out).expect("JSON");
    assert_eq!(all["anyOf"].as_array().map(Vec::len), Some(3));
    assert_eq!(redlab(folder.path(), &["schema", "lessn"]).status, 2);
}
