//! A lesson on its way: which step, what was typed in it, what its check says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crate::lesson::{Action, Do, Input, Judgement, Lesson, Mastery, Predict, Store, Used, keys_of, reply_datum};
use crate::program::Datum;
use crate::target::{Connection, Kind};

use super::compare::Measurement;
use super::core::{Call, Core, Done};
use super::event::{Event, LessonCard, Sender, StepCard, Task, Unmet};
use super::observe::observe;
use super::perform::{Sql, Telling};
use super::race_mode::Race;
use super::solve::{Ran, run_inputs};

/// Progress that sessions and screens share.
pub type SharedStore = Arc<Mutex<Store>>;

/// What the work of a lesson gives back.
pub enum LessonWork {
    /// Commands of the lesson ran to their end, or why they did not.
    Ran {
        /// The step.
        index: usize,
        /// For which purpose.
        purpose: Purpose,
        /// Whose connection they used.
        client: usize,
        /// The connection.
        connection: Connection,
        /// What came of it.
        ran: Ran,
    },
    /// A comparison ended; `None` if it was cancelled.
    Compared {
        /// The step.
        index: usize,
        /// What was measured.
        result: Option<Result<Vec<Measurement>, String>>,
    },
    /// Time passed on a live server.
    Waited {
        /// The step.
        index: usize,
    },
    /// A race's work.
    Race(super::race_mode::RaceWork),
}

impl From<super::race_mode::RaceWork> for LessonWork {
    fn from(work: super::race_mode::RaceWork) -> LessonWork {
        LessonWork::Race(work)
    }
}

/// Why commands of the lesson were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They solve the step.
    Solve,
    /// Their reply is the answer to a prediction; so was chosen.
    Predict(usize),
}

/// A lesson on its way.
pub struct LessonRun {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// Where progress is kept; `None`: nowhere.
    pub progress: Option<SharedStore>,
    /// The lesson's database.
    pub sql: Option<Sql>,
    /// The step that is shown.
    pub at: usize,
    /// Steps that are met.
    pub met: BTreeSet<usize>,
    /// Steps whose commands have been run in this session, by whomever.
    pub(super) effects: BTreeSet<usize>,
    /// What was answered to predictions and quizzes: the right choice.
    pub(super) answers: BTreeMap<usize, usize>,
    /// What the steps that were solved by typing needed, at best.
    used: BTreeMap<usize, Used>,
    /// What was typed in the step.
    pub(super) typed: Vec<String>,
    /// Whether the author's solution was run in the step.
    helped: bool,
    /// The last reply in the step.
    pub(super) reply: Option<Datum>,
    /// The keys that the last command in the step named.
    pub(super) keys: Datum,
    /// Hints shown in the step.
    pub(super) rung: usize,
    /// Whether long work of the step goes on.
    pub busy: bool,
    /// The race of the step.
    pub race: Option<Race>,
    /// The step that was asked for while a command of one that is met was still running.
    pub(super) next: Option<usize>,
}

impl LessonRun {
    /// A lesson before its first step.
    pub fn new(lesson: Arc<Lesson>, progress: Option<SharedStore>, sql: Option<Sql>) -> LessonRun {
        let known = progress.as_ref().and_then(|store| Some(store.lock().ok()?.lesson(&lesson.id))).unwrap_or_default();
        LessonRun {
            lesson,
            progress,
            sql,
            at: 0,
            met: known.steps,
            used: known.used,
            helped: false,
            effects: BTreeSet::new(),
            answers: BTreeMap::new(),
            typed: Vec::new(),
            reply: None,
            keys: Datum::list([]),
            rung: 0,
            busy: false,
            race: None,
            next: None,
        }
    }

    /// Where the learner stood last time.
    pub fn resume_at(&self) -> usize {
        let current = self.progress.as_ref().and_then(|store| Some(store.lock().ok()?.lesson(&self.lesson.id).current));
        current.unwrap_or(0).min(self.lesson.steps.len().saturating_sub(1))
    }

