//! What a comparison expects of its lanes.

use crate::content::{Diagnostics, Node};
use crate::program::{Action, Datum, Step, StepKind, known_name};

use super::model::{Check, Lane};
use super::words::{Kind, Path, Word, paths, words};

/// What can be read of a lane.
const FIELDS: &[&str] =
    &["total", "work", "p50", "p99", "commands", "round_trips", "queries", "sent", "received", "observed"];

/// What a lane measured. Times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// All of it, as long as a watch beside it would have shown (with several clients, from the first start to the last end).
    pub total_ms: f64,
    /// What of it was measured and not simulated.
    pub work_ms: f64,
    /// Median of one repetition.
    pub p50_ms: f64,
    /// 99th percentile of one repetition.
    pub p99_ms: f64,
    /// Redis commands sent.
    pub commands: u64,
    /// Waits for the link.
    pub round_trips: u64,
    /// Database statements run.
    pub queries: u64,
    /// Bytes of the commands on the wire.
    pub sent: u64,
    /// Bytes of the replies on the wire.
    pub received: u64,
    /// What was observed at its end.
    pub observed: Vec<(String, Datum)>,
}

impl Measured {
    /// As expressions read it.
    pub(super) fn datum(&self) -> Datum {
        let count = |n: u64| Datum::Int(i64::try_from(n).unwrap_or(i64::MAX));
        Datum::map([
            ("total", Datum::Float(self.total_ms)),
            ("work", Datum::Float(self.work_ms)),
            ("p50", Datum::Float(self.p50_ms)),
            ("p99", Datum::Float(self.p99_ms)),
            ("commands", count(self.commands)),
            ("round_trips", count(self.round_trips)),
            ("queries", count(self.queries)),
            ("sent", count(self.sent)),
            ("received", count(self.received)),
            ("observed", Datum::map(self.observed.iter().map(|(name, value)| (name.as_str(), value.clone())))),
        ])
    }
}

/// What an expectation fails by, given what the lanes measured on this kind of target (`bundled`, `live`, `server`);
/// `None`: it holds.
pub fn expectation_miss(expect: &Check, lanes: &[Measured], target: &str) -> Option<String> {
    let lanes = Datum::list(lanes.iter().map(Measured::datum));
    let scope = |name: &str| match name {
        "lanes" => Some(lanes.clone()),
        "target" => Some(Datum::text(target)),
        _ => None,
    };
    expect.miss(&scope, &[])
}

/// Notes what an expectation reads that no lane has.
pub(super) fn check_lanes(node: &Node<'_>, expect: &Check, lanes: &[Lane], diagnostics: &mut Diagnostics) {
    for path in paths(&expect.text).iter().filter(|path| path.name == "lanes") {
        let parts = words(path.text);
        let span = |word: &Word<'_>| node.within(path.start + word.start, path.start + word.end());
        let Some(index) = parts.iter().find(|word| word.kind == Kind::Number) else { continue };
        let lane = index.text.parse::<usize>().ok().and_then(|index| lanes.get(index));
        let Some(lane) = lane else {
            diagnostics
                .error(span(index), format!("there is no lane {}", index.text))
                .help(format!("lanes count from 0, so the last one here is {}", lanes.len().saturating_sub(1)));
            continue;
        };
        check_fields(node, path, lane, diagnostics);
    }
}

/// Notes what a path reads that this lane has not: a measure, or an observed name.
pub(super) fn check_fields(node: &Node<'_>, path: &Path<'_>, lane: &Lane, diagnostics: &mut Diagnostics) {
    let parts = words(path.text);
    let span = |word: &Word<'_>| node.within(path.start + word.start, path.start + word.end());
    let names: Vec<_> = parts.iter().skip(1).filter(|word| word.kind == Kind::Name).collect();
    if let Some(field) = names.first() {
        let known: Vec<String> = FIELDS.iter().map(|name| (*name).to_string()).collect();
        known_name(field.text, span(field), &known, "measure", diagnostics);
        if let (true, Some(observed)) = (field.text == "observed", names.get(1)) {
            let known: Vec<String> = lane.observe.iter().map(|observed| observed.name.clone()).collect();
            known_name(observed.text, span(observed), &known, "observed name", diagnostics);
        }
    }
}

/// Whether steps do nothing but send commands whose replies nobody keeps: those can share one write.
pub(super) fn only_commands(steps: &[Step]) -> bool {
    steps.iter().all(|step| {
        step.when.is_none()
            && matches!(&step.kind, StepKind::Act(act) if act.keep.is_none() && matches!(act.action, Action::Run(_)))
    })
}
