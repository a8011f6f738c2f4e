//! A scenario's file as tables: what it may hold.

use crate::content::{Choice, Form, Key, Record, Rule};
use crate::program::{COMMAND, STEP};

/// The most times of a fault.
pub(super) const MOST_TIMES: i64 = 1000;

/// A scenario's file.
pub static SCENARIO: Record = Record {
    name: "scenario",
    about: "A small concurrent program: clients, the steps that each takes, and what must be true at the end.",
    keys: &[
        Key::must("title", Form::Filled, "What it is called."),
        Key::may("summary", Form::Text, "What it is about, in a sentence."),
        Key::may("text", Form::Text, "Markdown for the race lab's side panel."),
        Key::may("source", Form::Text, "Where the pattern was published."),
        SETUP,
        OBSERVE,
        INVARIANT,
        ALWAYS,
        WORLD,
        FAULTS,
        DATABASE,
        Key::must("variants", Form::Map(&Form::Of(&VARIANT)), "Ways to write the same job, shown side by side."),
    ],
    rules: &[],
};

const COMMANDS: Form = Form::List(0, &Form::Choice(&COMMAND));
const LOOKS: Form = Form::Map(&Form::Choice(&LOOK));
const MISHAPS: Form = Form::List(0, &Form::Of(&FAULT));

const SETUP: Key = Key::may("setup", COMMANDS, "Commands before every schedule, on an empty server.");
const OBSERVE: Key =
    Key::may("observe", LOOKS, "Names and what is read for them when a schedule has ended: its outcome.");
const INVARIANT: Key = Key::may(
    "invariant",
    Form::Expr,
    "Must be true at the end of every schedule: over observed names, the world, registers (alice.n) and `clients`.",
);
const ALWAYS: Key =
    Key::may("always", Form::Expr, "Must be true after every step too: over the world, registers and `clients`.");
const WORLD: Key = Key::may("world", Form::Map(&Form::Literal), "Variables outside Redis, and what they start with.");
const FAULTS: Key = Key::may("faults", MISHAPS, "What may happen to clients at any moment.");
const DATABASE: Key = Key::may("database", Form::Of(&STORE), "A real SQLite database beside Redis.");

/// A way to write the job.
pub(super) static VARIANT: Record = Record {
    name: "variant",
    about: "A way to write the job. What it says for itself replaces what stands beside `variants`.",
    keys: &[
        Key::may("title", Form::Text, "What it is called; its key, if left out."),
        Key::may("expect", Form::Word(&["holds", "violated"]), "What exploring must find; `redlab check` proves it."),
        SETUP,
        OBSERVE,
        INVARIANT,
        ALWAYS,
        WORLD,
        FAULTS,
        DATABASE,
        Key::must(
            "clients",
            Form::Map(&Form::List(0, &Form::Choice(&STEP))),
            "The clients in order, each with its steps.",
        ),
    ],
    rules: &[],
};

static LOOK: Choice = Choice {
    name: "look",
    about: "A command, or a statement for the database.",
    forms: &[Form::Choice(&COMMAND), Form::Of(&QUERY)],
};

/// A statement that is observed.
pub(super) static QUERY: Record = Record {
    name: "query",
    about: "A statement for the database.",
    keys: &[Key::must("sql", Form::Filled, "The statement.")],
    rules: &[],
};

/// A database.
pub(super) static STORE: Record = Record {
    name: "store",
    about: "A real SQLite database beside Redis.",
    keys: &[
        Key::must("schema", Form::Filled, "Statements that make its tables."),
        Key::may("seed", Form::Text, "Statements that fill them."),
        Key::may("latency", Form::Duration, "Read and not used: in a schedule time is counted otherwise."),
    ],
    rules: &[],
};

/// A fault.
pub(super) static FAULT: Record = Record {
    name: "fault",
    about: "A crash or a pause, at any moment at which its client is able to run.",
    keys: &[
        Key::may("crash", Form::Scalar, "The client never runs again, and its connection closes."),
        Key::may("pause", Form::Of(&PAUSE), "The client does nothing for a while."),
        Key::may("times", Form::Int(1, MOST_TIMES), "So often; once, if left out."),
    ],
    rules: &[Rule::AtLeastOne(&["crash", "pause"]), Rule::AtMostOne(&["crash", "pause"])],
};

/// A pause.
pub(super) static PAUSE: Record = Record {
    name: "pause",
    about: "The client does nothing for a while.",
    keys: &[
        Key::must("client", Form::Scalar, "Which client."),
        Key::must("for", Form::Duration, "How long, as in 30s."),
    ],
    rules: &[],
};
