//! `redlab list`: what there is.

use serde_json::json;

use crate::resp::printable;
use crate::session::Library;

use super::args::{Common, Format, Listed};
use super::exit::{Ended, Exit};
use super::print;

/// Lists lessons and scenarios.
pub fn list(common: &Common, library: &Library, kind: Option<Listed>) -> Ended {
    let catalogue = library.catalogue();
    let (lessons, scenarios) = (kind != Some(Listed::Scenarios), kind != Some(Listed::Lessons));
    if common.format == Format::Json {
        let mut document = json!({"target": common.spec().kind().name()});
        if lessons {
            let entry = |l: &crate::session::LessonEntry| json!({"id": l.id, "track": l.track, "title": l.title, "summary": l.summary, "minutes": l.minutes, "prerequisites": l.prerequisites, "steps": l.steps});
            document["lessons"] = catalogue.lessons.iter().map(entry).collect();
        }
        if scenarios {
            let entry = |s: &crate::session::ScenarioEntry| json!({"id": s.id, "title": s.title, "summary": s.summary, "variants": s.variants});
            document["scenarios"] = catalogue.scenarios.iter().map(entry).collect();
        }
        if !library.packs().is_empty() {
            let pack = |pack: &crate::content::Pack| json!({"name": pack.name, "title": pack.title, "summary": pack.summary, "authors": pack.authors, "license": pack.license});
            document["packs"] = library.packs().iter().map(pack).collect();
        }
        return print::json(&document).map(|()| Exit::Fine);
    }
    let mut out = String::new();
    if lessons {
        let width = catalogue.lessons.iter().map(|lesson| lesson.id.len()).max().unwrap_or(0);
        for lesson in &catalogue.lessons {
            let summary = printable(lesson.summary.as_bytes(), 200);
            out.push_str(&format!("{:<width$}  {:>2} min  {summary}\n", lesson.id, lesson.minutes));
        }
    }
    if lessons && scenarios && !catalogue.scenarios.is_empty() {
        out.push('\n');
    }
    if scenarios {
        let width = catalogue.scenarios.iter().map(|scenario| scenario.id.len()).max().unwrap_or(0);
        for scenario in &catalogue.scenarios {
            let summary = printable(scenario.summary.as_bytes(), 200);
            out.push_str(&format!("{:<width$}  race    {summary}\n", scenario.id));
        }
    }
    for pack in library.packs() {
        let said = [pack.title.as_str(), pack.summary.as_str()].join("  ");
        out.push_str(&format!("\npack {}: {}\n", pack.name, printable(said.trim().as_bytes(), 300)));
    }
    print::text(&out).map(|()| Exit::Fine)
}
