//! `redlab explore`: all schedules of each variant.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{self, Limits, Progress, RaceView, Random, RoundRobin, Scenario, Timeline, VariantReport, sample};
use crate::report::{Picture, explored_text, mermaid, race_text, svg};
use crate::session::Library;

use super::args::{Common, Format, Strategy};
use super::bar::Bar;
use super::exit::{Ended, Exit, Failure};
use super::print;

/// What is wanted of an exploration.
pub struct Wish {
    /// Ids or paths.
    pub scenarios: Vec<String>,
    /// All there are.
    pub all: bool,
    /// Only this variant.
    pub variant: Option<String>,
    /// One schedule instead of all.
    pub replay: Option<String>,
    /// Which schedules, and how many.
    pub how: How,
}

/// Which schedules are looked at, and how many.
pub struct How {
    /// All, or some.
    pub strategy: Strategy,
    /// How many are drawn.
    pub runs: u64,
    /// How often they switch at most.
    pub max_switches: Option<u32>,
    /// Whether clients that do the same are explored once.
    pub symmetry: bool,
    /// Most distinct states.
    pub max_states: Option<u64>,
    /// Longest time.
    pub timeout: Option<Duration>,
}

/// Explores scenarios and prints what was found.
pub fn explore(common: &Common, library: &Library, wish: Wish) -> Ended {
    let ids = if wish.all { library.scenario_ids() } else { wish.scenarios.clone() };
    let (mut documents, mut pictures, mut exit) = (Vec::new(), Vec::new(), Exit::Fine);
    for id in &ids {
        let scenario = library.scenario(id).map_err(Failure::usage)?;
        let chosen = chosen(&scenario, wish.variant.as_deref())?;
        if let (Some(text), Some(variant)) = (&wish.replay, chosen.first()) {
            return replay(common, &scenario, *variant, text);
        }
        let mut bar = Bar::new();
        let reports = chosen.iter().map(|index| explored(&scenario, *index, (&wish.how, common.seed), &mut bar));
        let reports: Vec<VariantReport> = reports.collect();
        bar.clear();
        exit = worse(exit, verdict(&reports));
        match common.format {
            Format::Text => print::text(&explored_text(&scenario.id, &scenario.title, &reports))?,
            Format::Json => documents.push(lab::explored(&scenario.id, "bundled", &reports)),
            Format::Mermaid | Format::Svg => pictures.extend(reports.iter().map(|report| {
                let clients = scenario.variants[report.index].clients.iter().map(|client| client.name.to_string());
                Picture::of_report(&scenario.title, clients.collect(), report)
            })),
        }
    }
    match common.format {
        Format::Text => {}
        Format::Mermaid => print::text(&mermaid(&pictures))?,
        Format::Svg => print::text(&svg(&pictures))?,
        // One scenario is one document; several are a document that holds them.
        Format::Json => match documents.as_slice() {
            [one] if !wish.all => print::json(one)?,
            _ => print::json(&json!({"target": "bundled", "scenarios": documents}))?,
        },
    }
    Ok(exit)
}

/// Explores a variant as it is wanted, with a line that tells how far it has come.
fn explored(scenario: &Scenario, index: usize, (how, seed): (&How, u64), bar: &mut Bar) -> VariantReport {
    let variant = &scenario.variants[index];
    let limits = limits(how);
    let cancel = AtomicBool::new(false);
    let mut watch = |at: &Progress| bar.show(&progress(&variant.name, at));
    match how.strategy {
        Strategy::Exhaustive => lab::explore(variant, index, &limits, &mut watch, &cancel),
        Strategy::Random => {
            let told = format!("{} drawn at random (seed {seed})", how.runs);
            let mut random = Random::new(seed);
            sample(variant, index, (&mut random, &told), how.runs, &limits, (&mut watch, &cancel))
        }
        Strategy::RoundRobin => {
            let mut round = RoundRobin::default();
            sample(variant, index, (&mut round, "one, in turns,"), 1, &limits, (&mut watch, &cancel))
        }
    }
}

