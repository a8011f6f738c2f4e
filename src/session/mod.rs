//! Drives a lesson, a scenario or a prompt on a target. Two closed enums are its doors: requests in, events out.

mod request;

mod event;

mod handle;

pub use event::{Event, LaneReport, LessonCard, Sender, StepCard, Task, Unmet};
pub use handle::{Catalogue, Handle, LessonEntry, ScenarioEntry, What};
pub use request::{RaceRequest, Request};
