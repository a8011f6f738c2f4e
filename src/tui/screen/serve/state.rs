//! What is known of the server.

use std::collections::{BTreeMap, VecDeque};

use crate::serve::{Change, Event, Seen, Totals};

use super::super::super::widget::Scroll;

/// So many commands and changes are kept to scroll back to.
const KEPT: usize = 5_000;

/// A pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Who is connected.
    Clients,
    /// What they say and are answered.
    #[default]
    Commands,
    /// What becomes of keys.
    Keys,
}

/// A line of the commands' pane.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A command, and what it was answered.
    Command {
        /// The command.
        command: String,
        /// The reply.
        reply: String,
        /// Whether it is an error.
        failed: bool,
        /// Whether it waits.
        blocked: bool,
        /// Microseconds.
        took_us: u64,
    },
    /// What came by itself.
    Delivered {
        /// It.
        what: String,
        /// Whether it was waited for.
        is_reply: bool,
    },
    /// The client came.
    Joined,
    /// The client went.
    Left,
}

/// A line of the keys' pane.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: String,
    /// What became of it.
    pub change: Change,
    /// The event's name.
    pub event: &'static str,
    /// What it holds now.
    pub holds: String,
}

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Where the server listens, and how to talk to it.
    pub address: String,
    /// The clients by number.
    pub clients: BTreeMap<u64, Seen>,
    /// What they say, the oldest first.
    pub said: VecDeque<(u64, Said)>,
    /// What became of keys, the oldest first.
    pub changed: VecDeque<Changed>,
    /// The counters.
    pub totals: Totals,
    /// Commands in each second or so, the latest last.
    pub rates: VecDeque<u64>,
    /// What came while nothing is to move, and how much of it was dropped.
    pub late: Option<(VecDeque<Event>, u64)>,
    /// Which pane scrolls.
    pub focus: Pane,
    /// How far each of them is scrolled: the clients from the top, the others from the end.
    pub scrolls: [Scroll; 3],
    /// Only this client is shown.
    pub only: Option<u64>,
    /// Only what holds this text is shown.
    pub text: String,
    /// Whether that text is being typed.
    pub typing: bool,
    /// Whether the keys are explained.
    pub help: bool,
    /// Why the server is gone, if it is.
    pub over: Option<String>,
}

impl State {
    /// Takes in an event, or keeps it for later while nothing is to move.
    pub fn event(&mut self, event: Event) {
        if let Event::Round { clients, totals } = event {
            self.round(clients, totals);
            return;
        }
        match &mut self.late {
            Some((late, _)) if late.len() < KEPT => late.push_back(event),
            Some((_, dropped)) => *dropped += 1,
            None => self.take_in(event),
        }
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Joined(seen) => {
                keep(&mut self.said, (seen.id, Said::Joined));
                self.clients.insert(seen.id, seen);
            }
            Event::Left(id) => {
                keep(&mut self.said, (id, Said::Left));
                self.clients.remove(&id);
            }
            Event::Called { client, command, reply, failed, blocked, took_us } => {
                keep(&mut self.said, (client, Said::Command { command, reply, failed, blocked, took_us }));
            }
            Event::Delivered { client, what, is_reply } => {
                keep(&mut self.said, (client, Said::Delivered { what, is_reply }));
            }
            Event::Changed { db, key, change, event, holds } => {
                keep(&mut self.changed, Changed { db, key, change, event, holds });
            }
            Event::Round { .. } => {}
        }
    }

    fn round(&mut self, clients: Vec<Seen>, totals: Totals) {
        let passed_us = totals.now_us.saturating_sub(self.totals.now_us).max(1).unsigned_abs();
        if self.totals.now_us > 0 {
            let ran = totals.commands.saturating_sub(self.totals.commands);
            let rate = u128::from(ran) * 1_000_000 / u128::from(passed_us);
            keep(&mut self.rates, u64::try_from(rate).unwrap_or(u64::MAX));
        }
        self.totals = totals;
        self.clients = clients.into_iter().map(|client| (client.id, client)).collect();
    }

    /// Stops everything that moves, or lets it go on with what came meanwhile.
    pub fn pause(&mut self) {
        match self.late.take() {
            None => self.late = Some((VecDeque::new(), 0)),
            Some((late, _)) => late.into_iter().for_each(|event| self.take_in(event)),
        }
    }

    /// Commands a second, over the last second or so.
    pub fn rate(&self) -> u64 {
        let last: Vec<u64> = self.rates.iter().rev().take(4).copied().collect();
        last.iter().sum::<u64>().checked_div(last.len() as u64).unwrap_or(0)
    }
}

fn keep<T>(all: &mut VecDeque<T>, one: T) {
    if all.len() == KEPT {
        all.pop_front();
    }
    all.push_back(one);
}
