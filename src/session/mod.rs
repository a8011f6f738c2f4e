//! Drives a lesson, a scenario or a prompt on a target. Two closed enums are its doors: requests in, events out.

mod request;

mod event;

mod handle;

mod cancel;
mod card;
mod library;

mod link;
mod perform;
mod undo;

mod core;
mod observe;
mod solve;

mod compare;
mod typed;

mod mirror;

mod race_text;

mod race_search;

mod race_mode;

mod lesson_mode;

mod lesson_acts;
mod play_mode;

mod open;

pub use event::{Event, LaneReport, LessonCard, RaceFault, RaceProgress, Sender, StepCard, Task, Unmet};
pub use handle::{Catalogue, Handle, LessonEntry, ScenarioEntry, What};
pub use lesson_mode::SharedStore;
pub use library::{Library, lint_scenario, read_scenario};
pub use open::{SessionOptions, open};
pub use request::{RaceRequest, Request};
