//! Exploring: every schedule of a variant. Positions that so many steps lead to are expanded together, each once, and the
//! numbers of schedules that lead there are added up, so that counts are exact and need no list of schedules.
//!
//! A position knows how many schedules lead there, and for each client whose step was the last the path with the fewest
//! switches and the first in client order among those. Nothing else about the past matters to what comes, so the
//! simplest violating schedule is found exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use num_bigint::BigUint;

use crate::engine::Missed;

use super::aside;
use super::atlas::Atlas;
use super::contrast::nearest_holding;
use super::judge::{Ending, Observed, conclude, faults, judge, observe};
use super::layer::{Layer, Order, Paths, Simple, Step};
use super::number::Rows;
use super::part::Choice;
use super::path::{play, replay_text, switches};
use super::scenario::Variant;
use super::sentence::sentence;
use super::symmetry;
use super::view::{Counterexample, Outcome, VariantReport};
use super::world::World;

/// So many schedules are listed one by one; beyond, only their outcomes.
const MOST_LISTED: u32 = 64;

/// So often exploring starts anew because a key was asked for that had been set aside.
const MOST_ATTEMPTS: u32 = 8;

/// With more positions than this, registers that nobody looks at do not tell ended clients apart any more.
const CROWDED: u64 = 100_000;

/// How often progress is told.
pub const TELL_EVERY: Duration = Duration::from_millis(30);

/// So many different outcomes are told apart.
const MOST_OUTCOMES: usize = 10_000;

/// How far exploring goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Positions.
    pub max_states: u64,
    /// Time.
    pub timeout: Duration,
    /// Memory, bytes.
    pub max_bytes: usize,
    /// Whether clients that can change places are explored once.
    pub symmetry: bool,
    /// How often a schedule switches from one client to another; `None`: as often as it likes.
    pub max_switches: Option<u32>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_states: 20_000_000,
            timeout: Duration::from_secs(120),
            max_bytes: 3 << 30,
            symmetry: true,
            max_switches: None,
        }
    }
}

/// How far exploring has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Distinct states met.
    pub states: u64,
    /// Schedules counted to their end, in decimal digits.
    pub schedules: String,
    /// How many steps deep it is.
    pub depth: usize,
    /// Distinct states of the server with its surroundings.
    pub servers: usize,
    /// Positions that were looked at: clients that can change places are looked at once.
    pub positions: u64,
    /// The memory that it takes, bytes.
    pub bytes: usize,
    /// How much of that the servers with their keyspaces take.
    pub servers_bytes: usize,
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
    let mut report = unexplored(variant, index);
    let start = match World::start(variant) {
        Ok(start) => start,
        Err(why) => {
            report.limit = why;
            return report;
        }
    };
    let mut classes =
        if limits.symmetry && limits.max_switches.is_none() { symmetry::classes(variant) } else { Vec::new() };
    let (mut keeps_ends, mut is_level) = (true, true);
    let mut kept = aside::is_worth_it(&start).then(|| aside::words(variant));
    let mut attempts = 0;
    loop {
        attempts += 1;
        let lean = kept.as_ref().map(|kept| start.set_aside(kept));
        let mut search =
            Search::new((lean.as_ref().unwrap_or(&start), &classes, keeps_ends, is_level), limits, (watch, cancel));
        let end = search.run();
        match (search.atlas.missed(), &mut kept) {
            (Some(Missed::Keys(keys)), Some(kept)) if attempts < MOST_ATTEMPTS => {
                kept.extend(keys);
                continue;
            }
            (Some(_), _) => {
                kept = None;
                continue;
            }
            (None, _) => {}
        }
        if search.atlas.is_uneven() {
            // A command did what its row does not say: everybody is told apart then.
            classes.clear();
            continue;
        }
        if search.met.is_none() && !search.atlas.is_level() {
            // Somebody was ended by an error: the same position can be met at several depths.
            is_level = false;
            continue;
        }
        if end.is_err() && search.is_crowded() {
            keeps_ends = false;
            continue;
        }
        search.report(&start, &mut report);
        if let Some(found) = report.counterexample.as_ref().filter(|_| report.schedules != report.violating) {
            report.contrast = nearest_holding(&start, &found.replay, cancel);
        }
        match end {
            Ok(()) if search.is_bounded => {
                let most = limits.max_switches.unwrap_or_default();
                report.limit = format!("only schedules with at most {most} switches");
            }
            Ok(()) => {
                report.exhaustive = true;
                if search.total <= BigUint::from(MOST_LISTED) {
                    report.listed = list(&start);
                }
            }
            Err(why) => report.limit = why,
        }
        return report;
    }
}

