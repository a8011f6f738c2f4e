//! What the rounds of a variant brought.

use std::collections::BTreeMap;
use std::time::Duration;

use hashbrown::HashMap;

use crate::lab::{Ending, Expect, Variant, VariantReport};

use super::pace::{Pace, Plan};
use super::statistics::{Latency, Share};

/// So many outcomes, and so many kinds of errors, are told apart.
const MOST_KINDS: usize = 1_000;

/// What one round brought.
#[derive(Clone, Debug)]
pub struct RoundEnd {
    /// How it was judged.
    pub ending: Ending,
    /// The faults that happened, by their places.
    pub struck: Vec<usize>,
    /// Clients that ended before their programs did, by their places, and why.
    pub errors: Vec<(usize, String)>,
}

/// Adds rounds up.
#[derive(Debug, Default)]
pub struct Tally {
    rounds: u64,
    cut: u64,
    violated: u64,
    stuck: u64,
    endings: HashMap<Ending, u64>,
    other_endings: u64,
    struck: BTreeMap<usize, u64>,
    errors: BTreeMap<(usize, String), u64>,
}

impl Tally {
    /// Adds one.
    pub fn add(&mut self, end: RoundEnd) {
        self.rounds += 1;
        self.violated += u64::from(!end.ending.holds);
        self.stuck += u64::from(!end.ending.stuck.is_empty());
        for fault in end.struck {
            *self.struck.entry(fault).or_default() += 1;
        }
        for error in end.errors {
            if self.errors.len() < MOST_KINDS || self.errors.contains_key(&error) {
                *self.errors.entry(error).or_default() += 1;
            }
        }
        if self.endings.len() < MOST_KINDS || self.endings.contains_key(&end.ending) {
            *self.endings.entry(end.ending).or_default() += 1;
        } else {
            self.other_endings += 1;
        }
    }

    /// Notes a round that was cut short: it is in no other count.
    pub fn add_cut(&mut self) {
        self.cut += 1;
    }

    /// How many rounds there were, and how many of them violated.
    pub fn violated(&self) -> Share {
        Share { hits: self.violated, of: self.rounds }
    }

    /// The outcomes: first those that violate, the most frequent first.
    fn outcomes(&self, variant: &Variant) -> Vec<Outcome> {
        let mut endings: Vec<(&Ending, u64)> = self.endings.iter().map(|(ending, rounds)| (ending, *rounds)).collect();
        endings.sort_by(|a, b| a.0.holds.cmp(&b.0.holds).then(b.1.cmp(&a.1)).then_with(|| a.0.cmp(b.0)));
        let names = || variant.observe.iter().map(|(name, _)| name).chain(variant.world.iter().map(|(name, _)| name));
        let outcome = |(ending, rounds): (&Ending, u64)| Outcome {
            values: names().cloned().zip(ending.values.iter().map(|value| value.to_json())).collect(),
            holds: ending.holds,
            stuck: ending.stuck.iter().filter_map(|at| Some(variant.clients.get(*at)?.name.to_string())).collect(),
            rounds,
        };
        endings.into_iter().map(outcome).collect()
    }
}

/// Rounds that ended alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Observed values and world variables, by name, as JSON.
    pub values: Vec<(String, serde_json::Value)>,
    /// Whether invariant and `always` held.
    pub holds: bool,
    /// Clients that were still blocked.
    pub stuck: Vec<String>,
    /// How many rounds ended so.
    pub rounds: u64,
}

/// Why there were no more rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that were planned have been run.
    Complete,
    /// The time was up.
    TimedOut,
    /// Somebody interrupted it.
    Interrupted,
    /// Something could not be computed.
    Trouble(String),
}

/// What the bundled explorer says of the same variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Whether it has seen every schedule.
    pub exhaustive: bool,
    /// Schedules, in decimal digits.
    pub schedules: String,
    /// Violating ones, likewise.
    pub violating: String,
    /// Why it has not seen all of them.
    pub limit: String,
}

impl Beside {
    /// Of an explorer that did not come back.
    pub fn broken() -> Beside {
        let none = || "0".to_string();
        let limit = "redlab made a mistake in it; please report it".into();
        Beside { exhaustive: false, schedules: none(), violating: none(), limit }
    }
}