    /// The table of contents.
    pub fn card(&self) -> LessonCard {
        LessonCard {
            id: self.lesson.id.clone(),
            track: self.lesson.track.clone(),
            title: self.lesson.title.clone(),
            steps: self.lesson.steps.iter().map(|step| step.title.clone()).collect(),
            clients: self.lesson.clients.clone(),
        }
    }

    pub(super) fn action(&self) -> Option<&Action> {
        self.lesson.steps.get(self.at).map(|step| &step.action)
    }

    /// Enters a step. What the steps before it would have done, and have not in this session, is done now.
    pub async fn go_to(&mut self, core: &mut Core<LessonWork>, index: usize) {
        if index >= self.lesson.steps.len() {
            return;
        }
        if self.busy || core.is_waiting() {
            // What runs after a step was met is a learner's last look: nobody should have to ask twice.
            if self.met.contains(&self.at) {
                self.next = Some(index);
            } else {
                core.teller.failed("something is still running: esc ends it");
            }
            return;
        }
        if let Some(race) = self.race.take() {
            race.leave(core).await;
        }
        if let Err(why) = self.prepare(core, index).await {
            core.teller.failed(why);
        }
        (self.at, self.rung, self.reply, self.race) = (index, 0, None, None);
        self.keys = Datum::list([]);
        self.typed.clear();
        self.helped = false;
        if let Some(moment) = core.moment() {
            core.undo.enter(moment);
        }
        let step = &self.lesson.steps[index];
        let card = StepCard { title: step.title.clone(), text: step.text.clone(), task: task(&step.action) };
        core.teller.tell(Event::StepEntered { index, step: card, met: self.met.contains(&index) });
        core.look().await;
        if let Some(store) = &self.progress
            && let Ok(mut store) = store.lock()
        {
            store.stand_at(&self.lesson.id, index);
        }
        match &step.action {
            Action::Read => self.done(core, index),
            Action::Race(race) => {
                let race = race.clone();
                self.race = Race::open(core, &race.scenario, race.variant.as_deref(), Some(race.goal)).await;
            }
            _ => {}
        }
    }

    /// Goes where it was asked to go while something was still running.
    pub async fn go_on(&mut self, core: &mut Core<LessonWork>) {
        if !self.busy
            && !core.is_waiting()
            && let Some(index) = self.next.take()
        {
            self.go_to(core, index).await;
        }
    }

    /// Runs what skipped steps would have done, so that this one finds what it builds on.
    async fn prepare(&mut self, core: &mut Core<LessonWork>, index: usize) -> Result<(), String> {
        for skipped in 0..index {
            if !self.effects.insert(skipped) {
                continue;
            }
            let step = self.lesson.steps[skipped].clone();
            let (client, inputs) = match &step.action {
                Action::Do(wanted) => (wanted.client, wanted.solution.clone()),
                Action::Predict(wanted) => (wanted.client, vec![wanted.run.clone()]),
                Action::Advance(time) => {
                    if let Some(bundled) = core.target.bundled() {
                        bundled.jump(*time);
                    }
                    continue;
                }
                _ => continue,
            };
            self.run_now(core, client, &inputs).await.map_err(|why| format!("step {}: {why}", skipped + 1))?;
        }
        Ok(())
    }

    /// Runs the lesson's setup.
    pub async fn set_up(&mut self, core: &mut Core<LessonWork>) -> Result<(), String> {
        let setup = self.lesson.setup.clone();
        self.run_now(core, 0, &setup).await
    }