/// What is known of a variant before it is explored.
pub fn unexplored(variant: &Variant, index: usize) -> VariantReport {
    VariantReport {
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
    }
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
    path: Simple,
}

impl Simplest {
    fn key(&self) -> (u16, usize, u32) {
        (self.path.switches, self.depth, self.path.rank)
    }
}

struct Search<'a> {
    limits: &'a Limits,
    watch: &'a mut dyn FnMut(&Progress),
    cancel: &'a AtomicBool,
    since: Instant,
    told: Instant,
    classes: &'a [Vec<usize>],
    atlas: Atlas,
    order: Order,
    /// Every position that was met; `None` while each can be met at one depth only.
    met: Option<Rows>,
    positions: u64,
    start: Vec<u32>,
    /// Room for the row after a step.
    after: Vec<u32>,
    paths: Paths,
    /// Positions, those that symmetry leaves out counted too.
    states: u64,
    total: BigUint,
    outcomes: HashMap<Ending, Found>,
    /// What is observed, by what is shared.
    observed: HashMap<u32, Arc<Observed>>,
    depth: usize,
    expanded: u64,
    /// How many steps the atlas had carried out at the last look.
    carried_out: u64,
    /// Whether schedules were left out because they switch too often.
    is_bounded: bool,
}

impl<'a> Search<'a> {
    /// `keeps_ends`: whether registers that nobody looks at tell ended clients apart; `is_level`: whether a position may
    /// be met at one depth only.
    fn new(
        (start, classes, keeps_ends, is_level): (&World, &'a [Vec<usize>], bool, bool),
        limits: &'a Limits,
        (watch, cancel): (&'a mut dyn FnMut(&Progress), &'a AtomicBool),
    ) -> Search<'a> {
        let (atlas, mut row) = Atlas::new(start.clone(), classes, keeps_ends);
        symmetry::sort(classes, &mut row, &mut [0; symmetry::MOST]);
        if limits.max_switches.is_some() {
            // Two cells more: whose step was the last (0: nobody's), and how many switches there were.
            row.extend([0, 0]);
        }
        let clients = start.clients().len();
        let is_level = is_level && atlas.is_level();
        Search {
            limits,
            watch,
            cancel,
            since: Instant::now(),
            told: Instant::now(),
            classes,
            order: Order::new(clients, atlas.choices_len(), |choice| atlas.client_of(choice)),
            atlas,
            met: (!is_level).then(|| Rows::new(row.len())),
            positions: 0,
            start: row,
            after: Vec::new(),
            paths: Paths::default(),
            states: 0,
            total: BigUint::default(),
            outcomes: HashMap::new(),
            observed: HashMap::new(),
            depth: 0,
            expanded: 0,
            carried_out: 0,
            is_bounded: false,
        }
    }

    /// Explores layer by layer; the error is the limit that ended it.
    fn run(&mut self) -> Result<(), String> {
        let start = self.start.clone();
        self.meet(&start);
        let mut layer = Layer::first(&start, self.variant().clients.len());
        let mut most_bytes = 0;
        while layer.rows.len() > 0 {
            let mut next = layer.next();
            for at in 0..layer.rows.len() {
                self.check_limits(&layer, &next)?;
                self.expand(&layer, at, &mut next)?;
            }
            next.finish(&layer, &self.order, &mut self.paths);
            most_bytes = most_bytes.max(self.bytes() + layer.bytes() + next.bytes());
            layer = next;
            self.depth += 1;
        }
        let mut end = self.progress(&layer, &layer);
        end.bytes = most_bytes + end.servers_bytes;
        (self.watch)(&end);
        Ok(())
    }

    /// Counts a position that is new in its layer, unless it was met at another depth.
    fn meet(&mut self, row: &[u32]) {
        if self.met.as_mut().is_none_or(|met| met.number(row).1) {
            self.positions += 1;
            self.states += symmetry::positions(self.classes, row);
        }
    }

