//! A lesson's file as tables: what it may hold.

use crate::content::{Choice, Form, Key, Record, Rule};
use crate::program::STEP as DEED;

/// The most repetitions of a lane, and the most clients that run one at the same time.
pub(super) const MOST_REPEATS: i64 = 1_000_000;
pub(super) const MOST_CLIENTS: i64 = 256;
/// A lesson's length in minutes, at most.
pub(super) const MOST_MINUTES: i64 = 600;

/// The keys of which a step has at most one.
pub(super) const ACTIONS: &[&str] = &["do", "predict", "quiz", "compare", "advance", "race"];

/// A lesson's file.
pub static LESSON: Record = Record {
    name: "lesson",
    about: "A lesson: steps that a learner reads, types, predicts and measures.",
    keys: &[
        Key::must("title", Form::Filled, "What it is called."),
        Key::must("summary", Form::Filled, "What it is about, in a sentence."),
        Key::may("minutes", Form::Int(1, MOST_MINUTES), "How long a learner takes; 10 if left out."),
        Key::may(
            "prerequisites",
            Form::List(0, &Form::Filled),
            "Ids of lessons that are better taken before; advice, and never a lock.",
        ),
        Key::may("source", Form::Filled, "Where the pattern was published."),
        Key::may("network", Form::Of(&NETWORK), "The simulated link of the bundled engine."),
        Key::may("clients", Form::List(1, &Form::Filled), "Names, if several prompts are used: each has a connection."),
        Key::may("database", Form::Of(&DATABASE), "A real SQLite database beside Redis."),
        Key::may("setup", LINES, "Run before the first step."),
        Key::may("keys", Form::List(0, &Form::Filled), "Patterns of the keys that the key pane follows."),
        Key::may("alone", Form::Bool, "Whether it changes settings, so that it is for no server that others use."),
        Key::must("steps", Form::List(1, &Form::Of(&STEP)), "Its steps."),
    ],
    rules: &[],
};

/// The link.
pub(super) static NETWORK: Record = Record {
    name: "network",
    about: "The simulated link of the bundled engine; a live server brings its own.",
    keys: &[Key::must("rtt", Form::Duration, "A round trip, as in 1ms.")],
    rules: &[],
};

/// The database.
pub(super) static DATABASE: Record = Record {
    name: "database",
    about: "A real SQLite database beside Redis: the system of record.",
    keys: &[
        Key::must("schema", Form::Filled, "Statements that make its tables."),
        Key::may("seed", Form::Filled, "Statements that fill them."),
        Key::may("latency", Form::Duration, "Added to each statement, and shown as simulated."),
    ],
    rules: &[],
};

/// A line that is typed, or that the lesson runs.
static LINE: Choice = Choice {
    name: "line",
    about: "A Redis command, split by redis-cli's quoting rules; with a database also `sql STATEMENT`.",
    forms: &[Form::Filled, Form::Of(&QUERY)],
};

const LINES: Form = Form::List(0, &Form::Choice(&LINE));

/// A statement instead of a command.
pub(super) static QUERY: Record = Record {
    name: "statement",
    about: "A statement for the lesson's database.",
    keys: &[Key::may("sql", Form::Filled, "The statement.")],
    rules: &[Rule::AtLeastOne(&["sql"])],
};

const READS: Form = Form::Map(&Form::Choice(&LINE));
const OBSERVE: Key = Key::may("observe", READS, "Names for expressions, and the commands that are read for them.");
const CLIENT: Key = Key::may("client", Form::Filled, "Which of the lesson's clients types; the first, if left out.");

/// A step.
pub(super) static STEP: Record = Record {
    name: "step",
    about: "A page of the lesson: something to read, and at most one thing to do.",
    keys: &[
        Key::must("title", Form::Filled, "What it is called."),
        Key::may(
            "text",
            Form::Filled,
            "Markdown. Fences are highlighted; `> COMMAND` and its reply in a redis fence are checked.",
        ),
        Key::may("do", Form::Of(&DO), "Commands to be typed."),
        Key::may("predict", Form::Of(&PREDICT), "A reply to be predicted; right is what the target really says."),
        Key::may("quiz", Form::Of(&QUIZ), "A question."),
        Key::may("compare", Form::Of(&COMPARE), "Ways side by side, measured."),
        Key::may("advance", Form::Duration, "Time that passes: the bundled clock jumps, a live server is waited for."),
        Key::may("race", Form::Of(&RACE), "A race to be played in the lab."),
    ],
    rules: &[
        Rule::AtMostOne(ACTIONS),
        Rule::AtLeastOne(&["text", "do", "predict", "quiz", "compare", "advance", "race"]),
    ],
};

