//! A walk through a schedule: forward, back, to another branch. Every position that was visited is kept, so going back
//! costs nothing and brings everything back.

use std::sync::{Arc, OnceLock};

use crate::engine::Time;

use super::judge::{faults as faults_of, judge, observe};
use super::part::{Choice, ClientState, START, Status, Taken};
use super::path::{label, parse_replay, refusal, shown, step_taken};
use super::peek::{add_connection, dirt, keys, marked, state_text};
use super::scenario::Scenario;
use super::sentence::sentence;
use super::view::{ClientView, Dirty, KeyLine, RaceView, StepTaken};
use super::world::World;

/// The longest path that can be walked.
const LONGEST: usize = 100_000;

/// A position in the tree of schedules of one variant, with the path that leads through it.
#[derive(Clone, Debug)]
pub struct Timeline {
    scenario: Arc<Scenario>,
    variant: usize,
    /// One more than there are steps.
    worlds: Vec<World>,
    /// What is shown of each of these worlds.
    spots: Vec<Spot>,
    taken: Vec<Taken>,
    steps: Arc<Vec<Arc<StepTaken>>>,
    /// The whole path as `--replay` takes it, and how much of it is the path up to each position.
    replay: String,
    lengths: Vec<usize>,
    position: usize,
}

/// What is shown of one position. It is computed once, so that going back and forward costs nothing.
#[derive(Clone, Debug, Default)]
struct Spot {
    /// By whose step the WATCH of each client is dirty.
    dirt: Vec<Option<Arc<Dirty>>>,
    shown: OnceLock<Arc<Shown>>,
    keys: OnceLock<(Arc<Vec<KeyLine>>, usize)>,
}

/// The part of a [`RaceView`] that belongs to one position.
#[derive(Debug)]
struct Shown {
    clients: Vec<ClientView>,
    faults: Vec<(String, bool)>,
    observed: Vec<(String, String)>,
    world: Vec<(String, String)>,
    holds: Option<bool>,
    sentence: String,
}

