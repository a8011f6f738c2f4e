//! `redlab check`: all faults of all files at once, then the proof: lessons fail unsolved and pass solved, and
//! scenarios are what they expect.

use std::path::PathBuf;
use std::sync::Arc;

use crate::content::{self, Kind};
use crate::session::{Library, SessionOptions, lint_scenario};

use super::args::{Common, Format};
use super::exit::{Ended, Exit, Failure};
use super::setup::block_on;
use super::shown::check_shown;
use super::{explore, print, run};

/// Checks files, or all content.
pub fn check(common: &Common, paths: &[PathBuf]) -> Ended {
    let checked = gather(common, paths)?;
    // A file may name scenarios that are built in.
    let mut known = checked.clone();
    known.back_with(&content::Library::built_in());
    let (errors, warnings) = tell_faults(common, &checked, &known);
    if errors > 0 {
        return Err(Failure::usage(format!("{errors} errors, {warnings} warnings: nothing was run")));
    }
    let ids = |kind: Kind| -> Vec<String> {
        checked.items().iter().filter(|item| item.kind == kind).map(|item| item.id.clone()).collect()
    };
    let (lessons, scenarios) = (ids(Kind::Lesson), ids(Kind::Scenario));
    let library = Arc::new(Library::of(known).0);
    let texts = prove_texts(common, &checked, &library)?;
    prove(common, library, &lessons, &scenarios, warnings, texts)
}

/// The files that are to be checked.
fn gather(common: &Common, paths: &[PathBuf]) -> Result<content::Library, Failure> {
    let (mut library, mut faults) = content::Library::of_paths(paths);
    if paths.is_empty() {
        library = content::Library::built_in();
    }
    if let Some(folder) = &common.content {
        faults.extend(library.add_pack(folder));
    }
    let complaints: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if complaints.is_empty() { Ok(library) } else { Err(Failure::usage(complaints.join("\n"))) }
}

/// Prints every diagnostic; how many errors and warnings there are.
fn tell_faults(common: &Common, checked: &content::Library, known: &content::Library) -> (usize, usize) {
    let color = print::color(common.color);
    let (mut errors, mut warnings) = (0, 0);
    for item in checked.items() {
        let diagnostics = match item.kind {
            Kind::Lesson => crate::lesson::lint(item, known).1,
            Kind::Scenario => lint_scenario(item),
        };
        let (found_errors, found_warnings) = diagnostics.counts();
        errors += found_errors;
        warnings += found_warnings;
        if !diagnostics.is_empty() {
            print::message(diagnostics.render(color).trim_end());
        }
    }
    (errors, warnings)
}

/// Tries the replies that lessons show.
fn prove_texts(common: &Common, checked: &content::Library, library: &Library) -> Ended {
    let color = print::color(common.color);
    let mut exit = Exit::Fine;
    for item in checked.lessons() {
        let Ok(lesson) = library.lesson(&item.id) else { continue };
        let tried = block_on(async { check_shown(&common.spec(), item, &lesson).await.map_err(Failure::target) })?;
        if !tried.is_empty() {
            print::message(tried.render(color).trim_end());
            exit = Exit::Unmet;
        }
    }
    Ok(exit)
}

fn prove(
    common: &Common,
    library: Arc<Library>,
    lessons: &[String],
    scenarios: &[String],
    warnings: usize,
    texts: Exit,
) -> Ended {
    let mut exit = texts;
    match explore::prove(&library, scenarios)? {
        Exit::Fine => {}
        found => exit = found,
    }
    let options = SessionOptions { target: common.spec(), library, progress: None };
    let runs = block_on(async { Ok(run::walk_all(&options, lessons).await) })?;
    for run in runs.iter().filter(|run| !run.passed()) {
        print::message(&crate::report::run_text(run));
        exit = Exit::Unmet;
    }
    let word = if exit == Exit::Fine { "all prove themselves" } else { "not all prove themselves" };
    let summary = format!("{} lessons, {} scenarios, {warnings} warnings: {word}", lessons.len(), scenarios.len());
    if common.format == Format::Json {
        let document = serde_json::json!({
            "target": common.spec().kind().name(), "lessons": lessons.len(), "scenarios": scenarios.len(),
            "warnings": warnings, "proved": exit == Exit::Fine,
        });
        print::json(&document)?;
    } else {
        print::text(&format!("{summary}\n"))?;
    }
    Ok(exit)
}
