//! Lanes side by side: the same job done several ways, each measured.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use hdrhistogram::Histogram;

use crate::lesson::{Compare, Input, Lane, Measured};
use crate::program::{Datum, Deed, Machine, Next, Program};
use crate::resp::{Protocol, Value, brief};
use crate::target::{Connection, Elapsed, Ledger, Target};

use super::cancel::Cancel;
use super::event::{Event, LaneReport};
use super::link::Teller;
use super::observe::observe;
use super::perform::{Driver, Sql, Tally, Witness, micros};

/// So many steps of a lane are told; all are counted.
const TOLD: usize = 12;
/// So many samples of a lane are kept for its picture.
const SAMPLES: usize = 240;
/// What connections of a lane are called.
const LANE: &str = "redlab-lane";
/// The longest repetition that is told apart: an hour, microseconds.
const LONGEST_US: u64 = 3_600_000_000;

/// What all lanes of a comparison share.
#[derive(Clone)]
pub struct Track {
    /// Where commands go.
    pub target: Target,
    /// The lesson's database.
    pub sql: Option<Sql>,
    /// Where keys are noted that are created on a live server.
    pub ledger: Option<Ledger>,
    /// The link's own round trip, to be put back after each lane (bundled target).
    pub rtt: Duration,
    /// Where events go.
    pub teller: Teller,
    /// Ends the comparison.
    pub cancel: Cancel,
}

/// What a lane measured: for whoever looks at it, and for the lesson's expectation.
pub struct Measurement {
    /// To be shown.
    pub report: LaneReport,
    /// To be judged.
    pub measured: Measured,
}

fn measured(report: &LaneReport, observed: Vec<(String, Datum)>) -> Measured {
    let ms = |us: u64| us as f64 / 1000.0;
    Measured {
        total_ms: ms(report.total.total_us()),
        work_ms: ms(report.total.measured_us),
        p50_ms: ms(report.p50_us),
        p99_ms: ms(report.p99_us),
        commands: report.commands,
        round_trips: report.round_trips,
        queries: report.queries,
        sent: report.sent,
        received: report.received,
        observed,
    }
}

/// Runs all lanes, one after the other: they must not disturb each other. `None`: it was cancelled.
pub async fn compare(track: Track, compare: Compare) -> Option<Result<Vec<Measurement>, String>> {
    let mut reports = Vec::new();
    for (at, lane) in compare.lanes.iter().enumerate() {
        if let Some(bundled) = track.target.bundled() {
            bundled.set_rtt(lane.rtt.unwrap_or(track.rtt));
        }
        let result = run_lane(&track, at, lane).await;
        if let Some(bundled) = track.target.bundled() {
            bundled.set_rtt(track.rtt);
        }
        if track.cancel.is_cancelled() {
            return None;
        }
        match result {
            Ok(report) => reports.push(report),
            Err(why) => return Some(Err(format!("lane {}: {why}", lane.name))),
        }
    }
    Some(Ok(reports))
}

async fn run_lane(track: &Track, at: usize, lane: &Lane) -> Result<Measurement, String> {
    let mut connections = connect(track, lane).await?;
    let first = connections.first_mut().ok_or("a lane needs a client")?;
    for input in &lane.before {
        aside(track, first, input).await?;
    }
    let board = Arc::new(Mutex::new(Board::new(track.teller.clone(), at, lane)?));
    let program = Program::new(&lane.steps);
    let start = Instant::now();
    let clients = connections.iter_mut().map(|connection| run_client(track, lane, &program, connection, board.clone()));
    let tallies: Vec<Tally> = join_all(clients).await.into_iter().collect::<Result<_, String>>()?;
    let wall_us = micros(start.elapsed());
    let first = connections.first_mut().ok_or("a lane needs a client")?;
    let observed = observe(first, track.sql.as_ref(), &lane.observe).await?;
    for input in &lane.after {
        aside(track, first, input).await?;
    }
    let board = board.lock().map_err(|_| "a client of the lane failed")?;
    let shown = observed.iter().map(|(name, datum)| (name.clone(), datum.brief(200))).collect();
    let report = board.report(lane, &tallies, wall_us, shown);
    Ok(Measurement { measured: measured(&report, observed), report })
}

async fn connect(track: &Track, lane: &Lane) -> Result<Vec<Connection>, String> {
    let mut connections = Vec::new();
    for number in 0..lane.clients.max(1) {
        let name = format!("{LANE}-{number}");
        let made = track.target.connect(&name, Protocol::Resp3).await;
        connections.push(made.map_err(|error| error.to_string())?);
    }
    Ok(connections)
}

/// Runs a command that prepares a lane or clears up after it. It is not measured, and an error of it ends the comparison.
async fn aside(track: &Track, connection: &mut Connection, input: &Input) -> Result<(), String> {
    match input {
        Input::Command { line, argv } => {
            if let Some(ledger) = &track.ledger {
                ledger.note(argv);
            }
            let replies = connection.observe(std::slice::from_ref(argv)).await.map_err(|error| error.to_string())?;
            match replies.into_iter().next() {
                Some(Value::Error(error)) => Err(format!("{line}: {}", crate::resp::printable(&error, 200))),
                _ => Ok(()),
            }
        }
        Input::Sql(statement) => {
            let sql = track.sql.as_ref().ok_or("there is no database here")?;
            let mut database = sql.database.lock().map_err(|_| "the database is gone")?;
            database.run(statement).map(|_| ()).map_err(|error| error.to_string())
        }
    }
}

