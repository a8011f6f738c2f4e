//! `redlab schema`: what editors need to know of the files.

use crate::content::{PACK, json_schema};
use crate::lab::SCENARIO;
use crate::lesson::LESSON;

use super::args::Begun;
use super::exit::{Ended, Exit};
use super::print;

/// Prints the JSON Schema of a kind of file, or of all.
pub fn schema(kind: Option<Begun>) -> Ended {
    let document = match kind {
        Some(Begun::Lesson) => json_schema("redlab lesson", &[&LESSON]),
        Some(Begun::Scenario) => json_schema("redlab scenario", &[&SCENARIO]),
        Some(Begun::Pack) => json_schema("redlab pack", &[&PACK]),
        None => json_schema("redlab lesson, scenario or pack", &[&LESSON, &SCENARIO, &PACK]),
    };
    print::json(&document).map(|()| Exit::Fine)
}
