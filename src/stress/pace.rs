//! How long a round takes in real time, and how many rounds that leaves.

use std::sync::Arc;
use std::time::Duration;

use crate::lab::{START, Variant, World};

/// So many rounds are run where nothing else is said and nobody sleeps.
pub const MOST_ROUNDS: u64 = 1000;

/// So many schedules are drawn to learn how long a round takes.
const SAMPLES: usize = 40;
/// A schedule is followed for so many steps.
const MOST_STEPS: usize = 2_000;
/// From so long a round on, several run side by side, each on a server of its own.
const LONG: Duration = Duration::from_millis(20);
/// So many at most, while rounds are short enough to keep a processor busy.
const FEW_LANES: usize = 8;
/// From so long a round on, as many run side by side as there can be: they hardly do anything but sleep.
const VERY_LONG: Duration = Duration::from_secs(1);
/// How long the rounds of a variant may take by choice of redlab's own.
const BUDGET: Duration = Duration::from_secs(10);

/// What schedules drawn at random on the bundled engine say of a variant.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// How long its clients sleep, are paused or wait for a blocking command's timeout, on average.
    pub mean: Duration,
    /// The longest that was seen.
    pub longest: Duration,
    /// The most steps that were seen of each client.
    pub steps: Vec<usize>,
}

impl Pace {
    /// Of a variant.
    ///
    /// # Errors
    /// It cannot start.
    pub fn of(variant: &Arc<Variant>, seed: u64) -> Result<Pace, String> {
        let start = World::start(variant)?;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut pace = Pace { steps: vec![0; variant.clients.len()], ..Pace::default() };
        let mut all = Duration::ZERO;
        for _ in 0..SAMPLES {
            let (took, steps) = walk(start.clone(), &mut random);
            all += took;
            pace.longest = pace.longest.max(took);
            pace.steps.iter_mut().zip(steps).for_each(|(most, steps)| *most = steps.max(*most));
        }
        pace.mean = all / u32::try_from(SAMPLES).unwrap_or(1);
        Ok(pace)
    }
}

/// One schedule drawn at random: how far the clock went, and the steps of each client.
fn walk(mut world: World, random: &mut fastrand::Rng) -> (Duration, Vec<usize>) {
    let mut steps = vec![0; world.clients().len()];
    for _ in 0..MOST_STEPS {
        let choices = world.choices();
        let Some(choice) = random.choice(choices) else { break };
        if let Some(taken) = world.step(choice) {
            steps[taken.client] += usize::from(taken.deed.is_some());
        }
    }
    let us = u64::try_from(world.now().us().saturating_sub(START.us())).unwrap_or(0);
    (Duration::from_micros(us), steps)
}

/// How many rounds there are to be, and how many of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The rounds.
    pub rounds: u64,
    /// So many run side by side.
    pub lanes: usize,
}

impl Plan {
    /// For a variant of this pace: `asked` rounds, or as many as redlab finds right; at most so many side by side.
    pub fn new(pace: &Pace, asked: Option<u64>, most_lanes: usize) -> Plan {
        let lanes = match pace.mean {
            mean if mean < LONG => 1,
            mean if mean < VERY_LONG => most_lanes.clamp(1, FEW_LANES),
            _ => most_lanes.max(1),
        };
        let side = u64::try_from(lanes).unwrap_or(1);
        let rounds = asked.unwrap_or_else(|| {
            let affordable = BUDGET.as_micros() / pace.mean.as_micros().max(1);
            let affordable = u64::try_from(affordable).unwrap_or(MOST_ROUNDS).saturating_mul(side);
            affordable.clamp(side, MOST_ROUNDS)
        });
        Plan { rounds, lanes: lanes.min(usize::try_from(rounds).unwrap_or(lanes)).max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(mean_ms: u64, asked: Option<u64>, most_lanes: usize) -> (u64, usize) {
        let pace = Pace { mean: Duration::from_millis(mean_ms), ..Pace::default() };
        let plan = Plan::new(&pace, asked, most_lanes);
        (plan.rounds, plan.lanes)
    }

    #[test]
    fn who_sleeps_long_runs_fewer_rounds_side_by_side() {
        assert_eq!(plan(0, None, 16), (1000, 1));
        assert_eq!(plan(50, None, 16), (1000, 8));
        assert_eq!(plan(50, None, 1), (200, 1));
        assert_eq!(plan(5_000, None, 16), (32, 16));
        assert_eq!(plan(120_000, None, 16), (16, 16));
        assert_eq!(plan(120_000, None, 1), (1, 1));
        assert_eq!(plan(120_000, Some(3), 16), (3, 3));
        assert_eq!(plan(0, Some(5_000), 16), (5_000, 1));
    }
}
