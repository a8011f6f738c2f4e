//! redlab
pub mod resp;

pub mod engine;

pub mod target;
