//! Exploring: every schedule of a variant. Each distinct state is expanded once for each number of steps that lead to
//! it, and paths are added up, so that counts are exact and need no list of schedules.
//!
//! A state that so many steps lead to knows how many schedules lead there, and for each client whose step was the last
//! the path with the fewest switches and the first in client order among those. Nothing else about the past matters to
//! what comes, so the simplest violating schedule is found exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use num_bigint::BigUint;

use super::contrast::nearest_holding;
use super::judge::{Ending, judge};
use super::layer::{Best, NextLayer, Node, Paths, first_layer};
use super::path::{play, replay_text};
use super::scenario::Variant;
use super::view::{Counterexample, Outcome, VariantReport};
use super::world::{Choice, Status, World};

/// So many schedules are listed one by one; beyond, only their outcomes.
const MOST_LISTED: u32 = 64;

/// So many different outcomes are told apart.
const MOST_OUTCOMES: usize = 10_000;

/// How far exploring goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Distinct states.
    pub max_states: u64,
    /// Time.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_states: 2_000_000, timeout: Duration::from_secs(120) }
    }
}

/// How far exploring has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Distinct states visited.
    pub states: u64,
    /// Schedules counted to their end, in decimal digits.
    pub schedules: String,
    /// How many steps deep it is.
    pub depth: usize,
    /// Distinct states of the server.
    pub servers: usize,
    /// How long it has taken.
    pub elapsed: Duration,
}

/// Explores a variant. `watch` is called about every thousand states; setting `cancel` ends it soon.
pub fn explore(
    variant: &Arc<Variant>,
    index: usize,
    limits: &Limits,
    watch: &mut dyn FnMut(&Progress),
    cancel: &AtomicBool,
) -> VariantReport {
    let mut report = VariantReport {
        index,
        variant: variant.name.clone(),
        title: variant.title.clone(),
        expect: variant.expect.map_or("", |expect| expect.name()).into(),
        exhaustive: false,
        schedules: "0".into(),
        violating: "0".into(),
        states: 0,
        outcomes: Vec::new(),
        counterexample: None,
        contrast: None,
        listed: Vec::new(),
        limit: String::new(),
    };
    let start = match World::start(variant) {
        Ok(start) => start,
        Err(why) => {
            report.limit = why;
            return report;
        }
    };
    let mut search = Search::new(limits, watch, cancel);
    let end = search.run(start.clone());
    search.report(&start, &mut report);
    if let Some(found) = report.counterexample.as_ref().filter(|_| report.schedules != report.violating) {
        report.contrast = nearest_holding(&start, &found.replay, cancel);
    }
    match end {
        Ok(()) => {
            report.exhaustive = true;
            if search.total <= BigUint::from(MOST_LISTED) {
                report.listed = list(&start);
            }
        }
        Err(why) => report.limit = why,
    }
    report
}

/// What is known of the schedules that end alike.
struct Found {
    count: BigUint,
    simplest: Simplest,
    faults: Vec<String>,
}

/// The simplest schedule of a kind so far: fewest switches, then fewest steps, then first in client order.
#[derive(Clone, Copy)]
struct Simplest {
    depth: usize,
    best: Best,
}

impl Simplest {
    fn key(&self) -> (u32, usize, u32) {
        (self.best.switches, self.depth, self.best.rank)
    }
}

struct Search<'a> {
    limits: &'a Limits,
    watch: &'a mut dyn FnMut(&Progress),
    cancel: &'a AtomicBool,
    since: Instant,
    paths: Paths,
    seen: HashSet<u128>,
    total: BigUint,
    outcomes: HashMap<Ending, Found>,
    depth: usize,
    expanded: u64,
}

