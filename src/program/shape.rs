//! The step language as tables: what a step may hold.

use crate::content::{Choice, Form, Key, Record, Rule};

/// The most rounds of a loop.
pub(super) const MOST_ROUNDS: i64 = 1_000_000_000;

/// A command: a line, or a list of words.
pub static COMMAND: Choice = Choice {
    name: "command",
    about: "A Redis command: a line, split by redis-cli's quoting rules, or a list of words. {{ … }} puts a value in.",
    forms: &[Form::Filled, Form::List(1, &Form::Scalar)],
};

/// One step of a client or a lane.
pub static STEP: Choice = Choice {
    name: "deed",
    about: "One step of a client: a command, or a map that says what is done.",
    forms: &[
        Form::Choice(&COMMAND),
        Form::Of(&RUN),
        Form::Of(&EVAL),
        Form::Of(&TRANSACTION),
        Form::Of(&PIPELINE),
        Form::Of(&SQL),
        Form::Of(&WORLD),
        Form::Of(&SLEEP),
        Form::Of(&LET),
        Form::Of(&IF),
        Form::Of(&REPEAT),
        Form::Of(&UNTIL),
        Form::Of(&STOP),
    ],
};

const WHEN: Key = Key::may("when", Form::Expr, "Skips the step unless this expression is true.");
const AS: Key = Key::may("as", Form::Filled, "Keeps the reply in this register of the client.");
const ON_ERROR: Key =
    Key::may("on_error", Form::Word(&["continue"]), "Goes on after an error reply, which else ends the client.");

/// The keys of which a step has exactly one, each with the table of such a step.
pub(super) static KINDS: &[(&str, &Record)] = &[
    ("run", &RUN),
    ("eval", &EVAL),
    ("transaction", &TRANSACTION),
    ("pipeline", &PIPELINE),
    ("sql", &SQL),
    ("world", &WORLD),
    ("sleep", &SLEEP),
    ("let", &LET),
    ("if", &IF),
    ("repeat", &REPEAT),
    ("until", &UNTIL),
    ("stop", &STOP),
];

static RUN: Record = Record {
    name: "run",
    about: "Sends one command.",
    keys: &[Key::must("run", Form::Choice(&COMMAND), "The command."), AS, ON_ERROR, WHEN],
    rules: &[],
};

static EVAL: Record = Record {
    name: "eval",
    about: "Runs a Lua script, atomically.",
    keys: &[Key::must("eval", Form::Of(&SCRIPT), "The script with its keys and arguments."), AS, ON_ERROR, WHEN],
    rules: &[],
};

/// A script with its keys and arguments.
pub(super) static SCRIPT: Record = Record {
    name: "script",
    about: "A Lua script with its keys and arguments.",
    keys: &[
        Key::must("script", Form::Filled, "The script, sent as it stands."),
        Key::may("keys", Form::List(0, &Form::Scalar), "Its KEYS. {{ … }} puts a value in."),
        Key::may("args", Form::List(0, &Form::Scalar), "Its ARGV. {{ … }} puts a value in."),
    ],
    rules: &[],
};

static TRANSACTION: Record = Record {
    name: "transaction",
    about: "MULTI, these commands, EXEC.",
    keys: &[
        Key::must("transaction", Form::List(1, &Form::Choice(&COMMAND)), "The commands."),
        Key::may("as", Form::Filled, "Keeps EXEC's reply: a list, or none where WATCH made it do nothing."),
        ON_ERROR,
        WHEN,
    ],
    rules: &[],
};

static PIPELINE: Record = Record {
    name: "pipeline",
    about: "One write, one wait. Commands of others may land in between.",
    keys: &[
        Key::must("pipeline", Form::List(1, &Form::Choice(&COMMAND)), "The commands."),
        Key::may("as", Form::Filled, "Keeps the list of replies."),
        ON_ERROR,
        WHEN,
    ],
    rules: &[],
};

static SQL: Record = Record {
    name: "sql",
    about: "Runs a statement on the database.",
    keys: &[
        Key::must("sql", Form::Filled, "The statement. {{ … }} puts a value in."),
        Key::may("as", Form::Filled, "Keeps the result: a value, none where there is no row, else a list of rows."),
        ON_ERROR,
        WHEN,
    ],
    rules: &[],
};

static WORLD: Record = Record {
    name: "world",
    about: "Sets world variables: work outside Redis.",
    keys: &[Key::must("world", Form::Map(&Form::Expr), "Names of world variables and what they become."), WHEN],
    rules: &[],
};

static SLEEP: Record = Record {
    name: "sleep",
    about: "The client does nothing until the clock has passed this.",
    keys: &[Key::must("sleep", Form::Duration, "How long, as in 10s."), WHEN],
    rules: &[],
};

static LET: Record = Record {
    name: "let",
    about: "Sets registers of the client.",
    keys: &[Key::must("let", Form::Map(&Form::Expr), "Names of registers and what they become."), WHEN],
    rules: &[],
};

static IF: Record = Record {
    name: "if",
    about: "A branch.",
    keys: &[
        Key::must("if", Form::Expr, "The condition."),
        Key::may("then", Form::List(0, &Form::Choice(&STEP)), "The steps where it is true."),
        Key::may("else", Form::List(0, &Form::Choice(&STEP)), "The steps where it is not."),
        WHEN,
    ],
    rules: &[Rule::AtLeastOne(&["then", "else"])],
};

static REPEAT: Record = Record {
    name: "repeat",
    about: "Runs steps so many times.",
    keys: &[
        Key::must("repeat", Form::Int(0, MOST_ROUNDS), "How often."),
        Key::must("steps", Form::List(0, &Form::Choice(&STEP)), "The steps."),
        WHEN,
    ],
    rules: &[],
};

static UNTIL: Record = Record {
    name: "until",
    about: "Runs steps, then stops if the expression is true.",
    keys: &[
        Key::must("until", Form::Expr, "When it is enough."),
        Key::may("max", Form::Int(1, MOST_ROUNDS), "At most so often; 10 if left out."),
        Key::must("steps", Form::List(0, &Form::Choice(&STEP)), "The steps."),
        WHEN,
    ],
    rules: &[],
};

static STOP: Record = Record {
    name: "stop",
    about: "Ends this client's program.",
    keys: &[Key::must("stop", Form::True, "Always true."), WHEN],
    rules: &[],
};
