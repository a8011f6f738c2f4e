//! The tests that need more than one room. One binary: it links once.

mod busy;
mod cli;
mod commands;
mod clients;
mod content;
mod damage;
mod differential;
mod doors;
mod fuzz;
mod inspect;
mod lab;
mod expiry;
mod field_expiry;
mod memory;
mod oracle;
mod replication;
mod rows;
mod saved;
mod screens;
mod serve;
mod served;
mod session;
mod staircase;
mod target;
mod transcripts;
mod watched;
