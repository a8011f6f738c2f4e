//! A race on its way: stepping forward and back, exploring, and whether its goal is reached.

use std::sync::Arc;

use crate::lab::{Choice, Limits, Progress, Scenario, Timeline, VariantReport, explore};
use crate::lesson::Goal;

use super::core::{Core, Done};
use super::event::Event;
use super::mirror::Mirror;
use super::request::RaceRequest;

/// What the work of a race gives back.
pub enum RaceWork {
    /// A variant was explored, or why it could not be.
    Explored {
        /// Which race asked: another one may be on by now.
        race: Arc<()>,
        /// The variant.
        index: usize,
        /// What was found.
        result: Result<Box<VariantReport>, String>,
    },
}

/// The work of a session that a race may belong to.
pub trait Work: From<RaceWork> + Send + 'static {}

impl<W: From<RaceWork> + Send + 'static> Work for W {}

/// A race on its way.
pub struct Race {
    /// Tells this race from others.
    token: Arc<()>,
    scenario: Arc<Scenario>,
    variant: usize,
    timeline: Timeline,
    /// The same race on a real server, where one is the target.
    mirror: Mirror,
    goal: Option<Goal>,
    /// What exploring found, by variant.
    reports: Vec<Option<VariantReport>>,
    /// Explorations that go on.
    running: usize,
    /// Play this outcome's simplest schedule when the exploration has ended.
    simplest_wanted: bool,
}

impl Race {
    /// Opens a scenario at a variant; tells why it cannot.
    pub async fn open<W: Work>(
        core: &mut Core<W>,
        id: &str,
        variant: Option<&str>,
        goal: Option<Goal>,
    ) -> Option<Race> {
        let made = core.library.scenario(id).and_then(|scenario| Race::new(scenario, variant, goal));
        match made {
            Ok(race) => {
                race.tell(core);
                Some(race)
            }
            Err(why) => {
                core.teller.failed(why);
                None
            }
        }
    }

    fn new(scenario: Arc<Scenario>, variant: Option<&str>, goal: Option<Goal>) -> Result<Race, String> {
        let at = match variant {
            None => 0,
            Some(name) => scenario
                .variants
                .iter()
                .position(|variant| variant.name == name)
                .ok_or_else(|| format!("the scenario {} has no variant {name}", scenario.id))?,
        };
        let timeline = Timeline::new(&scenario, at)?;
        let reports = vec![None; scenario.variants.len()];
        Ok(Race {
            token: Arc::new(()),
            scenario,
            variant: at,
            timeline,
            mirror: Mirror::default(),
            goal,
            reports,
            running: 0,
            simplest_wanted: false,
        })
    }

    fn tell<W: Work>(&self, core: &Core<W>) {
        core.teller.tell(Event::RaceMoved(Box::new(self.timeline.view())));
    }

    /// Does what was asked for; true when that reaches the goal.
    pub async fn asked<W: Work>(&mut self, core: &mut Core<W>, wish: RaceRequest) -> bool {
        let won = self.act(core, wish);
        self.mirror.follow(core, &self.timeline).await;
        won
    }

    /// An exploration ended; true when that reaches the goal.
    pub async fn worked<W: Work>(&mut self, core: &mut Core<W>, work: RaceWork) -> bool {
        let won = self.explored(core, work);
        self.mirror.follow(core, &self.timeline).await;
        won
    }

    /// The race is left: what it created on a real server goes.
    pub async fn leave<W: Work>(mut self, core: &mut Core<W>) {
        if self.running > 0 {
            core.cancel();
        }
        self.mirror.clear(core).await;
    }

    fn act<W: Work>(&mut self, core: &mut Core<W>, wish: RaceRequest) -> bool {
        let moved = match wish {
            RaceRequest::Step(client) => self.step(core, Choice::Client(client)),
            RaceRequest::Fault(fault) => self.step(core, Choice::Fault(fault)),
            RaceRequest::Back => self.timeline.back(),
            RaceRequest::Forward => self.timeline.forward(),
            RaceRequest::ToStart => {
                self.timeline.to_start();
                true
            }
            RaceRequest::ToEnd => {
                self.timeline.to_end();
                true
            }
            RaceRequest::Variant(index) => return self.choose_variant(core, index),
            RaceRequest::Explore => {
                self.explore_all(core);
                return false;
            }
            RaceRequest::Simplest => return self.simplest(core),
            RaceRequest::Play(index) => {
                let listed = self.reports[self.variant].as_ref().and_then(|report| report.listed.get(index)).cloned();
                match listed {
                    Some((replay, _)) => return self.replay(core, &replay),
                    None => false,
                }
            }
            RaceRequest::Replay(text) => return self.replay(core, &text),
        };
        if !moved {
            return false;
        }
        self.tell(core);
        self.reached_by_playing()
    }

