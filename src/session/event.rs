//! What a session tells. Past tense. Everything that is shown was an event first.

use crate::inspect::{KeyChange, KeyView};
use crate::lesson::{Charted, Mastery};
use crate::resp::Value;
use crate::target::{Elapsed, Identity};

/// Who sent a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Somebody typed it.
    Typed,
    /// The step's own solution.
    Solution,
    /// The lesson itself: its setup, a prediction's command.
    Lesson,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The session stands: on this target, with this lesson (none in the playground).
    Opened {
        /// The target.
        identity: Identity,
        /// The lesson's table of contents.
        lesson: Option<LessonCard>,
    },
    /// The connection is lost; it is being made again.
    LinkLost {
        /// Why.
        reason: String,
        /// When the next attempt is made, milliseconds from now.
        retry_in_ms: u64,
    },
    /// The connection is back; the session goes on where it was.
    LinkRestored,
    /// A step of the lesson was entered (also when it is shown again).
    StepEntered {
        /// Its index.
        index: usize,
        /// What it shows and asks.
        step: StepCard,
        /// Whether it had been met before.
        met: bool,
    },
    /// A command was sent, and is waited for (a blocking command stays in this state).
    Sent {
        /// Which client.
        client: usize,
        /// The line.
        line: String,
        /// Who sent it.
        sender: Sender,
    },
    /// A command was answered.
    Replied {
        /// Which client.
        client: usize,
        /// The line.
        line: String,
        /// The reply.
        reply: Value,
        /// How long it took.
        elapsed: Elapsed,
        /// Who sent it.
        sender: Sender,
    },
    /// A statement ran on the lesson's SQLite database.
    QueryRan {
        /// The statement.
        statement: String,
        /// What came back, as cells of text, or the database's error.
        rows: Result<Vec<Vec<String>>, String>,
        /// How long it took; the latency that the lesson adds is simulated.
        elapsed: Elapsed,
    },
    /// A message or another push arrived.
    Pushed {
        /// At which client.
        client: usize,
        /// The push.
        value: Value,
    },
    /// The followed keys as they are now, and what became of them.
    KeysChanged {
        /// All followed keys that exist.
        keys: Vec<KeyView>,
        /// What changed since the last such event.
        changes: Vec<KeyChange>,
    },
    /// The target's clock was read: milliseconds since the Unix epoch. It runs on from there.
    ClockRead {
        /// The time.
        now_ms: i64,
        /// How far the bundled clock is ahead of real time, milliseconds.
        ahead_ms: i64,
    },
    /// The step's check is met.
    Met {
        /// The step.
        index: usize,
        /// The author's solution, to be shown beside what was done.
        solution: Vec<String>,
    },
    /// The step's check is not met.
    Unmet {
        /// The step.
        index: usize,
        /// What was done, what was expected, the nearest miss.
        unmet: Unmet,
    },
    /// A hint.
    Hinted {
        /// The step.
        index: usize,
        /// Which hint, from 1.
        rung: usize,
        /// How many there are.
        of: usize,
        /// Its text.
        text: String,
        /// The last hint is the command itself, to be put into the prompt.
        command: Option<String>,
    },
    /// A prediction or a quiz was answered.
    Answered {
        /// The step.
        index: usize,
        /// What was chosen.
        chosen: usize,
        /// What is right.
        answer: usize,
        /// Why.
        because: String,
    },
    /// The time that the step lets pass has passed.
    Advanced {
        /// The step.
        index: usize,
    },
    /// What the step's race asks for was reached.
    RaceWon {
        /// The step.
        index: usize,
    },
    /// Long work goes on.
    Progressed {
        /// What is being done, in words.
        what: String,
        /// How much is done.
        done: u64,
        /// How much there is; 0 if nobody knows.
        total: u64,
    },
    /// Long work ended before its end, because [`super::Request::Cancel`] asked for it.
    Cancelled,
    /// One step of a lane ran (only the first ones are told; all are counted).
    LaneStepped {
        /// Which lane.
        lane: usize,
        /// The command or statement.
        line: String,
        /// Its reply, as text in one line.
        reply: String,
        /// How long it took.
        elapsed: Elapsed,
    },
    /// A comparison is done.
    Compared {
        /// The step.
        index: usize,
        /// What each lane measured.
        lanes: Vec<LaneReport>,
        /// Whether what the lesson expects of them is true; `None`: it expects nothing.
        holds: Option<bool>,
        /// The expectation, as written.
        expect: String,
        /// What the lesson draws of it.
        chart: Option<Charted>,
    },
    /// The guard of a live server asks before this command is sent.
    Asked {
        /// The command.
        line: String,
        /// Why it asks.
        reason: String,
    },
    /// So many typed lines wait for the replies before them.
    Queued(usize),
    /// A typed line was not sent.
    Refused {
        /// The line.
        line: String,
        /// Why, and what to do.
        reason: String,
        /// Byte offset in the line.
        at: Option<usize>,
    },
    /// The last command was taken back; so many are left that can be.
    Undone {
        /// How many more.
        left: usize,
    },
    /// The step is as it was entered.
    WasReset,
    /// The race as it stands now.
    RaceMoved(Box<crate::lab::RaceView>),
    /// Another variant as it stands beside the one of [`Event::RaceMoved`].
    RaceBeside(Box<crate::lab::RaceView>),
    /// Whether the variants are stepped together.
    RaceTogether(bool),
    /// So many variants are being explored now.
    RaceExploring(usize),
    /// Exploring a variant goes on.
    RaceProgress(RaceProgress),
    /// A failing schedule beside the nearest one that holds.
    RaceContrast(Box<crate::lab::ContrastView>),
    /// The text of the scenario, to be edited.
    RaceSource {
        /// The text.
        text: String,
        /// The scenario's id.
        id: String,
        /// Where it is saved unless another place is named.
        path: String,
    },
    /// A text of the scenario was read.
    RaceChecked {
        /// What is wrong with it, in its order.
        faults: Vec<RaceFault>,
        /// Whether it is the scenario now: it was meant to be, and holds no error.
        accepted: bool,
    },
    /// The scenario was saved.
    RaceSaved {
        /// Where.
        path: String,
    },
    /// The scenario was not saved: there is such a file.
    RaceExists {
        /// Which.
        path: String,
    },
    /// A real server took the last step of the race too.
    RaceMirrored {
        /// Whether it answered as the bundled engine did.
        same: bool,
        /// What it answered, or why it is not asked any more.
        said: String,
    },
    /// A variant was explored.
    Explored(Box<crate::lab::VariantReport>),
    /// What the learner typed in this lesson beside what its author needs.
    Mastered(Mastery),
    /// All steps of the lesson are met.
    Completed,
    /// Something could not be done; the session goes on.
    Failed {
        /// What and why, and what to do.
        message: String,
    },
    /// The session is over.
    Closed {
        /// Keys of the session that were removed from a live server.
        removed: usize,
        /// What could not be cleaned up.
        left: Vec<String>,
    },
}