    /// Runs commands of the lesson and waits for them.
    async fn run_now(&self, core: &mut Core<LessonWork>, client: usize, inputs: &[Input]) -> Result<(), String> {
        core.note_created(inputs);
        for input in inputs {
            if let Input::Command { argv, .. } = input {
                core.follow(argv);
            }
        }
        let Some(mut connection) = core.take_connection(client) else { return Err("a client is busy".into()) };
        let mut witness = Telling { teller: core.teller.clone(), client, sender: Sender::Lesson };
        let ran =
            run_inputs(&mut connection, &core.target, self.sql.as_ref(), inputs, &core.cancel, &mut witness).await;
        core.put_back(client, Some(connection), None);
        ran.result.map(|_| ())
    }

    /// Takes a typed line.
    pub async fn typed(&mut self, core: &mut Core<LessonWork>, client: usize, line: String) {
        if let Ok(Input::Sql(statement)) = Input::typed(&line, self.sql.is_some()) {
            self.typed.push(line);
            self.effects.insert(self.at);
            let input = [Input::Sql(statement)];
            if let Some(moment) = core.moment() {
                core.undo.note(moment);
            }
            self.start(core, client, &input, Sender::Typed, Purpose::Solve).await;
            return;
        }
        let shown = line.clone();
        if core.typed(client, line).await {
            self.typed.push(shown);
            self.effects.insert(self.at);
        }
    }

    /// The user's word on a command that was asked about.
    pub async fn confirmed(&mut self, core: &mut Core<LessonWork>, yes: bool) {
        let line = core.asked.as_ref().map(|call| call.line.clone());
        if core.confirmed(yes).await {
            self.typed.extend(line);
            self.effects.insert(self.at);
        }
    }

    /// A typed command was answered.
    pub async fn replied(&mut self, core: &mut Core<LessonWork>, call: &Call, reply: crate::resp::Value) {
        core.look().await;
        if call.sender == Sender::Typed {
            self.reply = Some(reply_datum(reply));
            self.keys = keys_of(&call.argv);
            self.check(core).await;
        }
    }

    /// Evaluates the step's check.
    pub async fn check(&mut self, core: &mut Core<LessonWork>) {
        let (index, lesson) = (self.at, self.lesson.clone());
        let Some(Action::Do(wanted)) = lesson.steps.get(index).map(|step| &step.action) else { return };
        let observed = match observe(&mut core.observer, self.sql.as_ref(), &wanted.observe).await {
            Ok(observed) => observed,
            Err(why) => return core.teller.failed(format!("the check cannot be made: {why}")),
        };
        let mut values: BTreeMap<String, Datum> = observed.into_iter().collect();
        values.insert("keys".into(), self.keys.clone());
        if let Some(reply) = &self.reply {
            values.insert("reply".into(), reply.clone());
        }
        match wanted.judge(&values) {
            Judgement::Met => {
                let solution = wanted.solution.iter().map(Input::line).collect();
                core.teller.tell(Event::Met { index, solution });
                self.note_used(core, index);
                self.done(core, index);
            }
            Judgement::Unmet { expected, nearest_miss } => {
                let unmet = Unmet { done: self.typed.clone(), expected, nearest_miss };
                core.teller.tell(Event::Unmet { index, unmet });
            }
        }
    }

    /// A step is met, perhaps by what was typed: that is kept, and told once all is done.
    fn note_used(&mut self, core: &Core<LessonWork>, index: usize) {
        if self.helped || self.typed.is_empty() {
            return;
        }
        let lines = self.typed.iter().filter_map(|line| Input::typed(line, self.sql.is_some()).ok());
        let used = Used::of(&lines.collect::<Vec<_>>());
        let best = self.used.entry(index).or_insert(used);
        *best = used.min(*best);
        if let Some(store) = &self.progress
            && let Ok(mut store) = store.lock()
        {
            store.used(&self.lesson.id, index, used);
        }
        if self.met.len() == self.lesson.steps.len() {
            self.tell_mastery(core);
        }
    }

    fn tell_mastery(&self, core: &Core<LessonWork>) {
        core.teller.tell(Event::Mastered(Mastery::of(&self.used, &self.lesson.author_used())));
    }

