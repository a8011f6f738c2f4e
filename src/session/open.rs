//! Opening a session: target, guard, connections, then the loop that answers requests.

use std::collections::{BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::MissedTickBehavior;

use crate::database::Database;
use crate::inspect::Inspector;
use crate::lesson::Lesson;
use crate::resp::Protocol;
use crate::target::{Guard, Kind, LastResort, Ledger, LinkError, Target, TargetSpec};

use super::cancel::Cancel;
use super::core::{Call, Core, Done};
use super::event::Event;
use super::handle::{Handle, What};
use super::lesson_mode::{LessonRun, LessonWork, SharedStore};
use super::library::Library;
use super::link::{Client, Teller};
use super::perform::Sql;
use super::play_mode::PlayWork;
use super::race_mode::{Race, RaceWork};
use super::request::Request;
use super::undo::Undo;

/// How often messages and the clock are looked at while nothing is asked.
const TICK: Duration = Duration::from_millis(100);

/// What a session needs besides what it is about.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Where commands go.
    pub target: TargetSpec,
    /// All lessons and scenarios.
    pub library: Arc<Library>,
    /// Where progress is kept; `None`: nowhere.
    pub progress: Option<SharedStore>,
}

/// Opens a session on the current tokio runtime. Whatever goes wrong comes as [`Event::Failed`], then
/// [`Event::Closed`].
pub fn open(what: What, options: SessionOptions) -> Handle {
    let (requests, wishes) = unbounded_channel();
    let (sender, events) = unbounded_channel();
    let teller = Teller(sender);
    tokio::spawn(async move {
        let told = teller.clone();
        let rescue = Rescue::default();
        let session = async {
            match what {
                What::Play => play(&options, &rescue, teller, wishes).await,
                What::Lesson(id) => lesson(&id, &options, &rescue, teller, wishes).await,
                What::Race(id) => race(&id, &options, &rescue, teller, wishes).await,
            }
        };
        let message = match AssertUnwindSafe(session).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(message)) => message,
            Err(_) => "redlab made a mistake and the session is over; please report it".into(),
        };
        told.failed(message);
        let (removed, left) = rescue.clean_up().await;
        told.tell(Event::Closed { removed, left });
    });
    Handle { requests, events }
}

/// What a session that ends before its time would leave on a live server.
#[derive(Default)]
struct Rescue(OnceLock<(LastResort, Ledger)>);

impl Rescue {
    /// Removes what was created, over a connection of its own: those of the session may be the fault.
    async fn clean_up(self) -> (usize, Vec<String>) {
        let Some((last, ledger)) = self.0.into_inner() else { return (0, Vec::new()) };
        let removed = tokio::task::spawn_blocking(move || last.run()).await.unwrap_or(0);
        (removed, ledger.keys().iter().map(|(_, key)| crate::resp::printable(key, 80)).collect())
    }
}

/// The keys that could not be removed, and why.
fn left_behind(guard: &Guard, error: &LinkError) -> String {
    let keys = guard.ledger().keys();
    let keys: Vec<String> = keys.iter().map(|(_, key)| crate::resp::printable(key, 80)).collect();
    format!("{} ({error})", keys.join(", "))
}

type Wishes = UnboundedReceiver<Request>;

async fn core<Own: Send + 'static>(
    options: &SessionOptions,
    rescue: &Rescue,
    teller: Teller,
    names: &[String],
    rtt: Option<Duration>,
) -> Result<Core<Own>, String> {
    let mut spec = options.target.clone();
    // A lesson's own link stands in for one that was not asked for.
    if let (TargetSpec::Bundled { rtt: asked, .. }, Some(rtt)) = (&mut spec, rtt)
        && asked.is_zero()
    {
        *asked = rtt;
    }
    let target = Target::open(&spec).await.map_err(|error| error.to_string())?;
    let lost = |error: LinkError| error.to_string();
    let observer = target.connect("redlab-observer", Protocol::Resp3).await.map_err(lost)?;
    let guard = (target.identity().kind == Kind::Live).then(Guard::new);
    if let Some(guard) = &guard {
        let _ = rescue.0.set((guard.last_resort(&target), guard.ledger()));
    }
    let mut core = Core {
        target,
        library: options.library.clone(),
        teller,
        clients: Vec::new(),
        observer,
        inspector: Inspector::new(),
        guard,
        database: None,
        work: FuturesUnordered::new(),
        aborts: Vec::new(),
        lost: BTreeSet::new(),
        undo: Undo::default(),
        ahead: VecDeque::new(),
        asked: None,
        cancel: Cancel::default(),
    };
    for name in names {
        core.add_client(name).await.map_err(lost)?;
    }
    Ok(core)
}

