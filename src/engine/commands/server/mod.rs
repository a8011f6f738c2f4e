//! The server itself.

mod kind;

mod form;

mod kept;

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
