//! All that the prompt works with: clients, what is followed, what can be undone; and a command on its way.

use std::time::Duration;

use bytes::Bytes;
use tokio::signal::unix::Signal;

use crate::engine;
use crate::inspect::Inspector;
use crate::report::{Form, Style, printed, raw_by_default};
use crate::resp::{Value, printable};
use crate::target::{Connection, Exchange, LinkError, Snapshot, Target, Wire};

use super::doubt::Watch;
use super::extras::{self, Switches};
use super::seat::Seat;
use super::track::{Dirty, Track, is};

/// How many commands can be taken back.
const UNDO: usize = 200;
/// Formatted replies longer than this are cut, to so many bytes.
const LONG: usize = 1 << 20;
const SHOWN: usize = 8 << 10;
/// After this a waiting command is said to wait.
const WAITS: Duration = Duration::from_millis(250);
/// How long a server may take to let go of a blocked client.
const LETS_GO: Duration = Duration::from_secs(2);
/// From this time on a command is slow, and its time is told as redis-cli tells it.
const SLOW_US: u64 = 500_000;

/// Where text goes.
pub type Write<'w, E> = Box<dyn FnMut(&[u8]) -> Result<(), E> + 'w>;

/// What became of a command on its way.
pub enum Sent {
    /// It was answered.
    Answered(Exchange),
    /// Ctrl-C ended the waiting.
    Cancelled,
    /// The connection is gone.
    Lost(LinkError),
}

/// All that the prompt works with.
pub struct Desk<'w, E> {
    /// Where commands go.
    pub target: Target,
    /// The clients.
    pub seats: Vec<Seat>,
    /// Who types.
    pub at: usize,
    /// What is switched on.
    pub switches: Switches,
    /// How replies are printed.
    pub style: Style,
    /// The pause after each command.
    pub interval: Duration,
    /// Whether messages that nobody waits for are printed.
    pub pushes: bool,
    /// What keeps a live server's data safe.
    pub watch: Watch,
    /// Whether colours are wanted, on a terminal that knows them.
    pub color: bool,
    /// Whether the terminal obeys escape sequences, coloured or not.
    pub moves: bool,
    /// The window's columns.
    pub columns: usize,
    /// Ctrl-C while no line is edited.
    pub interrupts: Signal,
    /// A connection that only looks, made when it is needed.
    pub observer: Option<(Connection, i64)>,
    /// The keys that are followed.
    pub inspector: Inspector,
    /// The last reply.
    pub last: Option<Value>,
    /// What was typed by whom and sent.
    pub journal: Vec<(usize, String, Vec<Bytes>, Value)>,
    /// Moments before commands: the line, how much of the journal was there, the moment (bundled engine).
    pub undo: Vec<(String, usize, Snapshot)>,
    /// Moments that were kept.
    pub forks: Vec<(String, Snapshot)>,
    /// The other target of `:both`, once it was used.
    pub other: Option<(Target, Wire)>,
    /// What may have been meant by the last line.
    pub meant: Option<String>,
    /// Evicted keys at the last look.
    pub evicted: Option<u64>,
    write: Write<'w, E>,
}

impl<'w, E> Desk<'w, E> {
    /// A prompt with one client.
    pub fn new(target: Target, seat: Seat, teach: bool, interrupts: Signal, write: Write<'w, E>) -> Desk<'w, E> {
        Desk {
            target,
            seats: vec![seat],
            at: 0,
            switches: Switches::new(teach),
            style: Style::usual(true),
            interval: Duration::ZERO,
            pushes: true,
            watch: Watch::default(),
            color: false,
            moves: false,
            columns: 80,
            interrupts,
            observer: None,
            inspector: Inspector::new(),
            last: None,
            journal: Vec::new(),
            undo: Vec::new(),
            forks: Vec::new(),
            other: None,
            meant: None,
            evicted: None,
            write,
        }
    }

    /// Prints text.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn print(&mut self, text: &str) -> Result<(), E> {
        (self.write)(text.as_bytes())
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), E> {
        (self.write)(bytes)
    }

