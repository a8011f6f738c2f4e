//! Checks: is what was observed what it should be, and if not, by what does it miss?

use std::collections::BTreeMap;

use crate::content::{Diagnostics, Node};
use crate::program::{Datum, Expr, Scope, answer, known_name, read_expr};
use crate::resp::Value;

use super::condition::Condition;
use super::miss::told;
use super::model::{Check, Choice, Do, Observed, Predict};
use super::words::paths;

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is met.
    Met,
    /// It is not.
    Unmet {
        /// What was expected, in the lesson's words.
        expected: String,
        /// The part that fails, in a sentence: `EXISTS user:1 answers 1, not 0`.
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
        let compiled = |condition: &Condition| {
            let leaves = condition.leaves().into_iter();
            leaves.map(|leaf| Some((leaf.to_string(), Expr::parse(leaf).ok()?))).collect::<Option<Vec<_>>>()
        };
        // A condition that cannot be taken apart stays whole.
        let divided = Condition::parse(&text);
        let (condition, leaves) = match compiled(&divided) {
            Some(leaves) => (divided, leaves),
            None => (Condition::Leaf(text.clone()), vec![(text.clone(), whole)]),
        };
        Some(Check { span: node.span(), condition, leaves, text })
    }

    /// Why it is not met, as told by the part that fails; `None`: it is met. `observed` tells where values come from.
    pub fn miss(&self, scope: &dyn Scope, observed: &[Observed]) -> Option<String> {
        let mut holds = |leaf: &str| self.leaf(leaf).is_some_and(|expr| expr.is_true(scope).unwrap_or(false));
        let failing = self.condition.failing(&mut holds);
        (!failing.is_empty()).then(|| {
            let told: Vec<String> = failing.iter().map(|leaf| told(leaf, scope, observed)).collect();
            told.join("; and ")
        })
    }

    fn leaf(&self, text: &str) -> Option<&Expr> {
        self.leaves.iter().find(|(known, _)| known == text).map(|(_, expr)| expr)
    }
}

/// A reply as the registers of a check hold it; an error is `{error: "…"}`.
pub fn reply_datum(reply: Value) -> Datum {
    answer(reply).unwrap_or_else(|line| Datum::error(&line))
}