/// Commands to be typed.
pub(super) static DO: Record = Record {
    name: "do",
    about: "Commands to be typed. Any route to the right state passes.",
    keys: &[
        CLIENT,
        Key::must("solution", LINES, "Lines that solve the step."),
        OBSERVE,
        Key::must("check", Form::Expr, "What has to be true then: over `reply`, `keys` and the observed names."),
        Key::may("otherwise", Form::Filled, "What was expected, in a sentence."),
        Key::may(
            "hints",
            Form::List(0, &Form::Filled),
            "A question that helps, then the syntax; the solution follows by itself.",
        ),
    ],
    rules: &[],
};

/// A reply to be predicted.
pub(super) static PREDICT: Record = Record {
    name: "predict",
    about: "A reply to be predicted.",
    keys: &[
        CLIENT,
        Key::must("run", Form::Choice(&LINE), "What is asked once a choice was made."),
        Key::must("choices", Form::List(2, &Form::Any(&[Form::Scalar, Form::Of(&CHOICE)])), "What it may answer."),
        Key::must("because", Form::Filled, "Why it is so."),
    ],
    rules: &[],
};

/// A choice that is right by an expression.
pub(super) static CHOICE: Record = Record {
    name: "choice",
    about: "A choice that is right where its expression is true.",
    keys: &[
        Key::must("text", Form::Scalar, "What it says."),
        Key::must("is", Form::Expr, "When it is right: over `reply`."),
    ],
    rules: &[],
};

/// A question.
pub(super) static QUIZ: Record = Record {
    name: "quiz",
    about: "A question with its choices.",
    keys: &[
        Key::must("question", Form::Filled, "The question."),
        Key::must("choices", Form::List(2, &Form::Scalar), "The choices."),
        Key::must("answer", Form::Int(0, i64::MAX), "The right choice, counted from 0."),
        Key::must("because", Form::Filled, "Why."),
    ],
    rules: &[],
};

/// Ways side by side.
pub(super) static COMPARE: Record = Record {
    name: "compare",
    about: "Ways side by side, measured.",
    keys: &[
        Key::must("lanes", Form::List(1, &Form::Of(&LANE)), "The ways."),
        Key::may("expect", Form::Expr, "What has to be true of them: over `lanes` and `target`."),
        Key::may("chart", Form::Of(&CHART), "What of them is drawn."),
    ],
    rules: &[],
};

/// A way.
pub(super) static LANE: Record = Record {
    name: "lane",
    about: "One way of a comparison.",
    keys: &[
        Key::must("name", Form::Filled, "What it is called."),
        Key::may(
            "repeat",
            Form::Int(1, MOST_REPEATS),
            "How often each client runs the steps; the register `i` counts from 0.",
        ),
        Key::may("clients", Form::Int(1, MOST_CLIENTS), "How many connections run it at the same time."),
        Key::may("pipeline", Form::Int(1, MOST_REPEATS), "So many repetitions share one write and one wait."),
        Key::may("reconnect", Form::Bool, "Whether each repetition makes a connection of its own."),
        Key::may("rtt", Form::Duration, "A simulated link for this lane; a live server keeps its own."),
        Key::may("given", Form::Map(&Form::Scalar), "Registers that it starts with."),
        Key::may("before", LINES, "Run first, not measured."),
        Key::must("steps", Form::List(0, &Form::Choice(&DEED)), "The steps."),
        OBSERVE,
        Key::may("after", LINES, "Run last, not measured."),
    ],
    rules: &[],
};

/// A chart.
pub(super) static CHART: Record = Record {
    name: "chart",
    about: "Numbers of each lane as bars.",
    keys: &[
        Key::must("title", Form::Filled, "What it shows."),
        Key::may("unit", Form::Filled, "The unit of its numbers."),
        Key::must("bars", Form::Map(&Form::Expr), "Names of bars, and their numbers: over `lane` and `target`."),
    ],
    rules: &[],
};

/// A race.
pub(super) static RACE: Record = Record {
    name: "race",
    about: "A race to be played in the lab.",
    keys: &[
        Key::must("scenario", Form::Filled, "The scenario's id."),
        Key::may("variant", Form::Filled, "The variant to begin with."),
        Key::may(
            "goal",
            Form::Word(&["play", "violate", "hold", "explore"]),
            "What has to be done; `play`, if left out.",
        ),
    ],
    rules: &[],
};
