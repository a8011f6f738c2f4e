//! The model: a scenario, its variants, and what may go wrong in them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::program::{Datum, Expr, Program};

/// What `invariant` and `always` call the number of clients, where nothing else has that name.
pub const NUMBER_OF_CLIENTS: &str = "clients";

/// A scenario: one job, written in several ways.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without its ending.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub summary: String,
    /// What to learn from it, Markdown.
    pub text: String,
    /// Where the pattern was published.
    pub source: String,
    /// The ways to write it, in order; never empty.
    pub variants: Vec<Arc<Variant>>,
}

/// What exploring a variant is expected to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Every schedule keeps the invariant.
    Holds,
    /// At least one does not.
    Violated,
}

impl Expect {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Expect::Holds => "holds",
            Expect::Violated => "violated",
        }
    }
}

/// One way to write the job.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What exploring must find.
    pub expect: Option<Expect>,
    /// Who takes part, in order.
    pub clients: Vec<Member>,
    /// Commands that run before every schedule.
    pub setup: Vec<Vec<Bytes>>,
    /// What is read when a schedule has ended.
    pub observe: Vec<(String, Look)>,
    /// What must be true at the end.
    pub invariant: Expr,
    /// What must be true after every step.
    pub always: Option<Expr>,
    /// Variables outside of Redis, and what they start with.
    pub world: Vec<(String, Datum)>,
    /// What may go wrong.
    pub faults: Vec<Mishap>,
    /// A database beside Redis.
    pub database: Option<Store>,
}

/// A client of a variant.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub program: Arc<Program>,
}

/// Something that is read at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A command's reply.
    Command(Vec<Bytes>),
    /// A statement's result.
    Sql(String),
}

/// A database: statements that make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Makes its tables.
    pub schema: String,
    /// Fills them.
    pub seed: String,
}

/// A fault that may happen to a client while it is able to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// Which client, by its place.
    pub client: usize,
    /// What happens.
    pub kind: MishapKind,
    /// How often it may happen.
    pub times: u32,
    /// How a replay names it: `crash:alice`.
    pub label: String,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MishapKind {
    /// The client never runs again and its connection closes.
    Crash,
    /// The client does nothing for so long.
    Pause(Duration),
}

impl Variant {
    /// The names of the world variables.
    pub fn world_names(&self) -> Vec<String> {
        self.world.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The number of clients, by its name.
    pub fn count(&self, name: &str) -> Option<Datum> {
        (name == NUMBER_OF_CLIENTS).then(|| Datum::Int(i64::try_from(self.clients.len()).unwrap_or(i64::MAX)))
    }
}
