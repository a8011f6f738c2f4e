//! What a learner needed for a lesson, beside what its author needs. It is told and never asked for.

use std::collections::BTreeMap;

use super::input::Input;
use super::model::{Action, Lesson};

/// What was needed. The fewer round trips, the better; then the fewer commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// Waits for an answer, of Redis or of the database.
    pub round_trips: u32,
    /// Redis commands.
    pub commands: u32,
}

impl Used {
    /// What these lines need when they are typed one after the other.
    pub fn of<'l>(inputs: impl IntoIterator<Item = &'l Input>) -> Used {
        inputs.into_iter().fold(Used::default(), |sum, input| {
            let commands = u32::from(matches!(input, Input::Command { .. }));
            sum + Used { round_trips: 1, commands }
        })
    }
}

impl std::ops::Add for Used {
    type Output = Used;

    fn add(self, other: Used) -> Used {
        Used {
            round_trips: self.round_trips.saturating_add(other.round_trips),
            commands: self.commands.saturating_add(other.commands),
        }
    }
}

/// A learner beside the author, over the steps that the learner solved by typing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mastery {
    /// What the learner needed, at best.
    pub yours: Used,
    /// What the author's solutions need for the same steps.
    pub author: Used,
    /// So many steps the learner solved by typing.
    pub steps: usize,
    /// So many steps ask for typing.
    pub of: usize,
}

impl Mastery {
    /// Compares what was used, by step, with what the author's solutions need.
    pub fn of(used: &BTreeMap<usize, Used>, author: &BTreeMap<usize, Used>) -> Mastery {
        let mut mastery = Mastery { of: author.len(), ..Mastery::default() };
        for (step, theirs) in author {
            if let Some(yours) = used.get(step) {
                mastery.yours = mastery.yours + *yours;
                mastery.author = mastery.author + *theirs;
                mastery.steps += 1;
            }
        }
        mastery
    }

    /// It as a sentence; `None` where nothing was typed.
    pub fn sentence(&self) -> Option<String> {
        if self.steps == 0 {
            return None;
        }
        let (yours, author) = (self.yours, self.author);
        let some =
            if self.steps < self.of { format!(" ({} of {} tasks typed)", self.steps, self.of) } else { String::new() };
        Some(format!(
            "you: {} commands, {} round trips · the author: {}, {}{some}",
            yours.commands, yours.round_trips, author.commands, author.round_trips
        ))
    }
}

impl Lesson {
    /// What the author's solution of each step needs that asks for typing.
    pub fn author_used(&self) -> BTreeMap<usize, Used> {
        let used = |action: &Action| match action {
            Action::Do(wanted) => Some(Used::of(&wanted.solution)),
            _ => None,
        };
        self.steps.iter().enumerate().filter_map(|(at, step)| Some((at, used(&step.action)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_stands_beside_the_author_where_both_typed() {
        let used = |commands, round_trips| Used { commands, round_trips };
        let author = [(0, used(1, 1)), (2, used(2, 3)), (5, used(1, 1))].into();
        let mastery = Mastery::of(&[(0, used(2, 2)), (2, used(2, 3)), (9, used(7, 7))].into(), &author);
        assert_eq!((mastery.yours, mastery.author, mastery.steps, mastery.of), (used(4, 5), used(3, 4), 2, 3));
        let told = "you: 4 commands, 5 round trips · the author: 3, 4 (2 of 3 tasks typed)";
        assert_eq!(mastery.sentence().as_deref(), Some(told));
        assert_eq!(Mastery::of(&BTreeMap::new(), &author).sentence(), None);
        assert!(used(9, 1) < used(1, 2), "round trips count first");
        let lines = [Input::Sql("SELECT 1".into()), Input::Command { line: "PING".into(), argv: Vec::new() }];
        assert_eq!(Used::of(&lines), used(1, 2));
    }
}
