//! Which lines are shown.

use super::state::{Changed, Said, State};

fn holds(text: &str, wanted: &str) -> bool {
    wanted.is_empty() || text.to_lowercase().contains(&wanted.to_lowercase())
}

impl State {
    /// Whether a line of a client's is shown.
    pub fn shows_said(&self, (client, said): &(u64, Said)) -> bool {
        if self.only.is_some_and(|only| only != *client) {
            return false;
        }
        match said {
            Said::Command { command, reply, .. } => holds(command, &self.text) || holds(reply, &self.text),
            Said::Delivered { what, .. } => holds(what, &self.text),
            Said::Joined | Said::Left => self.text.is_empty(),
        }
    }

    /// Whether a change is shown.
    pub fn shows_changed(&self, changed: &Changed) -> bool {
        holds(&changed.key, &self.text) || holds(&changed.holds, &self.text)
    }

    /// Shows the next client alone; after the last one, all.
    pub fn next_client(&mut self) {
        let after = self.only.map_or(0, |only| only + 1);
        self.only = self.clients.range(after..).next().map(|(id, _)| *id);
        self.scrolls.iter().for_each(super::super::super::widget::Scroll::reset);
    }
}
