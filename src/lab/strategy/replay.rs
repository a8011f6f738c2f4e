//! A replay: the choices of a schedule that is known.

use super::super::part::Choice;
use super::super::world::World;
use super::pick::Strategy;

/// Takes these choices one by one, and ends where one cannot be taken.
pub struct Replay {
    rest: std::vec::IntoIter<Choice>,
}

impl Replay {
    /// A schedule.
    pub fn new(choices: Vec<Choice>) -> Replay {
        Replay { rest: choices.into_iter() }
    }
}

impl Strategy for Replay {
    fn pick(&mut self, _: &World, choices: &[Choice]) -> Option<Choice> {
        self.rest.next().filter(|choice| choices.contains(choice))
    }
}
