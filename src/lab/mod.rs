//! The race lab: scenario, world, schedule, strategies, exploring, counting, counterexamples.

mod view;

pub use view::{ClientView, Counterexample, Outcome, RaceView, StepTaken, VariantReport};
