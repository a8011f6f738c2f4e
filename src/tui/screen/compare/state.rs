//! A comparison's state.

use crate::lesson::Charted;
use crate::render::elapsed_short;
use crate::session::{Event, LaneReport};
use crate::target::Elapsed;

/// How many steps of a lane are kept to be shown.
const STEPS: usize = 500;

/// One step of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The command or statement.
    pub line: String,
    /// Its reply in one line.
    pub reply: String,
    /// How long it took.
    pub took: String,
}

/// One way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its first steps.
    pub steps: Vec<Step>,
    /// Its time so far, of the steps that were told.
    pub so_far: Elapsed,
    /// What it measured, at the end.
    pub report: Option<LaneReport>,
}

/// What a comparison knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The ways.
    pub lanes: Vec<Lane>,
    /// Whether it was started.
    pub running: bool,
    /// Whether what the lesson expects is true, with the expectation.
    pub verdict: Option<(Option<bool>, String)>,
    /// What the lesson draws of it, at the end.
    pub chart: Option<Charted>,
}

impl State {
    /// A comparison that has not begun.
    pub fn new(names: &[String]) -> State {
        let lane = |name: &String| Lane { name: name.clone(), ..Lane::default() };
        State { lanes: names.iter().map(lane).collect(), ..State::default() }
    }

    /// The longest total of all lanes, microseconds.
    pub fn longest_us(&self) -> u64 {
        self.lanes
            .iter()
            .filter_map(|lane| lane.report.as_ref())
            .map(|report| report.total.total_us())
            .max()
            .unwrap_or(0)
    }

    /// Whether any lane's time was simulated.
    pub fn is_simulated(&self) -> bool {
        self.lanes.iter().any(|lane| {
            lane.so_far.is_simulated() || lane.report.as_ref().is_some_and(|report| report.total.is_simulated())
        })
    }

    pub(super) fn stepped(&mut self, event: &Event) {
        let Event::LaneStepped { lane, line, reply, elapsed } = event else { return };
        let Some(lane) = self.lanes.get_mut(*lane) else { return };
        lane.so_far += *elapsed;
        if lane.steps.len() < STEPS {
            // In a pipeline the wait is the batch's, not the command's.
            let took = if elapsed.total_us() > 0 { elapsed_short(*elapsed) } else { String::new() };
            lane.steps.push(Step { line: line.clone(), reply: reply.clone(), took });
        }
    }
}