    fn check_limits(&mut self, layer: &Layer, next: &Layer) -> Result<(), String> {
        self.expanded += 1;
        if self.cancel.load(Ordering::Relaxed) {
            return Err("cancelled".into());
        }
        if self.positions > self.limits.max_states {
            return Err(format!("more than {} states", self.limits.max_states));
        }
        // What is remembered takes no time; what is carried out may take long.
        let carried_out = std::mem::replace(&mut self.carried_out, self.atlas.carried_out());
        if carried_out == self.carried_out && !self.expanded.is_multiple_of(16) {
            return Ok(());
        }
        if self.is_crowded() {
            return Err("exploring starts anew with fewer positions".into());
        }
        if self.met.is_none() && !self.atlas.is_level() {
            return Err("exploring starts anew with positions of several depths".into());
        }
        if self.atlas.missed().is_some() {
            return Err("keys were asked for that had been set aside".into());
        }
        let now = Instant::now();
        if now - self.since > self.limits.timeout {
            return Err(format!("longer than {:?}", self.limits.timeout));
        }
        if now - self.told < TELL_EVERY {
            return Ok(());
        }
        self.told = now;
        let progress = self.progress(layer, next);
        if progress.bytes > self.limits.max_bytes {
            return Err(format!("more than {} MiB of memory", self.limits.max_bytes >> 20));
        }
        if self.paths.len() >= u32::MAX as usize / 2 {
            return Err("more positions than can be told apart".into());
        }
        (self.watch)(&progress);
        Ok(())
    }

    fn progress(&self, layer: &Layer, next: &Layer) -> Progress {
        let servers_bytes = self.atlas.servers_bytes();
        Progress {
            states: self.states,
            positions: self.positions,
            schedules: self.total.to_string(),
            depth: self.depth,
            servers: self.atlas.shared_len(),
            bytes: self.bytes() + layer.bytes() + next.bytes() + servers_bytes,
            servers_bytes,
            elapsed: self.since.elapsed(),
        }
    }

    /// Whether there are so many positions that those which differ in nothing that counts had better be one.
    fn is_crowded(&self) -> bool {
        self.atlas.keeps_ends() && self.positions > CROWDED
    }

    fn bytes(&self) -> usize {
        self.met.as_ref().map_or(0, Rows::bytes) + self.paths.bytes() + self.atlas.bytes()
    }

    fn expand(&mut self, layer: &Layer, at: usize, next: &mut Layer) -> Result<(), String> {
        let row = layer.rows.get(u32::try_from(at).unwrap_or(u32::MAX));
        let mut after = std::mem::take(&mut self.after);
        after.resize(row.len(), 0);
        let expanded = self.expand_row(row, (layer, at), next, &mut after);
        self.after = after;
        expanded
    }

    fn expand_row(
        &mut self,
        row: &[u32],
        (layer, at): (&Layer, usize),
        next: &mut Layer,
        after: &mut [u32],
    ) -> Result<(), String> {
        let mut is_end = true;
        for choice in 0..self.atlas.choices_len() {
            if !self.atlas.is_open(row, choice) {
                continue;
            }
            is_end = false;
            let client = self.atlas.client_of(choice);
            if !self.may_switch(row, client, after) {
                self.is_bounded = true;
                continue;
            }
            let cells = self.atlas.width();
            let stepped = self.atlas.step(&row[..cells], choice, &mut after[..cells]);
            stepped.map_err(|why| self.after(layer, at, Some(choice), &why))?;
            let mut moved = [0; symmetry::MOST];
            let has_moved = symmetry::sort(self.classes, after, &mut moved);
            let (to, is_new) = next.meet(after);
            if is_new {
                self.meet(after);
            }
            let moved = has_moved.then_some(&moved[..]);
            next.lead(to, layer, at, Step { choice, client, moved, order: &self.order });
        }
        if is_end { self.end(row, layer, at) } else { Ok(()) }
    }

    /// Where switches are counted: counts one if this client's step is one. False if there were too many.
    fn may_switch(&self, row: &[u32], client: usize, after: &mut [u32]) -> bool {
        let (Some(most), &[.., last, switches]) = (self.limits.max_switches, row) else { return true };
        let this = u32::try_from(client).unwrap_or(u32::MAX - 1) + 1;
        let switches = switches + u32::from(last != 0 && last != this);
        let cells = after.len();
        (after[cells - 2], after[cells - 1]) = (this, switches);
        switches <= most
    }

