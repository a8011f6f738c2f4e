//! A race on its way: stepping forward and back, exploring, editing, and whether its goal is reached.

use std::sync::Arc;

use crate::lab::{Choice, ContrastView, RaceView, Scenario, Side, Sides, Timeline, VariantReport};
use crate::lesson::Goal;

use super::core::{Core, Done};
use super::event::Event;
use super::mirror::Mirror;
use super::race_search::explore_one;
use super::race_text::{self, Saved};
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

/// What is to be shown as soon as exploring has found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Simplest,
    Contrast,
}

/// A race on its way.
pub struct Race {
    /// Tells this race, with this text, from others.
    token: Arc<()>,
    sides: Sides,
    /// The scenario's text as it stands.
    text: String,
    /// The same race on a real server, where one is the target.
    mirror: Mirror,
    goal: Option<Goal>,
    /// What exploring found, by variant.
    reports: Vec<Option<VariantReport>>,
    /// Which variants are being explored.
    running: Vec<usize>,
    wanted: Option<Wanted>,
    /// What was last told of each variant: its position and its path.
    told: Vec<Option<(usize, String)>>,
}

impl Race {
    /// Opens a scenario at a variant; tells why it cannot.
    pub async fn open<W: Work>(
        core: &mut Core<W>,
        id: &str,
        variant: Option<&str>,
        goal: Option<Goal>,
    ) -> Option<Race> {
        let text = core.library.scenario_text(id).unwrap_or_default();
        let made = core.library.scenario(id).and_then(|scenario| Race::new(&scenario, text, variant, goal));
        match made {
            Ok(mut race) => {
                race.tell(core);
                Some(race)
            }
            Err(why) => {
                core.teller.failed(why);
                None
            }
        }
    }

    fn new(scenario: &Arc<Scenario>, text: String, variant: Option<&str>, goal: Option<Goal>) -> Result<Race, String> {
        let at = match variant {
            None => 0,
            Some(name) => scenario
                .variants
                .iter()
                .position(|variant| variant.name == name)
                .ok_or_else(|| format!("the scenario {} has no variant {name}", scenario.id))?,
        };
        let count = scenario.variants.len();
        Ok(Race {
            token: Arc::new(()),
            sides: Sides::new(scenario, at)?,
            text,
            mirror: Mirror::default(),
            goal,
            reports: vec![None; count],
            running: Vec::new(),
            wanted: None,
            told: vec![None; count],
        })
    }

    /// Tells where the focused variant stands, and the others where that has changed.
    fn tell<W: Work>(&mut self, core: &Core<W>) {
        let focus = self.sides.focus();
        if let Some(view) = self.sides.focused().map(Timeline::view) {
            self.told[focus] = Some((view.position, view.replay.clone()));
            core.teller.tell(Event::RaceMoved(Box::new(view)));
        }
        for variant in (0..self.told.len()).filter(|variant| *variant != focus) {
            let Some(timeline) = self.sides.timeline(variant) else { continue };
            let here = (timeline.position(), timeline.replay_text());
            if self.told[variant].as_ref() != Some(&here) {
                let view: RaceView = timeline.view();
                self.told[variant] = Some(here);
                core.teller.tell(Event::RaceBeside(Box::new(view)));
            }
        }
    }

    /// Does what was asked for; true when that reaches the goal.
    pub async fn asked<W: Work>(&mut self, core: &mut Core<W>, wish: RaceRequest) -> bool {
        let won = self.act(core, wish);
        self.follow(core).await;
        won
    }

    /// An exploration ended; true when that reaches the goal.
    pub async fn worked<W: Work>(&mut self, core: &mut Core<W>, work: RaceWork) -> bool {
        let won = self.explored(core, work);
        self.follow(core).await;
        won
    }

    async fn follow<W: Work>(&mut self, core: &mut Core<W>) {
        if let Some(timeline) = self.sides.focused() {
            self.mirror.follow(core, timeline).await;
        }
    }

