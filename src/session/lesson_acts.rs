//! What a lesson's steps offer beside typing: predictions, quizzes, comparisons, time that passes, hints; and what
//! becomes of the work that they start.

use crate::lesson::{Action, expectation_miss};
use crate::program::Datum;
use crate::resp::printable;

use super::compare::{Measurement, Track, compare};
use super::core::{Core, Done};
use super::event::{Event, Sender};
use super::lesson_mode::{LessonRun, LessonWork, Purpose};
use super::solve::Ran;

impl LessonRun {
    /// Shows the next hint.
    pub fn hint(&mut self, core: &Core<LessonWork>) {
        let Some(Action::Do(wanted)) = self.action() else {
            return core.teller.failed("there are no hints for this step");
        };
        let of = wanted.rungs();
        let rung = (self.rung + 1).min(of);
        if let Some((text, command)) = wanted.hint(rung) {
            core.teller.tell(Event::Hinted { index: self.at, rung, of, text, command });
        }
        self.rung = rung;
    }

    /// Answers a prediction or a quiz.
    pub async fn choose(&mut self, core: &mut Core<LessonWork>, chosen: usize) {
        let index = self.at;
        match self.action().cloned() {
            Some(Action::Quiz(quiz)) if chosen < quiz.choices.len() => {
                self.answered(core, index, chosen, quiz.answer, quiz.because);
            }
            Some(Action::Predict(wanted)) if chosen < wanted.choices.len() => {
                // Its command may change something: it is run once, and its answer stands.
                if let Some(right) = self.answers.get(&index).copied() {
                    return self.answered(core, index, chosen, right, wanted.because);
                }
                if self.busy {
                    return core.teller.failed("something is still running: esc ends it");
                }
                self.effects.insert(index);
                let run = [wanted.run];
                self.start(core, wanted.client, &run, Sender::Solution, Purpose::Predict(chosen)).await;
            }
            Some(_) => core.teller.failed("there is no such choice"),
            None => {}
        }
    }

    fn answered(&mut self, core: &Core<LessonWork>, index: usize, chosen: usize, answer: usize, because: String) {
        self.answers.insert(index, answer);
        core.teller.tell(Event::Answered { index, chosen, answer, because });
        self.done(core, index);
    }

    fn predicted(&mut self, core: &Core<LessonWork>, index: usize, chosen: usize, reply: &Datum) {
        let lesson = self.lesson.clone();
        let Some(Action::Predict(wanted)) = lesson.steps.get(index).map(|step| &step.action) else { return };
        match wanted.right(reply) {
            Some(right) => self.answered(core, index, chosen, right, wanted.because.clone()),
            None => core.teller.failed(format!(
                "step {}: {} was answered {}, which is none of the choices",
                index + 1,
                wanted.run.line(),
                reply.brief(80)
            )),
        }
    }

    /// Starts what the step offers.
    pub async fn begin(&mut self, core: &mut Core<LessonWork>) {
        if self.busy {
            return core.teller.failed("it is running already: esc ends it");
        }
        let index = self.at;
        match self.action().cloned() {
            Some(Action::Compare(model)) => {
                let rtt = core.target.identity().simulated_rtt_us.unwrap_or(0);
                let track = Track {
                    target: core.target.clone(),
                    sql: self.sql.clone(),
                    ledger: core.ledger(),
                    rtt: std::time::Duration::from_micros(rtt),
                    teller: core.teller.clone(),
                    cancel: core.cancel.clone(),
                };
                self.busy = true;
                core.work.push(Box::pin(async move {
                    Done::Own(LessonWork::Compared { index, result: compare(track, model).await })
                }));
            }
            Some(Action::Advance(time)) if core.target.bundled().is_some() => {
                self.effects.insert(index);
                core.jump(super::perform::micros(time) / 1000).await;
                self.advanced(core, index);
            }
            Some(Action::Advance(time)) => {
                self.effects.insert(index);
                let (teller, cancel) = (core.teller.clone(), core.cancel.clone());
                self.busy = true;
                core.work.push(Box::pin(async move {
                    super::solve::wait(time, &teller, &cancel).await;
                    Done::Own(LessonWork::Waited { index })
                }));
            }
            _ => core.teller.failed("there is nothing to start in this step"),
        }
    }

    fn advanced(&mut self, core: &Core<LessonWork>, index: usize) {
        core.teller.tell(Event::Advanced { index });
        self.done(core, index);
    }

    /// Work of the lesson came to its end.
    pub async fn worked(&mut self, core: &mut Core<LessonWork>, work: LessonWork) {
        match work {
            LessonWork::Race(work) => {
                let won = match &mut self.race {
                    Some(race) => race.worked(core, work).await,
                    None => false,
                };
                if won {
                    self.race_won(core);
                }
            }
            LessonWork::Ran { index, purpose, client, connection, ran } => {
                self.busy = false;
                core.put_back(client, Some(connection), ran.lost.as_ref());
                core.look().await;
                self.ran(core, index, purpose, ran).await;
            }
            LessonWork::Compared { index, result } => {
                self.busy = false;
                core.look().await;
                self.compared(core, index, result);
            }
            LessonWork::Waited { index } => {
                self.busy = false;
                core.look().await;
                self.advanced(core, index);
            }
        }
    }

    async fn ran(&mut self, core: &mut Core<LessonWork>, index: usize, purpose: Purpose, ran: Ran) {
        match (ran.result, purpose) {
            (Err(why), _) => core.teller.failed(format!("step {}: {why}", index + 1)),
            (Ok(last), Purpose::Predict(chosen)) => self.predicted(core, index, chosen, &last),
            (Ok(last), Purpose::Solve) => {
                self.reply = Some(last);
                self.check(core).await;
            }
        }
    }

    fn compared(&mut self, core: &Core<LessonWork>, index: usize, result: Option<Result<Vec<Measurement>, String>>) {
        let lesson = self.lesson.clone();
        let Some(Action::Compare(model)) = lesson.steps.get(index).map(|step| &step.action) else { return };
        let lanes = match result {
            None => return core.teller.tell(Event::Cancelled),
            Some(Err(why)) => return core.teller.failed(printable(why.as_bytes(), 500)),
            Some(Ok(lanes)) => lanes,
        };
        let (lanes, measured): (Vec<_>, Vec<_>) = lanes.into_iter().map(|lane| (lane.report, lane.measured)).unzip();
        let target = core.target.identity().kind.name();
        let miss = model.expect.as_ref().map(|expect| expectation_miss(expect, &measured, target));
        let holds = miss.as_ref().map(Option::is_none);
        // What fails is told with the values that it saw.
        let expect = match (miss.flatten(), &model.expect) {
            (Some(miss), _) => miss,
            (None, Some(expect)) => expect.text.clone(),
            (None, None) => String::new(),
        };
        let names: Vec<String> = model.lanes.iter().map(|lane| lane.name.clone()).collect();
        let chart = model.chart.as_ref().map(|chart| chart.of(&names, &measured, target));
        core.teller.tell(Event::Compared { index, lanes, holds, expect, chart });
        if holds != Some(false) {
            self.done(core, index);
        }
    }

    /// What the step's race asks for was reached.
    pub fn race_won(&mut self, core: &Core<LessonWork>) {
        if !self.met.contains(&self.at) {
            core.teller.tell(Event::RaceWon { index: self.at });
        }
        self.done(core, self.at);
    }
}
