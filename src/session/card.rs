//! What a catalogue lists of a file, without reading all of it: at each start that is all that is needed of most.
//!
//! Only the lines of a few keys are read. A file that is not laid out as expected has no card here, and is read whole.

use std::sync::Arc;

use crate::content::{Diagnostics, Document, Item, Source};
use crate::lab::Scenario;
use crate::lesson::Lesson;

use super::handle::{LessonEntry, ScenarioEntry};

/// A lesson as a catalogue lists it, from its first lines and the number of its steps.
pub fn lesson_card(item: &Item) -> Option<LessonEntry> {
    let text = item.source.text();
    let minutes = block(text, "minutes").unwrap_or("minutes: 10\n");
    let before = block(text, "prerequisites").unwrap_or("prerequisites: []\n");
    let head = document(&[block(text, "title")?, block(text, "summary")?, minutes, before])?;
    let [title, summary] = texts(&head, ["title", "summary"])?;
    let mut told = Diagnostics::new(head.source().clone());
    let mut fields = head.root().map(&mut told)?;
    let (minutes, before) = (fields.optional("minutes")?, fields.optional("prerequisites")?);
    let minutes = minutes.int(1, 600, &mut told)?;
    let ids = before.list(&mut told)?;
    let prerequisites = ids.iter().map(|id| Some(id.as_str()?.to_string())).collect::<Option<_>>()?;
    let steps = block(text, "steps")?;
    let depth = indentation(rows(steps).next()?).0;
    let steps = rows(steps).filter(|row| indentation(row) == (depth, '-')).count();
    let (id, track, minutes) = (item.id.clone(), item.track.clone(), u32::try_from(minutes).ok()?);
    (steps > 0).then_some(LessonEntry { id, track, title, summary, minutes, prerequisites, steps })
}

/// A scenario as a catalogue lists it, from its first lines and the titles of its variants.
pub fn scenario_card(item: &Item) -> Option<ScenarioEntry> {
    let text = item.source.text();
    let head = document(&[block(text, "title")?, block(text, "summary")?])?;
    let [title, summary] = texts(&head, ["title", "summary"])?;
    let variants = block(text, "variants")?;
    let depth = indentation(rows(variants).next()?).0;
    let names = rows(variants).filter(|row| indentation(row).0 == depth).count();
    let titled = |row: &&str| indentation(row).0 == depth + 2 && row.trim_start().starts_with("title: ");
    let titles: String = rows(variants).filter(titled).map(|row| format!("- {}\n", row.trim())).collect();
    let list = document(&[&titles])?;
    let mut told = Diagnostics::new(list.source().clone());
    let nodes = list.root().list(&mut told)?;
    let titles = nodes.iter().filter_map(|node| Some(node.map(&mut told)?.optional("title")?.as_str()?.to_string()));
    let variants: Vec<String> = titles.collect();
    (names > 0 && variants.len() == names).then(|| ScenarioEntry { id: item.id.clone(), title, summary, variants })
}

impl From<&Lesson> for LessonEntry {
    fn from(lesson: &Lesson) -> LessonEntry {
        LessonEntry {
            id: lesson.id.clone(),
            track: lesson.track.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            prerequisites: lesson.prerequisites.clone(),
            steps: lesson.steps.len(),
        }
    }
}

impl From<&Scenario> for ScenarioEntry {
    fn from(scenario: &Scenario) -> ScenarioEntry {
        ScenarioEntry {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            summary: scenario.summary.clone(),
            variants: scenario.variants.iter().map(|variant| variant.title.clone()).collect(),
        }
    }
}

/// The lines of a key of the whole file, up to the next one.
fn block<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut start = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match start {
            None if line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')) => start = Some(at),
            Some(start) if !line.starts_with([' ', '\n', '\r', '#']) => return text.get(start..at),
            _ => {}
        }
        at += line.len();
    }
    text.get(start?..)
}

/// The rows of a block below its key that hold something.
fn rows(block: &str) -> impl Iterator<Item = &str> {
    block.lines().skip(1).filter(|row| !row.trim().is_empty() && !row.trim_start().starts_with('#'))
}

/// How far a row is indented, and what it begins with.
fn indentation(row: &str) -> (usize, char) {
    let rest = row.trim_start_matches(' ');
    (row.len() - rest.len(), rest.chars().next().unwrap_or(' '))
}

fn document(parts: &[&str]) -> Option<Document> {
    let source = Arc::new(Source::new("", parts.concat().into_bytes()).ok()?);
    Document::parse(&source).0
}

fn texts<const N: usize>(document: &Document, keys: [&'static str; N]) -> Option<[String; N]> {
    let mut told = Diagnostics::new(document.source().clone());
    let mut fields = document.root().map(&mut told)?;
    let found: Vec<String> =
        keys.iter().filter_map(|key| Some(fields.optional(key)?.as_str()?.trim_end().to_string())).collect();
    found.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::library::read_scenario;
    use super::*;
    use crate::content::{Kind, Library};
    use crate::lesson;

    #[test]
    fn a_card_says_what_the_whole_file_says() {
        let library = Library::built_in();
        for item in library.items() {
            match item.kind {
                Kind::Lesson => {
                    let whole = lesson::read(item).0.as_ref().map(LessonEntry::from);
                    assert!(whole.is_some(), "{}", item.id);
                    assert_eq!(lesson_card(item), whole);
                }
                Kind::Scenario => {
                    let whole = read_scenario(item).0.as_ref().map(ScenarioEntry::from);
                    assert!(whole.is_some(), "{}", item.id);
                    assert_eq!(scenario_card(item), whole);
                }
            }
        }
    }

    #[test]
    fn a_file_of_another_layout_has_no_card() {
        let mut item = Library::built_in().lessons().next().unwrap().clone();
        for text in ["", "title: a\n", "title: a\nsummary: b\nsteps: [{title: c, text: d}]\n", "{title: a}\n\u{1}"] {
            item.source = Source::new("a.yaml", text.into()).unwrap().into();
            assert_eq!((lesson_card(&item), scenario_card(&item)), (None, None), "{text}");
        }
    }
}
