//! Every command is drawn in random programs somewhere.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::Value;

use super::{Line, acl, seed, together, words};

/// Commands that are never drawn: one in a line, its name and the reason.
const UNDRAWN: &str = include_str!("undrawn.txt");

/// So many commands of each kind are drawn to see which there are.
const DRAWS: usize = 60_000;

fn names(line: &Line) -> [String; 2] {
    let word =
        |n: usize| line.get(n).map(|word| String::from_utf8_lossy(word).to_ascii_lowercase()).unwrap_or_default();
    [word(0), format!("{}|{}", word(0), word(1))]
}

pub fn all_commands() -> BTreeSet<String> {
    let mut engine = Engine::new(Settings::default(), Time(0));
    let id = engine.connect("127.0.0.1:1", Time(0));
    let Called::Reply(Value::Array(names)) = engine.call(id, &words("COMMAND LIST"), Time(0)) else { panic!("a list") };
    names.iter().map(|name| String::from_utf8_lossy(name.as_bytes().expect("a name")).into_owned()).collect()
}

fn draw_from(command: impl Strategy<Value = Line>, missing: &mut BTreeSet<String>) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed(0)));
    for _ in 0..DRAWS {
        let line = command.new_tree(&mut runner).expect("a command").current();
        for name in names(&line) {
            missing.remove(&name);
        }
    }
}

#[test]
fn every_command_is_drawn_or_has_a_reason() {
    let mut missing = all_commands();
    draw_from(together::any_command(), &mut missing);
    draw_from(acl::command(), &mut missing);
    let reasons: BTreeSet<String> =
        UNDRAWN.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name.to_string()).collect();
    assert_eq!(missing.iter().collect::<Vec<_>>(), reasons.iter().collect::<Vec<_>>());
}
