//! Checks: is what was observed what it should be, and if not, by what does it miss?

use std::collections::BTreeMap;

use crate::content::{Diagnostics, Node};
use crate::program::{Datum, Expr, Scope, answer, known_name, read_expr};
use crate::resp::{Value, printable};

use super::condition::Condition;
use super::model::{Check, Choice, Do, Predict};
use super::words::paths;

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is met.
    Met,
    /// It is not.
    Unmet {
        /// What was expected, in the lesson's words.
        expected: String,
        /// The part that fails, with the values that it saw: `cached == 0, but cached is 1`.
        nearest_miss: String,
    },
}

impl Check {
    /// Reads a check; `known` are the names that something sets.
    pub fn read(node: &Node<'_>, known: &[String], diagnostics: &mut Diagnostics) -> Option<Check> {
        let whole = read_expr(node, diagnostics)?;
        let text = whole.source().to_string();
        for path in paths(&text).iter().filter(|path| whole.names().any(|name| name == path.name)) {
            let span = node.within(path.start, path.start + path.name.len());
            known_name(path.name, span, known, "name", diagnostics);
        }
        let condition = match Condition::parse(&text) {
            parts if parts.leaves().iter().all(|leaf| Expr::parse(leaf).is_ok()) => parts,
            _ => Condition::Leaf(text.clone()),
        };
        let leaves = condition.leaves();
        let read = leaves.iter().flat_map(|leaf| paths(leaf)).map(|path| path.text);
        let mut texts: Vec<&str> = leaves.iter().copied().chain(read).collect();
        texts.sort_unstable();
        texts.dedup();
        let parts = texts.iter().filter_map(|text| Some((text.to_string(), Expr::parse(text).ok()?))).collect();
        Some(Check { span: node.span(), condition: condition.clone(), parts, text })
    }

    /// The part that fails, with the values that it saw; `None`: the check is met.
    pub fn miss(&self, scope: &dyn Scope) -> Option<String> {
        let mut holds = |leaf: &str| self.part(leaf).is_some_and(|expr| expr.is_true(scope).unwrap_or(false));
        let failing = self.condition.failing(&mut holds);
        (!failing.is_empty()).then(|| {
            let told: Vec<String> = failing.iter().map(|leaf| self.told(leaf, scope)).collect();
            told.join("; and ")
        })
    }

    fn part(&self, text: &str) -> Option<&Expr> {
        self.parts.iter().find(|(known, _)| known == text).map(|(_, expr)| expr)
    }

    /// A part and what it saw: `cached == 0, but cached is 1`.
    fn told(&self, leaf: &str, scope: &dyn Scope) -> String {
        let seen: Vec<String> = paths(leaf)
            .iter()
            .filter_map(|path| match self.part(path.text)?.eval(scope) {
                Ok(value) => Some(format!("{} is {}", path.text, shown(&value))),
                Err(_) if path.name == "reply" => Some("there is no reply yet".into()),
                Err(_) => Some(format!("{} has no value", path.text)),
            })
            .collect();
        match (seen.as_slice(), self.part(leaf).map(|expr| expr.is_true(scope))) {
            ([], Some(Err(error))) => format!("{leaf}, but {error}"),
            ([], _) => format!("{leaf}, which is never so"),
            (seen, _) => format!("{leaf}, but {}", seen.join(" and ")),
        }
    }
}

/// A value as an expression would write it.
fn shown(value: &Datum) -> String {
    match value {
        Datum::Str(bytes) => format!("'{}'", printable(bytes, SHOWN)),
        Datum::None => "none (nil)".into(),
        Datum::List(items) => {
            let items: Vec<String> = items.iter().take(10).map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.brief(SHOWN),
    }
}

/// A reply as the registers of a check hold it; an error is `{error: "…"}`.
pub fn reply_datum(reply: Value) -> Datum {
    answer(reply).unwrap_or_else(|line| Datum::error(&line))
}

impl Do {
    /// Judges what was observed: `reply` (the last reply, once there is one) and the observed names.
    pub fn judge(&self, registers: &BTreeMap<String, Datum>) -> Judgement {
        match self.check.miss(registers) {
            None => Judgement::Met,
            Some(nearest_miss) => {
                let expected = if self.otherwise.is_empty() { &self.check.text } else { &self.otherwise };
                Judgement::Unmet { expected: expected.clone(), nearest_miss }
            }
        }
    }
}

impl Predict {
    /// Which choice is right, given what was really answered; `None`: none of them.
    pub fn right(&self, reply: &Datum) -> Option<usize> {
        self.choices.iter().position(|choice| choice.fits(reply))
    }
}

impl Choice {
    fn fits(&self, reply: &Datum) -> bool {
        match &self.is {
            Some(check) => check.miss(&|name: &str| (name == "reply").then(|| reply.clone())).is_none(),
            None => plain(reply).iter().any(|text| *text == self.text),
        }
    }
}

/// How a choice may spell a reply.
fn plain(reply: &Datum) -> Vec<String> {
    match reply {
        Datum::None => vec!["(nil)".into(), "nil".into()],
        Datum::Map(pairs) => pairs
            .get("error")
            .map(|line| line.brief(1000))
            .map(|line| [line.split(' ').next().unwrap_or_default().to_string(), line].into())
            .unwrap_or_default(),
        Datum::Str(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        other => vec![other.brief(1000)],
    }
}
