//! The two ends of a session, and what can be opened.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::event::Event;
use super::request::Request;

/// What a session is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A prompt and nothing else.
    Play,
    /// A lesson, by its id.
    Lesson(String),
    /// A scenario in the race lab, by its id.
    Race(String),
}

/// A running session. Dropping both ends closes it, with its clean-up.
#[derive(Debug)]
pub struct Handle {
    /// Where wishes go.
    pub requests: UnboundedSender<Request>,
    /// What is told.
    pub events: UnboundedReceiver<Event>,
}

/// A lesson as a catalogue lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonEntry {
    /// Its id.
    pub id: String,
    /// Its track: the folder's name without its number.
    pub track: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub summary: String,
    /// How long it takes.
    pub minutes: u32,
    /// Ids of lessons that are better taken before.
    pub prerequisites: Vec<String>,
    /// How many steps it has.
    pub steps: usize,
}

/// A scenario as a catalogue lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioEntry {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub summary: String,
    /// The titles of its variants.
    pub variants: Vec<String>,
}

/// All that can be opened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The lessons: by track, then by place.
    pub lessons: Vec<LessonEntry>,
    /// The scenarios, by title.
    pub scenarios: Vec<ScenarioEntry>,
}
