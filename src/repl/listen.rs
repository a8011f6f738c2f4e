//! Messages: in the foreground after SUBSCRIBE and MONITOR, and behind the prompt while a line is edited.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_all;
use rustyline::ExternalPrinter;
use tokio::sync::oneshot;

use crate::inspect::{Change, Inspector};
use crate::report::{Form, Style, printed, pushed};
use crate::resp::{Protocol, Value, printable};
use crate::target::{Connection, LinkError, Target};

use super::desk::{Desk, connected};
use super::seat::Seat;
use super::track::is;

/// The first wait before a lost connection is made again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often keys are looked at that may go by themselves.
const GLANCE: Duration = Duration::from_millis(250);

impl<E> Desk<'_, E> {
    /// Runs a command after which messages come, and shows them until Ctrl-C. The connection is a new one afterwards,
    /// in the same place.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn listen(&mut self, line: &str, argv: &[Bytes]) -> Result<(), E> {
        if self.seat().wire.is_none() && !self.connect_again().await? {
            return Ok(());
        }
        if self.seat().track.queued.is_some() {
            return self.run(line, argv).await.map(drop);
        }
        if !is(argv, "MONITOR") && self.style.form != Form::Raw {
            self.print("Reading messages... (press Ctrl-C to quit)\n")?;
        }
        let at = self.at;
        match self.send(at, argv).await {
            super::desk::Sent::Answered(exchange) => {
                let text = printed(&self.fitted(exchange.reply.clone()), &self.style, false);
                self.put(&text)?;
                self.journal.push((at, line.into(), argv.to_vec(), exchange.reply.clone()));
                if exchange.reply.is_error() {
                    return Ok(());
                }
            }
            super::desk::Sent::Cancelled => return self.left(at).await,
            super::desk::Sent::Lost(error) => return self.gone(at, &error).await,
        }
        loop {
            let Some(wire) = self.seats.get_mut(at).and_then(|seat| seat.wire.as_mut()) else { return Ok(()) };
            let pushed = tokio::select! {
                pushed = wire.next_push() => Some(pushed),
                _ = self.interrupts.recv() => None,
            };
            match pushed {
                Some(Ok(value)) => {
                    let text = printed(&self.fitted(value), &self.style, false);
                    self.put(&text)?;
                }
                Some(Err(error)) => return self.gone(at, &error).await,
                None => {
                    self.print("\n")?;
                    return self.left(at).await;
                }
            }
        }
    }

    fn fitted(&self, value: Value) -> Value {
        fitted(&self.seats[self.at], value)
    }

    /// Leaves: the connection is made anew, in the same place.
    async fn left(&mut self, at: usize) -> Result<(), E> {
        let target = self.target.clone();
        match self.seats[at].connect(&target).await {
            Ok(_) => Ok(()),
            Err(error) => self.say(&error.to_string()),
        }
    }

    async fn gone(&mut self, at: usize, error: &LinkError) -> Result<(), E> {
        self.seats[at].wire = None;
        self.say(&error.to_string())?;
        self.connect_again().await.map(drop)
    }
}

/// A push as the connection's protocol shows it.
fn fitted(seat: &Seat, value: Value) -> Value {
    if seat.track.protocol == Protocol::Resp2 { value.into_resp2() } else { value }
}

/// What goes on behind the prompt; it takes the clients along and gives them back.
pub struct Behind {
    /// The clients.
    pub seats: Vec<Seat>,
    /// Where they are connected.
    pub target: Target,
    /// What looks at keys that may go by themselves, where that is wanted.
    pub keys: Option<(Connection, i64)>,
    /// What it has seen.
    pub inspector: Inspector,
    /// Whether keys that go by themselves are told.
    pub expired: bool,
    /// Whether colours are wanted.
    pub color: bool,
    /// How messages are printed; `None`: they are not.
    pub style: Option<Style>,
}

enum Happened {
    Pushed(usize, Result<Value, LinkError>),
    Wait,
    Glance,
    Stop,
}

impl Behind {
    /// Prints what comes until `stop`.
    pub async fn watch(mut self, mut printer: Option<impl ExternalPrinter>, mut stop: oneshot::Receiver<()>) -> Behind {
        let mut wait = FIRST_WAIT;
        loop {
            let broken = self.seats.iter().any(|seat| seat.wire.is_none());
            let happened = {
                let waits = self.seats.iter_mut().enumerate().filter_map(|(at, seat)| {
                    let wire = seat.wire.as_mut()?;
                    Some(Box::pin(async move { Happened::Pushed(at, wire.next_push().await) }))
                });
                let waits: Vec<_> = waits.collect();
                let pushed = async {
                    if waits.is_empty() {
                        return std::future::pending().await;
                    }
                    select_all(waits).await.0
                };
                tokio::select! {
                    biased;
                    _ = &mut stop => Happened::Stop,
                    happened = pushed => happened,
                    () = tokio::time::sleep(wait), if broken => Happened::Wait,
                    () = tokio::time::sleep(GLANCE), if self.expired && self.keys.is_some() => Happened::Glance,
                }
            };
            let said = match happened {
                Happened::Stop => return self,
                Happened::Pushed(at, Ok(value)) => self.message(at, value),
                Happened::Pushed(at, Err(error)) => {
                    self.seats[at].wire = None;
                    wait = FIRST_WAIT;
                    Some(self.own(&format!("{error}; trying again")))
                }
                Happened::Wait => {
                    wait = (wait * 2).min(LONGEST_WAIT);
                    self.connect().await
                }
                Happened::Glance => self.glance().await,
            };
            if let (Some(text), Some(printer)) = (said, printer.as_mut()) {
                // Who cannot print behind the prompt goes without.
                let _ = printer.print(text);
            }
        }
    }

    fn message(&self, at: usize, value: Value) -> Option<String> {
        let seat = &self.seats[at];
        let text = pushed(&fitted(seat, value), self.style.as_ref()?);
        let text = String::from_utf8_lossy(&text).into_owned();
        let named = self.seats.len() > 1 && !seat.name.is_empty();
        Some(if named { format!("{}: {text}", printable(seat.name.as_bytes(), 40)) } else { text })
    }

    fn own(&self, line: &str) -> String {
        if self.color { format!("\x1b[2m{line}\x1b[0m\n") } else { format!("{line}\n") }
    }

    /// Tries to connect whoever is not.
    async fn connect(&mut self) -> Option<String> {
        let place = printable(self.target.identity().label.as_bytes(), 60);
        let mut said = None;
        for seat in &mut self.seats {
            if seat.wire.is_none()
                && let Ok(restored) = seat.connect(&self.target).await
            {
                said = Some(connected(&place, &seat.track, &restored));
            }
        }
        said.map(|line| self.own(&line))
    }

    /// Looks at the keys and tells which have expired.
    async fn glance(&mut self) -> Option<String> {
        let (connection, _) = self.keys.as_mut()?;
        let Ok((_, changes)) = self.inspector.refresh(connection).await else {
            self.keys = None;
            return None;
        };
        let expired = changes.iter().filter(|one| one.change == Change::Expired);
        let lines: Vec<String> = expired.map(|one| format!("{}  − expired", printable(&one.key, 40))).collect();
        (!lines.is_empty()).then(|| self.own(&lines.join("\n")))
    }
}
