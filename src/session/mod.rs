//! Drives a lesson, a scenario or a prompt on a target. Two closed enums are its doors: requests in, events out.

mod event;
mod request;

pub use event::{Event, LaneReport, LessonCard, Sender, StepCard, Task, Unmet};
pub use request::{RaceRequest, Request};
