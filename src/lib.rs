//! redlab: learn Redis in the terminal by running it, and watch races happen.
//!
//! # The tour
//!
//! The house has a staircase: the rooms stand here in reading order, and reading order is import order. A file imports
//! only from rooms above its own; inside a room the same holds for the modules of its `mod.rs`. A test walks the
//! staircase and names every import that runs upward.

/// The wire: values of RESP2 and RESP3, and a typed line as arguments. Knows no command.
pub mod resp;

/// The bundled Redis. Does no I/O, has no threads, looks at no clock, draws nothing unseeded.
pub mod engine;

/// What helps someone who types a command. Draws nothing.
pub mod prompt;

/// Where commands go: bundled engine or live server, and the guard of live data. The only door to either.
pub mod target;

/// The engine behind a TCP port, for any Redis client.
pub mod serve;

/// A real SQLite database beside Redis. Knows nothing of Redis.
pub mod database;

/// One key as a person sees it; what became of it. Changes nothing.
pub mod inspect;

/// Lesson and scenario files, positions and diagnostics. Runs nothing.
pub mod content;

/// The step language, one step at a time. Knows nobody who schedules it.
pub mod program;

/// Lessons, checks, hints, progress. Knows no lab.
pub mod lesson;

/// Races: schedules, exploring, counterexamples. Knows no lesson.
pub mod lab;

/// The lab's programs on real connections, round after round; async at its edge. Decides nothing about a schedule.
pub mod stress;

/// Requests in, events out. Knows nobody who watches.
pub mod session;

/// Anything as neutral styled lines. Knows no screen.
pub mod render;

/// Events as text and JSON.
pub mod report;

/// The line REPL.
pub mod repl;

/// The screens. Decide nothing about Redis.
pub mod tui;

/// Arguments, modes, exit codes.
pub mod cli;
