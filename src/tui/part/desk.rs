//! Everything that a prompt works with: the state that lessons and the playground share.

use std::time::{Duration, Instant};

use crate::render::Tone;
use crate::session::{Event, Request};
use crate::target::{Identity, Kind};

use super::clock::Clock;
use super::keys::Keys;
use super::latency::Latency;
use super::log::Log;
use super::prompt::Prompt;

/// A command that the guard of a live server asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The command.
    pub line: String,
    /// Why it asks.
    pub reason: String,
}

/// A connection that is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Why.
    pub reason: String,
    /// When the next attempt is made.
    pub retry_at: Instant,
}

/// Long work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// What is being done.
    pub what: String,
    /// How much is done.
    pub done: u64,
    /// How much there is; 0 if nobody knows.
    pub total: u64,
}

/// The desk.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The target, once the session stands.
    pub identity: Option<Identity>,
    /// The target's clock.
    pub clock: Clock,
    /// The commands.
    pub log: Log,
    /// The keys.
    pub keys: Keys,
    /// The times.
    pub latency: Latency,
    /// The line that is being typed.
    pub prompt: Prompt,
    /// What is asked.
    pub ask: Option<Ask>,
    /// The lost link.
    pub lost: Option<Lost>,
    /// Long work.
    pub busy: Option<Busy>,
    /// How many lines wait for the replies before them.
    pub queued: usize,
    /// A message in the place of the keys, until the next key.
    pub notice: Option<(Tone, String)>,
    /// The last thing that failed, as told.
    pub failure: Option<String>,
    /// Set when the session is over.
    pub closed: bool,
    now: Option<Instant>,
}

impl Desk {
    /// Takes in an event; `at` is this computer's time.
    pub fn take(&mut self, event: &Event, at: Instant) {
        self.now = Some(at);
        match event {
            Event::Opened { identity, .. } => self.identity = Some(identity.clone()),
            Event::LinkLost { reason, retry_in_ms } => {
                let retry_at = at + Duration::from_millis((*retry_in_ms).min(3_600_000));
                self.lost = Some(Lost { reason: reason.clone(), retry_at });
                self.log.stop_waiting("no reply: the connection was lost");
            }
            Event::LinkRestored => {
                self.lost = None;
                self.notice = Some((Tone::Good, "✓ connected again; the session goes on".into()));
            }
            Event::Sent { client, line, sender } => {
                self.keys.calm();
                self.log.sent(*client, line, *sender);
            }
            Event::Replied { client, line, reply, elapsed, sender } => {
                self.log.replied(*client, line, reply, *elapsed, *sender);
                self.latency.redis(*elapsed);
            }
            Event::QueryRan { statement, rows, elapsed } => {
                self.log.queried(statement, rows, *elapsed);
                self.latency.sql(*elapsed);
            }
            Event::Pushed { client, value } => self.log.pushed(*client, value),
            Event::KeysChanged { keys, changes } => self.keys.take(keys.clone(), changes.clone(), self.clock.now_ms()),
            Event::ClockRead { now_ms, ahead_ms } => self.clock.read(*now_ms, *ahead_ms, at),
            Event::Progressed { what, done, total } => {
                self.busy = Some(Busy { what: what.clone(), done: *done, total: *total });
            }
            Event::Cancelled => {
                self.busy = None;
                self.log.stop_waiting("cancelled");
                self.notice = Some((Tone::Warning, "cancelled".into()));
            }
            Event::Asked { line, reason } => self.ask = Some(Ask { line: line.clone(), reason: reason.clone() }),
            Event::Queued(lines) => self.queued = *lines,
            Event::Refused { line, reason, at } => self.refused(line, reason, *at),
            Event::Undone { left } => {
                self.log.note(&format!("↶ the last command was taken back; {left} more can be"), Tone::Dim);
            }
            Event::WasReset => self.log.note("↺ the step is as it was entered", Tone::Dim),
            Event::RaceMirrored { same, said } => {
                let (tone, mark) = if *same { (Tone::Good, '✓') } else { (Tone::Warning, '!') };
                self.notice = Some((tone, format!("{mark} {said}")));
            }
            Event::RaceSaved { path } => self.notice = Some((Tone::Good, format!("✓ saved as {path}"))),
            Event::RaceTogether(together) => {
                let said =
                    if *together { "variants are stepped together" } else { "each variant is stepped by itself" };
                self.notice = Some((Tone::Plain, said.into()));
            }
            Event::RaceChecked { accepted: true, .. } => {
                self.notice = Some((Tone::Good, "✓ taken: it is explored anew".into()));
            }
            Event::Failed { message } => {
                self.busy = None;
                self.log.note(&format!("✗ {message}"), Tone::Bad);
                self.notice = Some((Tone::Bad, format!("✗ {message}")));
                self.failure = Some(message.clone());
            }
            Event::Compared { .. } | Event::Explored(_) | Event::Met { .. } => self.busy = None,
            Event::Closed { .. } => self.closed = true,
            _ => {}
        }
    }

    /// Time passes.
    pub fn tick(&mut self, at: Instant) {
        self.now = Some(at);
        self.clock.tick(at);
    }

    /// This computer's time as last told.
    pub fn now(&self) -> Option<Instant> {
        self.now
    }

    /// Whether the target is the bundled engine: its commands can be taken back, its clock can jump.
    pub fn is_bundled(&self) -> bool {
        self.identity.as_ref().is_none_or(|identity| identity.kind == Kind::Bundled)
    }

    /// Whether something is being worked at or waited for that escape would end.
    pub fn is_busy(&self) -> bool {
        self.busy.is_some() || self.log.is_waiting()
    }

    /// Answers what was asked.
    pub fn answer(&mut self, yes: bool) -> Option<Request> {
        self.ask.take().map(|_| Request::Confirm(yes))
    }

    /// A refused line comes back to the prompt, unless something else is being typed there by now.
    fn refused(&mut self, line: &str, reason: &str, at: Option<usize>) {
        self.log.note(&format!("✗ {line}: {reason}"), Tone::Warning);
        if self.prompt.is_empty() {
            self.prompt.fill(line);
            self.prompt.refused = Some((reason.to_string(), at));
        }
    }
}
