//! Sorted sets.

mod bounds;

pub mod members;

pub mod ranges;

pub mod algebra;
pub mod pops;
