//! Arguments, modes, exit codes.

mod args;
mod exit;

mod print;

mod check;
mod exec;
mod explore;
mod list;
mod repl;
mod run;
mod screens;
mod serve;

mod main;

pub use main::main;