    /// Prints a line that is the prompt's own and no reply.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn say(&mut self, text: &str) -> Result<(), E> {
        for line in text.lines() {
            let shown = if self.color { format!("\x1b[2m{line}\x1b[0m\n") } else { format!("{line}\n") };
            self.print(&shown)?;
        }
        Ok(())
    }

    /// Who types.
    pub fn seat(&mut self) -> &mut Seat {
        &mut self.seats[self.at]
    }

    /// Where commands go, as the prompt shows it.
    pub fn place(&self) -> String {
        printable(self.target.identity().label.as_bytes(), 60)
    }

    /// Sends a line's words and shows what comes back. Whether anything did: what was cancelled or lost did not.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn run(&mut self, line: &str, argv: &[Bytes]) -> Result<bool, E> {
        if self.seat().wire.is_none() && !self.connect_again().await? {
            return Ok(false);
        }
        self.keep_moment(line);
        let keys = self.keys_of(argv);
        self.look_before(&keys).await?;
        let counted = self.counted(argv).await;
        match self.send(self.at, argv).await {
            Sent::Answered(exchange) => self.answered(line, argv, &keys, exchange, counted).await.map(|()| true),
            Sent::Cancelled => self.say("(cancelled)").map(|()| false),
            Sent::Lost(error) => {
                self.seat().wire = None;
                if self.seat().track.queued.is_some() {
                    let db = self.seat().track.db;
                    self.watch.transaction_lost(db);
                }
                let reads = engine::resolve(argv).is_some_and(|row| !row.writes());
                let doubt = if reads { "" } else { "; whether the command ran is not known" };
                self.say(&format!("{error}{doubt}"))?;
                self.connect_again().await.map(|_| false)
            }
        }
    }

    /// Takes an interrupt that came while nobody waited; whether there was one.
    pub fn drained(&mut self) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        self.interrupts.poll_recv(&mut context).is_ready()
    }

    async fn answered(
        &mut self,
        line: &str,
        argv: &[Bytes],
        keys: &[Bytes],
        exchange: Exchange,
        counted: Option<(u64, u64)>,
    ) -> Result<(), E> {
        let Exchange { reply, elapsed } = exchange;
        let at = self.at;
        let (watched, cause) = (self.seat().track.watched.clone(), self.seat().cause.clone());
        let ends = is(argv, "EXEC");
        let in_transaction = self.seat().track.queued.is_some();
        self.seat().track.note(argv, &reply);
        if let Some(protocol) = self.seat().wire.as_ref().map(Wire::protocol) {
            self.seat().track.protocol = protocol;
        }
        self.touched(at, line, argv, &reply);
        self.show(argv, &reply)?;
        if !self.switches.times && elapsed.measured_us >= SLOW_US && self.style.form == Form::Formatted {
            self.print(&format!("({:.2}s)\n", elapsed.measured_us as f64 / 1e6))?;
        }
        if self.switches.times && !in_transaction {
            let server = match counted {
                Some(before) => extras::service_us(before, self.counted(argv).await),
                None => None,
            };
            self.say(&extras::times(elapsed, server))?;
        } else if self.switches.times {
            self.say(&extras::times(elapsed, None))?;
        }
        self.look_after(keys, &watched, ends && reply.is_null(), cause).await?;
        self.review(argv, keys).await;
        self.meant = reply.is_error().then(|| crate::prompt::mended(line)).flatten();
        self.journal.push((at, line.into(), argv.to_vec(), reply.clone()));
        self.last = Some(reply);
        Ok(())
    }

    /// Prints a reply as redis-cli does; a very long one is cut, and it is said how to see the rest.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn show(&mut self, argv: &[Bytes], reply: &Value) -> Result<(), E> {
        let mut text = printed(reply, &self.style, raw_by_default(argv));
        // A prompt follows, and wants a line of its own.
        if raw_by_default(argv) && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        if !self.switches.cut || text.len() <= LONG {
            return self.put(&text);
        }
        let end = text[..SHOWN].iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        // Without a line's end, between two characters.
        let boundary = || (0..=SHOWN).rev().find(|at| text[*at] & 0xC0 != 0x80);
        let end = end.or_else(boundary).unwrap_or(SHOWN);
        self.put(&text[..end])?;
        if !text[..end].ends_with(b"\n") {
            self.print("\n")?;
        }
        let left = (text.len() - end) as f64 / 1e6;
        self.say(&format!("… {left:.1} MB more: :all prints it, :page opens $PAGER, :set cut off never cuts"))
    }

    /// Sends a command and waits, until it is answered or Ctrl-C is pressed.
    pub async fn send(&mut self, at: usize, argv: &[Bytes]) -> Sent {
        let Some(wire) = self.seats.get_mut(at).and_then(|seat| seat.wire.as_mut()) else { return Sent::Cancelled };
        let notes = self.moves && extras::may_block(argv);
        let ended = {
            let call = wire.call(argv);
            tokio::pin!(call);
            let mut noted = false;
            loop {
                tokio::select! {
                    answer = &mut call => break Some(answer),
                    _ = self.interrupts.recv() => break None,
                    () = tokio::time::sleep(WAITS), if notes && !noted => {
                        noted = true;
                        // Nothing of it stays on the screen.
                        let _ = (self.write)(b"\x1b[2m(blocked: Ctrl-C cancels)\x1b[0m");
                    }
                }
            }
            .inspect(|_| {
                if noted {
                    let _ = (self.write)(b"\r\x1b[K");
                }
            })
        };
        match ended {
            Some(Ok(exchange)) => Sent::Answered(exchange),
            Some(Err(error)) => Sent::Lost(error),
            None => {
                // The terminal has echoed the ^C itself.
                let _ = (self.write)(b"\n");
                self.let_go(at).await
            }
        }
    }

    /// Frees a client whose reply nobody waits for any more: the server is asked to, or the connection is made anew.
    async fn let_go(&mut self, at: usize) -> Sent {
        let Some(seat) = self.seats.get_mut(at) else { return Sent::Cancelled };
        let Some(wire) = seat.wire.as_mut() else { return Sent::Cancelled };
        if wire.known().is_some() {
            return Sent::Cancelled;
        }
        if let Some(id) = wire.id() {
            let freed = tokio::time::timeout(LETS_GO, async {
                let mut control =
                    Seat::new(&self.target, "", Track { login: seat.track.login.clone(), ..Track::default() })
                        .await
                        .ok()?;
                let words = ["CLIENT", "UNBLOCK", &id.to_string()].map(|word| Bytes::copy_from_slice(word.as_bytes()));
                let answer = control.wire.as_mut()?.call(&words).await.ok()?;
                (answer.reply == Value::Integer(1)).then_some(())?;
                wire.late().await.ok()
            });
            if let Ok(Some(_)) = freed.await {
                return Sent::Cancelled;
            }
        }
        match seat.connect(&self.target).await {
            Ok(_) => Sent::Cancelled,
            Err(error) => Sent::Lost(error),
        }
    }

    /// Connects who types once more and says so. Whether the connection stands.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn connect_again(&mut self) -> Result<bool, E> {
        let (at, target) = (self.at, self.target.clone());
        match self.seats[at].connect(&target).await {
            Ok(restored) => {
                let text = connected(&self.place(), &self.seats[at].track, &restored);
                self.say(&text)?;
                Ok(true)
            }
            Err(error) => {
                self.say(&format!("{error} (trying again meanwhile)"))?;
                Ok(false)
            }
        }
    }

    /// Keeps the moment before a line, where it can be gone back to.
    pub fn keep_moment(&mut self, line: &str) {
        let Some(bundled) = self.target.bundled() else { return };
        if self.undo.len() == UNDO {
            self.undo.remove(0);
        }
        self.undo.push((line.into(), self.journal.len(), bundled.snapshot()));
    }

    /// The keys that a command touches; for EXEC, those of what was queued.
    fn keys_of(&mut self, argv: &[Bytes]) -> Vec<Bytes> {
        let queued = self.seat().track.queued.clone().unwrap_or_default();
        let all = if is(argv, "EXEC") { queued } else { vec![argv.to_vec()] };
        let keys = |argv: &Vec<Bytes>| -> Vec<Bytes> {
            engine::resolve(argv).map(|row| row.keys_of(argv).into_iter().cloned().collect()).unwrap_or_default()
        };
        all.iter().flat_map(keys).collect()
    }

    /// Notes who touched keys that others watch.
    fn touched(&mut self, at: usize, line: &str, argv: &[Bytes], reply: &Value) {
        let queued = reply == &Value::Simple(Bytes::from_static(b"QUEUED"));
        let writes = engine::resolve(argv).is_some_and(|row| row.writes());
        let executed = is(argv, "EXEC") && reply.items().is_some();
        let name = self.seats[at].name.clone();
        let name = if name.is_empty() { "the first client".to_string() } else { name };
        let keys = engine::resolve(argv).map(|row| row.keys_of(argv)).unwrap_or_default();
        for (other, seat) in self.seats.iter_mut().enumerate() {
            let before = seat.track.dirty;
            seat.look();
            let became = seat.track.dirty == Dirty::Yes && before != Dirty::Yes;
            let live = seat.wire.as_ref().is_some_and(|wire| wire.known().is_none());
            let hit = seat.watches(&keys).filter(|_| writes && !queued && !reply.is_error());
            if !(became || (live && hit.is_some())) || (executed && other == at) {
                continue;
            }
            let who = if other == at { "this client itself".to_string() } else { name.clone() };
            let line = printable(line.as_bytes(), 60);
            seat.cause = Some(match hit {
                Some(key) => format!("{who} ran {line}, which touched the watched key {}", printable(&key, 40)),
                None if executed || writes => format!("{who} ran {line}, which touched a watched key"),
                None => format!("a watched key expired before {line}"),
            });
        }
    }
}

/// What is said when a connection stands again.
pub fn connected(place: &str, track: &Track, restored: &super::seat::Restored) -> String {
    let mut text = format!("connected again to {place}");
    if track.db != 0 {
        text.push_str(&format!(", database {}", track.db));
    }
    if let Some(lost) = &restored.lost {
        text.push_str(&format!("; {lost}"));
    }
    for refused in &restored.refused {
        text.push_str(&format!("; refused: {refused}"));
    }
    text
}
