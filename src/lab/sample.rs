//! Some schedules instead of all: for scenarios that are too large, and to see how rare a failure is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hashbrown::HashMap;

use super::explore::{Limits, Progress, TELL_EVERY, counterexample, outcome, unexplored};
use super::judge::{Ending, faults, judge};
use super::part::Choice;
use super::path::{replay_text, switches};
use super::scenario::Variant;
use super::strategy::{Strategy, walk};
use super::view::VariantReport;
use super::world::World;

/// The longest schedule that is walked.
const LONGEST: usize = 1_000_000;

/// Schedules that end alike.
struct Found {
    count: u64,
    simplest: (usize, Vec<Choice>),
    faults: Vec<String>,
}

/// Walks so many schedules of a variant as a strategy has it, and reports on those. `how` says how they were chosen.
pub fn sample(
    variant: &Arc<Variant>,
    index: usize,
    (strategy, how): (&mut dyn Strategy, &str),
    runs: u64,
    limits: &Limits,
    (watch, cancel): (&mut dyn FnMut(&Progress), &AtomicBool),
) -> VariantReport {
    let mut report = unexplored(variant, index);
    let start = match World::start(variant) {
        Ok(start) => start,
        Err(why) => {
            report.limit = why;
            return report;
        }
    };
    let mut outcomes: HashMap<Ending, Found> = HashMap::new();
    let (since, mut told, mut done) = (Instant::now(), Instant::now(), 0);
    let mut end = format!("{how} of its schedules");
    while done < runs {
        let now = Instant::now();
        if cancel.load(Ordering::Relaxed) {
            end = "cancelled".into();
        } else if now - since > limits.timeout {
            end = format!("longer than {:?}", limits.timeout);
        } else {
            done += 1;
            let (path, world) = walk(&start, strategy, LONGEST);
            match judge(&world) {
                Ok(ending) => note(&mut outcomes, ending, path, &world),
                Err(why) => {
                    end = format!("after `{}`: {why}", replay_text(variant, &path));
                    done -= 1;
                }
            }
            if now - told > TELL_EVERY {
                told = now;
                let (states, elapsed) = (start.servers_met() as u64, now - since);
                watch(&Progress { states, schedules: done.to_string(), elapsed, ..Progress::default() });
            }
            if !end.starts_with("after") {
                continue;
            }
        }
        break;
    }
    report.limit = end;
    report.schedules = done.to_string();
    fill(&mut report, &start, &outcomes);
    report
}

fn note(outcomes: &mut HashMap<Ending, Found>, ending: Ending, path: Vec<Choice>, world: &World) {
    let switches = switches(world.variant(), &path);
    let found = outcomes.entry(ending).or_insert_with(|| Found {
        count: 0,
        simplest: (switches, path.clone()),
        faults: faults(world),
    });
    found.count += 1;
    if (switches, path.len(), &path) < (found.simplest.0, found.simplest.1.len(), &found.simplest.1) {
        found.simplest = (switches, path);
    }
}

fn fill(report: &mut VariantReport, start: &World, outcomes: &HashMap<Ending, Found>) {
    let variant = start.variant();
    let mut sorted: Vec<(&Ending, &Found)> = outcomes.iter().collect();
    sorted.sort_by(|(a, f), (b, g)| (a.holds, g.count, *a).cmp(&(b.holds, f.count, *b)));
    let violating = sorted.iter().filter(|(ending, _)| !ending.holds);
    report.violating = violating.clone().map(|(_, found)| found.count).sum::<u64>().to_string();
    report.states = start.servers_met() as u64;
    report.outcomes = sorted
        .iter()
        .map(|(ending, found)| outcome(variant, ending, (found.count.to_string(), &found.faults), &found.simplest.1))
        .collect();
    let simplest = violating.map(|(_, found)| &found.simplest);
    let simplest = simplest.min_by_key(|(switches, path)| (*switches, path.len(), path.clone()));
    report.counterexample = simplest.and_then(|(_, path)| counterexample(start, path));
}
