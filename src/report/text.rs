//! Reports for people.

use crate::render::{chart, duration_text, elapsed_text};
use crate::resp::printable;
use crate::session::LaneReport;

use super::lesson_run::{LessonRun, StepRun, Verdict};

/// The columns of a chart.
const CHART: usize = 90;

/// What `redlab run` prints of one lesson.
pub fn run_text(run: &LessonRun) -> String {
    let mark = if run.passed() { '✓' } else { '✗' };
    let mut out = format!("{mark} {}  {}\n", run.id, run.title);
    for (number, step) in run.steps.iter().enumerate() {
        out.push_str(&step_text(number + 1, step));
    }
    if let Some(error) = &run.error {
        out.push_str(&format!("  ✗ {}\n", printable(error.as_bytes(), 2000)));
    }
    out
}

fn step_text(number: usize, step: &StepRun) -> String {
    let mut out = match &step.verdict {
        Verdict::Passed => format!("  ✓ {number:>2} {:<8} {}\n", step.kind, step.title),
        Verdict::Failed(why) => {
            let why = printable(why.as_bytes(), 2000);
            format!("  ✗ {number:>2} {:<8} {}\n       {why}\n", step.kind, step.title)
        }
    };
    let width = step.lanes.iter().map(|lane| lane.name.chars().count()).max().unwrap_or(0);
    for lane in &step.lanes {
        out.push_str(&lane_text(lane, width));
    }
    // A chart shows what is to be seen; how much faster which lane was may be beside the point then.
    match &step.chart {
        Some(charted) => {
            chart(charted, CHART).iter().for_each(|line| out.push_str(&format!("       {}\n", line.text())))
        }
        None => out.push_str(&ratio_text(&step.lanes)),
    }
    out
}

fn lane_text(lane: &LaneReport, width: usize) -> String {
    let observed: String =
        lane.observed.iter().map(|(name, value)| format!("  {name} {}", printable(value.as_bytes(), 40))).collect();
    format!(
        "       {:<width$}  total {}  p50 {}  p99 {}  {} commands  {} round trips  {} queries  {} bytes sent  {} received{observed}\n",
        lane.name,
        elapsed_text(lane.total),
        duration_text(lane.p50_us),
        duration_text(lane.p99_us),
        lane.commands,
        lane.round_trips,
        lane.queries,
        lane.sent,
        lane.received,
    )
}

/// How many times the slowest lane's time each other lane saves: the sentence that a comparison is made for.
fn ratio_text(lanes: &[LaneReport]) -> String {
    let Some(slowest) = lanes.iter().max_by_key(|lane| lane.total.total_us()) else { return String::new() };
    let (slow, mut out) = (slowest.total.total_us() as f64, String::new());
    for lane in lanes.iter().filter(|lane| lane.name != slowest.name) {
        let ratio = slow / (lane.total.total_us().max(1)) as f64;
        out.push_str(&format!("       {} is {ratio:.1}× faster than {}\n", lane.name, slowest.name));
    }
    out
}
