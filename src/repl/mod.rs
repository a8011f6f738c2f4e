//! The line REPL: rustyline around prompt, target and render.

mod secrets;
mod statement;
mod track;

mod label;

mod stake;

mod doubt;

mod colon;
mod finder;

mod helper;

mod bench;
mod extras;
mod save;

mod seat;

mod desk;

mod sight;

mod listen;

mod both;

mod acts;

mod talk;

mod interactive;

pub use interactive::{Beginning, interactive};
pub use talk::{Dialect, Ending, Open, Talk, TalkWish, lines, mass};