impl<Own: Send + 'static> Core<Own> {
    /// Connects one more client.
    pub async fn add_client(&mut self, name: &str) -> Result<(), LinkError> {
        let name = if name.is_empty() { "redlab" } else { name };
        let connection = self.target.connect(name, Protocol::Resp3).await?;
        self.clients.push(Client { name: name.into(), connection: Some(connection) });
        Ok(())
    }

    /// A command was answered: what every session does about it. The reply, unless there is none.
    fn called(
        &mut self,
        call: &Call,
        connection: Option<crate::target::Connection>,
        result: Option<Result<crate::target::Exchange, LinkError>>,
    ) -> Option<crate::target::Exchange> {
        let (client, line, sender) = (call.client, call.line.clone(), call.sender);
        match result {
            Some(Ok(exchange)) => {
                self.put_back(client, connection, None);
                let (reply, elapsed) = (exchange.reply.clone(), exchange.elapsed);
                self.teller.tell(Event::Replied { client, line, reply, elapsed, sender });
                Some(exchange)
            }
            Some(Err(error)) => {
                self.tell_lost(call);
                self.put_back(client, None, Some(&error));
                None
            }
            None => {
                self.put_back(client, None, None);
                self.teller.tell(Event::Cancelled);
                None
            }
        }
    }

    fn connected(&mut self, client: usize, connection: crate::target::Connection) {
        if let Some(link) = self.clients.get_mut(client) {
            link.connection = Some(connection);
        }
        // It is back when the last of its clients is.
        if self.lost.remove(&client) && self.lost.is_empty() {
            self.teller.tell(Event::LinkRestored);
        }
    }

    /// Ends the session: what it made on a live server goes.
    async fn close(mut self) {
        self.cancel();
        let (mut removed, mut left) = (0, Vec::new());
        if let Some(guard) = &mut self.guard {
            match guard.clean_up(&mut self.observer).await {
                Ok(count) => {
                    removed = count;
                    // What the server would not delete is still on the ledger.
                    left.extend(guard.ledger().keys().iter().map(|(_, key)| crate::resp::printable(key, 80)));
                }
                Err(error) => left.push(left_behind(guard, &error)),
            }
        }
        let teller = self.teller.clone();
        // Connections and a throw-away server go before the end is told.
        drop(self);
        teller.tell(Event::Closed { removed, left });
    }
}

/// What differs between the kinds of session.
trait Mode<Own> {
    async fn asked(&mut self, core: &mut Core<Own>, request: Request);
    async fn replied(&mut self, core: &mut Core<Own>, call: &Call, reply: crate::resp::Value);
    async fn worked(&mut self, core: &mut Core<Own>, own: Own);
}

/// Answers requests until the last one.
async fn serve<Own: Send + 'static>(mut core: Core<Own>, mut mode: impl Mode<Own>, mut wishes: Wishes) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            wish = wishes.recv() => match wish {
                None | Some(Request::Close) => break,
                Some(Request::Cancel) => core.cancel(),
                Some(request) => {
                    if let Some(request) = core.put_off(request) {
                        mode.asked(&mut core, request).await;
                    }
                }
            },
            Some(done) = core.work.next(), if !core.work.is_empty() => match done {
                Done::Called { call, connection, result } => {
                    if let Some(exchange) = core.called(&call, connection, result) {
                        mode.replied(&mut core, &call, exchange.reply).await;
                    }
                }
                Done::Connected { client, connection } => {
                    core.connected(client, connection);
                    // The server may have come back with other data, or with none.
                    core.look().await;
                }
                Done::Own(own) => mode.worked(&mut core, own).await,
            },
            _ = tick.tick() => {
                core.tell_pushes();
                core.watch_links();
            }
        }
        while let Some(request) = core.due() {
            mode.asked(&mut core, request).await;
        }
    }
    core.close().await;
}

/// The playground.
struct Play;

impl Mode<PlayWork> for Play {
    async fn asked(&mut self, core: &mut Core<PlayWork>, request: Request) {
        match request {
            Request::Run { client, line } => core.play(client, line).await,
            Request::Confirm(yes) => {
                core.confirmed(yes).await;
            }
            Request::Undo => core.take_back().await,
            Request::Reset => core.reset().await,
            Request::Jump(ms) => core.jump(ms).await,
            _ => core.teller.failed("there is no lesson here"),
        }
    }

    async fn replied(&mut self, core: &mut Core<PlayWork>, _: &Call, _: crate::resp::Value) {
        core.look().await;
    }

    async fn worked(&mut self, _: &mut Core<PlayWork>, own: PlayWork) {
        match own {}
    }
}

async fn play(options: &SessionOptions, rescue: &Rescue, teller: Teller, wishes: Wishes) -> Result<(), String> {
    let mut core = core::<PlayWork>(options, rescue, teller, &["redlab".into()], None).await?;
    core.inspector.follow_pattern("*");
    if let Some(moment) = core.moment() {
        core.undo.enter(moment);
    }
    let identity = core.target.identity().clone();
    core.teller.tell(Event::Opened { identity, lesson: None });
    core.look().await;
    serve(core, Play, wishes).await;
    Ok(())
}

