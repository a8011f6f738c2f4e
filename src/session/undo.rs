//! States to go back to (bundled target only: nobody else's data is touched by it).

use crate::database::Image;
use crate::target::Snapshot;

/// How many typed commands can be taken back.
const DEPTH: usize = 200;

/// A server and a database at one moment.
#[derive(Clone)]
pub struct Moment {
    /// The server.
    pub server: Snapshot,
    /// The database.
    pub database: Option<Image>,
}

/// What can be taken back: typed commands one by one, and a step as a whole.
#[derive(Default)]
pub struct Undo {
    commands: Vec<Moment>,
    step: Option<Moment>,
}

impl Undo {
    /// Notes the moment before a typed command.
    pub fn note(&mut self, moment: Moment) {
        if self.commands.len() == DEPTH {
            self.commands.remove(0);
        }
        self.commands.push(moment);
    }

    /// Notes the moment at which a step was entered; what was typed before it cannot be taken back any more.
    pub fn enter(&mut self, moment: Moment) {
        self.commands.clear();
        self.step = Some(moment);
    }

    /// The moment before the last typed command.
    pub fn back(&mut self) -> Option<Moment> {
        self.commands.pop()
    }

    /// The moment at which the step was entered.
    pub fn entered(&mut self) -> Option<Moment> {
        self.commands.clear();
        self.step.clone()
    }

    /// How many typed commands can be taken back.
    pub fn left(&self) -> usize {
        self.commands.len()
    }
}
