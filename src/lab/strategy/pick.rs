//! What a strategy is, and how it walks.

use super::super::part::Choice;
use super::super::world::World;

/// Chooses who runs next.
pub trait Strategy {
    /// One of `choices`, which are those of `world` and never empty; `None` ends the walk here.
    fn pick(&mut self, world: &World, choices: &[Choice]) -> Option<Choice>;
}

/// Walks from a world until nobody can run or the strategy ends it: the choices, and the world at the end.
pub fn walk(start: &World, strategy: &mut dyn Strategy, most: usize) -> (Vec<Choice>, World) {
    let (mut world, mut path) = (start.clone(), Vec::new());
    while path.len() < most {
        let choices = world.choices();
        let picked = if choices.is_empty() { None } else { strategy.pick(&world, &choices) };
        let Some(choice) = picked.filter(|choice| world.step(*choice).is_some()) else { break };
        path.push(choice);
    }
    (path, world)
}
