//! Sessions as whoever sits before them meets them: requests in, events out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use redlab::lesson::Store;
use redlab::resp::Value;
use redlab::session::{self, Event, Handle, Library, RaceRequest, Request, SessionOptions, SharedStore, What};
use redlab::target::{LocalServer, TargetSpec};

/// Nothing here takes long; a session that is silent for so long has hung.
const PATIENCE: Duration = Duration::from_secs(20);

fn options(target: TargetSpec) -> SessionOptions {
    SessionOptions { target, library: Arc::new(Library::load(None).0), progress: None }
}

fn bundled() -> TargetSpec {
    TargetSpec::default()
}

/// The next event that `wanted` takes something from; those before it are passed over.
async fn until<T>(handle: &mut Handle, wanted: impl Fn(Event) -> Option<T>) -> T {
    loop {
        let event = tokio::time::timeout(PATIENCE, handle.events.recv()).await.expect("an event in time");
        let event = event.expect("the session goes on");
        if let Event::Failed { message } = &event
            && wanted(event.clone()).is_none()
        {
            panic!("failed: {message}");
        }
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

fn ask(handle: &Handle, request: Request) {
    handle.requests.send(request).expect("the session listens");
}

fn run(handle: &Handle, line: &str) {
    ask(handle, Request::Run { client: 0, line: line.into() });
}

async fn reply(handle: &mut Handle, line: &str) -> Value {
    run(handle, line);
    until(handle, |event| match event {
        Event::Replied { reply, .. } => Some(reply),
        _ => None,
    })
    .await
}

async fn entered(handle: &mut Handle) -> usize {
    until(handle, |event| match event {
        Event::StepEntered { index, .. } => Some(index),
        _ => None,
    })
    .await
}

async fn close(mut handle: Handle) -> (usize, Vec<String>) {
    ask(&handle, Request::Close);
    until(&mut handle, |event| match event {
        Event::Closed { removed, left } => Some((removed, left)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_wrong_route_is_explained_and_any_right_one_passes() {
    let mut handle = session::open(What::Lesson("cache-aside".into()), options(bundled()));
    assert_eq!(entered(&mut handle).await, 0);
    ask(&handle, Request::GoTo(2));
    assert_eq!(entered(&mut handle).await, 2);
    // Wrong: no TTL. The miss says what was done, what was expected, and by what it missed.
    run(&handle, r#"SET aside:user:123 '{"name":"Alex","followers":41}'"#);
    let unmet = until(&mut handle, |event| match event {
        Event::Unmet { unmet, .. } => Some(unmet),
        _ => None,
    })
    .await;
    assert_eq!(unmet.done.len(), 1);
    assert!(unmet.expected.contains("300"), "{unmet:?}");
    assert!(unmet.nearest_miss.contains("-1"), "the TTL that was seen: {unmet:?}");
    // Hints come one at a time, the last is the command.
    let mut rungs = Vec::new();
    loop {
        ask(&handle, Request::Hint);
        let (rung, of, command) = until(&mut handle, |event| match event {
            Event::Hinted { rung, of, command, .. } => Some((rung, of, command)),
            _ => None,
        })
        .await;
        rungs.push(rung);
        if rung == of {
            assert!(command.expect("the command").starts_with("SET aside:user:123"));
            break;
        }
    }
    assert_eq!(rungs, (1..=rungs.len()).collect::<Vec<_>>());
    // Another route than the author's, and a key that has nothing to do with the step.
    reply(&mut handle, "SET unrelated 1").await;
    run(&handle, "EXPIRE aside:user:123 300");
    until(&mut handle, |event| matches!(event, Event::Met { index: 2, .. }).then_some(())).await;
    close(handle).await;
}

#[tokio::test]
async fn a_typed_command_can_be_taken_back_and_a_step_be_reset() {
    let mut handle = session::open(What::Lesson("read-modify-write".into()), options(bundled()));
    entered(&mut handle).await;
    ask(&handle, Request::GoTo(1));
    entered(&mut handle).await;
    reply(&mut handle, "SET rmw:views 50").await;
    reply(&mut handle, "SET rmw:views 60").await;
    ask(&handle, Request::Undo);
    let left = until(&mut handle, |event| match event {
        Event::Undone { left } => Some(left),
        _ => None,
    })
    .await;
    assert_eq!(left, 1);
    assert_eq!(reply(&mut handle, "GET rmw:views").await, Value::bulk("50"));
    ask(&handle, Request::Reset);
    until(&mut handle, |event| matches!(event, Event::WasReset).then_some(())).await;
    assert_eq!(reply(&mut handle, "GET rmw:views").await, Value::bulk("1"));
    close(handle).await;
}

#[tokio::test]
async fn a_blocked_client_is_served_by_another_or_cancelled() {
    let mut handle = session::open(What::Play, options(bundled()));
    until(&mut handle, |event| matches!(event, Event::Opened { .. }).then_some(())).await;
    run(&handle, "BLPOP jobs 0");
    until(&mut handle, |event| matches!(event, Event::Sent { .. }).then_some(())).await;
    ask(&handle, Request::Run { client: 1, line: "RPUSH jobs a".into() });
    let mut replies = Vec::new();
    while replies.len() < 2 {
        replies.push(
            until(&mut handle, |event| match event {
                Event::Replied { client, reply, .. } => Some((client, reply)),
                _ => None,
            })
            .await,
        );
    }
    assert!(replies.contains(&(0, Value::bulks(["jobs", "a"]))), "{replies:?}");
    run(&handle, "BLPOP jobs 0");
    until(&mut handle, |event| matches!(event, Event::Sent { .. }).then_some(())).await;
    ask(&handle, Request::Cancel);
    until(&mut handle, |event| matches!(event, Event::Cancelled).then_some(())).await;
    close(handle).await;
}

#[tokio::test]
async fn what_is_typed_ahead_runs_in_its_turn_or_is_dropped_with_what_it_waits_for() {
    let mut handle = session::open(What::Play, options(bundled()));
    for line in ["BLPOP queue 0", "SET a 1", "INCR a"] {
        run(&handle, line);
    }
    until(&mut handle, |event| matches!(event, Event::Queued(2)).then_some(())).await;
    ask(&handle, Request::Run { client: 1, line: "LPUSH queue x".into() });
    let mut replied = Vec::new();
    while replied.len() < 4 {
        replied.push(
            until(&mut handle, |event| match event {
                Event::Replied { line, .. } => Some(line),
                _ => None,
            })
            .await,
        );
    }
    replied.retain(|line| !line.starts_with("LPUSH"));
    assert_eq!(replied, ["BLPOP queue 0", "SET a 1", "INCR a"]);
    for line in ["BLPOP queue 0", "SET a 5"] {
        run(&handle, line);
    }
    until(&mut handle, |event| matches!(event, Event::Queued(1)).then_some(())).await;
    ask(&handle, Request::Cancel);
    until(&mut handle, |event| matches!(event, Event::Queued(0)).then_some(())).await;
    until(&mut handle, |event| matches!(event, Event::Cancelled).then_some(())).await;
    ask(&handle, Request::Run { client: 1, line: "GET a".into() });
    let kept = until(&mut handle, |event| match event {
        Event::Replied { reply, .. } => Some(reply),
        _ => None,
    })
    .await;
    assert_eq!(kept, Value::bulk("2"));
    close(handle).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_line_is_said_before_it_is_sent() {
    let mut handle = session::open(What::Play, options(bundled()));
    for (line, at) in [("GTE a", 0), ("GET", 3), ("SET k 'v", 6)] {
        run(&handle, line);
        let place = until(&mut handle, |event| match event {
            Event::Refused { at, .. } => Some(at),
            _ => None,
        })
        .await;
        assert_eq!(place, Some(at), "{line}");
    }
    close(handle).await;
}

#[tokio::test]
async fn a_race_is_stepped_back_and_forward_and_explored() {
    let mut handle = session::open(What::Race("lost-update".into()), options(bundled()));
    let mut view = moved(&mut handle).await;
    for client in [0, 1, 1, 0] {
        assert!(view.clients[client].can_run);
        ask(&handle, Request::Race(RaceRequest::Step(client)));
        view = moved(&mut handle).await;
    }
    assert_eq!((view.position, view.holds), (4, Some(false)));
    assert_eq!(view.replay, "alice bob bob alice");
    assert!(!view.sentence.is_empty());
    ask(&handle, Request::Race(RaceRequest::Back));
    let back = moved(&mut handle).await;
    assert_eq!((back.position, back.path.len(), back.holds), (3, 4, None));
    ask(&handle, Request::Race(RaceRequest::Forward));
    assert_eq!(moved(&mut handle).await, view);
    ask(&handle, Request::Race(RaceRequest::Explore));
    let report = until(&mut handle, |event| match event {
        Event::Explored(report) if report.variant == "read-modify-write" => Some(report),
        _ => None,
    })
    .await;
    assert_eq!((report.schedules.as_str(), report.violating.as_str()), ("6", "4"));
    assert_eq!(report.listed.len(), 6);
    close(handle).await;
}

async fn beside(handle: &mut Handle) -> redlab::lab::RaceView {
    until(handle, |event| match event {
        Event::RaceBeside(view) if view.variant == 1 => Some(*view),
        _ => None,
    })
    .await
}

async fn checked(handle: &mut Handle) -> (Vec<session::RaceFault>, bool) {
    until(handle, |event| match event {
        Event::RaceChecked { faults, accepted } => Some((faults, accepted)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn variants_stand_side_by_side_together_and_apart() {
    let mut handle = session::open(What::Race("lost-update".into()), options(bundled()));
    moved(&mut handle).await;
    let race = |wish| Request::Race(wish);
    ask(&handle, race(RaceRequest::Replay("alice bob bob alice".into())));
    assert_eq!(moved(&mut handle).await.holds, Some(false));
    let incr = beside(&mut handle).await;
    assert_eq!((incr.replay.as_str(), incr.holds), ("alice bob", Some(true)));
    ask(&handle, race(RaceRequest::Contrast));
    let contrast = until(&mut handle, |event| match event {
        Event::RaceContrast(view) => Some(view),
        _ => None,
    })
    .await;
    assert_eq!((contrast.holding.replay.as_str(), contrast.differs_at), ("alice alice bob bob", 1));
    assert!(contrast.failing.sentence.contains("lost update") && contrast.holding.sentence.contains("holds"));
    ask(&handle, race(RaceRequest::Together(false)));
    moved(&mut handle).await;
    ask(&handle, race(RaceRequest::Jump(1)));
    assert_eq!(moved(&mut handle).await.replay, "alice");
    ask(&handle, race(RaceRequest::Variant(1)));
    assert_eq!(moved(&mut handle).await.replay, "alice bob");
    close(handle).await;
}

#[tokio::test]
async fn an_exploration_tells_how_far_it_is_and_ends_when_that_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.yaml");
    let clients = "a: &job [{repeat: 40, steps: [{run: GET n, as: n}, 'SET n {{ n|int + 1 }}']}]";
    let head = "title: t\nsummary: t\nsetup: [SET n 0]\nobserve: {n: GET n}\ninvariant: n|int == 160\n";
    let others = "b: *job\n      c: *job\n      d: [GET n, GET n, SET n 1]";
    let text = format!("{head}variants:\n  v:\n    title: t\n    clients:\n      {clients}\n      {others}\n");
    std::fs::write(&file, text).expect("a file");
    let id = file.to_string_lossy().into_owned();
    let mut handle = session::open(What::Race(id), options(bundled()));
    moved(&mut handle).await;
    ask(&handle, Request::Race(RaceRequest::Explore));
    let progress = until(&mut handle, |event| match event {
        Event::RaceProgress(progress) => Some(progress),
        _ => None,
    })
    .await;
    assert!(progress.states > 0 && progress.variant == 0);
    let asked = std::time::Instant::now();
    ask(&handle, Request::Cancel);
    let report = until(&mut handle, |event| match event {
        Event::Explored(report) => Some(report),
        _ => None,
    })
    .await;
    // A debug build on a busy machine has its time; what is built for use takes a few milliseconds.
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    println!("it ended after {:?}", asked.elapsed());
    assert!(!report.exhaustive);
    assert_eq!(report.limit, "cancelled");
    close(handle).await;
}

#[tokio::test]
async fn a_race_is_edited_explored_again_and_saved() {
    let mut handle = session::open(What::Race("lost-update".into()), options(bundled()));
    moved(&mut handle).await;
    let race = |wish| Request::Race(wish);
    ask(&handle, race(RaceRequest::Source));
    let (text, path) = until(&mut handle, |event| match event {
        Event::RaceSource { text, path, .. } => Some((text, path)),
        _ => None,
    })
    .await;
    assert_eq!(path, "lost-update-mine.yaml");
    ask(&handle, race(RaceRequest::Edit(text.replace("SET followers 0", "SET followers {{"))));
    let (faults, accepted) = checked(&mut handle).await;
    let line = text.lines().position(|line| line.contains("SET followers 0")).map(|at| at + 1);
    assert!(!accepted && Some(faults[0].line) == line && faults[0].column > 5, "{faults:?}");
    // The race is what it was.
    ask(&handle, race(RaceRequest::Step(0)));
    assert_eq!(moved(&mut handle).await.replay, "alice");
    ask(&handle, race(RaceRequest::Edit(text.replace("SET followers 0", "SET followers 5"))));
    assert_eq!(checked(&mut handle).await, (Vec::new(), true));
    let view = moved(&mut handle).await;
    assert_eq!((view.replay.as_str(), view.observed[0].1.as_str()), ("alice", "5"));
    let report = until(&mut handle, |event| match event {
        Event::Explored(report) if report.index == 0 => Some(report),
        _ => None,
    })
    .await;
    assert_eq!((report.schedules.as_str(), report.violating.as_str()), ("6", "6"));
    assert_eq!(report.contrast, None);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.yaml").to_string_lossy().into_owned();
    let save = |over| race(RaceRequest::Save { path: path.clone(), text: None, over });
    for (over, exists) in [(false, false), (false, true), (true, false)] {
        ask(&handle, save(over));
        let told = until(&mut handle, |event| match event {
            Event::RaceSaved { .. } => Some(false),
            Event::RaceExists { .. } => Some(true),
            _ => None,
        })
        .await;
        assert_eq!(told, exists);
    }
    assert!(std::fs::read_to_string(&path).expect("a file").contains("SET followers 5"));
    close(handle).await;
}

async fn moved(handle: &mut Handle) -> redlab::lab::RaceView {
    until(handle, |event| match event {
        Event::RaceMoved(view) => Some(*view),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn what_is_met_today_is_ticked_tomorrow() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = |folder: &std::path::Path| -> SharedStore { Arc::new(Mutex::new(Store::open_in(folder))) };
    let mut options = options(bundled());
    options.progress = Some(store(folder.path()));
    let mut handle = session::open(What::Lesson("lost-update".into()), options.clone());
    entered(&mut handle).await;
    run(&handle, "GET lost:followers");
    until(&mut handle, |event| matches!(event, Event::Met { index: 0, .. }).then_some(())).await;
    ask(&handle, Request::GoTo(1));
    entered(&mut handle).await;
    close(handle).await;
    // Another process, another day.
    options.progress = Some(store(folder.path()));
    let mut handle = session::open(What::Lesson("lost-update".into()), options);
    assert_eq!(entered(&mut handle).await, 1, "it goes on where it was");
    ask(&handle, Request::GoTo(0));
    let met = until(&mut handle, |event| match event {
        Event::StepEntered { index: 0, met, .. } => Some(met),
        _ => None,
    })
    .await;
    assert!(met);
    close(handle).await;
}

#[tokio::test]
async fn a_live_server_is_asked_about_before_anything_could_be_lost() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let live = options(TargetSpec::Live { url: server.url() });
    let mut handle = session::open(What::Play, live.clone());
    reply(&mut handle, "SET fresh 1").await;
    run(&handle, "FLUSHALL");
    let asked = |event| match event {
        Event::Asked { line, .. } => Some(line),
        _ => None,
    };
    assert_eq!(until(&mut handle, asked).await, "FLUSHALL");
    ask(&handle, Request::Confirm(false));
    until(&mut handle, |event| matches!(event, Event::Refused { .. }).then_some(())).await;
    assert_eq!(reply(&mut handle, "GET fresh").await, Value::bulk("1"));
    close(handle).await;
    let mut foreign = session::open(What::Play, live);
    let mut other = redis_client(&server);
    other(&["SET", "theirs", "1"]);
    run(&foreign, "DEL theirs");
    assert_eq!(until(&mut foreign, asked).await, "DEL theirs");
    ask(&foreign, Request::Confirm(false));
    until(&mut foreign, |event| matches!(event, Event::Refused { .. }).then_some(())).await;
    assert_eq!(other(&["EXISTS", "theirs"]), Value::Integer(1));
    close(foreign).await;
}

fn redis_client(server: &LocalServer) -> impl FnMut(&[&str]) -> Value {
    let mut wire = crate::oracle::Wire::connect(server);
    move |words| {
        let argv: Vec<bytes::Bytes> = words.iter().map(|w| bytes::Bytes::copy_from_slice(w.as_bytes())).collect();
        wire.call(&argv)
    }
}

#[tokio::test]
async fn a_lesson_on_a_live_server_takes_its_keys_away_again() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let live = options(TargetSpec::Live { url: server.url() });
    let mut handle = session::open(What::Lesson("read-modify-write".into()), live);
    entered(&mut handle).await;
    ask(&handle, Request::GoTo(4));
    entered(&mut handle).await;
    let mut other = redis_client(&server);
    assert_ne!(other(&["DBSIZE"]), Value::Integer(0));
    let (removed, left) = close(handle).await;
    assert!(removed > 0 && left.is_empty());
    assert_eq!(other(&["DBSIZE"]), Value::Integer(0));
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_is_said_and_the_lesson_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("redis.sock").to_string_lossy().into_owned();
    let start = || LocalServer::start(&["--unixsocket", &socket]).expect("redis-server is installed");
    let first = start();
    let live = options(TargetSpec::Live { url: format!("unix://{socket}") });
    let mut handle = session::open(What::Lesson("lost-update".into()), live);
    entered(&mut handle).await;
    run(&handle, "GET lost:followers");
    until(&mut handle, |event| matches!(event, Event::Met { index: 0, .. }).then_some(())).await;
    drop(first);
    // Nobody typed anything: the loss is told all the same.
    until(&mut handle, |event| matches!(event, Event::LinkLost { .. }).then_some(())).await;
    let _second = start();
    until(&mut handle, |event| matches!(event, Event::LinkRestored).then_some(())).await;
    ask(&handle, Request::GoTo(1));
    assert_eq!(entered(&mut handle).await, 1);
    close(handle).await;
}

async fn mirrored(handle: &mut Handle) -> (bool, String) {
    until(handle, |event| match event {
        Event::RaceMirrored { same, said } => Some((same, said)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_race_is_stepped_on_a_live_server_forward_and_back() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut other = redis_client(&server);
    let live = options(TargetSpec::Live { url: server.url() });
    let mut handle = session::open(What::Race("lost-update".into()), live.clone());
    moved(&mut handle).await;
    for client in [0, 1, 1] {
        ask(&handle, Request::Race(RaceRequest::Step(client)));
        let (same, said) = mirrored(&mut handle).await;
        assert!(same, "{said}");
    }
    assert_eq!(other(&["GET", "followers"]), Value::bulk("1"));
    ask(&handle, Request::Race(RaceRequest::Back));
    assert!(mirrored(&mut handle).await.0);
    assert_eq!(other(&["GET", "followers"]), Value::bulk("0"), "the server is where the lab is");
    assert_eq!(close(handle).await, (1, Vec::new()));
    assert_eq!(other(&["DBSIZE"]), Value::Integer(0));
    // A key of that name which is somebody's stays as it is, and the race goes on without the server.
    other(&["SET", "followers", "7"]);
    let mut handle = session::open(What::Race("lost-update".into()), live);
    moved(&mut handle).await;
    ask(&handle, Request::Race(RaceRequest::Step(0)));
    let (same, said) = mirrored(&mut handle).await;
    assert!(!same && said.contains("followers"), "{said}");
    ask(&handle, Request::Race(RaceRequest::Step(0)));
    assert_eq!(moved(&mut handle).await.position, 2);
    close(handle).await;
    assert_eq!(other(&["GET", "followers"]), Value::bulk("7"));
}
