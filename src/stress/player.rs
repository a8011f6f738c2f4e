//! One client of a round: a task, a connection, a program.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Barrier, watch};

use crate::database::Database;
use crate::lab::MishapKind;
use crate::program::{Datum, Deed, Fault, Machine, answer, of_rows};
use crate::resp::Value;
use crate::target::{ClaimError, Claims};

use super::board::{Board, Doing, Meter};
use super::scene::{Scene, Turn};
use super::seat::{Seat, Use, is, told, used_by};
use super::waiting::{Wait, wait};

/// Before half of their steps clients hang back, for up to so long: without it, tiny programs on one machine meet in
/// few ways.
pub const MOST_JITTER_US: u64 = 200;

/// What the clients of a round share.
#[derive(Debug)]
pub struct Common {
    /// The world.
    pub scene: Scene,
    /// What each is about.
    pub board: Board,
    /// All start together.
    pub barrier: Barrier,
    /// What is measured.
    pub meter: Arc<Meter>,
    /// The database, if there is one.
    pub database: Option<Arc<Mutex<Database>>>,
    /// Guards a server that is somebody's.
    pub claims: Option<Arc<Claims>>,
}

/// A fault that is to happen before a step.
#[derive(Clone, Debug)]
pub struct Strike {
    /// Which fault, by its place.
    pub fault: usize,
    /// What it does.
    pub kind: MishapKind,
    /// Before which step of the client, counted from 0.
    pub before: usize,
}

/// One client in one round.
#[derive(Debug)]
pub struct Player {
    /// Its place.
    pub client: usize,
    /// Its program.
    pub machine: Machine,
    /// Its connection.
    pub seat: Seat,
    /// What is to happen to it, the earliest first.
    pub strikes: Vec<Strike>,
    /// Its dice.
    pub random: fastrand::Rng,
    /// True as soon as the round is over, whatever it is about.
    pub over: watch::Receiver<bool>,
    /// What it shares with the others.
    pub common: Arc<Common>,
}

/// Why a client ended before its program did.
#[derive(Debug)]
enum Cut {
    /// A command answered an error, or a value could not be computed.
    Failed(Fault),
    /// A fault ended it.
    Crashed,
    /// The round is over.
    Over,
    /// A command was not sent, for the sake of somebody's data.
    Refused(ClaimError),
}

impl From<Fault> for Cut {
    fn from(fault: Fault) -> Cut {
        Cut::Failed(fault)
    }
}

/// How a client ended.
#[derive(Debug)]
pub struct Played {
    /// Its connection, where it still has one.
    pub seat: Option<Seat>,
    /// The faults that happened to it, by their places.
    pub struck: Vec<usize>,
    /// The error that ended it early.
    pub error: Option<String>,
    /// Whether it was cut off in the middle.
    pub cut: bool,
    /// A command that was not sent, for the sake of somebody's data.
    pub refused: Option<ClaimError>,
}

impl Player {
    /// Plays the program to its end.
    pub async fn play(mut self) -> Played {
        // What comes before the first scheduling point belongs to the start, where nobody has done anything yet.
        let begun = self.common.scene.begin(self.client, &mut self.machine);
        self.common.barrier.wait().await;
        let mut played = Played { seat: None, struck: Vec::new(), error: None, cut: false, refused: None };
        let mut keeps = true;
        let ended = match begun {
            Ok(()) => self.run(&mut played.struck).await,
            Err(fault) => Err(fault.into()),
        };
        match ended {
            Ok(()) => {}
            Err(Cut::Failed(fault)) => played.error = Some(fault.0),
            Err(Cut::Crashed) => keeps = false,
            Err(Cut::Over) => played.cut = true,
            Err(Cut::Refused(error)) => played.refused = Some(error),
        }
        let usable = keeps && self.seat.used != Use::Spent && self.seat.connection.lost().is_none();
        let Player { seat, common, client, .. } = self;
        // A connection that is of no more use is closed before anybody hears that the client has ended.
        played.seat = usable.then_some(seat);
        common.board.set(client, Doing::Gone);
        played
    }

    async fn run(&mut self, struck: &mut Vec<usize>) -> Result<(), Cut> {
        let mut step = 0;
        loop {
            self.hang_back().await;
            if *self.over.borrow() {
                return Err(Cut::Over);
            }
            while self.strikes.first().is_some_and(|strike| strike.before <= step) {
                self.struck_by(struck).await?;
            }
            let deed = match self.common.scene.turn(self.client, &mut self.machine)? {
                Turn::Over => return Ok(()),
                Turn::Set => {
                    step += 1;
                    continue;
                }
                Turn::Do(deed) => deed,
            };
            let leaves = matches!(&deed, Deed::Command(argv) if is(argv, b"QUIT"));
            for answer in self.perform(deed).await? {
                step += 1;
                self.common.scene.answered(self.client, &mut self.machine, answer)?;
            }
            if leaves {
                return Ok(());
            }
        }
    }