impl Mode<LessonWork> for LessonRun {
    async fn asked(&mut self, core: &mut Core<LessonWork>, request: Request) {
        self.next = None;
        match request {
            Request::Run { client, line } => self.typed(core, client, line).await,
            Request::GoTo(index) => self.go_to(core, index).await,
            Request::Hint => self.hint(core),
            Request::Solve => self.solve(core).await,
            Request::Check => self.check(core).await,
            Request::Choose(choice) => self.choose(core, choice).await,
            Request::Start => self.begin(core).await,
            Request::Skip => core.cancel(),
            Request::Undo => core.take_back().await,
            Request::Reset => self.reset(core).await,
            Request::Jump(ms) => core.jump(ms).await,
            Request::Confirm(yes) => self.confirmed(core, yes).await,
            Request::Race(wish) => {
                let won = match &mut self.race {
                    Some(race) => race.asked(core, wish).await,
                    None => false,
                };
                if won {
                    self.race_won(core);
                }
            }
            Request::Cancel | Request::Close => {}
        }
    }

    async fn replied(&mut self, core: &mut Core<LessonWork>, call: &Call, reply: crate::resp::Value) {
        LessonRun::replied(self, core, call, reply).await;
        self.go_on(core).await;
    }

    async fn worked(&mut self, core: &mut Core<LessonWork>, own: LessonWork) {
        LessonRun::worked(self, core, own).await;
        self.go_on(core).await;
    }
}

async fn lesson(
    id: &str,
    options: &SessionOptions,
    rescue: &Rescue,
    teller: Teller,
    wishes: Wishes,
) -> Result<(), String> {
    let lesson = options.library.lesson(id)?;
    let mut core = core::<LessonWork>(options, rescue, teller, &lesson.clients, lesson.rtt).await?;
    claim(&mut core, &lesson).await?;
    for pattern in &lesson.keys {
        core.inspector.follow_pattern(pattern);
    }
    let sql = open_database(&lesson)?;
    core.database = sql.as_ref().map(|sql| sql.database.clone());
    let mut run = LessonRun::new(lesson, options.progress.clone(), sql);
    let (identity, card) = (core.target.identity().clone(), run.card());
    core.teller.tell(Event::Opened { identity, lesson: Some(card) });
    run.set_up(&mut core).await.map_err(|why| format!("the lesson's setup failed: {why}"))?;
    let at = run.resume_at();
    run.go_to(&mut core, at).await;
    serve(core, run, wishes).await;
    Ok(())
}

/// On a live server: refuses while any key of the lesson exists there, and a lesson that changes the server's settings.
async fn claim(core: &mut Core<LessonWork>, lesson: &Lesson) -> Result<(), String> {
    if lesson.alone && core.guard.is_some() {
        return Err("this lesson changes settings of the server, which others may rely on: run it on the bundled \
                    engine, or with --target server on one of its own"
            .into());
    }
    let patterns: Vec<String> = lesson.keys_used().iter().chain(&lesson.keys).cloned().collect();
    let Some(guard) = &mut core.guard else { return Ok(()) };
    guard.claim(&patterns, &mut core.observer).await.map_err(|refusal| refusal.to_string())
}

fn open_database(lesson: &Lesson) -> Result<Option<Sql>, String> {
    let Some(model) = &lesson.database else { return Ok(None) };
    let database = Database::open(&model.schema, &model.seed)
        .map_err(|error| format!("the lesson's database cannot be made: {error}"))?;
    Ok(Some(Sql { database: Arc::new(Mutex::new(database)), latency: model.latency }))
}

/// The race lab by itself.
struct RaceAlone(Option<Race>);

impl Mode<RaceWork> for RaceAlone {
    async fn asked(&mut self, core: &mut Core<RaceWork>, request: Request) {
        match (request, &mut self.0) {
            (Request::Race(wish), Some(race)) => {
                race.asked(core, wish).await;
            }
            (Request::Solve, Some(race)) => race.solve(core),
            _ => core.teller.failed("this is the race lab: its clients have their programs"),
        }
    }

    async fn replied(&mut self, core: &mut Core<RaceWork>, _: &Call, _: crate::resp::Value) {
        core.look().await;
    }

    async fn worked(&mut self, core: &mut Core<RaceWork>, work: RaceWork) {
        if let Some(race) = &mut self.0 {
            race.worked(core, work).await;
        }
    }
}

async fn race(
    id: &str,
    options: &SessionOptions,
    rescue: &Rescue,
    teller: Teller,
    wishes: Wishes,
) -> Result<(), String> {
    let mut core = core::<RaceWork>(options, rescue, teller, &[], None).await?;
    let identity = core.target.identity().clone();
    core.teller.tell(Event::Opened { identity, lesson: None });
    let race = Race::open(&mut core, id, None, None).await;
    serve(core, RaceAlone(race), wishes).await;
    Ok(())
}
