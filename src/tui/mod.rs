//! The screens: state, update and view of each, widgets, theme, keymap.

mod theme;

mod paint;

mod canvas;

mod action;

mod widget;

mod part;

mod screen;

mod app;

mod terminal;

mod signals;

mod input;

mod outside;

mod run;

mod watch;

#[cfg(test)]
mod tests;

pub use run::{Error, Reread, Setup, Shelf, Watch, run};
pub use theme::{Colours, Theme};
pub use watch::watch;
