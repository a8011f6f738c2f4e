//! A lane: one server, a connection for each client, one round after another.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::{Barrier, watch};
use tokio::task::{AbortHandle, JoinError, JoinHandle};

use crate::database::{Database, Image};
use crate::lab::{Look, Observed, Variant};
use crate::program::{Datum, Deed, Machine, Template, of_rows};
use crate::resp::{Protocol, Value, printable};
use crate::target::{ClaimError, Connection, LinkError};

use super::board::{Board, Doing, Meter};
use super::place::Place;
use super::player::{Common, Played, Player, Strike};
use super::scene::Scene;
use super::seat::{Seat, Use, told};
use super::tally::RoundEnd;

/// What the connection is called that sets rounds up and looks at their ends.
const NAME: &str = "redlab-stress";
/// What is said of a round in which something panicked.
const MISTAKE: &str = "redlab made a mistake in a round; please report it";
/// How long nothing may happen while all wait for ever, where the server does not tell who is blocked.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long clients are given that were told that the round is over.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often it is looked whether all are blocked.
const PROBE: Duration = Duration::from_millis(1);

/// Why rounds cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The server is gone.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What redlab created could not be removed.
    #[error("{error}. These keys may be left there, and they are redlab's: {keys}")]
    Left {
        /// The keys.
        keys: String,
        /// Why.
        error: LinkError,
    },
    /// The round would touch what is not redlab's.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Its set-up, or its judgement, does not work.
    #[error("{0}")]
    Trouble(String),
}

/// One server with its clients, kept from round to round.
#[derive(Debug)]
pub struct Lane {
    place: Arc<Place>,
    variant: Arc<Variant>,
    observer: Connection,
    seats: Vec<Option<Seat>>,
    database: Option<(Arc<Mutex<Database>>, Image)>,
    meter: Arc<Meter>,
    /// Whether keys of the programs have been looked for on somebody's server.
    vetted: bool,
}

impl Lane {
    /// Connects.
    ///
    /// # Errors
    /// The server is not there, or the database cannot be made.
    pub async fn open(place: Arc<Place>, variant: &Arc<Variant>, meter: &Arc<Meter>) -> Result<Lane, RoundError> {
        let observer = place.target.connect(NAME, Protocol::Resp2).await?;
        let database = variant.database.as_ref().map(|store| {
            let told = |error| RoundError::Trouble(format!("its database cannot be made: {error}"));
            let mut database = Database::open(&store.schema, &store.seed).map_err(told)?;
            let image = database.snapshot().map_err(told)?;
            Ok::<_, RoundError>((Arc::new(Mutex::new(database)), image))
        });
        Ok(Lane {
            place,
            variant: variant.clone(),
            observer,
            seats: variant.clients.iter().map(|_| None).collect(),
            database: database.transpose()?,
            meter: meter.clone(),
            vetted: false,
        })
    }