    /// The race is left: what it created on a real server goes.
    pub async fn leave<W: Work>(mut self, core: &mut Core<W>) {
        if !self.running.is_empty() {
            core.cancel();
        }
        self.mirror.clear(core).await;
    }

    fn act<W: Work>(&mut self, core: &mut Core<W>, wish: RaceRequest) -> bool {
        let moved = match wish {
            RaceRequest::Step(client) => self.step(core, Choice::Client(client)),
            RaceRequest::Fault(fault) => self.step(core, Choice::Fault(fault)),
            RaceRequest::Back => self.sides.back(),
            RaceRequest::Forward => self.sides.forward(),
            RaceRequest::ToStart => self.jump(0),
            RaceRequest::ToEnd => self.jump(usize::MAX),
            RaceRequest::Jump(position) => self.jump(position),
            RaceRequest::Simplest => return self.simplest(core),
            RaceRequest::Play(index) => {
                let listed = self.report().and_then(|report| report.listed.get(index)).cloned();
                return listed.is_some_and(|(replay, _)| self.replay(core, &replay));
            }
            RaceRequest::Outcome(index) => {
                let replay = self.report().and_then(|report| report.outcomes.get(index)).map(|it| it.replay.clone());
                return replay.is_some_and(|replay| self.replay(core, &replay));
            }
            RaceRequest::Replay(text) => return self.replay(core, &text),
            other => {
                self.arrange(core, other);
                return false;
            }
        };
        if !moved {
            return false;
        }
        self.tell(core);
        self.reached_by_playing()
    }

    /// Wishes that take no step.
    fn arrange<W: Work>(&mut self, core: &mut Core<W>, wish: RaceRequest) {
        match wish {
            RaceRequest::Variant(index) => self.choose_variant(core, index),
            RaceRequest::Together(together) => {
                self.sides.set_together(together);
                core.teller.tell(Event::RaceTogether(together));
                for variant in 0..self.reports.len() {
                    self.show_found(variant);
                }
                self.tell(core);
            }
            RaceRequest::Explore => self.explore_all(core),
            RaceRequest::Contrast => self.contrast(core),
            RaceRequest::Source => {
                let id = self.sides.scenario().id.clone();
                let path = race_text::place(&core.library, &id);
                core.teller.tell(Event::RaceSource { text: self.text.clone(), id, path });
            }
            RaceRequest::Check(text) => {
                let (_, faults) = race_text::read(&self.sides.scenario().id, &text);
                core.teller.tell(Event::RaceChecked { faults, accepted: false });
            }
            RaceRequest::Edit(text) => self.edit(core, text),
            RaceRequest::Save { path, text, over } => {
                let told = match race_text::save(&path, text.as_ref().unwrap_or(&self.text), over) {
                    Saved::Done => Event::RaceSaved { path },
                    Saved::Exists => Event::RaceExists { path },
                    Saved::Failed(message) => Event::Failed { message },
                };
                core.teller.tell(told);
            }
            _ => {}
        }
    }

    fn report(&self) -> Option<&VariantReport> {
        self.reports.get(self.sides.focus())?.as_ref()
    }

    fn jump(&mut self, position: usize) -> bool {
        self.sides.jump(position);
        // It is told in any case: whoever asked may not know where the race stands.
        true
    }

    fn step<W: Work>(&mut self, core: &Core<W>, choice: Choice) -> bool {
        match self.sides.step(choice) {
            Ok(()) => true,
            Err(why) => {
                core.teller.failed(why);
                false
            }
        }
    }

    fn choose_variant<W: Work>(&mut self, core: &Core<W>, index: usize) {
        if let Err(why) = self.sides.choose(index) {
            return core.teller.failed(why);
        }
        self.tell(core);
        if let Some(report) = &self.reports[index] {
            core.teller.tell(Event::Explored(Box::new(report.clone())));
        }
    }

