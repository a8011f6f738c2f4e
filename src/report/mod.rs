//! Text and JSON from the same events that screens show.

mod lesson_run;

mod json;
mod text;

pub use json::run_document;
pub use lesson_run::{LessonRun, StepRun, Verdict};
pub use text::run_text;
