//! Carries out the deeds of one client of the step language on a target, and counts what they cost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::database::{Database, Rows};
use crate::program::{Datum, Deed, Machine, Next, answer, of_rows};
use crate::resp::{Protocol, Value, encode_command, encode_value};
use crate::target::{Connection, Elapsed, Ledger, Target};

use super::cancel::Cancel;
use super::event::{Event, Sender};
use super::link::Teller;

/// Round trips before a new connection takes its first command: TCP's handshake, and HELLO with its answer.
const HANDSHAKE: u32 = 2;

/// A lesson's database, shared with the work that uses it.
pub type SharedDatabase = Arc<Mutex<Database>>;

/// A lesson's database and what is added to each of its statements.
#[derive(Clone)]
pub struct Sql {
    /// The database.
    pub database: SharedDatabase,
    /// The latency that the lesson adds; it is simulated, nobody waits for it.
    pub latency: Duration,
}

/// What deeds cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Redis commands sent.
    pub commands: u64,
    /// Waits for the link.
    pub round_trips: u64,
    /// Database statements run.
    pub queries: u64,
    /// Bytes of the commands on the wire.
    pub sent: u64,
    /// Bytes of the replies on the wire.
    pub received: u64,
    /// The time that all of it took.
    pub elapsed: Elapsed,
}

/// What is told while a client runs.
pub trait Witness: Send {
    /// A command was answered.
    fn replied(&mut self, line: &str, reply: &Value, elapsed: Elapsed);
    /// A statement ran.
    fn queried(&mut self, statement: &str, rows: &Result<Rows, String>, elapsed: Elapsed);
}

/// Tells everything as events.
pub struct Telling {
    /// Where to.
    pub teller: Teller,
    /// Which client.
    pub client: usize,
    /// Who sends.
    pub sender: Sender,
}

impl Witness for Telling {
    fn replied(&mut self, line: &str, reply: &Value, elapsed: Elapsed) {
        let (client, sender) = (self.client, self.sender);
        self.teller.tell(Event::Replied { client, line: line.into(), reply: reply.clone(), elapsed, sender });
    }

    fn queried(&mut self, statement: &str, rows: &Result<Rows, String>, elapsed: Elapsed) {
        let rows = rows.as_ref().map(cells).map_err(Clone::clone);
        self.teller.tell(Event::QueryRan { statement: statement.into(), rows, elapsed });
    }
}

/// Rows as cells of text.
pub fn cells(rows: &Rows) -> Vec<Vec<String>> {
    rows.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// One client on its connection.
pub struct Driver<'a> {
    /// Its connection.
    pub connection: &'a mut Connection,
    /// The target, whose simulated clock the database's latency moves.
    pub target: Target,
    /// The database, if there is one.
    pub sql: Option<Sql>,
    /// Where keys are noted that are created on a live server.
    pub ledger: Option<Ledger>,
    /// The world: variables outside of Redis.
    pub world: BTreeMap<String, Datum>,
    /// What it cost so far.
    pub tally: Tally,
    /// The last reply.
    pub last: Datum,
}

