//! What can be found out about lessons without running them.

use crate::content::{Diagnostics, Document, Item, Kind, Library};
use crate::program::known_name;

use super::model::{Action, Lesson, Race};
use super::prose::check_texts;
use super::read::read;

/// Reads a lesson and checks what it says about other files of its library.
pub fn lint(item: &Item, library: &Library) -> (Option<Lesson>, Diagnostics) {
    let (lesson, mut diagnostics) = read(item);
    for step in lesson.iter().flat_map(|lesson| &lesson.steps) {
        if let Action::Race(race) = &step.action {
            check_race(race, library, &mut diagnostics);
        }
    }
    if let (Some(document), _) = Document::parse(&item.source) {
        check_texts(&document, &mut diagnostics);
    }
    check_prerequisites(item, library, &mut diagnostics);
    if lesson.is_none() {
        check_scenarios(item, library, &mut diagnostics);
    }
    (lesson, diagnostics)
}

/// What a lesson names as better taken before is there, and another one.
fn check_prerequisites(item: &Item, library: &Library, diagnostics: &mut Diagnostics) {
    let (document, mut told) = Document::parse(&item.source);
    let named = document.as_ref().and_then(|document| document.root().map(&mut told)?.optional("prerequisites"));
    for node in named.and_then(|node| node.list(&mut told)).unwrap_or_default() {
        match node.as_str() {
            Some(id) if id == item.id => {
                diagnostics.error(node.span(), "a lesson cannot be its own prerequisite");
            }
            Some(id) => {
                if let Err(error) = library.find(Kind::Lesson, id) {
                    diagnostics.error(node.span(), error.to_string());
                }
            }
            None => {}
        }
    }
}

/// A lesson with other faults is none, and still all of its faults are told at once: also a scenario that is not there.
fn check_scenarios(item: &Item, library: &Library, diagnostics: &mut Diagnostics) {
    let (document, mut told) = Document::parse(&item.source);
    let steps =
        document.as_ref().and_then(|document| document.root().map(&mut told)?.optional("steps")?.list(&mut told));
    for step in steps.unwrap_or_default() {
        let race = step.map(&mut told).and_then(|mut step| step.optional("race")?.map(&mut told));
        let Some(scenario) = race.and_then(|mut race| race.optional("scenario")) else { continue };
        if let Some(Err(error)) = scenario.as_str().map(|id| library.find(Kind::Scenario, id)) {
            diagnostics.error(scenario.span(), error.to_string());
        }
    }
}

/// Lints all lessons of a library; those that have nothing to be told are left out.
pub fn lint_library(library: &Library) -> Vec<Diagnostics> {
    library.lessons().map(|item| lint(item, library).1).filter(|diagnostics| !diagnostics.is_empty()).collect()
}

fn check_race(race: &Race, library: &Library, diagnostics: &mut Diagnostics) {
    let span = race.span;
    let item = match library.find(Kind::Scenario, &race.scenario) {
        Ok(item) => item,
        Err(error) => {
            diagnostics.error(span, error.to_string());
            return;
        }
    };
    let Some(variant) = &race.variant else { return };
    let (document, mut other) = Document::parse(&item.source);
    let variants = document
        .as_ref()
        .and_then(|document| document.root().map(&mut other)?.optional("variants")?.map(&mut other))
        .map(|mut variants| variants.entries().iter().map(|entry| entry.name.to_string()).collect::<Vec<_>>());
    // A scenario that cannot be read is its own file's fault, and told there.
    if let Some(variants) = variants {
        known_name(variant, span, &variants, "variant", diagnostics);
    }
}
