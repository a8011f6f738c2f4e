//! What colon lines do.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::render::duration_text;
use crate::report::{formatted, printed};
use crate::resp::{printable, split_line};
use crate::target::Wire;

use super::bench::Bench;
use super::colon::{self, Colon};
use super::desk::{Desk, Sent};
use super::doubt::Watch;
use super::extras;
use super::save;
use super::seat::Seat;
use super::track::{Track, listens};

/// How many clients there may be.
const MOST_CLIENTS: usize = 8;
/// How many moments may be kept.
const MOST_FORKS: usize = 20;
/// Most rounds of a `:bench`.
const MOST_ROUNDS: u64 = 10_000_000;

impl<E> Desk<'_, E> {
    /// Does what a colon line asks for.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn act(&mut self, line: &str) -> Result<(), E> {
        match colon::read(line) {
            Err(why) => self.say(&why),
            Ok(Colon::Help) => self.print(&colon::help()),
            Ok(Colon::Switches) => self.switches_shown(),
            Ok(Colon::Set(name, on)) => {
                self.switches.set(name, on);
                self.say(&format!("{name} {}", if on { "on" } else { "off" }))
            }
            Ok(Colon::Raw) => self.raw(),
            Ok(Colon::All) => match self.last.take() {
                Some(reply) => {
                    let printed = self.put(&printed(&reply, &self.style, false));
                    self.last = Some(reply);
                    printed
                }
                None => self.say("nothing was answered yet"),
            },
            Ok(Colon::Page) => self.page(),
            Ok(Colon::Both(command)) => self.both(&command).await,
            Ok(Colon::Bench(count, command)) => self.bench(count, &command).await,
            Ok(Colon::Clients) => self.clients(),
            Ok(Colon::Client(name)) => self.client(&name).await,
            Ok(Colon::Undo) => self.take_back(),
            Ok(Colon::Fork(name)) => self.fork(name),
            Ok(Colon::GoTo(name)) => self.go_to(&name),
            Ok(Colon::Clock(by)) => self.clock(by).await,
            Ok(Colon::Save(path)) => self.save(&path),
        }
    }

    fn switches_shown(&mut self) -> Result<(), E> {
        let summaries = colon::SWITCHES;
        let mut text = String::new();
        for (name, on) in self.switches.all() {
            let summary = summaries.iter().find(|(known, _)| *known == name).map_or("", |(_, summary)| summary);
            text.push_str(&format!("{name:<9} {:<4} {summary}\n", if *on { "on" } else { "off" }));
        }
        self.print(&text)
    }

    /// Turns to another server, as the same user in the same database; whether that worked. What was kept of the old one
    /// goes.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn turn_to(&mut self, host: &[u8], port: &[u8]) -> Result<bool, E> {
        let host = String::from_utf8_lossy(host).into_owned();
        let port = std::str::from_utf8(port).ok().and_then(|port| port.parse().ok()).unwrap_or(0);
        let opened = self.target.turned_to(&host, port).map_err(|error| error.to_string());
        let seat = match opened {
            Ok(target) => {
                let seat = Seat::new(&target, "", self.seat().track.clone()).await;
                seat.map(|seat| (target, seat)).map_err(|error| error.to_string())
            }
            Err(error) => Err(error),
        };
        match seat {
            Ok((target, seat)) => {
                (self.target, self.seats, self.at) = (target, vec![seat], 0);
                (self.observer, self.evicted, self.other) = (None, None, None);
                self.inspector.clear();
                self.watch = Watch::default();
                self.journal.clear();
                self.undo.clear();
                self.forks.clear();
                Ok(true)
            }
            Err(error) => self.say(&format!("{error}. Still at {}", self.place())).map(|()| false),
        }
    }

    fn raw(&mut self) -> Result<(), E> {
        let Some(wire) = self.seats[self.at].wire.as_ref() else { return self.say("not connected") };
        let (sent, received) = wire.bytes();
        let text = extras::wire(sent, received, wire.has_wire());
        self.print(&text)
    }

    fn page(&mut self) -> Result<(), E> {
        let Some(reply) = &self.last else { return self.say("nothing was answered yet") };
        match paged(&formatted(reply)) {
            Ok(()) => Ok(()),
            Err(why) => self.say(&why),
        }
    }

    /// The words of a command; what is wrong with them is said.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn words(&mut self, command: &str) -> Result<Option<Vec<Bytes>>, E> {
        match split_line(command) {
            Ok(argv) if !argv.is_empty() => Ok(Some(argv)),
            Ok(_) => Ok(None),
            Err(error) => self.say(&error.to_string()).map(|()| None),
        }
    }

    async fn bench(&mut self, count: u64, command: &str) -> Result<(), E> {
        let Some(argv) = self.words(command)? else { return Ok(()) };
        if listens(&argv) || extras::may_block(&argv) {
            return self.say("a command that waits cannot be measured like this");
        }
        let Some(mut bench) = Bench::new() else { return Ok(()) };
        let (start, mut simulated) = (Instant::now(), 0u64);
        for _ in 0..count.min(MOST_ROUNDS) {
            match self.send(self.at, &argv).await {
                Sent::Answered(exchange) => {
                    bench.note(exchange.elapsed.total_us());
                    simulated += exchange.elapsed.simulated_us;
                    bench.errors += u64::from(exchange.reply.is_error());
                    let reply = exchange.reply;
                    self.seat().track.note(&argv, &reply);
                }
                Sent::Cancelled => break,
                Sent::Lost(error) => {
                    self.seat().wire = None;
                    self.say(&error.to_string())?;
                    break;
                }
            }
        }
        let text = bench.text(self.columns);
        self.print(&text)?;
        let taken = start.elapsed();
        let each = bench.count() as f64 / (taken.as_secs_f64() + simulated as f64 / 1e6).max(1e-9);
        let what = if simulated > 0 { "one after the other, with the simulated link" } else { "one after the other" };
        self.say(&format!("{each:.0} per second, {what}"))
    }

    fn clients(&mut self) -> Result<(), E> {
        let mut text = String::new();
        for (at, seat) in self.seats.iter().enumerate() {
            let mark = if at == self.at { "▸" } else { " " };
            let name = if seat.name.is_empty() { "(the first)" } else { &seat.name };
            let state = super::label::label("", None, &seat.track, seat.wire.is_some(), 0);
            text.push_str(&format!("{mark} {} {}\n", printable(name.as_bytes(), 40), state.trim_end_matches("> ")));
        }
        self.print(&text)
    }

    /// Types as a client of this name from now on; one that there is not yet is connected.
    async fn client(&mut self, name: &str) -> Result<(), E> {
        let first = ["-", "1", "first"].contains(&name);
        if let Some(at) = self.seats.iter().position(|seat| seat.name == name || (first && seat.name.is_empty())) {
            self.at = at;
            return Ok(());
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) || name.len() > 20 {
            return self.say("a client's name is of letters, digits, - and _, and short");
        }
        if self.seats.len() == MOST_CLIENTS {
            return self.say(&format!("there are {MOST_CLIENTS} clients, and there is no room for more"));
        }
        let from = &self.seats[self.at].track;
        let track = Track {
            db: from.db,
            protocol: from.protocol,
            login: from.login.clone(),
            name: Some(Bytes::copy_from_slice(name.as_bytes())),
            ..Track::default()
        };
        match Seat::new(&self.target, name, track).await {
            Ok(seat) => {
                self.seats.push(seat);
                self.at = self.seats.len() - 1;
                self.say(&format!("{name} is connected; :client - goes back to the first client"))
            }
            Err(error) => self.say(&error.to_string()),
        }
    }

    fn take_back(&mut self) -> Result<(), E> {
        let Some(bundled) = self.target.bundled() else {
            return self.say("undo works on the bundled engine only: a server keeps what was done");
        };
        let Some((line, answered, moment)) = self.undo.pop() else { return self.say("there is nothing to take back") };
        bundled.restore(&moment);
        // What was answered before that moment stays in the journal.
        self.journal.truncate(answered);
        self.stand_again();
        self.say(&format!("taken back: {} ({} more)", printable(line.as_bytes(), 60), self.undo.len()))
    }

    /// After a jump in time the connections are what the engine says.
    fn stand_again(&mut self) {
        for seat in &mut self.seats {
            let Some(known) = seat.wire.as_ref().and_then(Wire::known) else { continue };
            (seat.track.db, seat.track.queued, seat.track.protocol) = (known.db, known.queued, known.protocol);
            seat.look();
        }
    }

    fn fork(&mut self, name: Option<String>) -> Result<(), E> {
        let Some(bundled) = self.target.bundled() else {
            return self.say("fork works on the bundled engine only: a server cannot be copied like this");
        };
        if self.forks.len() == MOST_FORKS {
            return self.say(&format!("{MOST_FORKS} moments are kept already"));
        }
        let name = name.unwrap_or_else(|| (self.forks.len() + 1).to_string());
        let moment = bundled.snapshot();
        self.forks.retain(|(known, _)| *known != name);
        self.forks.push((name.clone(), moment));
        self.say(&format!("this moment is kept as {0}: :goto {0} comes back to it", printable(name.as_bytes(), 40)))
    }

    fn go_to(&mut self, name: &str) -> Result<(), E> {
        let Some(bundled) = self.target.bundled().cloned() else {
            return self.say("a server has no other moments: the bundled engine has");
        };
        let Some(moment) = self.forks.iter().find(|(known, _)| known == name).map(|(_, moment)| moment.clone()) else {
            let known: Vec<&str> = self.forks.iter().map(|(name, _)| name.as_str()).collect();
            let known = if known.is_empty() { "none is kept: :fork keeps one".into() } else { known.join(", ") };
            return self.say(&format!("there is no moment {}: {known}", printable(name.as_bytes(), 40)));
        };
        // Where one came from can be gone back to as well.
        self.keep_moment(&format!(":goto {name}"));
        bundled.restore(&moment);
        self.stand_again();
        self.say(&format!("at {}; :undo goes back to where you were", printable(name.as_bytes(), 40)))
    }

    async fn clock(&mut self, by: Duration) -> Result<(), E> {
        let Some(bundled) = self.target.bundled().cloned() else {
            return self.say("a server's clock cannot be moved: wait, or use the bundled engine");
        };
        self.keep_moment(&format!(":clock +{by:?}"));
        let looks = self.switches.look_at_keys();
        if looks {
            self.glance(false).await?;
        }
        bundled.jump(by);
        self.say(&format!("the clock is {} ahead of yours", span(bundled.ahead_ms())))?;
        if looks {
            self.glance(true).await?;
        }
        self.seats.iter_mut().for_each(Seat::look);
        Ok(())
    }

    fn save(&mut self, path: &str) -> Result<(), E> {
        let steps: Vec<save::Step<'_>> = self
            .journal
            .iter()
            .filter(|(_, line, ..)| super::secrets::may_remember(line.trim()))
            .map(|(client, line, argv, reply)| save::Step { client: *client, line, argv, reply })
            .collect();
        let names: Vec<String> = self.seats.iter().map(|seat| seat.name.clone()).collect();
        let said = save::write(path, &steps, &names);
        self.say(&said)
    }
}

fn span(ms: i64) -> String {
    duration_text(u64::try_from(ms).unwrap_or(0).saturating_mul(1000))
}

/// Shows text in $PAGER.
fn paged(text: &str) -> Result<(), String> {
    use std::io::Write;
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty()).unwrap_or_else(|| "less".into());
    let mut child = std::process::Command::new("sh")
        .args(["-c", &pager])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {pager}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever leaves the pager early has seen enough.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().map(drop).map_err(|error| format!("{pager} was lost: {error}"))
}