/// One client of a lane: all its repetitions.
async fn run_client(
    track: &Track,
    lane: &Lane,
    program: &Arc<Program>,
    connection: &mut Connection,
    board: Arc<Mutex<Board>>,
) -> Result<Tally, String> {
    let world = BTreeMap::from_iter(lane.given.iter().cloned());
    let (target, sql, ledger) = (track.target.clone(), track.sql.clone(), track.ledger.clone());
    let mut driver = Driver { connection, target, sql, ledger, world, tally: Tally::default(), last: Datum::None };
    let (mut done, batch) = (0, lane.pipeline.max(1));
    while done < lane.repeat && !track.cancel.is_cancelled() {
        let before = driver.tally.elapsed;
        let count = batch.min(lane.repeat - done);
        let mut told = Told { board: board.clone() };
        if lane.reconnect {
            driver.reconnect(LANE, lane.rtt.unwrap_or(track.rtt)).await?;
        }
        if batch == 1 {
            driver.world.insert("i".into(), Datum::Int(i64::from(done)));
            driver.run(&mut Machine::new(program, "lane"), &track.cancel, &mut told).await?;
        } else {
            let commands = gather(lane, program, done, count)?;
            driver.send_all(&commands, &mut told).await?;
        }
        done += count;
        let took = driver.tally.elapsed.total_us().saturating_sub(before.total_us());
        if let Ok(mut board) = board.lock() {
            board.repeated(took, u64::from(count));
        }
    }
    Ok(driver.tally)
}

/// The commands of `count` repetitions from `from` on, to be written together.
fn gather(lane: &Lane, program: &Arc<Program>, from: u32, count: u32) -> Result<Vec<Vec<Bytes>>, String> {
    let mut commands = Vec::new();
    for number in from..from + count {
        let mut world = BTreeMap::from_iter(lane.given.iter().cloned());
        world.insert("i".into(), Datum::Int(i64::from(number)));
        let mut machine = Machine::new(program, "lane");
        while let Next::Deed(deed) = machine.next(&world).map_err(|fault| fault.to_string())? {
            match deed {
                Deed::Command(argv) => commands.push(argv),
                other => return Err(format!("a pipelined lane sends commands only, not: {}", other.line())),
            }
            machine.feed(Ok(Datum::None)).map_err(|fault| fault.to_string())?;
        }
    }
    Ok(commands)
}

/// What a lane has measured so far; its clients share it.
struct Board {
    teller: Teller,
    lane: usize,
    what: String,
    told: usize,
    done: u64,
    total: u64,
    histogram: Histogram<u64>,
    samples: Vec<u64>,
}

impl Board {
    fn new(teller: Teller, lane: usize, model: &Lane) -> Result<Board, String> {
        let total = u64::from(model.repeat) * u64::from(model.clients.max(1));
        Ok(Board {
            teller,
            lane,
            what: model.name.clone(),
            told: 0,
            done: 0,
            total,
            histogram: Histogram::new_with_max(LONGEST_US, 3).map_err(|error| error.to_string())?,
            samples: Vec::new(),
        })
    }

    fn repeated(&mut self, took_us: u64, count: u64) {
        self.done += count;
        let _ = self.histogram.record(took_us.min(LONGEST_US));
        self.samples.push(took_us);
        let stride = (self.total / 50).max(1);
        if self.done % stride < count || self.done == self.total {
            let (what, done, total) = (self.what.clone(), self.done, self.total);
            self.teller.tell(Event::Progressed { what, done, total });
        }
    }

    fn report(&self, lane: &Lane, tallies: &[Tally], wall_us: u64, observed: Vec<(String, String)>) -> LaneReport {
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum();
        LaneReport {
            name: lane.name.clone(),
            total: total(tallies, wall_us),
            p50_us: self.histogram.value_at_quantile(0.5),
            p99_us: self.histogram.value_at_quantile(0.99),
            commands: sum(|tally| tally.commands),
            round_trips: sum(|tally| tally.round_trips),
            queries: sum(|tally| tally.queries),
            sent: sum(|tally| tally.sent),
            received: sum(|tally| tally.received),
            observed,
            samples_us: thinned(&self.samples),
        }
    }
}

/// One client's time is the sum of its steps'. Clients that run at the same time take as long as the slowest of them;
/// what is measured of several is the time on the wall.
fn total(tallies: &[Tally], wall_us: u64) -> Elapsed {
    match tallies {
        [one] => one.elapsed,
        many => Elapsed {
            measured_us: wall_us,
            simulated_us: many.iter().map(|tally| tally.elapsed.simulated_us).max().unwrap_or(0),
        },
    }
}

fn thinned(samples: &[u64]) -> Vec<u64> {
    let stride = samples.len().div_ceil(SAMPLES).max(1);
    samples.iter().copied().step_by(stride).collect()
}

/// Tells the first steps of a lane.
struct Told {
    board: Arc<Mutex<Board>>,
}

impl Told {
    fn tell(&mut self, line: &str, reply: impl FnOnce() -> String, elapsed: Elapsed) {
        let Ok(mut board) = self.board.lock() else { return };
        if board.told < TOLD {
            board.told += 1;
            let (lane, line) = (board.lane, line.to_string());
            board.teller.tell(Event::LaneStepped { lane, line, reply: reply(), elapsed });
        }
    }
}

impl Witness for Told {
    fn replied(&mut self, line: &str, reply: &Value, elapsed: Elapsed) {
        self.tell(line, || brief(reply, 60), elapsed);
    }

    fn queried(&mut self, statement: &str, rows: &Result<crate::database::Rows, String>, elapsed: Elapsed) {
        let reply = || match rows {
            Ok(rows) => crate::program::of_rows(rows).brief(60),
            Err(error) => error.clone(),
        };
        self.tell(&format!("sql {statement}"), reply, elapsed);
    }
}
