//! Round robin: one step each, in the order in which the clients are written. No fault happens.

use super::super::part::Choice;
use super::super::world::World;
use super::pick::Strategy;

/// Goes round.
#[derive(Default)]
pub struct RoundRobin {
    /// The client after the one that ran last.
    next: usize,
}

impl Strategy for RoundRobin {
    fn pick(&mut self, _: &World, choices: &[Choice]) -> Option<Choice> {
        let clients =
            || choices.iter().filter_map(|choice| if let Choice::Client(n) = choice { Some(*n) } else { None });
        let client = clients().find(|client| *client >= self.next).or_else(|| clients().next())?;
        self.next = client + 1;
        Some(Choice::Client(client))
    }
}
