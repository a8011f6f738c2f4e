//! Screens driven by hand-made events and drawn on a test terminal.

pub mod sample;

mod screens;

mod hostile;

mod updates;

mod serve;
