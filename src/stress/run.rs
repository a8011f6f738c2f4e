//! All rounds of all variants.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::sync::watch;

use crate::lab::{self, Limits, Scenario, Variant};
use crate::target::TargetError;

use super::board::Meter;
use super::cast::cast;
use super::pace::{Pace, Plan};
use super::place::Places;
use super::player::Strike;
use super::round::{Lane, RoundError};
use super::statistics::Share;
use super::tally::{Beside, Ended, StressReport, Tally};

/// How often whoever looks on is told.
const TICK: Duration = Duration::from_millis(100);

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which variants, by their places.
    pub variants: Vec<usize>,
    /// So many clients of the program that several run; as written where nothing is said.
    pub clients: Option<usize>,
    /// So many rounds; as many as redlab finds right where nothing is said.
    pub rounds: Option<u64>,
    /// Where the dice start.
    pub seed: u64,
    /// The longest that the rounds of one variant may take.
    pub timeout: Option<Duration>,
    /// The longest that exploring one variant may take.
    pub explore: Duration,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The bundled explorer looks for what is possible.
    Exploring,
    /// Rounds are run.
    Running,
}

/// How far it is.
#[derive(Clone, Debug)]
pub struct Watched<'a> {
    /// The variant.
    pub variant: &'a str,
    /// What is going on.
    pub stage: Stage,
    /// The rounds that are to be.
    pub planned: u64,
    /// Those that were, and how many of them violated.
    pub violated: Share,
    /// How long a round sleeps on average.
    pub sleeps: Duration,
    /// Since when this variant runs.
    pub elapsed: Duration,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum StressError {
    /// The wish makes no sense for this scenario.
    #[error("{0}")]
    Wish(String),
    /// A server cannot be started.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A server is gone, or the rounds would touch what is not redlab's.
    #[error(transparent)]
    Round(RoundError),
}

/// Runs the variants of a scenario one after another, each for its rounds. `watch` is called ten times a second; when
/// `stop` becomes true, the round that runs is cut short and what was found so far is the answer.
///
/// # Errors
/// The wish makes no sense, or a server cannot be used. What was created on somebody's server has been removed.
pub async fn stress(
    scenario: &Scenario,
    places: &mut Places,
    wish: &Wish,
    watch: &mut dyn FnMut(&Watched<'_>),
    stop: &watch::Receiver<bool>,
) -> Result<Vec<StressReport>, StressError> {
    let mut variants = Vec::new();
    for index in &wish.variants {
        let Some(variant) = scenario.variants.get(*index) else { continue };
        let cast = match wish.clients {
            None => Ok(variant.clone()),
            Some(count) => cast(variant, count),
        };
        let impossible = |why| StressError::Wish(format!("the variant {} cannot be cast anew: {why}", variant.name));
        variants.push((*index, cast.map_err(impossible)?));
    }
    let mut reports = Vec::new();
    for (index, variant) in variants {
        if *stop.borrow() {
            break;
        }
        reports.push(Run { variant, index, wish, watch, stop }.report(places).await?);
    }
    Ok(reports)
}

/// One variant.
struct Run<'a> {
    variant: Arc<Variant>,
    index: usize,
    wish: &'a Wish,
    watch: &'a mut dyn FnMut(&Watched<'_>),
    stop: &'a watch::Receiver<bool>,
}

