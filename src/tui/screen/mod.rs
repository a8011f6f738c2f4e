//! The screens. Each is a folder: what it knows, what keys and events do to it, how it is drawn.

pub mod help;

pub mod catalogue;

pub mod compare;

pub mod race;

pub mod play;

pub mod lesson;

pub mod serve;
