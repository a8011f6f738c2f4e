//! A lesson as its file describes it.

use std::time::Duration;

use crate::content::Span;
use crate::program::{Datum, Expr, Step as Deed};

use super::condition::Condition;
use super::input::Input;

/// A lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its id: the file's name without number and ending.
    pub id: String,
    /// Its track: the folder's name without number.
    pub track: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// How long a learner takes.
    pub minutes: u32,
    /// Ids of lessons that are better taken before: advice, and never a lock.
    pub prerequisites: Vec<String>,
    /// Where the pattern was published; empty where it says nothing.
    pub source: String,
    /// The simulated round trip of the bundled engine's link that it asks for.
    pub rtt: Option<Duration>,
    /// Its SQLite database.
    pub database: Option<Database>,
    /// The clients whose prompts it uses; one without a name where it names none.
    pub clients: Vec<String>,
    /// Commands that are run before the first step.
    pub setup: Vec<Input>,
    /// Patterns of the keys that the key pane follows; empty: every key that the lesson touched.
    pub keys: Vec<String>,
    /// Whether it changes settings of its server, so that it is for no server that others use.
    pub alone: bool,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The keys that its commands name, literally or as patterns: what the guard of a live server looks for.
    pub(super) used: Vec<String>,
}

/// A lesson's database: the system of record beside Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Statements that make its tables.
    pub schema: String,
    /// Statements that fill them; may be empty.
    pub seed: String,
    /// What is added to each statement, simulated.
    pub latency: Duration,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its title.
    pub title: String,
    /// Its text, Markdown.
    pub text: String,
    /// What it asks for.
    pub action: Action,
    /// Where it stands in its file.
    pub span: Span,
}

/// What a step asks for.
#[derive(Clone, Debug)]
pub enum Action {
    /// To be read.
    Read,
    /// Commands to be typed.
    Do(Do),
    /// A reply to be predicted.
    Predict(Predict),
    /// A question.
    Quiz(Quiz),
    /// Ways side by side.
    Compare(Compare),
    /// Time that is to pass.
    Advance(Duration),
    /// A race to be played.
    Race(Race),
}

/// Commands to be typed.
#[derive(Clone, Debug)]
pub struct Do {
    /// Which of the lesson's clients types.
    pub client: usize,
    /// The author's solution; any other way to the same state is as good.
    pub solution: Vec<Input>,
    /// What is read after each command.
    pub observe: Vec<Observed>,
    /// What has to be true then.
    pub check: Check,
    /// What was expected, in the lesson's words.
    pub otherwise: String,
    /// Hints, the gentlest first. After the last one comes the solution itself.
    pub hints: Vec<String>,
}

/// A name and what is read for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The name that checks use.
    pub name: String,
    /// What is asked.
    pub ask: Input,
}

/// A condition, compiled as a whole and in its parts.
#[derive(Clone, Debug)]
pub struct Check {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    pub(super) condition: Condition,
    /// The leaves of the condition, compiled.
    pub(super) leaves: Vec<(String, Expr)>,
}

/// A reply to be predicted. What is right is what the target really answers.
#[derive(Clone, Debug)]
pub struct Predict {
    /// Which of the lesson's clients asks.
    pub client: usize,
    /// What is asked when a choice was made.
    pub run: Input,
    /// The choices.
    pub choices: Vec<Choice>,
    /// Why it is so.
    pub because: String,
}

/// A choice of a prediction.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its text.
    pub text: String,
    /// When it is right: an expression over `reply`. Without one it is right when its text is the reply's.
    pub is: Option<Check>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz {
    /// The question.
    pub question: String,
    /// The choices.
    pub choices: Vec<String>,
    /// Which of them is right, from 0.
    pub answer: usize,
    /// Why.
    pub because: String,
}

/// Ways side by side.
#[derive(Clone, Debug)]
pub struct Compare {
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// What is expected of them: over `lanes` and `target`.
    pub expect: Option<Check>,
    /// What of them is drawn.
    pub chart: Option<Chart>,
}

/// A chart of a comparison: the same bars for each lane.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The unit of its numbers; may be empty.
    pub unit: String,
    /// The bars of each lane: their names, and what they show, over `lane` and `target`.
    pub(super) bars: Vec<(String, Expr)>,
}

/// One way of a comparison.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// How often each client runs the steps. The register `i` counts the repetitions, from 0.
    pub repeat: u32,
    /// How many clients run it at the same time, each on a connection of its own.
    pub clients: u32,
    /// So many repetitions share one write and one wait; 1: each command waits for its reply.
    pub pipeline: u32,
    /// Whether each repetition (each write of a pipeline) makes a connection of its own; making it is measured.
    pub reconnect: bool,
    /// The simulated round trip of this lane on the bundled engine. A live server keeps its own.
    pub rtt: Option<Duration>,
    /// Registers that it starts with.
    pub given: Vec<(String, Datum)>,
    /// Run before the lane, not measured.
    pub before: Vec<Input>,
    /// The steps.
    pub steps: Vec<Deed>,
    /// Read when the lane has ended, not measured.
    pub observe: Vec<Observed>,
    /// Run after that, not measured.
    pub after: Vec<Input>,
}

/// What has to be done in a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Play any schedule to its end.
    Play,
    /// Find a schedule that violates the invariant.
    Violate,
    /// Find a schedule that keeps it.
    Hold,
    /// Explore all schedules.
    Explore,
}

/// A race to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// The scenario's id.
    pub scenario: String,
    /// The variant that it starts with; the first one where it names none.
    pub variant: Option<String>,
    /// What has to be done.
    pub goal: Goal,
    /// Where its scenario is named.
    pub span: Span,
}

impl Goal {
    /// What has to be done, in words.
    pub fn words(self) -> &'static str {
        match self {
            Goal::Play => "play one schedule to its end",
            Goal::Violate => "find a schedule that breaks the invariant",
            Goal::Hold => "find a schedule that keeps the invariant",
            Goal::Explore => "explore all schedules",
        }
    }
}

impl Lesson {
    /// The keys that its commands name: literal ones, and patterns where a part is computed (`trips:*`). Characters of
    /// a literal key that mean something in a pattern are escaped by a backslash.
    pub fn keys_used(&self) -> &[String] {
        &self.used
    }
}

impl Do {
    /// How many hints there are, the solution included.
    pub fn rungs(&self) -> usize {
        self.hints.len() + 1
    }

    /// The hint on a rung, from 1, and on the last rung the command that solves the step.
    pub fn hint(&self, rung: usize) -> Option<(String, Option<String>)> {
        let lines: Vec<String> = self.solution.iter().map(Input::line).collect();
        match rung.checked_sub(1)? {
            at if at < self.hints.len() => Some((self.hints[at].clone(), None)),
            at if at == self.hints.len() => Some((lines.join("\n"), lines.into_iter().next())),
            _ => None,
        }
    }
}
