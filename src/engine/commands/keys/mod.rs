//! Keys of any type.

pub mod dump;
pub mod existence;
pub mod expire;
pub mod migrate;
pub mod object;
pub mod relocate;
pub mod sort;
pub mod wait;
pub mod walk;
