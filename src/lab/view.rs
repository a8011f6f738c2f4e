//! A race at one position, and what exploring found: everything a screen or a report shows.

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
    /// The keys that it watches, and whether one was modified since.
    pub watched: Vec<String>,
    /// Whether its WATCH is dirty.
    pub watch_dirty: bool,
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
    pub path: Vec<StepTaken>,
    /// How many steps of the path are taken.
    pub position: usize,
    /// The observed values now.
    pub observed: Vec<(String, String)>,
    /// The world variables now.
    pub world: Vec<(String, String)>,
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
    /// The same as `--replay` takes it.
    pub replay: String,
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
    /// All schedules with their verdicts, where there are at most a few dozen: choices as `--replay` takes them.
    pub listed: Vec<(String, bool)>,
    /// Why exploring ended early; empty where it is exhaustive.
    pub limit: String,
}