    fn replay<W: Work>(&mut self, core: &Core<W>, text: &str) -> bool {
        let played = self.sides.replay(text);
        // Where it cannot be played to its end, what comes before is shown.
        self.tell(core);
        match played {
            Ok(()) => self.reached_by_playing(),
            Err(why) => {
                core.teller.failed(why);
                false
            }
        }
    }

    /// Plays the simplest failing schedule; explores first where that is not known yet.
    fn simplest<W: Work>(&mut self, core: &mut Core<W>) -> bool {
        match self.report().map(|report| report.counterexample.as_ref().map(|found| found.replay.clone())) {
            Some(Some(replay)) => self.replay(core, &replay),
            Some(None) => {
                core.teller.failed(self.no_failure());
                false
            }
            None => {
                self.wanted = Some(Wanted::Simplest);
                self.explore_all(core);
                false
            }
        }
    }

    fn no_failure(&self) -> &'static str {
        match self.report().is_some_and(|report| report.exhaustive) {
            true => "no schedule of this variant breaks its invariant",
            false => "no failing schedule was found yet: exploring ended early, e goes on",
        }
    }

    /// Tells the simplest failing schedule beside the nearest that holds; explores first where they are not known.
    fn contrast<W: Work>(&mut self, core: &mut Core<W>) {
        let Some(report) = self.report() else {
            self.wanted = Some(Wanted::Contrast);
            return self.explore_all(core);
        };
        let Some(contrast) = &report.contrast else {
            return core.teller.failed(match (&report.counterexample, report.outcomes.iter().any(|it| it.holds)) {
                (None, _) => self.no_failure(),
                (Some(_), false) => "no schedule of this variant holds: there is nothing to compare with",
                (Some(_), true) => "no schedule that holds was found near this failure",
            });
        };
        let (scenario, variant) = (self.sides.scenario(), self.sides.focus());
        let side = |replay: &str| -> Result<Side, String> {
            let mut timeline = Timeline::new(scenario, variant)?;
            timeline.replay(replay)?;
            Ok(Side { replay: replay.into(), steps: timeline.steps().clone(), sentence: timeline.sentence() })
        };
        match (side(&contrast.failing), side(&contrast.holding)) {
            (Ok(failing), Ok(holding)) => {
                let view = ContrastView { variant, failing, holding, differs_at: contrast.differs_at };
                core.teller.tell(Event::RaceContrast(Box::new(view)));
            }
            (Err(why), _) | (_, Err(why)) => core.teller.failed(why),
        }
    }

    /// Takes another text of the scenario, unless it holds errors, and explores it.
    fn edit<W: Work>(&mut self, core: &mut Core<W>, text: String) {
        let (scenario, faults) = race_text::read(&self.sides.scenario().id, &text);
        let Some(scenario) = scenario else {
            return core.teller.tell(Event::RaceChecked { faults, accepted: false });
        };
        if let Err(why) = self.sides.renew(&Arc::new(scenario)) {
            core.teller.tell(Event::RaceChecked { faults, accepted: false });
            return core.teller.failed(why);
        }
        if !self.running.is_empty() {
            core.cancel();
        }
        let count = self.sides.scenario().variants.len();
        (self.token, self.text, self.wanted) = (Arc::new(()), text, None);
        (self.reports, self.told) = (vec![None; count], vec![None; count]);
        self.running.clear();
        core.teller.tell(Event::RaceChecked { faults, accepted: true });
        self.tell(core);
        self.explore_all(core);
    }

    /// Does what the goal asks for, for headless runs and for whoever gives up.
    pub fn solve<W: Work>(&mut self, core: &mut Core<W>) {
        if self.goal == Some(Goal::Violate) {
            self.wanted = Some(Wanted::Simplest);
        }
        self.explore_all(core);
    }

    /// Explores every variant that is not known in full, the focused one first.
    fn explore_all<W: Work>(&mut self, core: &mut Core<W>) {
        if !self.running.is_empty() {
            return;
        }
        let focus = self.sides.focus();
        let others = (0..self.reports.len()).filter(|index| *index != focus);
        for index in [focus].into_iter().chain(others).collect::<Vec<_>>() {
            match self.reports[index].clone().filter(|report| report.exhaustive) {
                Some(report) => self.work_again(core, index, report),
                None => self.explore_variant(core, index),
            }
        }
        core.teller.tell(Event::RaceExploring(self.running.len()));
    }

    /// What is known already comes back as if it had just been found.
    fn work_again<W: Work>(&mut self, core: &Core<W>, index: usize, report: VariantReport) {
        self.running.push(index);
        let race = self.token.clone();
        core.work.push(Box::pin(async move {
            Done::Own(RaceWork::Explored { race, index, result: Ok(Box::new(report)) }.into())
        }));
    }

    fn explore_variant<W: Work>(&mut self, core: &Core<W>, index: usize) {
        self.running.push(index);
        let (scenario, cancel, teller) = (self.sides.scenario().clone(), core.cancel.clone(), core.teller.clone());
        let work = tokio::task::spawn_blocking(move || explore_one(&scenario, index, &cancel, &teller));
        let race = self.token.clone();
        core.work.push(Box::pin(async move {
            let result = work.await.map_err(|error| format!("exploring ended early: {error}"));
            Done::Own(RaceWork::Explored { race, index, result }.into())
        }));
    }

    fn explored<W: Work>(&mut self, core: &mut Core<W>, work: RaceWork) -> bool {
        let RaceWork::Explored { race, index, result } = work;
        if !Arc::ptr_eq(&race, &self.token) {
            return false;
        }
        self.running.retain(|running| *running != index);
        match result {
            Err(why) => core.teller.failed(why),
            Ok(report) => {
                core.teller.tell(Event::Explored(report.clone()));
                if let Some(place) = self.reports.get_mut(index) {
                    *place = Some(*report);
                }
                if self.show_found(index) {
                    self.tell(core);
                }
            }
        }
        core.teller.tell(Event::RaceExploring(self.running.len()));
        let here = self.report().is_some();
        let played = match self.wanted.take_if(|_| here) {
            Some(Wanted::Simplest) => self.simplest(core),
            Some(Wanted::Contrast) => {
                self.contrast(core);
                false
            }
            None => false,
        };
        // Whatever was shown on the way: with the last variant all is explored.
        let done = here && self.running.is_empty();
        played
            || match self.goal {
                Some(Goal::Explore) => done,
                Some(Goal::Hold | Goal::Play) => done && self.play_first_holding(core),
                _ => false,
            }
    }

    /// A variant that stands by itself and was not touched yet shows its simplest failure, or how it holds.
    fn show_found(&mut self, variant: usize) -> bool {
        let Some(report) = self.reports.get(variant).and_then(Option::as_ref) else { return false };
        let failing = report.counterexample.as_ref().map(|found| &found.replay);
        let replay = failing.or(report.outcomes.first().map(|outcome| &outcome.replay)).cloned();
        replay.is_some_and(|replay| self.sides.show(variant, &replay))
    }

    /// For goals that want a schedule that keeps the invariant: exploring has found one.
    fn play_first_holding<W: Work>(&mut self, core: &Core<W>) -> bool {
        let found = self.report().and_then(|report| report.outcomes.iter().find(|outcome| outcome.holds));
        match found.map(|outcome| outcome.replay.clone()) {
            Some(replay) => self.replay(core, &replay),
            None => false,
        }
    }

    /// Whether the schedule that was just played reaches the goal.
    fn reached_by_playing(&self) -> bool {
        match (self.goal, self.sides.focused().and_then(Timeline::verdict)) {
            (Some(Goal::Play), Some(_)) => true,
            (Some(Goal::Violate), Some(verdict)) => verdict == Ok(false),
            (Some(Goal::Hold), Some(verdict)) => verdict == Ok(true),
            _ => false,
        }
    }
}
