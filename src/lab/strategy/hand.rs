//! By hand: whatever a person says.

use super::super::part::Choice;
use super::super::world::World;
use super::pick::Strategy;

/// Takes what `ask` answers.
pub struct Hand<F>(pub F);

impl<F: FnMut(&World, &[Choice]) -> Option<Choice>> Strategy for Hand<F> {
    fn pick(&mut self, world: &World, choices: &[Choice]) -> Option<Choice> {
        (self.0)(world, choices).filter(|choice| choices.contains(choice))
    }
}