impl Do {
    /// Judges what was observed: `reply` (the last reply, once there is one) and the observed names.
    pub fn judge(&self, registers: &BTreeMap<String, Datum>) -> Judgement {
        match self.check.miss(registers, &self.observe) {
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
            Some(check) => check.miss(&|name: &str| (name == "reply").then(|| reply.clone()), &[]).is_none(),
            None => plain(reply).contains(&self.text),
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

#[cfg(test)]
mod tests {
    use super::super::model::{Action, Compare};
    use super::super::{Measured, expectation_miss, read};
    use super::*;
    use crate::content::{Library, Source};

    /// The action of the only step of a lesson.
    fn action(step: &str) -> Action {
        let mut item = Library::built_in().lessons().next().unwrap().clone();
        let text = format!("title: a\nsummary: b\nsteps:\n  - title: c\n{step}");
        item.source = Source::new("a.yaml", text.into()).unwrap().into();
        let (lesson, diagnostics) = read(&item);
        let mut lesson = lesson.unwrap_or_else(|| panic!("{}", diagnostics.render(false)));
        lesson.steps.remove(0).action
    }

    fn miss(check: &str, registers: &[(&str, Datum)]) -> Option<String> {
        let step = format!(
            "    do:\n      solution: [GET a]\n      observe: {{cached: EXISTS a, name: GET a}}\n      otherwise: It should be.\n      check: {}\n",
            serde_json::Value::from(check)
        );
        let Action::Do(step) = action(&step) else { panic!() };
        let registers = registers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        match step.judge(&registers) {
            Judgement::Met => None,
            Judgement::Unmet { expected, nearest_miss } => {
                assert_eq!(expected, "It should be.");
                Some(nearest_miss)
            }
        }
    }

    #[test]
    fn the_nearest_miss_names_the_part_and_what_it_saw() {
        let nil = ("reply", Datum::None);
        let check = "reply is none and cached == 0";
        assert_eq!(miss(check, &[nil.clone(), ("cached", Datum::Int(0))]), None);
        let told = |check: &str, registers: &[(&str, Datum)]| miss(check, registers).unwrap_or_default();
        let cached = |n| ("cached", Datum::Int(n));
        assert_eq!(told(check, &[nil.clone(), cached(1)]), "EXISTS a answers 1, not 0");
        assert_eq!(told(check, &[cached(0)]), "there is no reply yet");
        assert_eq!(
            told("name == 'Alex' or 'x' in name and cached > 1", &[("name", "Bob\x1b[2J".into()), cached(1)]),
            "GET a answers 'Bob\\x1b[2J', not 'Alex'; and GET a answers 'Bob\\x1b[2J', without 'x'"
        );
        assert_eq!(told("'x' in name", &[("name", Datum::None)]), "GET a answers nil, without 'x'");
        assert_eq!(told("name is not none", &[("name", Datum::None)]), "GET a answers nil");
        let named = [("keys", Datum::list(["b".into()]))];
        assert_eq!(told("'a' in keys", &named), "the last command does not name a");
        let list = [("reply", Datum::list(["1".into(), Datum::None]))];
        assert_eq!(told("reply|length == 3", &list), "the reply has 2 elements, not 3");
        assert_eq!(told("reply|length == 3", &[("reply", Datum::Int(1))]), "the reply is 1, which is no list");
        assert_eq!(told("reply[0]|int >= 2", &list), "reply[0] is '1', not 2 or more");
        assert_eq!(told("reply is mapping", &list), "the reply is ['1', nil], not an error");
        assert_eq!(
            told("name == 'x'", &[("name", Datum::error("WRONGTYPE Operation"))]),
            "GET a answers WRONGTYPE: another type of value stands at a, and DEL a removes it"
        );
        let far = [("name", "3".into()), cached(1)];
        assert_eq!(
            told("cached * 2 > name|int", &far),
            "cached * 2 > name|int, but cached is 1 (EXISTS a) and name is '3' (GET a)"
        );
        assert_eq!(told("1 == 2", &[]), "1 == 2, which is never so");
        assert_eq!(miss("reply == ['1', none]", &[("reply", Datum::list(["1".into(), Datum::None]))]), None);
    }

    #[test]
    fn a_prediction_is_right_when_the_reply_says_so() {
        let step = "    predict:\n      run: GET a\n      choices: ['2', (nil), {text: a list, is: reply is iterable and reply is not string and reply is not mapping}, ERR value is not an integer, WRONGTYPE]\n      because: So.\n";
        let Action::Predict(predict) = action(step) else { panic!() };
        assert_eq!(predict.right(&Datum::Int(2)), Some(0));
        assert_eq!(predict.right(&"2".into()), Some(0));
        assert_eq!(predict.right(&Datum::None), Some(1));
        assert_eq!(predict.right(&Datum::list([Datum::Int(1)])), Some(2));
        assert_eq!(predict.right(&reply_datum(Value::error("ERR value is not an integer"))), Some(3));
        assert_eq!(predict.right(&reply_datum(Value::error("WRONGTYPE Operation against"))), Some(4));
        assert_eq!(predict.right(&"other".into()), None);
    }

    #[test]
    fn an_expectation_reads_what_lanes_measured() {
        let step = "    compare:\n      lanes:\n        - {name: a, steps: [GET a], observe: {n: GET a}}\n        - {name: b, steps: [GET a]}\n      expect: lanes[0].observed.n|int == 3 and lanes[1].total * 2 < lanes[0].total and target == 'live'\n";
        let Action::Compare(Compare { expect: Some(expect), .. }) = action(step) else { panic!() };
        let slow = Measured { total_ms: 41.5, observed: vec![("n".into(), "3".into())], ..Measured::default() };
        let fast = |total_ms| Measured { total_ms, ..Measured::default() };
        assert_eq!(expectation_miss(&expect, &[slow.clone(), fast(1.0)], "live"), None);
        let told = expectation_miss(&expect, &[slow.clone(), fast(30.0)], "live");
        assert_eq!(
            told.as_deref(),
            Some("lanes[1].total * 2 < lanes[0].total, but lanes[1].total is 30.0 and lanes[0].total is 41.5")
        );
        let told = expectation_miss(&expect, &[slow, fast(1.0)], "bundled");
        assert_eq!(told.as_deref(), Some("target is 'bundled', not 'live'"));
    }
}