    /// Runs one round; `None` if it was cut short because `stop` became true.
    ///
    /// # Errors
    /// Rounds cannot go on. On somebody's server what was created has been removed all the same.
    pub async fn round(
        &mut self,
        strikes: Vec<Vec<Strike>>,
        random: &mut fastrand::Rng,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<RoundEnd>, RoundError> {
        // Whatever happens, what was created on somebody's server has to go.
        let end = AssertUnwindSafe(self.whole_round(strikes, random, stop)).catch_unwind().await;
        if let Some(claims) = &self.place.claims {
            claims.end().await.map_err(|error| RoundError::Left { keys: claims.left(), error })?;
        }
        end.unwrap_or_else(|_| Err(RoundError::Trouble(MISTAKE.into())))
    }

    async fn whole_round(
        &mut self,
        strikes: Vec<Vec<Strike>>,
        random: &mut fastrand::Rng,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<RoundEnd>, RoundError> {
        self.prepare().await?;
        let (over, told_over) = watch::channel(false);
        let machines: Vec<Machine> =
            self.variant.clients.iter().map(|member| Machine::new(&member.program, &member.name)).collect();
        let common = Arc::new(Common {
            scene: Scene::new(&self.variant, &machines),
            board: Board::new(machines.len()),
            barrier: Barrier::new(machines.len()),
            meter: self.meter.clone(),
            database: self.database.as_ref().map(|(database, _)| database.clone()),
            claims: self.place.claims.clone(),
        });
        let mut players = Vec::with_capacity(machines.len());
        for (client, (machine, strikes)) in machines.into_iter().zip(strikes).enumerate() {
            let seat = self.seat(client).await?;
            let (over, common, random) = (told_over.clone(), common.clone(), random.fork());
            players.push(Player { client, machine, seat, strikes, random, over, common });
        }
        let ids: Vec<Option<i64>> = players.iter().map(|player| player.seat.id).collect();
        let tasks: Vec<JoinHandle<Played>> = players.into_iter().map(|player| tokio::spawn(player.play())).collect();
        let (played, stuck) = self.direct(tasks, &common, &over, &ids, stop).await?;
        let mut end = self.gather(played)?;
        if stuck.is_none() {
            return Ok(None);
        }
        let observed = self.observe().await?;
        let stuck = stuck.unwrap_or_default();
        end.ending = common.scene.judge(observed, stuck).map_err(RoundError::Trouble)?;
        Ok(Some(end))
    }

    /// A fresh state for the round.
    async fn prepare(&mut self) -> Result<(), RoundError> {
        if let Some((database, image)) = &self.database {
            let restored = database.lock().unwrap_or_else(PoisonError::into_inner).restore(image);
            restored.map_err(|error| RoundError::Trouble(format!("its database cannot be put back: {error}")))?;
        }
        let mut commands = Vec::new();
        match &self.place.claims {
            None => commands.push(words(&["FLUSHALL"])),
            Some(claims) => {
                claims.begin().await?;
                let known = if self.vetted { self.variant.setup.clone() } else { literals(&self.variant) };
                for argv in &known {
                    claims.admit(argv).await?;
                }
                self.vetted = true;
            }
        }
        commands.extend(self.variant.setup.iter().cloned());
        let replies = self.ask(&commands).await?;
        for (argv, reply) in commands.into_iter().zip(replies) {
            if let Value::Error(line) = reply {
                let shown = Deed::Command(argv).line();
                return Err(RoundError::Trouble(format!("the setup's {shown} answers {}", printable(&line, 300))));
            }
        }
        Ok(())
    }

    /// A client's connection, as good as new.
    async fn seat(&mut self, client: usize) -> Result<Seat, RoundError> {
        let kept = self.seats.get_mut(client).and_then(Option::take);
        match kept {
            Some(mut seat) => {
                if seat.used == Use::Watches {
                    seat.connection.observe(&[words(&["UNWATCH"])]).await?;
                    seat.used = Use::Plain;
                }
                Ok(seat)
            }
            None => {
                let name = self.variant.clients.get(client).map_or("client", |member| &*member.name);
                Ok(Seat::take(&self.place.target, name).await?)
            }
        }
    }

    /// Waits until the clients have ended, or until those that have not are stuck: these, by their places. `None`: the
    /// round was cut short.
    async fn direct(
        &mut self,
        tasks: Vec<JoinHandle<Played>>,
        common: &Common,
        over: &watch::Sender<bool>,
        ids: &[Option<i64>],
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(Vec<Result<Played, JoinError>>, Option<Vec<usize>>), RoundError> {
        let aborts: Vec<AbortHandle> = tasks.iter().map(JoinHandle::abort_handle).collect();
        let mut all = std::pin::pin!(join_all(tasks));
        let stuck = tokio::select! {
            played = &mut all => return Ok((played, Some(Vec::new()))),
            stuck = self.until_stuck(common, ids) => Some(stuck?),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        over.send_replace(true);
        self.unblock(&common.board, ids).await?;
        match tokio::time::timeout(FAREWELL, &mut all).await {
            Ok(played) => Ok((played, stuck)),
            Err(_) => {
                aborts.iter().for_each(AbortHandle::abort);
                Ok((all.await, stuck))
            }
        }
    }

    /// Until all clients that have not ended wait for ever.
    async fn until_stuck(&mut self, common: &Common, ids: &[Option<i64>]) -> Result<Vec<usize>, LinkError> {
        let mut quiet: Option<(u64, Instant)> = None;
        loop {
            let (doings, change) = common.board.look();
            let waiting = waiting(&doings);
            if waiting.is_empty() || doings.iter().any(|doing| matches!(doing, Doing::Acts | Doing::Waits)) {
                common.board.changed.notified().await;
                continue;
            }
            let since = match quiet {
                Some((same, since)) if same == change => since,
                _ => {
                    let now = Instant::now();
                    quiet = Some((change, now));
                    now
                }
            };
            let ids: Vec<i64> = waiting.iter().filter_map(|at| ids.get(*at).copied().flatten()).collect();
            let all_blocked = self.blocked(&ids).await? == Some(waiting.len());
            // Somebody may have been served while the server was asked.
            if (all_blocked || since.elapsed() > PATIENCE) && common.board.look().1 == change {
                return Ok(waiting);
            }
            tokio::time::sleep(PROBE).await;
        }
    }

    /// How many of our clients the server says are blocked; `None` where it does not say.
    async fn blocked(&mut self, ids: &[i64]) -> Result<Option<usize>, LinkError> {
        let ours = self.place.claims.is_none();
        // A server of our own has no other clients; of somebody's server only a list tells whose are blocked.
        let mut argv: Vec<Bytes> = if ours { words(&["INFO", "clients"]) } else { words(&["CLIENT", "LIST", "ID"]) };
        if !ours {
            argv.extend(ids.iter().map(|id| Bytes::from(id.to_string())));
        }
        let replies = self.ask(&[argv]).await?;
        let Some(text) = replies.first().filter(|reply| !reply.is_error()).and_then(Value::as_bytes) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(text);
        if ours {
            let count = text.lines().find_map(|line| line.trim().strip_prefix("blocked_clients:"));
            return Ok(count.and_then(|count| count.parse().ok()));
        }
        let flags = text.split_whitespace().filter_map(|field| field.strip_prefix("flags="));
        Ok(Some(flags.filter(|flags| flags.contains('b')).count()))
    }

    /// Sends commands that belong to no client. A program of our own server may have closed this connection.
    async fn ask(&mut self, commands: &[Vec<Bytes>]) -> Result<Vec<Value>, LinkError> {
        match self.observer.observe(commands).await {
            Err(_) if self.place.claims.is_none() => {
                self.observer = self.place.target.connect(NAME, Protocol::Resp2).await?;
                self.observer.observe(commands).await
            }
            other => other,
        }
    }

    /// Ends the waiting of clients that wait for somebody. As if their time were up: their connections stay good.
    async fn unblock(&mut self, board: &Board, ids: &[Option<i64>]) -> Result<(), LinkError> {
        let (doings, _) = board.look();
        let waits = |doing: &Doing| matches!(doing, Doing::Waits | Doing::WaitsForEver);
        let ids = doings.iter().zip(ids).filter(|(doing, _)| waits(doing)).filter_map(|(_, id)| *id);
        let unblock = |id: i64| {
            let mut argv = words(&["CLIENT", "UNBLOCK"]);
            argv.push(Bytes::from(id.to_string()));
            argv
        };
        let commands: Vec<Vec<Bytes>> = ids.map(unblock).collect();
        self.ask(&commands).await.map(|_| ())
    }

    /// Takes the connections back, and what the clients have to tell.
    fn gather(&mut self, played: Vec<Result<Played, JoinError>>) -> Result<RoundEnd, RoundError> {
        let ending = crate::lab::Ending { holds: true, values: Vec::new(), stuck: Vec::new() };
        let mut end = RoundEnd { ending, struck: Vec::new(), errors: Vec::new() };
        let mut refused = None;
        for (client, played) in played.into_iter().enumerate() {
            match played {
                Ok(played) => {
                    if let Some(slot) = self.seats.get_mut(client) {
                        *slot = played.seat;
                    }
                    end.struck.extend(played.struck);
                    end.errors.extend(played.error.map(|error| (client, error)));
                    refused = refused.or(played.refused);
                }
                Err(gone) if gone.is_panic() => {
                    return Err(RoundError::Trouble(MISTAKE.into()));
                }
                Err(_) => {}
            }
        }
        match refused {
            Some(error) => Err(error.into()),
            None => Ok(end),
        }
    }

    /// Reads what the scenario observes.
    async fn observe(&mut self) -> Result<Observed, RoundError> {
        let looks = self.variant.observe.clone();
        let commands = looks.iter().filter_map(|(_, look)| match look {
            Look::Command(argv) => Some(argv.clone()),
            Look::Sql(_) => None,
        });
        let mut replies = self.ask(&commands.collect::<Vec<_>>()).await?.into_iter();
        let observed = looks.into_iter().map(|(name, look)| {
            let seen = match look {
                Look::Command(argv) => told(&argv, replies.next().unwrap_or(Value::Null)),
                Look::Sql(statement) => self.query(&statement),
            };
            (name, seen.unwrap_or_else(|line| Datum::error(&line)))
        });
        Ok(observed.collect())
    }

    fn query(&self, statement: &str) -> Result<Datum, String> {
        let Some((database, _)) = &self.database else { return Err("there is no database here".into()) };
        let mut database = database.lock().unwrap_or_else(PoisonError::into_inner);
        database.run(statement).map(|rows| of_rows(&rows)).map_err(|error| error.to_string())
    }
}

fn words(words: &[&'static str]) -> Vec<Bytes> {
    words.iter().map(|word| Bytes::from_static(word.as_bytes())).collect()
}

/// The clients that wait for ever, by their places.
fn waiting(doings: &[Doing]) -> Vec<usize> {
    (0..doings.len()).filter(|at| doings[*at] == Doing::WaitsForEver).collect()
}

/// The commands of a variant that are known before anything runs.
fn literals(variant: &Variant) -> Vec<Vec<Bytes>> {
    use crate::program::Action;
    let mut found = variant.setup.clone();
    found.extend(variant.observe.iter().filter_map(|(_, look)| match look {
        Look::Command(argv) => Some(argv.clone()),
        Look::Sql(_) => None,
    }));
    // A word that is put in later is no key's name yet: such a command is looked at when it is sent.
    let literal = |template: &Template| template.words().iter().map(|word| word.literal()).collect::<Option<Vec<_>>>();
    for act in variant.clients.iter().flat_map(|member| member.program.acts()) {
        match &act.action {
            Action::Run(command) => found.extend(literal(command)),
            Action::Transaction(commands) | Action::Pipeline(commands) => {
                found.extend(commands.iter().filter_map(literal));
            }
            Action::Eval { .. } | Action::Sql(_) | Action::World(_) | Action::Sleep(_) => {}
        }
    }
    found
}
