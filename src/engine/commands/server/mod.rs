//! The server itself.

mod kind;

mod form;

mod doors;
mod kept;

mod parameters;
mod arguments;
mod remarks;
mod tips;

mod describe;

mod lolwut;
mod sparkline;

pub mod admin;
pub mod command;
pub mod config;
pub mod databases;
pub mod debug;
pub mod latency;
pub mod memory;
pub mod saving;
pub mod shutdown;
pub mod modules;
pub mod replication;
pub mod slowlog;

pub mod info;
