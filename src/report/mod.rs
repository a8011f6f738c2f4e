//! Text and JSON from the same events that screens show.

mod xml;

mod explored;
mod lesson_run;
mod paper;
mod picture;
mod reply;

mod json;
mod stressed;
mod text;

pub use explored::{explored_text, race_text};
pub use json::{reply_json, run_document};
pub use lesson_run::{LessonRun, StepRun, Verdict};
pub use paper::{Paper, paper_html, paper_markdown, paper_svg};
pub use picture::{Picture, mermaid, svg};
pub use reply::{Form, Style, formatted, print_push, print_reply, printed, pushed, raw_by_default};
pub use stressed::{StressHead, stress_document, stress_head_text, stress_text};
pub use text::run_text;
