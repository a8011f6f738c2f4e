//! The nearest schedule that holds: it shares the longest beginning with one that fails, and then differs in the
//! fewest places. Beside each other the two show which step makes the difference.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hashbrown::HashSet;

use super::judge::judge;
use super::part::Choice;
use super::path::{parse_replay, replay_text};
use super::view::Contrast;
use super::world::World;

/// So many states are looked at before the search gives up.
const MOST_STATES: usize = 50_000;
/// So long it may take.
const LONGEST: Duration = Duration::from_secs(2);

/// The schedule that holds and is nearest to a failing one; `None` where there is none, or where none was found
/// within a bounded search.
pub fn nearest_holding(start: &World, failing: &str, cancel: &AtomicBool) -> Option<Contrast> {
    let choices = parse_replay(start.variant(), failing).ok()?;
    let worlds = walk(start, &choices)?;
    let mut search = Search::new(&choices, cancel);
    // All that goes on from a longer beginning has been seen when a shorter one is looked at.
    for differs_at in (0..choices.len()).rev() {
        if let Some(holding) = search.from(&worlds[differs_at], differs_at)? {
            let holding = replay_text(start.variant(), &holding);
            return Some(Contrast { failing: failing.into(), holding, differs_at });
        }
    }
    None
}

/// The worlds before each step of a schedule.
fn walk(start: &World, choices: &[Choice]) -> Option<Vec<World>> {
    let mut worlds = vec![start.clone()];
    for choice in choices {
        let mut world = worlds.last()?.clone();
        world.step(*choice)?;
        worlds.push(world);
    }
    Some(worlds)
}

/// A schedule on its way, as a list that shares its beginning with others.
struct Trail {
    choice: Choice,
    before: Option<Arc<Trail>>,
}

fn choices_of(trail: Option<&Arc<Trail>>) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut at = trail;
    while let Some(trail) = at {
        choices.push(trail.choice);
        at = trail.before.as_ref();
    }
    choices.reverse();
    choices
}

struct Search<'a> {
    failing: &'a [Choice],
    cancel: &'a AtomicBool,
    since: Instant,
    /// States from which no schedule holds, with how deep they lie: the cost of what follows depends on it.
    seen: HashSet<(usize, u64, u64)>,
    hashers: (foldhash::fast::FixedState, foldhash::fast::FixedState),
}

impl<'a> Search<'a> {
    fn new(failing: &'a [Choice], cancel: &'a AtomicBool) -> Search<'a> {
        let hashers = (foldhash::fast::FixedState::with_seed(1), foldhash::fast::FixedState::with_seed(2));
        Search { failing, cancel, since: Instant::now(), seen: HashSet::new(), hashers }
    }

    /// The nearest schedule that holds among those that leave the failing one exactly at a step. The outer `None`: the
    /// search has to end.
    fn from(&mut self, world: &World, differs_at: usize) -> Option<Option<Vec<Choice>>> {
        let first = self.failing.get(differs_at);
        let mut open: VecDeque<(World, usize, Option<Arc<Trail>>)> = VecDeque::new();
        for choice in world.choices().into_iter().filter(|choice| Some(choice) != first) {
            let mut next = world.clone();
            if next.step(choice).is_some() {
                let trail = Arc::new(Trail { choice, before: None });
                open.push_back((next, differs_at + 1, Some(trail)));
            }
        }
        // A step that both take costs nothing and is looked at first; so the first end is a nearest one.
        while let Some((world, depth, trail)) = open.pop_front() {
            if !self.is_new(&world, depth) {
                continue;
            }
            if self.seen.len() > MOST_STATES || self.cancel.load(Ordering::Relaxed) || self.since.elapsed() > LONGEST {
                return None;
            }
            let choices = world.choices();
            if choices.is_empty() {
                if judge(&world).is_ok_and(|ending| ending.holds) {
                    let rest = choices_of(trail.as_ref());
                    return Some(Some(self.failing[..differs_at].iter().copied().chain(rest).collect()));
                }
                continue;
            }
            for choice in choices {
                let mut next = world.clone();
                if next.step(choice).is_none() || next.trouble().is_some() {
                    continue;
                }
                let trail = Some(Arc::new(Trail { choice, before: trail.clone() }));
                match self.failing.get(depth) == Some(&choice) {
                    true => open.push_front((next, depth + 1, trail)),
                    false => open.push_back((next, depth + 1, trail)),
                }
            }
        }
        Some(None)
    }

    fn is_new(&mut self, world: &World, depth: usize) -> bool {
        let digest = |hasher: &foldhash::fast::FixedState| {
            let mut state = hasher.build_hasher();
            world.hash(&mut state);
            std::hash::Hasher::finish(&state)
        };
        let key = (depth, digest(&self.hashers.0), digest(&self.hashers.1));
        self.seen.insert(key)
    }
}