/// How far exploring a variant has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RaceProgress {
    /// The variant's place.
    pub variant: usize,
    /// Distinct states so far.
    pub states: u64,
    /// Schedules so far, in decimal digits.
    pub schedules: String,
    /// How long it has taken, milliseconds.
    pub elapsed_ms: u64,
    /// The memory that it takes, bytes.
    pub memory: u64,
}

/// Something that is wrong with the text of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RaceFault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters of the line it is about; at least 1.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What to do; empty: the message says it.
    pub help: String,
    /// Whether it only warns.
    pub warning: bool,
}

/// A lesson's table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonCard {
    /// Its id.
    pub id: String,
    /// Its track (the folder's name).
    pub track: String,
    /// Its title.
    pub title: String,
    /// The titles of its steps.
    pub steps: Vec<String>,
    /// The names of its clients; one without a name where it names none.
    pub clients: Vec<String>,
}

/// What a step shows and asks.
#[derive(Clone, Debug, PartialEq)]
pub struct StepCard {
    /// Its title.
    pub title: String,
    /// Its text, Markdown.
    pub text: String,
    /// What it asks for.
    pub task: Task,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// To be read.
    Read,
    /// Commands to be typed.
    Do {
        /// How many hints there are, the solution included.
        hints: usize,
        /// Which of the lesson's clients is to type.
        client: usize,
    },
    /// A reply to be predicted.
    Predict {
        /// The command whose reply is asked for.
        run: String,
        /// The choices.
        choices: Vec<String>,
    },
    /// A question.
    Quiz {
        /// The question.
        question: String,
        /// The choices.
        choices: Vec<String>,
    },
    /// Two or more ways, side by side.
    Compare {
        /// The lanes' names.
        lanes: Vec<String>,
    },
    /// Time that is to pass.
    Advance {
        /// How much, milliseconds.
        ms: u64,
    },
    /// A race to be played.
    Race {
        /// The scenario's id.
        scenario: String,
        /// What has to be done there, in words.
        goal: String,
    },
}

/// A check that is not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet {
    /// What was typed in this step, newest last.
    pub done: Vec<String>,
    /// What was expected, in the lesson's words.
    pub expected: String,
    /// The part of the check that fails, in a sentence: `EXISTS user:1 answers 1, not 0`.
    pub nearest_miss: String,
}

/// What a lane of a comparison measured.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneReport {
    /// Its name.
    pub name: String,
    /// All of it.
    pub total: Elapsed,
    /// Median of one repetition, microseconds.
    pub p50_us: u64,
    /// 99th percentile of one repetition, microseconds.
    pub p99_us: u64,
    /// Redis commands sent.
    pub commands: u64,
    /// Waits for the link.
    pub round_trips: u64,
    /// Database statements run.
    pub queries: u64,
    /// Bytes of the commands on the wire.
    pub sent: u64,
    /// Bytes of the replies on the wire.
    pub received: u64,
    /// What was observed at its end, by name.
    pub observed: Vec<(String, String)>,
    /// The time of each repetition in order, microseconds (thinned out to at most a few hundred).
    pub samples_us: Vec<u64>,
}
