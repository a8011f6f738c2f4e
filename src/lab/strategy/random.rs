//! At random: every choice is as likely as the others, and a seed brings the same walk back.

use super::super::part::Choice;
use super::super::world::World;
use super::pick::Strategy;

/// Draws.
pub struct Random(fastrand::Rng);

impl Random {
    /// The same seed draws the same.
    pub fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }
}

impl Strategy for Random {
    fn pick(&mut self, _: &World, choices: &[Choice]) -> Option<Choice> {
        self.0.choice(choices).copied()
    }
}