    /// Something goes wrong, if the client is still able to act.
    async fn struck_by(&mut self, struck: &mut Vec<usize>) -> Result<(), Cut> {
        let strike = self.strikes.remove(0);
        if self.machine.act().is_none() {
            return Ok(());
        }
        struck.push(strike.fault);
        match strike.kind {
            MishapKind::Crash => Err(Cut::Crashed),
            MishapKind::Pause(time) => self.sleep(time).await,
        }
    }

    async fn sleep(&mut self, time: Duration) -> Result<(), Cut> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            _ = self.over.wait_for(|over| *over) => Err(Cut::Over),
        }
    }

    /// Lets others go first for a moment. A timer's shortest moment is far too long here.
    async fn hang_back(&mut self) {
        if self.random.bool() {
            return;
        }
        let time = Duration::from_micros(self.random.u64(0..=MOST_JITTER_US));
        let since = Instant::now();
        while since.elapsed() < time {
            tokio::task::yield_now().await;
        }
    }

    /// Carries one deed out; its answers in order.
    async fn perform(&mut self, deed: Deed) -> Result<Vec<Result<Datum, String>>, Cut> {
        match deed {
            Deed::Command(argv) => {
                self.prepare(std::slice::from_ref(&argv)).await?;
                let replies = self.send(std::slice::from_ref(&argv), wait(&argv)).await?;
                Ok(replies.into_iter().map(|reply| told(&argv, reply)).collect())
            }
            Deed::Transaction(commands) => {
                self.prepare(&commands).await?;
                let mut all = vec![vec![Bytes::from_static(b"MULTI")]];
                all.extend(commands);
                all.push(vec![Bytes::from_static(b"EXEC")]);
                // Nothing waits in a transaction.
                let exec = self.send(&all, Wait::No).await?.pop().unwrap_or(Value::Null);
                if self.seat.used == Use::Watches {
                    self.seat.used = Use::Plain;
                }
                Ok(vec![answer(exec)])
            }
            Deed::Pipeline { commands, .. } => {
                self.prepare(&commands).await?;
                let waits = commands.iter().map(|argv| wait(argv)).find(|wait| *wait != Wait::No).unwrap_or(Wait::No);
                let replies = self.send(&commands, waits).await?;
                Ok(commands.iter().zip(replies).map(|(argv, reply)| told(argv, reply)).collect())
            }
            Deed::Sql(statement) => Ok(vec![self.query(&statement)]),
            Deed::Sleep(time) => {
                self.sleep(time).await?;
                Ok(vec![Ok(Datum::None)])
            }
            Deed::World(_) => Ok(vec![Ok(Datum::None)]),
        }
    }

    /// Notes what commands do to the connection, and asks whether they may be sent.
    async fn prepare(&mut self, commands: &[Vec<Bytes>]) -> Result<(), Cut> {
        for argv in commands {
            self.seat.used = self.seat.used.max(used_by(argv));
            if let Some(claims) = &self.common.claims {
                claims.admit(argv).await.map_err(Cut::Refused)?;
            }
        }
        Ok(())
    }

    /// Sends commands in one write and waits for all their replies.
    async fn send(&mut self, commands: &[Vec<Bytes>], waits: Wait) -> Result<Vec<Value>, Cut> {
        match waits {
            Wait::No => {}
            Wait::AtMost(_) => self.common.board.set(self.client, Doing::Waits),
            Wait::ForEver => self.common.board.set(self.client, Doing::WaitsForEver),
        }
        let sent = match commands {
            [argv] => self.seat.connection.call(argv).await.map(|exchange| (vec![exchange.reply], exchange.elapsed)),
            commands => self.seat.connection.pipeline(commands).await,
        };
        self.common.board.set(self.client, Doing::Acts);
        // If it is the server that is gone, whoever looks at the end of the round says so.
        let (replies, elapsed) = sent.map_err(|_| Cut::Failed(Fault("its connection was closed".into())))?;
        self.common.meter.count(commands.len(), waits, elapsed);
        // Whoever waited may have been told to stop waiting because the round is over.
        if waits != Wait::No && *self.over.borrow() {
            return Err(Cut::Over);
        }
        Ok(replies)
    }

    fn query(&self, statement: &str) -> Result<Datum, String> {
        let Some(database) = &self.common.database else { return Err("there is no database here".into()) };
        let mut database = database.lock().unwrap_or_else(PoisonError::into_inner);
        database.run(statement).map(|rows| of_rows(&rows)).map_err(|error| error.to_string())
    }
}