impl Run<'_> {
    async fn report(mut self, places: &mut Places) -> Result<StressReport, StressError> {
        let beside = self.explore().await;
        let pace = Pace::of(&self.variant, self.wish.seed).map_err(StressError::Wish)?;
        let plan = Plan::new(&pace, self.wish.rounds, places.most());
        let meter = Arc::new(Meter::default());
        let mut lanes = Vec::new();
        for place in places.take(plan.lanes).await? {
            lanes.push(Lane::open(place, &self.variant, &meter).await.map_err(StressError::Round)?);
        }
        let mut report = StressReport::new(&self.variant, &plan, pace, beside);
        let (tally, since) = (RefCell::new(Tally::default()), Instant::now());
        report.ended = match self.rounds(lanes, &report, &tally, since).await {
            Ok(ended) => ended,
            Err(RoundError::Trouble(why)) => Ended::Trouble(why),
            Err(error) => return Err(StressError::Round(error)),
        };
        report.elapsed = since.elapsed();
        report.commands = meter.commands.load(Ordering::Relaxed);
        report.latency = meter.latency.lock().unwrap_or_else(PoisonError::into_inner).clone();
        report.take(&self.variant, &tally.borrow());
        Ok(report)
    }

    /// What is possible, as far as the explorer gets in its time.
    async fn explore(&mut self) -> Beside {
        let limits = Limits { timeout: self.wish.explore, ..Limits::default() };
        let cancel = Arc::new(AtomicBool::new(false));
        let (variant, index, flag) = (self.variant.clone(), self.index, cancel.clone());
        let work = move || lab::explore(&variant, index, &limits, &mut |_| {}, &flag);
        let mut work = tokio::task::spawn_blocking(work);
        let since = Instant::now();
        loop {
            tokio::select! {
                done = &mut work => return done.map_or_else(|_| Beside::broken(), Beside::from),
                () = tokio::time::sleep(TICK) => {}
            }
            self.tell(Stage::Exploring, (0, Duration::ZERO), Share::default(), since);
            if *self.stop.borrow() {
                cancel.store(true, Ordering::Relaxed);
            }
        }
    }

    fn tell(&mut self, stage: Stage, plan: (u64, Duration), violated: Share, since: Instant) {
        let ((planned, sleeps), elapsed) = (plan, since.elapsed());
        (self.watch)(&Watched { variant: &self.variant.name, stage, planned, violated, sleeps, elapsed });
    }

    async fn rounds(
        &mut self,
        lanes: Vec<Lane>,
        report: &StressReport,
        tally: &RefCell<Tally>,
        since: Instant,
    ) -> Result<Ended, RoundError> {
        let (over, told) = watch::channel(false);
        let next = Cell::new(0);
        let dice = Dice { seed: self.wish.seed, variant: self.variant.clone(), steps: report.pace.steps.clone() };
        let planned = report.planned;
        let work = lanes.into_iter().map(|lane| keep_on(lane, &dice, planned, &next, tally, told.clone()));
        let mut work = std::pin::pin!(try_join_all(work));
        let mut ended = Ended::Complete;
        loop {
            tokio::select! {
                done = &mut work => {
                    done?;
                    let all = tally.borrow().violated().of >= planned;
                    return Ok(if all { Ended::Complete } else { ended });
                }
                () = tokio::time::sleep(TICK) => {}
            }
            let violated = tally.borrow().violated();
            self.tell(Stage::Running, (planned, report.pace.mean), violated, since);
            if *self.stop.borrow() {
                ended = Ended::Interrupted;
            } else if self.wish.timeout.is_some_and(|most| since.elapsed() >= most) {
                ended = Ended::TimedOut;
            }
            if ended != Ended::Complete {
                over.send_replace(true);
            }
        }
    }
}

/// Runs rounds on one lane until none is left, or until it is over.
async fn keep_on(
    mut lane: Lane,
    dice: &Dice,
    planned: u64,
    next: &Cell<u64>,
    tally: &RefCell<Tally>,
    mut over: watch::Receiver<bool>,
) -> Result<(), RoundError> {
    while next.get() < planned && !*over.borrow() {
        let round = next.replace(next.get() + 1);
        let mut random = dice.of_round(round);
        let strikes = dice.strikes(&mut random);
        match lane.round(strikes, &mut random, &mut over).await? {
            Some(end) => tally.borrow_mut().add(end),
            None => tally.borrow_mut().add_cut(),
        }
    }
    Ok(())
}

/// What is left to chance.
struct Dice {
    seed: u64,
    variant: Arc<Variant>,
    /// How many steps each client makes at most.
    steps: Vec<usize>,
}

impl Dice {
    /// The same for the same seed and round, whatever happened before.
    fn of_round(&self, round: u64) -> fastrand::Rng {
        // Neighbouring seeds must not give neighbouring numbers: the golden ratio spreads them.
        let mixed = self.seed.wrapping_add(round.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut random = fastrand::Rng::with_seed(mixed);
        fastrand::Rng::with_seed(random.u64(..))
    }

    /// Which faults are to happen in a round, and when: each in about half of the rounds, before any step of its client.
    fn strikes(&self, random: &mut fastrand::Rng) -> Vec<Vec<Strike>> {
        let mut strikes: Vec<Vec<Strike>> = self.variant.clients.iter().map(|_| Vec::new()).collect();
        for (at, fault) in self.variant.faults.iter().enumerate() {
            for _ in 0..fault.times {
                let steps = self.steps.get(fault.client).copied().unwrap_or(0).max(1);
                let (happens, before) = (random.bool(), random.usize(..steps));
                if let Some(own) = strikes.get_mut(fault.client).filter(|_| happens) {
                    own.push(Strike { fault: at, kind: fault.kind, before });
                }
            }
        }
        strikes.iter_mut().for_each(|own| own.sort_by_key(|strike| strike.before));
        strikes
    }
}

impl StressError {
    /// Whether the target is at fault, and not what was asked for: it is gone, or holds what must not be touched.
    pub fn is_of_target(&self) -> bool {
        !matches!(self, StressError::Wish(_) | StressError::Round(RoundError::Trouble(_)))
    }
}