impl Timeline {
    /// A variant at its start. The error says why it cannot start.
    pub fn new(scenario: &Arc<Scenario>, variant: usize) -> Result<Timeline, String> {
        let Some(found) = scenario.variants.get(variant) else {
            return Err(format!("there is no variant {}: there are {}", variant + 1, scenario.variants.len()));
        };
        let spot = Spot { dirt: vec![None; found.clients.len()], ..Spot::default() };
        Ok(Timeline {
            scenario: scenario.clone(),
            variant,
            worlds: vec![World::start(found)?],
            spots: vec![spot],
            taken: Vec::new(),
            steps: Arc::default(),
            replay: String::new(),
            lengths: vec![0],
            position: 0,
        })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// Which variant is walked.
    pub fn variant(&self) -> usize {
        self.variant
    }

    /// The world at the position.
    pub fn world(&self) -> &World {
        &self.worlds[self.position]
    }

    /// What may happen next.
    pub fn choices(&self) -> Vec<Choice> {
        self.world().choices()
    }

    /// How many steps are taken.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The whole path: steps from the position on were taken back.
    pub fn steps(&self) -> &Arc<Vec<Arc<StepTaken>>> {
        &self.steps
    }

    /// The choices of the whole path with all that followed from them.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Takes a choice. Where the path went on with the same one, it is kept; else it forks here. The error says why
    /// the choice cannot be taken.
    pub fn step(&mut self, choice: Choice) -> Result<(), String> {
        if self.taken.get(self.position).is_some_and(|taken| taken.choice == choice) {
            self.position += 1;
            return Ok(());
        }
        if self.position >= LONGEST {
            return Err(format!("no path is longer than {LONGEST} steps"));
        }
        let mut world = self.world().clone();
        let Some(taken) = world.step(choice) else { return Err(refusal(&world, choice)) };
        self.cut();
        let dirt = dirt(&self.spots[self.position].dirt, (self.world(), &world), &taken, self.position + 1);
        self.spots.push(Spot { dirt, ..Spot::default() });
        Arc::make_mut(&mut self.steps).push(Arc::new(step_taken(&world, &taken)));
        if !self.replay.is_empty() {
            self.replay.push(' ');
        }
        self.replay.push_str(label(world.variant(), choice));
        self.lengths.push(self.replay.len());
        self.taken.push(taken);
        self.worlds.push(world);
        self.position += 1;
        Ok(())
    }

    /// Forgets the steps that were taken back.
    pub fn cut(&mut self) {
        self.worlds.truncate(self.position + 1);
        self.spots.truncate(self.position + 1);
        self.taken.truncate(self.position);
        if self.steps.len() > self.position {
            Arc::make_mut(&mut self.steps).truncate(self.position);
        }
        self.lengths.truncate(self.position + 1);
        self.replay.truncate(self.lengths[self.position]);
    }

    /// One step back; false at the start.
    pub fn back(&mut self) -> bool {
        let moved = self.position > 0;
        self.position = self.position.saturating_sub(1);
        moved
    }

    /// One step forward on the path that was walked; false at its end.
    pub fn forward(&mut self) -> bool {
        let moved = self.position < self.steps.len();
        self.position += usize::from(moved);
        moved
    }

    /// To a position on the path; beyond its end, to its end.
    pub fn jump(&mut self, position: usize) {
        self.position = position.min(self.steps.len());
    }

    /// To the start.
    pub fn to_start(&mut self) {
        self.position = 0;
    }

    /// To the end of the path that was walked.
    pub fn to_end(&mut self) {
        self.position = self.steps.len();
    }

    /// Plays a schedule from the start: `alice bob bob alice`. The error says which word cannot be played; what comes
    /// before it is played.
    pub fn replay(&mut self, text: &str) -> Result<(), String> {
        let choices = parse_replay(self.world().variant(), text)?;
        self.to_start();
        for (n, choice) in choices.into_iter().enumerate() {
            self.step(choice).map_err(|why| format!("step {}: {why}", n + 1))?;
        }
        Ok(())
    }

    /// The path up to the position as `--replay` takes it.
    pub fn replay_text(&self) -> String {
        self.replay[..self.lengths[self.position]].to_string()
    }

    /// Whether the schedule has ended here, and then whether invariant and `always` hold; the error says why that
    /// cannot be computed.
    pub fn verdict(&self) -> Option<Result<bool, String>> {
        self.choices().is_empty().then(|| judge(self.world()).map(|ending| ending.holds))
    }

    /// What happened up to the position, in a sentence.
    pub fn sentence(&self) -> String {
        sentence(&self.worlds[..=self.position], &self.taken[..self.position])
    }

    /// Everything that a screen shows of this position.
    pub fn view(&self) -> RaceView {
        let (world, scenario, shown) = (self.world(), &self.scenario, self.shown());
        let (keys, key_count) = self.keys(self.position);
        RaceView {
            scenario: scenario.id.clone(),
            title: scenario.title.clone(),
            text: scenario.text.clone(),
            variants: scenario.variants.iter().map(|v| (v.name.clone(), v.title.clone())).collect(),
            variant: self.variant,
            clients: shown.clients.clone(),
            faults: shown.faults.clone(),
            path: self.steps.clone(),
            position: self.position,
            observed: shown.observed.clone(),
            world: shown.world.clone(),
            keys,
            key_count,
            clock_ms: since_start_ms(world.now()),
            holds: shown.holds,
            sentence: shown.sentence.clone(),
            replay: self.replay_text(),
            invariant: world.variant().invariant.source().to_string(),
        }
    }

    /// The keys at a position, with marks at those that its step changed.
    fn keys(&self, position: usize) -> (Arc<Vec<KeyLine>>, usize) {
        let spot = &self.spots[position];
        let found = spot.keys.get_or_init(|| {
            let (found, count) = keys(&self.worlds[position]);
            let before = position.checked_sub(1).map(|before| self.spots[before].keys.get().cloned());
            let found = match before {
                None => found,
                Some(Some((before, _))) => marked(found, &before),
                // A path that was replayed: nobody has looked at the position before.
                Some(None) => marked(found, &keys(&self.worlds[position - 1]).0),
            };
            (Arc::new(found), count)
        });
        found.clone()
    }

    fn shown(&self) -> Arc<Shown> {
        self.spots[self.position].shown.get_or_init(|| Arc::new(self.look())).clone()
    }

    fn look(&self) -> Shown {
        let world = self.world();
        let choices = world.choices();
        let faults = world.variant().faults.iter().enumerate();
        let ended = choices.is_empty();
        let broken = || faults_of(world).into_iter().map(|fault| format!("an error ended {fault}"));
        Shown {
            clients: (0..world.clients().len()).map(|client| self.client_view(client)).collect(),
            faults: faults.map(|(at, fault)| (fault.label.clone(), choices.contains(&Choice::Fault(at)))).collect(),
            observed: shown(observe(world).iter().map(|(name, value)| (name.as_str(), value))),
            world: shown(world.variables()),
            holds: self.verdict().and_then(Result::ok),
            sentence: if ended { self.sentence() } else { broken().collect::<Vec<_>>().join("; ") },
        }
    }

    fn client_view(&self, place: usize) -> ClientView {
        let world = self.world();
        let client: &ClientState = &world.clients()[place];
        let upcoming = world.upcoming(place);
        let next = upcoming.as_ref().map(|deed| match deed {
            Ok(deed) => deed.line(),
            Err(fault) => fault.to_string(),
        });
        let mut view = ClientView {
            name: client.machine.client().to_string(),
            can_run: client.status == Status::Ready,
            state: state_text(world, place, &since_start_ms),
            next,
            registers: shown(client.machine.registers()),
            watched: Vec::new(),
            watch_dirty: false,
            queued: None,
        };
        let dirt = self.spots[self.position].dirt.get(place).and_then(Option::as_ref);
        add_connection(&mut view, world, place, dirt);
        view
    }
}

fn since_start_ms(now: Time) -> i64 {
    now.ms() - START.ms()
}