    /// The choices of a path.
    fn choices(&self, path: &Simple) -> Vec<Choice> {
        self.paths.choices(path).into_iter().map(|choice| self.atlas.choice(choice)).collect()
    }

    /// What is wrong, and after which schedule.
    fn after(&self, layer: &Layer, at: usize, last: Option<usize>, why: &str) -> String {
        let mut path = self.choices(&layer.simplest(at));
        path.extend(last.map(|choice| self.atlas.choice(choice)));
        format!("after `{}`: {why}", replay_text(&self.variant(), &path))
    }

    fn variant(&self) -> Arc<Variant> {
        self.atlas.variant().clone()
    }

    fn observed(&mut self, row: &[u32]) -> Arc<Observed> {
        let atlas = &self.atlas;
        self.observed.entry(row[0]).or_insert_with(|| Arc::new(observe(&atlas.world(row)))).clone()
    }

    fn end(&mut self, row: &[u32], layer: &Layer, at: usize) -> Result<(), String> {
        let observed = self.observed(row);
        let atlas = &self.atlas;
        let shared = atlas.shared(row);
        let ending = conclude(
            atlas.variant(),
            (*observed).clone(),
            shared.variables.to_vec(),
            &|name: &str| atlas.named(row, name),
            shared.broken,
            atlas.stuck(row),
        );
        let ending = ending.map_err(|why| self.after(layer, at, None, &why))?;
        let count = layer.counts.get(at);
        self.total += &count;
        let here = Simplest { depth: self.depth, path: layer.simplest(at) };
        if !self.outcomes.contains_key(&ending) && self.outcomes.len() >= MOST_OUTCOMES {
            return Err(format!("more than {MOST_OUTCOMES} different outcomes"));
        }
        let found = self.outcomes.entry(ending).or_insert_with(|| Found {
            count: BigUint::default(),
            simplest: here,
            faults: Vec::new(),
        });
        found.count += count;
        if here.key() < found.simplest.key() {
            found.simplest = here;
        }
        if self.atlas.has_failed(row) {
            for fault in faults(&self.atlas.world(row)) {
                if !found.faults.contains(&fault) && found.faults.len() < 8 {
                    found.faults.push(fault);
                }
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
        report.states = self.states;
        report.schedules = self.total.to_string();
        report.violating = violating.map(|(_, found)| &found.count).sum::<BigUint>().to_string();
        report.outcomes = outcomes
            .iter()
            .map(|(ending, found)| {
                let told = (found.count.to_string(), &found.faults);
                outcome(variant, ending, told, &self.choices(&found.simplest.path))
            })
            .collect();
        report.counterexample = simplest.and_then(|simplest| counterexample(start, &self.choices(&simplest.path)));
    }
}

/// A violating schedule with its steps.
pub fn counterexample(start: &World, choices: &[Choice]) -> Option<Counterexample> {
    let switches = switches(start.variant(), choices);
    let (steps, _) = play(start, choices).ok()?;
    let (mut worlds, mut taken) = (vec![start.clone()], Vec::new());
    for choice in choices {
        let mut world = worlds.last()?.clone();
        taken.push(world.step(*choice)?);
        worlds.push(world);
    }
    let sentence = sentence(&worlds, &taken);
    Some(Counterexample { switches, steps, replay: replay_text(start.variant(), choices), sentence })
}

/// An outcome: how many schedules have it and whom an error ended in them, and the simplest of them.
pub fn outcome(
    variant: &Variant,
    ending: &Ending,
    (schedules, faults): (String, &Vec<String>),
    choices: &[Choice],
) -> Outcome {
    let names = variant.observe.iter().map(|(name, _)| name).chain(variant.world.iter().map(|(name, _)| name));
    let mut faults = faults.clone();
    faults.sort();
    Outcome {
        values: names.cloned().zip(ending.values.iter().map(|value| value.to_json())).collect(),
        holds: ending.holds,
        stuck: ending.stuck.iter().filter_map(|n| Some(variant.clients.get(*n)?.name.to_string())).collect(),
        schedules,
        replay: replay_text(variant, choices),
        faults,
    }
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