/// How far exploring has come, in less than 80 columns where the counts let it.
fn progress(variant: &str, at: &Progress) -> String {
    let name: String = variant.chars().take(20).collect();
    let seconds = at.elapsed.as_secs_f64();
    let rate = at.states as f64 / seconds.max(0.001) / 1e6;
    // A count may be longer than the terminal is wide.
    let schedules = match at.schedules.len() {
        ..=12 => at.schedules.clone(),
        digits => format!("{}… ({digits} digits)", &at.schedules[..4]),
    };
    let (states, mib) = (at.states, at.bytes >> 20);
    format!("{name}: {states} states, {schedules} schedules, {rate:.1} M/s, {mib} MiB, {seconds:.0} s")
}

/// Explores without printing anything but what does not hold.
pub fn prove(library: &Library, ids: &[String]) -> Ended {
    let mut exit = Exit::Fine;
    for id in ids {
        let scenario = library.scenario(id).map_err(Failure::usage)?;
        let reports: Vec<VariantReport> =
            (0..scenario.variants.len()).map(|index| explore_one(&scenario, index, &Limits::default())).collect();
        let found = verdict(&reports);
        if found != Exit::Fine {
            print::message(&explored_text(&scenario.id, &scenario.title, &reports));
        }
        exit = worse(exit, found);
    }
    Ok(exit)
}

fn explore_one(scenario: &Arc<Scenario>, index: usize, limits: &Limits) -> VariantReport {
    lab::explore(&scenario.variants[index], index, limits, &mut |_| {}, &AtomicBool::new(false))
}

/// The places of the variants that are meant: all, or the one of this name.
pub fn chosen(scenario: &Scenario, name: Option<&str>) -> Result<Vec<usize>, Failure> {
    let Some(name) = name else { return Ok((0..scenario.variants.len()).collect()) };
    match scenario.variants.iter().position(|variant| variant.name == name) {
        Some(index) => Ok(vec![index]),
        None => {
            let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
            Err(Failure::usage(format!("{} has no variant {name}: there are {}", scenario.id, names.join(", "))))
        }
    }
}

fn limits(wish: &How) -> Limits {
    let default = Limits::default();
    Limits {
        max_states: wish.max_states.unwrap_or(default.max_states),
        timeout: wish.timeout.unwrap_or(default.timeout),
        symmetry: wish.symmetry,
        max_switches: wish.max_switches,
        ..default
    }
}

/// 4 where a limit ended it, 1 where an expectation is wrong.
fn verdict(reports: &[VariantReport]) -> Exit {
    let wrong = |report: &VariantReport| {
        let violated = report.violating != "0";
        report.exhaustive && (report.expect == "holds" && violated || report.expect == "violated" && !violated)
    };
    if reports.iter().any(wrong) {
        Exit::Unmet
    } else if reports.iter().any(|report| !report.exhaustive) {
        Exit::Limit
    } else {
        Exit::Fine
    }
}

fn worse(a: Exit, b: Exit) -> Exit {
    match (a, b) {
        (Exit::Unmet, _) | (_, Exit::Unmet) => Exit::Unmet,
        (Exit::Limit, _) | (_, Exit::Limit) => Exit::Limit,
        _ => Exit::Fine,
    }
}

/// Runs one schedule and prints its steps and its end.
fn replay(common: &Common, scenario: &Arc<Scenario>, variant: usize, text: &str) -> Ended {
    let mut timeline = Timeline::new(scenario, variant).map_err(Failure::usage)?;
    timeline.replay(text).map_err(Failure::usage)?;
    let view = timeline.view();
    match common.format {
        Format::Json => print::json(&document(&view))?,
        Format::Text => print::text(&race_text(&view))?,
        Format::Mermaid => print::text(&mermaid(&[Picture::of_race(&view)]))?,
        Format::Svg => print::text(&svg(&[Picture::of_race(&view)]))?,
    }
    Ok(Exit::Fine)
}

fn document(view: &RaceView) -> Value {
    let steps: Vec<Value> = view.path[..view.position]
        .iter()
        .map(|step| json!({"client": step.name, "step": step.step, "reply": step.reply}))
        .collect();
    let pairs = |pairs: &[(String, String)]| -> serde_json::Map<String, Value> {
        pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    };
    json!({
        "scenario": view.scenario,
        "target": "bundled",
        "variant": view.variants.get(view.variant).map(|(name, _)| name),
        "replay": view.replay,
        "steps": steps,
        "observed": pairs(&view.observed),
        "world": pairs(&view.world),
        "holds": view.holds,
        "sentence": view.sentence,
    })
}
