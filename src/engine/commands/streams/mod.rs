//! Streams.

mod shared;

pub mod entries;
pub mod ranges;

pub mod claim;
pub mod groups;
pub mod info;
pub mod pending;
pub mod read;