    /// A step is met: it is ticked, and perhaps it was the last one.
    pub(super) fn done(&mut self, core: &Core<LessonWork>, index: usize) {
        let fresh = self.met.insert(index);
        let all = self.met.len() == self.lesson.steps.len();
        if let Some(store) = &self.progress
            && let Ok(mut store) = store.lock()
        {
            store.tick(&self.lesson.id, index);
            if all {
                store.finish(&self.lesson.id);
            }
            for notice in store.take_notices() {
                core.teller.failed(notice);
            }
        }
        if all && fresh {
            self.tell_mastery(core);
            core.teller.tell(Event::Completed);
        }
    }

    /// Runs the step's own solution.
    pub async fn solve(&mut self, core: &mut Core<LessonWork>) {
        match self.action().cloned() {
            Some(Action::Do(Do { client, solution, .. })) => {
                self.helped = true;
                self.effects.insert(self.at);
                self.start(core, client, &solution, Sender::Solution, Purpose::Solve).await;
            }
            Some(Action::Race(_)) => {
                if let Some(race) = &mut self.race {
                    race.solve(core);
                }
            }
            _ => core.teller.failed("this step has no solution to run"),
        }
    }

    /// Starts commands of the lesson beside the loop.
    pub(super) async fn start(
        &mut self,
        core: &mut Core<LessonWork>,
        client: usize,
        inputs: &[Input],
        sender: Sender,
        purpose: Purpose,
    ) {
        core.note_created(inputs);
        for input in inputs {
            if let Input::Command { argv, .. } = input {
                core.follow(argv);
            }
        }
        let Some(mut connection) = core.take_connection(client) else {
            return core.teller.failed("this client still waits for its last reply: esc cancels that");
        };
        self.keys = inputs.last().map_or_else(|| Datum::list([]), Input::keys);
        let (index, inputs, target) = (self.at, inputs.to_vec(), core.target.clone());
        let (sql, cancel) = (self.sql.clone(), core.cancel.clone());
        let mut witness = Telling { teller: core.teller.clone(), client, sender };
        self.busy = true;
        core.work.push(Box::pin(async move {
            let ran = run_inputs(&mut connection, &target, sql.as_ref(), &inputs, &cancel, &mut witness).await;
            Done::Own(LessonWork::Ran { index, purpose, client, connection, ran })
        }));
    }

    /// Puts the step back to how it was entered.
    pub async fn reset(&mut self, core: &mut Core<LessonWork>) {
        if core.target.identity().kind != Kind::Bundled {
            return core
                .teller
                .failed("a step can be reset on the bundled engine only: a live server keeps what was done");
        }
        if self.busy || core.is_waiting() {
            return core.teller.failed("something is still running: esc ends it");
        }
        if let Some(moment) = core.undo.entered() {
            core.restore(&moment).await;
        }
        self.effects.retain(|step| *step < self.at);
        self.answers.remove(&self.at);
        (self.reply, self.rung, self.keys) = (None, 0, Datum::list([]));
        self.typed.clear();
        self.helped = false;
        core.teller.tell(Event::WasReset);
    }
}

fn task(action: &Action) -> Task {
    match action {
        Action::Read => Task::Read,
        Action::Do(wanted) => Task::Do { hints: wanted.rungs(), client: wanted.client },
        Action::Predict(Predict { run, choices, .. }) => {
            Task::Predict { run: run.line(), choices: choices.iter().map(|choice| choice.text.clone()).collect() }
        }
        Action::Quiz(quiz) => Task::Quiz { question: quiz.question.clone(), choices: quiz.choices.clone() },
        Action::Compare(model) => Task::Compare { lanes: model.lanes.iter().map(|lane| lane.name.clone()).collect() },
        Action::Advance(time) => Task::Advance { ms: super::perform::micros(*time) / 1000 },
        Action::Race(race) => Task::Race { scenario: race.scenario.clone(), goal: race.goal.words().into() },
    }
}
