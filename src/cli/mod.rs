//! Arguments, modes, exit codes.

mod client_args;
mod serve_args;

mod args;
mod exit;

mod bar;
mod print;
mod setup;

mod client;
mod exec;
mod explore;
mod list;
mod new;
mod progress;
mod repl;
mod run;
mod schema;
mod watched;

mod screens;
mod serve;
mod stress;

mod shown;

mod check;

mod main;

pub use main::main;