impl<'a> Search<'a> {
    fn new(limits: &'a Limits, watch: &'a mut dyn FnMut(&Progress), cancel: &'a AtomicBool) -> Search<'a> {
        Search {
            limits,
            watch,
            cancel,
            since: Instant::now(),
            paths: Paths::default(),
            seen: HashSet::new(),
            total: BigUint::default(),
            outcomes: HashMap::new(),
            depth: 0,
            expanded: 0,
        }
    }

    /// Explores layer by layer; the error is the limit that ended it.
    fn run(&mut self, start: World) -> Result<(), String> {
        self.seen.insert(super::server::digest(&start));
        let mut layer = first_layer(start);
        while !layer.is_empty() {
            let mut next = NextLayer::default();
            for node in layer {
                self.check_limits(&node)?;
                self.expand(&node, &mut next)?;
            }
            layer = next.finish(&mut self.paths);
            self.depth += 1;
        }
        Ok(())
    }

    fn check_limits(&mut self, node: &Node) -> Result<(), String> {
        self.expanded += 1;
        if self.cancel.load(Ordering::Relaxed) {
            return Err("cancelled".into());
        }
        if self.seen.len() as u64 > self.limits.max_states {
            return Err(format!("more than {} states", self.limits.max_states));
        }
        if self.since.elapsed() > self.limits.timeout {
            return Err(format!("longer than {:?}", self.limits.timeout));
        }
        if self.paths.len() >= u32::MAX as usize / 2 {
            return Err("more paths than can be told apart".into());
        }
        if self.expanded.is_multiple_of(1024) {
            let progress = Progress {
                states: self.seen.len() as u64,
                schedules: self.total.to_string(),
                depth: self.depth,
                servers: node.world.servers_met(),
                elapsed: self.since.elapsed(),
            };
            (self.watch)(&progress);
        }
        Ok(())
    }

    fn expand(&mut self, node: &Node, next: &mut NextLayer) -> Result<(), String> {
        let choices = node.world.choices();
        if choices.is_empty() {
            return self.end(node);
        }
        for choice in choices {
            let mut world = node.world.clone();
            let Some(taken) = world.step(choice) else { continue };
            if let Some(trouble) = world.trouble() {
                let path = node.simplest().map(|best| self.paths.choices(best)).unwrap_or_default();
                let path: Vec<Choice> = path.into_iter().chain([choice]).collect();
                return Err(format!("after `{}`: {trouble}", replay_text(world.variant(), &path)));
            }
            let key = next.add(node, world, &taken);
            self.seen.insert(key);
        }
        Ok(())
    }

    fn end(&mut self, node: &Node) -> Result<(), String> {
        let Some(best) = node.simplest() else { return Ok(()) };
        let ending = judge(&node.world).map_err(|why| {
            let path = self.paths.choices(best);
            format!("after `{}`: {why}", replay_text(node.world.variant(), &path))
        })?;
        self.total += &node.paths;
        let here = Simplest { depth: self.depth, best: *best };
        if !self.outcomes.contains_key(&ending) && self.outcomes.len() >= MOST_OUTCOMES {
            return Err(format!("more than {MOST_OUTCOMES} different outcomes"));
        }
        let found = self.outcomes.entry(ending).or_insert_with(|| Found {
            count: BigUint::default(),
            simplest: here,
            faults: Vec::new(),
        });
        found.count += &node.paths;
        if here.key() < found.simplest.key() {
            found.simplest = here;
        }
        for fault in faults(&node.world) {
            if !found.faults.contains(&fault) && found.faults.len() < 8 {
                found.faults.push(fault);
            }
        }
        Ok(())
    }

    fn report(&self, start: &World, report: &mut VariantReport) {
        let variant = start.variant();
        let mut outcomes: Vec<(&Ending, &Found)> = self.outcomes.iter().collect();
        // What goes wrong comes first, then what happens most often.
        outcomes.sort_by(|(a, f), (b, g)| (a.holds, &g.count, a).cmp(&(b.holds, &f.count, b)));
        let violating = outcomes.iter().filter(|(ending, _)| !ending.holds);
        let simplest = violating.clone().map(|(_, found)| found.simplest).min_by_key(Simplest::key);
        report.states = self.seen.len() as u64;
        report.schedules = self.total.to_string();
        report.violating = violating.map(|(_, found)| &found.count).sum::<BigUint>().to_string();
        report.outcomes = outcomes
            .iter()
            .map(|(ending, found)| outcome(variant, ending, found, &self.paths.choices(&found.simplest.best)))
            .collect();
        report.counterexample = simplest.and_then(|simplest| {
            let choices = self.paths.choices(&simplest.best);
            let (steps, _) = play(start, &choices).ok()?;
            let replay = replay_text(variant, &choices);
            Some(Counterexample { switches: simplest.best.switches as usize, steps, replay })
        });
    }
}

fn outcome(variant: &Variant, ending: &Ending, found: &Found, choices: &[Choice]) -> Outcome {
    let names = variant.observe.iter().map(|(name, _)| name).chain(variant.world.iter().map(|(name, _)| name));
    let mut faults = found.faults.clone();
    faults.sort();
    Outcome {
        values: names.cloned().zip(ending.values.iter().map(|value| value.to_json())).collect(),
        holds: ending.holds,
        stuck: ending.stuck.iter().filter_map(|n| Some(variant.clients.get(*n)?.name.to_string())).collect(),
        schedules: found.count.to_string(),
        replay: replay_text(variant, choices),
        faults,
    }
}

/// Clients that ended before their programs did: `bob: ERR …`.
pub fn faults(world: &World) -> Vec<String> {
    let ended = world.clients().iter().filter_map(|client| match &client.status {
        Status::Failed(fault) => Some(format!("{}: {fault}", client.machine.client())),
        _ => None,
    });
    ended.collect()
}

/// Every schedule with its verdict, in client order. Only for variants that have few.
fn list(start: &World) -> Vec<(String, bool)> {
    let mut listed = Vec::new();
    let mut open: Vec<(World, Vec<Choice>)> = vec![(start.clone(), Vec::new())];
    while let Some((world, path)) = open.pop() {
        let choices = world.choices();
        if choices.is_empty() {
            let holds = judge(&world).is_ok_and(|ending| ending.holds);
            listed.push((replay_text(world.variant(), &path), holds));
        }
        for choice in choices.into_iter().rev() {
            let mut after = world.clone();
            if after.step(choice).is_some() {
                let path = path.iter().copied().chain([choice]).collect();
                open.push((after, path));
            }
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Document, Source};
    use crate::lab::read;

    fn explored(yaml: &str) -> Vec<VariantReport> {
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).expect("a source"));
        let (document, mut diagnostics) = Document::parse(&source);
        let scenario = document.and_then(|document| read("t", &document, &mut diagnostics));
        let scenario = scenario.unwrap_or_else(|| panic!("{:#?}", diagnostics.sorted()));
        let cancel = AtomicBool::new(false);
        let each = scenario.variants.iter().enumerate();
        each.map(|(n, variant)| explore(variant, n, &Limits::default(), &mut |_| {}, &cancel)).collect()
    }

    #[test]
    fn lost_update_is_counted_exactly() {
        let reports = explored(include_str!("../../scenarios/lost-update.yaml"));
        let broken = &reports[0];
        assert_eq!((&*broken.schedules, &*broken.violating, broken.states), ("6", "4", 13));
        let counterexample = broken.counterexample.as_ref().expect("a counterexample");
        assert_eq!((counterexample.switches, &*counterexample.replay), (2, "alice bob bob alice"));
        let contrast = broken.contrast.as_ref().expect("a contrast");
        assert_eq!((&*contrast.holding, contrast.differs_at), ("alice alice bob bob", 1));
        assert_eq!(broken.listed.iter().filter(|(_, holds)| !holds).count(), 4);
        assert_eq!((&*reports[1].schedules, &*reports[1].violating), ("2", "0"));
    }
}
