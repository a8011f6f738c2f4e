//! A document's parts, whatever its form.

use crate::lesson::Charted;
use crate::render::{duration_text, elapsed_text, markdown};
use crate::resp::printable;
use crate::session::LaneReport;

use super::super::lesson_run::{Exchanged, LessonRun, StepRun, Verdict};

/// Characters that a text of a document has at most.
const MOST: usize = 4_000;

/// A document of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Its lessons.
    pub(super) lessons: Vec<Chapter>,
}

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chapter {
    pub title: String,
    /// Id, target, how it ended.
    pub about: String,
    pub steps: Vec<Section>,
    /// Why it ended before its end; may be empty.
    pub error: String,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    /// `✓ 3. A title`.
    pub title: String,
    /// Sentences: what was asked, what is right, why, what does not hold.
    pub said: Vec<String>,
    /// Commands with their replies and times.
    pub exchanged: Vec<[String; 3]>,
    /// The heads of the table, and its rows.
    pub table: Option<(Vec<String>, Vec<Vec<String>>)>,
    pub chart: Option<Charted>,
}

impl Paper {
    /// The document of some runs.
    pub fn of(runs: &[LessonRun]) -> Paper {
        Paper { lessons: runs.iter().map(chapter).collect() }
    }
}

fn safe(text: &str) -> String {
    printable(text.trim().as_bytes(), MOST)
}

/// Markdown as text of one row: a document's own form decides what means something in it.
fn flowed(text: &str) -> String {
    let lines = markdown(text, MOST, &mut |_, _| None);
    safe(&lines.iter().map(|line| line.text()).collect::<Vec<_>>().join(" "))
}

fn chapter(run: &LessonRun) -> Chapter {
    let ended = if run.passed() { "all that was checked holds" } else { "not all that was checked holds" };
    let on = [run.target.as_str(), run.version.as_str()].join(" ");
    Chapter {
        title: safe(&run.title),
        about: format!("Lesson {} on {}: {ended}.", safe(&run.id), safe(&on)),
        steps: run.steps.iter().enumerate().map(|(at, step)| section(at + 1, step)).collect(),
        error: run.error.as_deref().map(safe).unwrap_or_default(),
    }
}

fn section(number: usize, step: &StepRun) -> Section {
    let mark = if step.verdict == Verdict::Passed { '✓' } else { '✗' };
    let mut said = Vec::new();
    if !step.question.is_empty() {
        said.push(safe(&step.question));
    }
    if let Some((right, because)) = &step.answer {
        said.push(format!("Right is: {}", safe(right)));
        said.push(flowed(because));
    }
    if let Some((expect, true)) = &step.expect {
        said.push(format!("As expected: {}", safe(expect)));
    }
    if let Verdict::Failed(why) = &step.verdict {
        said.push(format!("Not met: {}", safe(why)));
    }
    said.retain(|text| !text.is_empty());
    Section {
        title: format!("{mark} {number}. {}", safe(&step.title)),
        said,
        exchanged: step.exchanged.iter().map(exchange).collect(),
        table: (!step.lanes.is_empty()).then(|| table(&step.lanes)),
        chart: step.chart.clone().or_else(|| times(&step.lanes)),
    }
}

fn exchange(exchanged: &Exchanged) -> [String; 3] {
    [safe(&exchanged.line), safe(&exchanged.reply), elapsed_text(exchanged.elapsed)]
}

fn table(lanes: &[LaneReport]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut heads: Vec<String> =
        ["way", "total", "p50", "p99", "commands", "round trips", "queries", "sent", "received"]
            .map(String::from)
            .into();
    let names: Vec<&String> = lanes.first().map_or(Vec::new(), |lane| lane.observed.iter().map(|(n, _)| n).collect());
    heads.extend(names.iter().map(|name| safe(name)));
    let row = |lane: &LaneReport| {
        let counts = [lane.commands, lane.round_trips, lane.queries, lane.sent, lane.received];
        let mut cells =
            vec![safe(&lane.name), elapsed_text(lane.total), duration_text(lane.p50_us), duration_text(lane.p99_us)];
        cells.extend(counts.iter().map(u64::to_string));
        let value = |name: &&String| lane.observed.iter().find(|(known, _)| known == *name);
        cells.extend(names.iter().map(|name| value(name).map_or(String::new(), |(_, value)| safe(value))));
        cells
    };
    (heads, lanes.iter().map(row).collect())
}

/// A comparison that draws nothing of its own shows how long each way took.
fn times(lanes: &[LaneReport]) -> Option<Charted> {
    let number = |lane: &LaneReport| (lane.name.clone(), vec![Some(lane.total.total_us() as f64 / 1000.0)]);
    (lanes.len() > 1).then(|| Charted {
        title: "Total time".into(),
        unit: "ms".into(),
        names: vec!["total".into()],
        lanes: lanes.iter().map(number).collect(),
    })
}
