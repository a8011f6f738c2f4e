//! The server itself.

mod parameters;
mod tips;
mod weight;

mod describe;

pub mod admin;
pub mod command;
pub mod config;
pub mod databases;
pub mod memory;

pub mod info;
