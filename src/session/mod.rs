//! Drives a lesson, a scenario or a prompt on a target. Two closed enums are its doors: requests in, events out.

mod event;
mod handle;
mod request;

pub use event::{Event, LaneReport, LessonCard, Sender, StepCard, Task, Unmet};
pub use handle::{Catalogue, Handle, LessonEntry, ScenarioEntry, What};
pub use request::{RaceRequest, Request};
