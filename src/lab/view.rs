//! A race at one position, and what exploring found: everything a screen or a report shows.

use std::sync::Arc;

/// A client of a race.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientView {
    /// Its name.
    pub name: String,
    /// What it will do when it is chosen; `None` when it is done, blocked, crashed or asleep.
    pub next: Option<String>,
    /// `ready`, `done`, `blocked on <keys>`, `sleeping until <time>`, `crashed`, `failed: <error>`.
    pub state: String,
    /// Whether it can be chosen now.
    pub can_run: bool,
    /// Its registers, by name.
    pub registers: Vec<(String, String)>,
    /// The keys that it watches, and by whose step one was modified since.
    pub watched: Vec<Watch>,
    /// Whether its WATCH is dirty.
    pub watch_dirty: bool,
    /// Commands that are queued behind an open MULTI, in order; `None`: there is none.
    pub queued: Option<Vec<String>>,
}

/// A key that a client watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The key.
    pub key: String,
    /// The step that modified it first, if one did: EXEC will be refused.
    pub dirty: Option<Arc<Dirty>>,
}

/// The step that made a client's WATCH dirty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirty {
    /// Which step of the path, from 1.
    pub step: usize,
    /// Whose it was.
    pub name: String,
    /// What it did: `SET stock 1`.
    pub what: String,
    /// The watched keys that it modified.
    pub keys: Vec<String>,
}

/// A key at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Its name; before it the database's number where that is not 0.
    pub name: String,
    /// What TYPE says.
    pub kind: String,
    /// What it holds, in one line.
    pub value: String,
    /// How long it lives on, milliseconds; `None`: it does not expire.
    pub ttl_ms: Option<i64>,
    /// Whether the last step changed what it holds.
    pub changed: bool,
}

/// One step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTaken {
    /// The client's place in the scenario.
    pub client: usize,
    /// Its name.
    pub name: String,
    /// What it did: `GET followers`.
    pub step: String,
    /// What it was answered, in one line; empty where there is no reply.
    pub reply: String,
    /// The observed values after the step, in the order of the scenario's `observe`.
    pub observed: Vec<(String, String)>,
}

/// A race at one position.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceView {
    /// The scenario's id.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// Its text, Markdown.
    pub text: String,
    /// Names and titles of the variants, in order.
    pub variants: Vec<(String, String)>,
    /// Which variant is shown.
    pub variant: usize,
    /// The clients, in order.
    pub clients: Vec<ClientView>,
    /// What may go wrong, by its label (`crash:worker`), and whether it can happen now.
    pub faults: Vec<(String, bool)>,
    /// The whole path that was walked; steps from `position` on were taken back and can be taken forward again.
    pub path: Arc<Vec<Arc<StepTaken>>>,
    /// How many steps of the path are taken.
    pub position: usize,
    /// The observed values now.
    pub observed: Vec<(String, String)>,
    /// The world variables now.
    pub world: Vec<(String, String)>,
    /// The keys now, by name; the first few where there are many.
    pub keys: Arc<Vec<KeyLine>>,
    /// How many keys there are in all.
    pub key_count: usize,
    /// The clock, milliseconds from the schedule's start.
    pub clock_ms: i64,
    /// The verdict, when no choice is left: whether invariant and `always` hold.
    pub holds: Option<bool>,
    /// What happened, in a sentence; empty until the end.
    pub sentence: String,
    /// The path up to the position as `--replay` takes it.
    pub replay: String,
    /// The invariant, as written.
    pub invariant: String,
}

/// One outcome of a variant: schedules that end alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Observed values and world variables, by name, as JSON.
    pub values: Vec<(String, serde_json::Value)>,
    /// Whether invariant and `always` hold.
    pub holds: bool,
    /// Clients that are still blocked at the end, in order of their names.
    pub stuck: Vec<String>,
    /// How many schedules end so: an exact count in decimal digits.
    pub schedules: String,
    /// The simplest schedule that ends so, as `--replay` takes it.
    pub replay: String,
    /// Clients that ended before their programs did in schedules that end so: `bob: ERR …`. A few where there are many.
    pub faults: Vec<String>,
}

/// A violating schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// How often it switches from one client to another.
    pub switches: usize,
    /// Its steps.
    pub steps: Vec<StepTaken>,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The same as `--replay` takes it.
    pub replay: String,
}

/// A violating schedule beside the nearest one that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrast {
    /// The violating schedule, as `--replay` takes it.
    pub failing: String,
    /// Of all schedules that hold, the one that shares the longest beginning with it, and then differs in the fewest
    /// places.
    pub holding: String,
    /// The first step, from 0, at which the two differ.
    pub differs_at: usize,
}

/// One of two schedules that stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The schedule as `--replay` takes it.
    pub replay: String,
    /// Its steps.
    pub steps: Arc<Vec<Arc<StepTaken>>>,
    /// What happened, in a sentence.
    pub sentence: String,
}

/// A failing and a holding schedule of one variant, aligned at their first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContrastView {
    /// The variant's place.
    pub variant: usize,
    /// The one that fails.
    pub failing: Side,
    /// The nearest that holds.
    pub holding: Side,
    /// The first step, from 0, at which the two differ.
    pub differs_at: usize,
}

/// What exploring one variant found.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantReport {
    /// The variant's place.
    pub index: usize,
    /// Its name.
    pub variant: String,
    /// Its title.
    pub title: String,
    /// What the scenario expects: `holds` or `violated`; empty if it says nothing.
    pub expect: String,
    /// Whether every schedule was counted.
    pub exhaustive: bool,
    /// All schedules: an exact count in decimal digits (of those seen so far where not exhaustive).
    pub schedules: String,
    /// Violating schedules, likewise.
    pub violating: String,
    /// Distinct states visited.
    pub states: u64,
    /// The outcomes, those that hold last.
    pub outcomes: Vec<Outcome>,
    /// The simplest violating schedule.
    pub counterexample: Option<Counterexample>,
    /// The counterexample beside the nearest schedule that holds.
    pub contrast: Option<Contrast>,
    /// All schedules with their verdicts, where there are at most a few dozen: choices as `--replay` takes them.
    pub listed: Vec<(String, bool)>,
    /// Why exploring ended early; empty where it is exhaustive.
    pub limit: String,
}
