//! What a headless run of a lesson showed, gathered from its events.

use crate::lesson::Charted;
use crate::resp::{brief, printable};
use crate::session::{Event, LaneReport, Sender, Task};
use crate::target::Elapsed;

/// Characters of a reply that a report shows.
const BRIEF: usize = 200;

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// There was nothing to be done, or it was done as it should be.
    Passed,
    /// Something that the step promises is not so.
    Failed(String),
}

/// A command of a run and its reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchanged {
    /// The command or statement.
    pub line: String,
    /// Its reply in one line.
    pub reply: String,
    /// How long it took.
    pub elapsed: Elapsed,
}

/// What one step showed.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRun {
    /// Its title.
    pub title: String,
    /// What it asks for: `read`, `do`, `predict`, `quiz`, `compare`, `advance`, `race`.
    pub kind: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What a prediction or a quiz asks.
    pub question: String,
    /// What is right, and why.
    pub answer: Option<(String, String)>,
    /// The choices of a prediction or a quiz.
    choices: Vec<String>,
    /// What its solution sent, and what came back.
    pub exchanged: Vec<Exchanged>,
    /// The lanes of a comparison.
    pub lanes: Vec<LaneReport>,
    /// What a comparison expects, and whether it holds.
    pub expect: Option<(String, bool)>,
    /// What the lesson draws of a comparison.
    pub chart: Option<Charted>,
}

/// What one lesson showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LessonRun {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The target's kind: `bundled`, `live`, `server`.
    pub target: String,
    /// The target's version.
    pub version: String,
    /// Its steps, as far as the run came.
    pub steps: Vec<StepRun>,
    /// Why the run ended before its end.
    pub error: Option<String>,
}

impl LessonRun {
    /// Whether everything that was checked holds.
    pub fn passed(&self) -> bool {
        self.error.is_none() && self.steps.iter().all(|step| step.verdict == Verdict::Passed)
    }

    /// Takes in what an event tells. Verdicts are the runner's.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Opened { identity, lesson } => {
                self.target = identity.kind.name().into();
                self.version = identity.version.clone();
                if let Some(card) = lesson {
                    self.id = card.id.clone();
                    self.title = card.title.clone();
                }
            }
            Event::StepEntered { step, .. } => self.steps.push(StepRun {
                question: question(&step.task),
                answer: None,
                choices: choices(&step.task),
                title: step.title.clone(),
                kind: kind(&step.task),
                verdict: Verdict::Failed("the step did not end".into()),
                exchanged: Vec::new(),
                lanes: Vec::new(),
                expect: None,
                chart: None,
            }),
            Event::Replied { line, reply, elapsed, sender: Sender::Solution, .. } => {
                self.exchanged(line, brief(reply, BRIEF), *elapsed);
            }
            Event::QueryRan { statement, rows, elapsed } => {
                self.exchanged(statement, rows_line(rows), *elapsed);
            }
            Event::Answered { answer, because, .. } => {
                if let Some(step) = self.steps.last_mut() {
                    step.answer = step.choices.get(*answer).map(|right| (right.clone(), because.clone()));
                }
            }
            Event::Compared { lanes, holds, expect, chart, .. } => {
                if let Some(step) = self.steps.last_mut() {
                    step.chart.clone_from(chart);
                    step.lanes.clone_from(lanes);
                    step.expect = holds.map(|holds| (expect.clone(), holds));
                }
            }
            _ => {}
        }
    }

    fn exchanged(&mut self, line: &str, reply: String, elapsed: Elapsed) {
        if let Some(step) = self.steps.last_mut() {
            step.exchanged.push(Exchanged { line: line.into(), reply, elapsed });
        }
    }

    /// Ends the step that is being run.
    pub fn end_step(&mut self, verdict: Verdict) {
        if let Some(step) = self.steps.last_mut() {
            step.verdict = verdict;
        }
    }
}

fn kind(task: &Task) -> &'static str {
    match task {
        Task::Read => "read",
        Task::Do { .. } => "do",
        Task::Predict { .. } => "predict",
        Task::Quiz { .. } => "quiz",
        Task::Compare { .. } => "compare",
        Task::Advance { .. } => "advance",
        Task::Race { .. } => "race",
    }
}

/// What is asked, in a line.
fn question(task: &Task) -> String {
    match task {
        Task::Predict { run, .. } => format!("What does {run} answer?"),
        Task::Quiz { question, .. } => question.clone(),
        _ => String::new(),
    }
}

fn choices(task: &Task) -> Vec<String> {
    match task {
        Task::Predict { choices, .. } | Task::Quiz { choices, .. } => choices.clone(),
        _ => Vec::new(),
    }
}

/// A query's rows in one line, or its error.
fn rows_line(rows: &Result<Vec<Vec<String>>, String>) -> String {
    let text = match rows {
        Ok(rows) => rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("; "),
        Err(error) => error.clone(),
    };
    printable(text.as_bytes(), BRIEF)
}
