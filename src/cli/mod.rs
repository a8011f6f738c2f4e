//! Arguments, modes, exit codes.

mod serve_args;

mod args;
mod exit;

mod bar;
mod print;
mod setup;

mod exec;
mod explore;
mod list;
mod repl;
mod run;
mod screens;
mod serve;
mod stress;

mod check;

mod main;

pub use main::main;