impl Driver<'_> {
    /// Runs a program to its end. The error says what ended it early.
    pub async fn run(
        &mut self,
        machine: &mut Machine,
        cancel: &Cancel,
        witness: &mut dyn Witness,
    ) -> Result<(), String> {
        while !cancel.is_cancelled() {
            let deed = match machine.next(&self.world).map_err(|fault| fault.to_string())? {
                Next::Done => return Ok(()),
                Next::Deed(deed) => deed,
            };
            machine.begin(&deed);
            for answered in self.perform(deed, witness).await? {
                if let Ok(datum) = &answered {
                    self.last = datum.clone();
                }
                machine.feed(answered).map_err(|fault| fault.to_string())?;
            }
            // The bundled engine answers at once: without this, one of several clients would run to its end before
            // the next one took its first step. So they take turns, as clients on equal links do.
            tokio::task::yield_now().await;
        }
        Err("it was cancelled".into())
    }

    /// Carries one deed out; its answers in order.
    async fn perform(&mut self, deed: Deed, witness: &mut dyn Witness) -> Result<Vec<Result<Datum, String>>, String> {
        match deed {
            Deed::Command(argv) => self.command(argv, witness).await.map(|answer| vec![answer]),
            Deed::Transaction(commands) => self.transaction(&commands, witness).await.map(|answer| vec![answer]),
            Deed::Pipeline { commands, .. } => self.pipeline(&commands, witness).await,
            Deed::Sql(statement) => Ok(vec![self.query(&statement, witness)]),
            Deed::World(pairs) => {
                self.world.extend(pairs);
                Ok(vec![Ok(Datum::None)])
            }
            Deed::Sleep(time) => {
                match self.target.bundled() {
                    Some(bundled) => bundled.jump(time),
                    None => tokio::time::sleep(time).await,
                }
                Ok(vec![Ok(Datum::None)])
            }
        }
    }

    async fn command(&mut self, argv: Vec<Bytes>, witness: &mut dyn Witness) -> Result<Result<Datum, String>, String> {
        self.note(std::slice::from_ref(&argv));
        let exchange = self.connection.call(&argv).await.map_err(|error| error.to_string())?;
        self.count(std::slice::from_ref(&argv), std::slice::from_ref(&exchange.reply), exchange.elapsed);
        witness.replied(&Deed::Command(argv).line(), &exchange.reply, exchange.elapsed);
        Ok(answer(exchange.reply))
    }

    async fn transaction(
        &mut self,
        commands: &[Vec<Bytes>],
        witness: &mut dyn Witness,
    ) -> Result<Result<Datum, String>, String> {
        let mut all = vec![vec![Bytes::from_static(b"MULTI")]];
        all.extend_from_slice(commands);
        all.push(vec![Bytes::from_static(b"EXEC")]);
        self.note(commands);
        let (replies, elapsed) = self.connection.pipeline(&all).await.map_err(|error| error.to_string())?;
        self.count(&all, &replies, elapsed);
        let exec = replies.into_iter().next_back().unwrap_or(Value::Null);
        witness.replied(&Deed::Transaction(commands.to_vec()).line(), &exec, elapsed);
        Ok(answer(exec))
    }

    /// Writes commands together and waits once.
    pub async fn send_all(&mut self, commands: &[Vec<Bytes>], witness: &mut dyn Witness) -> Result<(), String> {
        let answers = self.pipeline(&Arc::new(commands.to_vec()), witness).await?;
        match answers.into_iter().find_map(Result::err) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn pipeline(
        &mut self,
        commands: &Arc<Vec<Vec<Bytes>>>,
        witness: &mut dyn Witness,
    ) -> Result<Vec<Result<Datum, String>>, String> {
        self.note(commands);
        let (replies, elapsed) = self.connection.pipeline(commands).await.map_err(|error| error.to_string())?;
        self.count(commands, &replies, elapsed);
        for (at, reply) in replies.iter().enumerate() {
            // The whole pipeline waited once: its time stands beside its first command.
            let took = if at == 0 { elapsed } else { Elapsed::default() };
            witness.replied(&Deed::Pipeline { commands: commands.clone(), at }.line(), reply, took);
        }
        Ok(replies.into_iter().map(answer).collect())
    }

    /// Closes the connection and makes another, which takes [`HANDSHAKE`] round trips of `rtt` where the link is
    /// simulated.
    pub async fn reconnect(&mut self, name: &str, rtt: Duration) -> Result<(), String> {
        let start = Instant::now();
        let protocol = self.connection.protocol();
        *self.connection = self.target.connect(name, protocol).await.map_err(|error| error.to_string())?;
        let mut elapsed = Elapsed { measured_us: micros(start.elapsed()), simulated_us: 0 };
        if let Some(bundled) = self.target.bundled() {
            bundled.pass(rtt * HANDSHAKE);
            elapsed.simulated_us = micros(rtt * HANDSHAKE);
        }
        self.tally.round_trips += u64::from(HANDSHAKE);
        self.tally.elapsed += elapsed;
        Ok(())
    }

    /// Runs a statement on the database.
    pub fn query(&mut self, statement: &str, witness: &mut dyn Witness) -> Result<Datum, String> {
        let Some(sql) = &self.sql else { return Err("there is no database here".into()) };
        let start = Instant::now();
        let rows = match sql.database.lock() {
            Ok(mut database) => database.run(statement).map_err(|error| error.to_string()),
            Err(_) => Err("the database was left in the middle of a statement".into()),
        };
        let elapsed = Elapsed { measured_us: micros(start.elapsed()), simulated_us: micros(sql.latency) };
        if let Some(bundled) = self.target.bundled() {
            bundled.pass(sql.latency);
        }
        self.tally.queries += 1;
        self.tally.elapsed += elapsed;
        witness.queried(statement, &rows, elapsed);
        rows.map(|rows| of_rows(&rows))
    }

    fn note(&self, commands: &[Vec<Bytes>]) {
        if let Some(ledger) = &self.ledger {
            commands.iter().for_each(|argv| ledger.note(argv));
        }
    }

    fn count(&mut self, commands: &[Vec<Bytes>], replies: &[Value], elapsed: Elapsed) {
        let mut wire = Vec::new();
        for argv in commands {
            wire.clear();
            encode_command(argv, &mut wire);
            self.tally.sent += wire.len() as u64;
        }
        for reply in replies {
            wire.clear();
            encode_value(reply, Protocol::Resp3, &mut wire);
            self.tally.received += wire.len() as u64;
        }
        self.tally.commands += commands.len() as u64;
        self.tally.round_trips += 1;
        self.tally.elapsed += elapsed;
    }
}

/// A time in whole microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
