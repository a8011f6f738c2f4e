//! Strings.

use proptest::prelude::*;

use super::{Compare, Line, key, run, sometimes_wrong, value, words};

pub fn comparison(_name: &str, _line: &Line) -> Option<Compare> {
    None
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![
        key().prop_map(|k| [words("GET"), vec![k]].concat()),
        (key(), value()).prop_map(|(k, v)| [words("SET"), vec![k, v]].concat()),
    ])
}

#[test]
fn strings_answer_as_redis_does() {
    run(command(), 1);
}