    fn step<W: Work>(&mut self, core: &Core<W>, choice: Choice) -> bool {
        match self.timeline.step(choice) {
            Ok(()) => true,
            Err(why) => {
                core.teller.failed(why);
                false
            }
        }
    }

    fn choose_variant<W: Work>(&mut self, core: &Core<W>, index: usize) -> bool {
        match Timeline::new(&self.scenario, index) {
            Ok(timeline) => {
                (self.variant, self.timeline) = (index, timeline);
                self.tell(core);
                if let Some(report) = &self.reports[index] {
                    core.teller.tell(Event::Explored(Box::new(report.clone())));
                }
            }
            Err(why) => core.teller.failed(why),
        }
        false
    }

    fn replay<W: Work>(&mut self, core: &Core<W>, text: &str) -> bool {
        match self.timeline.replay(text) {
            Ok(()) => {
                self.tell(core);
                self.reached_by_playing()
            }
            Err(why) => {
                core.teller.failed(why);
                false
            }
        }
    }

    /// Plays the simplest failing schedule; explores first where that is not known yet.
    fn simplest<W: Work>(&mut self, core: &mut Core<W>) -> bool {
        match &self.reports[self.variant] {
            Some(report) => match report.counterexample.as_ref().map(|found| found.replay.clone()) {
                Some(replay) => self.replay(core, &replay),
                None => {
                    core.teller.failed("no schedule of this variant breaks its invariant");
                    false
                }
            },
            None => {
                self.simplest_wanted = true;
                self.explore_all(core);
                false
            }
        }
    }

    /// Does what the goal asks for, for headless runs and for whoever gives up.
    pub fn solve<W: Work>(&mut self, core: &mut Core<W>) {
        self.simplest_wanted = self.goal == Some(Goal::Violate);
        self.explore_all(core);
    }

    /// Explores all variants, each on a thread of its own: the lab is plain functions, and the screen goes on.
    fn explore_all<W: Work>(&mut self, core: &mut Core<W>) {
        if self.running > 0 {
            return;
        }
        for index in 0..self.scenario.variants.len() {
            self.running += 1;
            let (variant, cancel, teller) =
                (self.scenario.variants[index].clone(), core.cancel.clone(), core.teller.clone());
            let work = tokio::task::spawn_blocking(move || {
                let mut watch = |progress: &Progress| {
                    let what = format!("exploring {}: {} schedules so far, states", variant.name, progress.schedules);
                    teller.tell(Event::Progressed { what, done: progress.states, total: 0 });
                };
                Box::new(explore(&variant, index, &Limits::default(), &mut watch, cancel.flag()))
            });
            let race = self.token.clone();
            core.work.push(Box::pin(async move {
                let result = work.await.map_err(|error| format!("exploring ended early: {error}"));
                Done::Own(RaceWork::Explored { race, index, result }.into())
            }));
        }
    }

    fn explored<W: Work>(&mut self, core: &mut Core<W>, work: RaceWork) -> bool {
        let RaceWork::Explored { race, index, result } = work;
        if !Arc::ptr_eq(&race, &self.token) {
            return false;
        }
        self.running = self.running.saturating_sub(1);
        match result {
            Err(why) => core.teller.failed(why),
            Ok(report) => {
                core.teller.tell(Event::Explored(report.clone()));
                if let Some(place) = self.reports.get_mut(index) {
                    *place = Some(*report);
                }
            }
        }
        let here = self.reports[self.variant].is_some();
        if self.simplest_wanted && here {
            self.simplest_wanted = false;
            return self.simplest(core);
        }
        match self.goal {
            Some(Goal::Explore) => here && self.running == 0,
            Some(Goal::Hold | Goal::Play) => here && self.running == 0 && self.play_first_holding(core),
            _ => false,
        }
    }

    /// For goals that want a schedule that keeps the invariant: exploring has found one.
    fn play_first_holding<W: Work>(&mut self, core: &Core<W>) -> bool {
        let report = self.reports[self.variant].as_ref();
        let found = report.and_then(|report| report.outcomes.iter().find(|outcome| outcome.holds));
        match found.map(|outcome| outcome.replay.clone()) {
            Some(replay) => self.replay(core, &replay),
            None => false,
        }
    }

    /// Whether the schedule that was just played reaches the goal.
    fn reached_by_playing(&self) -> bool {
        match (self.goal, self.timeline.verdict()) {
            (Some(Goal::Play), Some(_)) => true,
            (Some(Goal::Violate), Some(verdict)) => verdict == Ok(false),
            (Some(Goal::Hold), Some(verdict)) => verdict == Ok(true),
            _ => false,
        }
    }
}
