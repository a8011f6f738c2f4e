//! A walk through a schedule: forward, back, to another branch. Every position that was visited is kept, so going back
//! costs nothing and brings everything back.

use std::sync::Arc;

use crate::resp::printable;

use super::explore::faults;
use super::judge::{judge, observe};
use super::path::{parse_replay, refusal, replay_text, shown, step_taken};
use super::scenario::{Scenario, Variant};
use super::sentence::sentence;
use super::view::{ClientView, RaceView, StepTaken};
use super::world::{Choice, ClientState, START, Status, Taken, World};

/// The longest path that can be walked.
const LONGEST: usize = 100_000;

/// A position in the tree of schedules of one variant, with the path that leads through it.
#[derive(Clone, Debug)]
pub struct Timeline {
    scenario: Arc<Scenario>,
    variant: usize,
    /// One more than there are steps.
    worlds: Vec<World>,
    taken: Vec<Taken>,
    steps: Vec<StepTaken>,
    position: usize,
}

impl Timeline {
    /// A variant at its start. The error says why it cannot start.
    pub fn new(scenario: &Arc<Scenario>, variant: usize) -> Result<Timeline, String> {
        let Some(found) = scenario.variants.get(variant) else {
            return Err(format!("there is no variant {}: there are {}", variant + 1, scenario.variants.len()));
        };
        let worlds = vec![World::start(found)?];
        let scenario = scenario.clone();
        Ok(Timeline { scenario, variant, worlds, taken: Vec::new(), steps: Vec::new(), position: 0 })
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
    pub fn steps(&self) -> &[StepTaken] {
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
        self.worlds.truncate(self.position + 1);
        self.taken.truncate(self.position);
        self.steps.truncate(self.position);
        self.steps.push(step_taken(&world, &taken));
        self.taken.push(taken);
        self.worlds.push(world);
        self.position += 1;
        Ok(())
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
        let choices: Vec<Choice> = self.taken[..self.position].iter().map(|taken| taken.choice).collect();
        replay_text(self.world().variant(), &choices)
    }

    /// Whether the schedule has ended here, and then whether invariant and `always` hold; the error says why that
    /// cannot be computed.
    pub fn verdict(&self) -> Option<Result<bool, String>> {
        self.choices().is_empty().then(|| judge(self.world()).map(|ending| ending.holds))
    }

    fn fault_views(&self) -> Vec<(String, bool)> {
        let choices = self.choices();
        let faults = self.world().variant().faults.iter().enumerate();
        faults.map(|(at, fault)| (fault.label.clone(), choices.contains(&Choice::Fault(at)))).collect()
    }

    /// Everything that a screen shows of this position.
    pub fn view(&self) -> RaceView {
        let (world, scenario) = (self.world(), &self.scenario);
        let variant: &Variant = world.variant();
        let ended = self.choices().is_empty();
        let verdict = self.verdict();
        RaceView {
            scenario: scenario.id.clone(),
            title: scenario.title.clone(),
            text: scenario.text.clone(),
            variants: scenario.variants.iter().map(|v| (v.name.clone(), v.title.clone())).collect(),
            variant: self.variant,
            clients: (0..world.clients().len()).map(|client| client_view(world, client)).collect(),
            faults: self.fault_views(),
            path: self.steps.clone(),
            position: self.position,
            observed: shown(observe(world).iter().map(|(name, value)| (name.as_str(), value))),
            world: shown(world.variables()),
            clock_ms: since_start_ms(world.now()),
            holds: verdict.and_then(Result::ok),
            sentence: match ended {
                true => sentence(&self.worlds[..=self.position], &self.taken[..self.position]),
                false => faults(world)
                    .into_iter()
                    .map(|fault| format!("an error ended {fault}"))
                    .collect::<Vec<_>>()
                    .join("; "),
            },
            replay: self.replay_text(),
            invariant: variant.invariant.source().to_string(),
        }
    }
}

fn since_start_ms(now: crate::engine::Time) -> i64 {
    now.ms() - START.ms()
}

fn client_view(world: &World, place: usize) -> ClientView {
    let client: &ClientState = &world.clients()[place];
    let upcoming = world.upcoming(place);
    let next = upcoming.as_ref().map(|deed| match deed {
        Ok(deed) => deed.line(),
        Err(fault) => fault.to_string(),
    });
    let connection = world.server().engine.state().clients.get(&client.id);
    ClientView {
        name: client.machine.client().to_string(),
        can_run: client.status == Status::Ready,
        state: state_text(world, client),
        next,
        registers: shown(client.machine.registers()),
        watched: connection.map_or(Vec::new(), |connection| {
            connection.watched.iter().map(|watched| printable(&watched.key, 60)).collect()
        }),
        watch_dirty: connection.is_some_and(|connection| connection.watch_dirty),
    }
}

fn state_text(world: &World, client: &ClientState) -> String {
    match &client.status {
        Status::Ready => "ready".into(),
        Status::Done => "done".into(),
        Status::Sleeping(until) => format!("sleeping until {} ms", since_start_ms(*until)),
        Status::Paused(until) => format!("paused until {} ms", since_start_ms(*until)),
        Status::Crashed => "crashed".into(),
        Status::Failed(fault) => format!("failed: {fault}"),
        Status::Blocked => {
            let connection = world.server().engine.state().clients.get(&client.id);
            let blocked = connection.and_then(|connection| connection.blocked.as_ref());
            let keys: Vec<String> =
                blocked.map_or(Vec::new(), |blocked| blocked.keys.iter().map(|key| printable(key, 60)).collect());
            match keys.is_empty() {
                true => "blocked".into(),
                false => format!("blocked on {}", keys.join(", ")),
            }
        }
    }
}