impl From<VariantReport> for Beside {
    fn from(report: VariantReport) -> Beside {
        let VariantReport { exhaustive, schedules, violating, limit, .. } = report;
        Beside { exhaustive, schedules, violating, limit }
    }
}

/// What the sample says of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It held, or it broke, as expected; or nothing was expected.
    Fine,
    /// No round was finished.
    Nothing,
    /// It was expected to hold, and broke.
    Broke,
    /// It was expected to break, and no round did: the sample is too small, or these clients are too well behaved.
    NotSeen,
}

/// What stressing one variant found.
#[derive(Clone, Debug)]
pub struct StressReport {
    /// Its name.
    pub variant: String,
    /// Its title.
    pub title: String,
    /// What exploring is expected to find.
    pub expect: Option<Expect>,
    /// How many clients there were.
    pub clients: usize,
    /// How many rounds there were to be.
    pub planned: u64,
    /// So many ran side by side.
    pub lanes: usize,
    /// How long a round sleeps, as drawn on the bundled engine.
    pub pace: Pace,
    /// How many rounds there were, and how many violated.
    pub violated: Share,
    /// Rounds that were cut short and are in no count. They tend to be those that take long.
    pub cut: u64,
    /// In how many of them somebody was still blocked at the end.
    pub stuck: u64,
    /// In how many of them each fault happened, by its label.
    pub faults: Vec<(String, u64)>,
    /// Why there were no more.
    pub ended: Ended,
    /// How long they took, with set-up and with reading the outcome.
    pub elapsed: Duration,
    /// How many commands the clients sent.
    pub commands: u64,
    /// Their round trips, without those of commands that may wait.
    pub latency: Latency,
    /// The outcomes, those that hold last.
    pub outcomes: Vec<Outcome>,
    /// Rounds with other outcomes, where there were too many kinds.
    pub other_outcomes: u64,
    /// Errors that ended clients early (`bob: ERR …`), and in how many rounds.
    pub errors: Vec<(String, u64)>,
    /// What the explorer says.
    pub beside: Beside,
}

impl StressReport {
    /// Of a variant before any round.
    pub fn new(variant: &Variant, plan: &Plan, pace: Pace, beside: Beside) -> StressReport {
        StressReport {
            variant: variant.name.clone(),
            title: variant.title.clone(),
            expect: variant.expect,
            clients: variant.clients.len(),
            planned: plan.rounds,
            lanes: plan.lanes,
            pace,
            violated: Share::default(),
            cut: 0,
            stuck: 0,
            faults: Vec::new(),
            ended: Ended::Complete,
            elapsed: Duration::ZERO,
            commands: 0,
            latency: Latency::default(),
            outcomes: Vec::new(),
            other_outcomes: 0,
            errors: Vec::new(),
            beside,
        }
    }

    /// Takes over what was added up.
    pub fn take(&mut self, variant: &Variant, tally: &Tally) {
        self.violated = tally.violated();
        (self.cut, self.stuck) = (tally.cut, tally.stuck);
        self.outcomes = tally.outcomes(variant);
        self.other_outcomes = tally.other_endings;
        let times = |at: usize| tally.struck.get(&at).copied().unwrap_or(0);
        self.faults = variant.faults.iter().enumerate().map(|(at, fault)| (fault.label.clone(), times(at))).collect();
        let name = |at: usize| variant.clients.get(at).map_or("", |member| &*member.name);
        let errors = tally.errors.iter().map(|((at, why), rounds)| (format!("{}: {why}", name(*at)), *rounds));
        self.errors = errors.collect();
    }

    /// Rounds a second.
    pub fn rounds_per_s(&self) -> f64 {
        per_second(self.violated.of, self.elapsed)
    }

    /// The clients' commands a second.
    pub fn commands_per_s(&self) -> f64 {
        per_second(self.commands, self.elapsed)
    }

    /// What the sample says of what was expected.
    pub fn verdict(&self) -> Verdict {
        match self.expect {
            _ if self.violated.of == 0 => Verdict::Nothing,
            Some(Expect::Holds) if self.violated.hits > 0 => Verdict::Broke,
            Some(Expect::Violated) if self.violated.hits == 0 => Verdict::NotSeen,
            _ => Verdict::Fine,
        }
    }
}

fn per_second(count: u64, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
