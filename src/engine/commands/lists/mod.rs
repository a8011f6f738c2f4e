//! Lists.

pub mod elements;

pub mod ends;

pub mod blocking;
