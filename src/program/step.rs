//! The model: what a step is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::expr::Expr;
use super::template::{Template, Word};

/// One step of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The step is skipped unless this is true.
    pub when: Option<Expr>,
    /// What it is.
    pub kind: StepKind,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// A scheduling point: work that others can see.
    Act(Arc<Act>),
    /// Sets registers, in order.
    Let(Vec<(String, Expr)>),
    /// A branch.
    If {
        /// The condition.
        test: Expr,
        /// The steps if it is true.
        then: Vec<Step>,
        /// The steps if it is not.
        otherwise: Vec<Step>,
    },
    /// The same steps several times.
    Repeat {
        /// How often.
        times: u32,
        /// The steps.
        steps: Vec<Step>,
    },
    /// The same steps until a condition is true.
    Until {
        /// The condition, looked at after each round.
        test: Expr,
        /// How many rounds at most.
        most: u32,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Ends the program.
    Stop,
}

/// A scheduling point.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What is done.
    pub action: Action,
    /// The register that keeps the reply.
    pub keep: Option<String>,
    /// Whether the client goes on when it is answered an error.
    pub goes_on: bool,
}

/// What a scheduling point does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sends one command.
    Run(Template),
    /// EVAL. The script is sent as it stands; keys and arguments are rendered.
    Eval {
        /// The script.
        script: Bytes,
        /// `KEYS`
        keys: Vec<Word>,
        /// `ARGV`
        args: Vec<Word>,
    },
    /// MULTI, the commands, EXEC: one scheduling point.
    Transaction(Vec<Template>),
    /// One write, one wait: a scheduling point for each command.
    Pipeline(Vec<Template>),
    /// A statement for the database.
    Sql(Word),
    /// Sets variables outside of Redis, in order.
    World(Vec<(String, Expr)>),
    /// Does nothing for a while.
    Sleep(Duration),
}

impl Act {
    /// The names that its values are computed from.
    pub fn names(&self) -> Vec<&str> {
        let mut exprs: Vec<&Expr> = Vec::new();
        match &self.action {
            Action::Run(template) => exprs.extend(template.words().iter().flat_map(Word::exprs)),
            Action::Eval { keys, args, .. } => exprs.extend(keys.iter().chain(args).flat_map(Word::exprs)),
            Action::Transaction(commands) | Action::Pipeline(commands) => {
                exprs.extend(commands.iter().flat_map(|command| command.words()).flat_map(Word::exprs));
            }
            Action::Sql(statement) => exprs.extend(statement.exprs()),
            Action::World(pairs) => exprs.extend(pairs.iter().map(|(_, expr)| expr)),
            Action::Sleep(_) => {}
        }
        exprs.into_iter().flat_map(Expr::names).collect()
    }
}

/// The registers that steps set, sorted, each once.
pub fn registers_of(steps: &[Step]) -> Vec<String> {
    let mut names = Vec::new();
    // A list of what is still to be looked at instead of recursion: files may nest deeply.
    let mut open: Vec<&Step> = steps.iter().collect();
    while let Some(step) = open.pop() {
        match &step.kind {
            StepKind::Act(act) => names.extend(act.keep.clone()),
            StepKind::Let(pairs) => names.extend(pairs.iter().map(|(name, _)| name.clone())),
            StepKind::If { then, otherwise, .. } => open.extend(then.iter().chain(otherwise)),
            StepKind::Repeat { steps, .. } | StepKind::Until { steps, .. } => open.extend(steps),
            StepKind::Stop => {}
        }
    }
    names.sort();
    names.dedup();
    names
}
