//! Events and views as a session makes them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::inspect::{Change, Content, KeyChange, KeyView};
use crate::lab::{
    ClientView, Contrast, ContrastView, Counterexample, Dirty, KeyLine, Outcome, RaceView, Side, StepTaken,
    VariantReport, Watch,
};
use crate::lesson::{LessonProgress, Mastery, Used};
use crate::resp::{Protocol, Value};
use crate::session::{
    Catalogue, Event, LaneReport, LessonCard, LessonEntry, ScenarioEntry, Sender, StepCard, Task, What,
};
use crate::target::{Elapsed, Identity, Kind};

use super::super::app::App;
use super::super::theme::{Colours, Theme};

/// The sizes that every screen is drawn at.
pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// An app to which these events happened.
pub fn app(what: Option<What>, events: &[Event]) -> App {
    let mut app = App::new(Theme::new(Colours::Sixteen));
    app.catalogue.catalogue = Some(catalogue());
    app.catalogue.progress.insert(
        "cache-aside".into(),
        LessonProgress {
            steps: (0..9).collect(),
            current: 8,
            finished: Some("2026-11-20".into()),
            ..LessonProgress::default()
        },
    );
    app.catalogue.progress.insert(
        "lost-update".into(),
        LessonProgress { steps: (0..3).collect(), current: 3, ..LessonProgress::default() },
    );
    let mastery = Mastery { yours: used(4, 5), author: used(3, 4), steps: 2, of: 2 };
    app.catalogue.mastery.insert("cache-aside".into(), mastery);
    if let Some(what) = what {
        app.open(&what);
    }
    let at = Instant::now();
    for event in events {
        app.event(event, at, &mut Vec::new());
    }
    app.tick(at + Duration::from_secs(3));
    app
}

/// What an app draws, as text, the cursor's place below it.
pub fn drawn(app: &App, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal.draw(|frame| app.draw(frame)).expect("a frame");
    text_of(terminal.backend().buffer())
}

/// A frame as text.
pub fn text_of(buffer: &Buffer) -> String {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let mut out = String::new();
    for y in 0..height {
        let mut row = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(crate::render::width(symbol)).unwrap_or(1).max(1);
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn used(commands: u32, round_trips: u32) -> Used {
    Used { commands, round_trips }
}

/// A few lessons.
pub fn catalogue() -> Catalogue {
    let lesson = |id: &str, track: &str, title: &str, summary: &str, minutes, steps| LessonEntry {
        id: id.into(),
        track: track.into(),
        title: title.into(),
        summary: summary.into(),
        minutes,
        prerequisites: if id == "lost-update" { vec!["cache-aside".into(), "sets".into()] } else { Vec::new() },
        steps,
    };
    let scenario = |id: &str, title: &str, summary: &str, variants: &[&str]| ScenarioEntry {
        id: id.into(),
        title: title.into(),
        summary: summary.into(),
        variants: variants.iter().map(|it| (*it).to_string()).collect(),
    };
    Catalogue {
        lessons: vec![
            lesson(
                "cache-aside",
                "caching",
                "Cache-aside",
                "Ask the cache first, and the database only on a miss.",
                10,
                9,
            ),
            lesson(
                "lost-update",
                "atomicity",
                "Lost update",
                "Two clients, one counter, and an update that vanishes.",
                8,
                6,
            ),
            lesson("incr", "atomicity", "INCR against read-modify-write", "One command is one step.", 6, 4),
            lesson("pipelines", "speed", "Pipelines", "A thousand SETs in one round trip.", 7, 5),
        ],
        scenarios: vec![scenario(
            "lost-update",
            "Lost update",
            "Two clients read a counter, add one and write it back.",
            &["GET, add one, SET", "INCR"],
        )],
    }
}

/// The target of the samples.
pub fn opened(lesson: Option<LessonCard>) -> Event {
    let identity = Identity {
        kind: Kind::Bundled,
        label: "bundled".into(),
        version: "redlab engine (Redis 7.0.15)".into(),
        protocol: Protocol::Resp2,
        simulated_rtt_us: Some(1_000),
    };
    Event::Opened { identity, lesson }
}

/// A lesson's table of contents.
pub fn card() -> LessonCard {
    let steps = (1..=9).map(|at| format!("Step {at}")).collect();
    LessonCard {
        id: "cache-aside".into(),
        track: "caching".into(),
        title: "Cache-aside".into(),
        steps,
        clients: vec![String::new()],
    }
}

/// A step is entered.
pub fn entered(index: usize, title: &str, text: &str, task: Task) -> Event {
    let step = StepCard { title: title.into(), text: text.into(), task };
    Event::StepEntered { index, step, met: false }
}

/// A text with everything that a lesson's text has.
pub const TEXT: &str = "Redis sits 1 ms away. Suppose the page asks Redis **before** it asks the database: the \
pattern is called *cache-aside*.\n\n```redis\nGET user:123:profile\n```\n\n- a **hit** is answered at once\n- a miss \
costs a trip to the cache *and* the query\n\n> Nothing was stored yet. Read `user:123:profile` and see what a miss \
looks like.\n";

/// So long it took, one millisecond of it simulated.
pub fn took(us: u64) -> Elapsed {
    Elapsed { measured_us: us, simulated_us: 1_000 }
}

/// A command and its reply.
pub fn replied(line: &str, reply: Value, us: u64) -> Event {
    Event::Replied { client: 0, line: line.into(), reply, elapsed: took(us), sender: Sender::Typed }
}

/// A key.
pub fn key(name: &str, type_name: &str, content: Content, total: u64, expires_at_ms: Option<i64>) -> KeyView {
    let key = Bytes::copy_from_slice(name.as_bytes());
    KeyView { key, type_name: type_name.into(), encoding: "listpack".into(), content, total, expires_at_ms }
}

/// What changed at a key.
pub fn changed(name: &str, change: Change) -> KeyChange {
    KeyChange { key: Bytes::copy_from_slice(name.as_bytes()), change }
}

/// A lesson in the midst of a step.
pub fn lesson() -> Vec<Event> {
    let b = Bytes::from_static;
    let profile = Content::Str(b(br#"{"name":"Alex","followers":41}"#));
    let board = Content::ZSet(vec![(b(b"bob"), b(b"3")), (b(b"alice"), b(b"5"))]);
    vec![
        opened(Some(card())),
        Event::ClockRead { now_ms: 1_700_000_000_000, ahead_ms: 4_200 },
        entered(2, "The first read misses", TEXT, Task::Do { hints: 3, client: 0 }),
        replied("GET user:123:profile", Value::Null, 40),
        Event::QueryRan {
            statement: "SELECT name FROM user WHERE id = 123".into(),
            rows: Ok(vec![vec!["Alex".into()]]),
            elapsed: Elapsed { measured_us: 1_200, simulated_us: 40_000 },
        },
        replied("SET user:123:profile '{\"name\":\"Alex\",\"followers\":41}' EX 300", Value::ok(), 25),
        replied("ZRANGE board 0 -1 WITHSCORES", Value::bulks(["bob", "3", "alice", "5"]), 31),
        Event::KeysChanged {
            keys: vec![
                key("user:123:profile", "string", profile, 30, Some(1_700_000_300_000)),
                key("board", "zset", board, 2, None),
            ],
            changes: vec![
                changed("user:123:profile", Change::Created),
                changed(
                    "board",
                    Change::Elements { added: vec![], removed: vec![], changed: vec![(b(b"alice"), b(b"3"), b(b"5"))] },
                ),
                changed("old", Change::Deleted),
            ],
        },
        Event::Unmet {
            index: 2,
            unmet: crate::session::Unmet {
                done: vec!["ZRANGE board 0 -1 WITHSCORES".into()],
                expected: "A read of user:123:profile should answer nil, because nothing is stored there yet.".into(),
                nearest_miss: "EXISTS user:123:profile answers 1, not 0".into(),
            },
        },
        Event::Hinted { index: 2, rung: 1, of: 3, text: "Which command reads a string?".into(), command: None },
    ]
}

/// A comparison that was measured.
pub fn compared() -> Vec<Event> {
    let lane = |name: &str, ms: u64, round_trips, queries| LaneReport {
        name: name.into(),
        total: Elapsed { measured_us: ms * 20, simulated_us: ms * 1_000 },
        p50_us: ms * 50,
        p99_us: ms * 53,
        commands: round_trips,
        round_trips,
        queries,
        sent: 0,
        received: 0,
        observed: vec![("cached".into(), "1".into())],
        samples_us: vec![ms * 50; 20],
    };
    let step = |lane, line: &str, reply: &str, us| Event::LaneStepped {
        lane,
        line: line.into(),
        reply: reply.into(),
        elapsed: took(us),
    };
    let names = vec!["database every time".into(), "cache-aside".into()];
    vec![
        opened(Some(card())),
        entered(6, "Side by side", TEXT, Task::Compare { lanes: names }),
        step(0, "sql SELECT name FROM user WHERE id = 123", "Alex", 40_100),
        step(1, "GET user:123:profile", "(nil)", 40),
        step(1, "sql SELECT name FROM user WHERE id = 123", "Alex", 40_200),
        step(1, "SET user:123:profile Alex EX 300", "OK", 31),
        Event::Compared {
            index: 6,
            lanes: vec![lane("database every time", 826, 0, 20), lane("cache-aside", 62, 21, 1)],
            holds: Some(true),
            expect: "lanes[1].p50 * 5 < lanes[0].p50".into(),
            chart: None,
        },
    ]
}

/// A comparison of four ways.
pub fn compared_four() -> Vec<Event> {
    let mut events = compared();
    for event in &mut events {
        match event {
            Event::StepEntered { step, .. } => {
                step.task = Task::Compare { lanes: ["same machine", "1 ms", "5 ms", "50 ms"].map(String::from).into() };
            }
            Event::Compared { lanes, .. } => {
                let more = [("same machine", 12), ("1 ms", 1_012), ("5 ms", 5_012), ("50 ms", 50_012)];
                *lanes = more
                    .iter()
                    .map(|(name, ms)| {
                        let total = Elapsed { measured_us: 12_000, simulated_us: (ms - 12) * 1_000 };
                        LaneReport { name: (*name).into(), total, ..lanes[1].clone() }
                    })
                    .collect();
            }
            _ => {}
        }
    }
    events
}

/// A race after three steps, one of them taken back.
pub fn race() -> RaceView {
    let client = |name: &str, next: &str, n: &str| ClientView {
        name: name.into(),
        next: Some(next.into()),
        state: "ready".into(),
        can_run: true,
        registers: vec![("n".into(), n.into())],
        watched: Vec::new(),
        watch_dirty: false,
        queued: None,
    };
    RaceView {
        scenario: "lost-update".into(),
        title: "Lost update".into(),
        text: "Two followers arrive at the same moment.".into(),
        variants: vec![("read-modify-write".into(), "GET, add one, SET".into()), ("incr".into(), "INCR".into())],
        variant: 0,
        clients: vec![client("alice", "SET followers 1", "0"), client("bob", "SET followers 1", "0")],
        faults: vec![("crash:bob".into(), true)],
        path: path(vec![
            step(0, "GET followers", "\"0\"", "0"),
            step(1, "GET followers", "\"0\"", "0"),
            step(1, "SET followers 1", "OK", "1"),
        ]),
        position: 2,
        observed: vec![("followers".into(), "0".into())],
        world: vec![("orders".into(), "3".into())],
        keys: Arc::new(vec![
            key_line("followers", "string", "\"0\"", None),
            key_line("session", "hash", "{\"id\": \"7\"}", Some(9_500)),
        ]),
        key_count: 2,
        clock_ms: 61_002,
        holds: None,
        sentence: String::new(),
        replay: "alice bob".into(),
        invariant: "followers == 2".into(),
    }
}

fn step(client: usize, step: &str, reply: &str, followers: &str) -> StepTaken {
    StepTaken {
        client,
        name: ["alice", "bob", "carol", "dave", "erin", "frank"][client].into(),
        step: step.into(),
        reply: reply.into(),
        observed: vec![("followers".into(), followers.into())],
    }
}

fn path(steps: Vec<StepTaken>) -> Arc<Vec<Arc<StepTaken>>> {
    Arc::new(steps.into_iter().map(Arc::new).collect())
}

/// A key as it stands at a position.
pub fn key_line(name: &str, kind: &str, value: &str, ttl_ms: Option<i64>) -> KeyLine {
    KeyLine { name: name.into(), kind: kind.into(), value: value.into(), ttl_ms, changed: false }
}

/// The same race at its end.
pub fn race_ended() -> RaceView {
    let mut view = race();
    let last =
        StepTaken { client: 0, name: "alice".into(), step: "SET followers 1".into(), ..view.path[2].as_ref().clone() };
    Arc::make_mut(&mut view.path).push(Arc::new(last));
    view.position = 4;
    view.holds = Some(false);
    view.sentence = "followers is 1, not 2: bob's update is lost".into();
    view.replay = "alice bob bob alice".into();
    for client in &mut view.clients {
        (client.next, client.can_run, client.state) = (None, false, "done".into());
    }
    view
}

/// What exploring the race found.
pub fn explored() -> VariantReport {
    let outcome = |followers: &str, holds, schedules: &str| Outcome {
        values: vec![("followers".into(), serde_json::Value::String(followers.into()))],
        holds,
        stuck: Vec::new(),
        faults: Vec::new(),
        schedules: schedules.into(),
        replay: "alice bob bob alice".into(),
    };
    let schedules = [
        ("alice alice bob bob", true),
        ("alice bob alice bob", false),
        ("alice bob bob alice", false),
        ("bob alice alice bob", false),
        ("bob alice bob alice", false),
        ("bob bob alice alice", true),
    ];
    VariantReport {
        index: 0,
        variant: "read-modify-write".into(),
        title: "GET, add one, SET".into(),
        expect: "violated".into(),
        exhaustive: true,
        schedules: "6".into(),
        violating: "4".into(),
        states: 15,
        outcomes: vec![outcome("1", false, "4"), outcome("2", true, "2")],
        contrast: Some(Contrast {
            failing: "alice bob bob alice".into(),
            holding: "alice alice bob bob".into(),
            differs_at: 1,
        }),
        counterexample: Some(Counterexample {
            switches: 2,
            steps: Vec::new(),
            replay: "alice bob bob alice".into(),
            sentence: String::new(),
        }),
        listed: schedules.iter().map(|(schedule, holds)| ((*schedule).to_string(), *holds)).collect(),
        limit: String::new(),
    }
}

/// What exploring the other variant found.
pub fn explored_incr() -> VariantReport {
    VariantReport {
        index: 1,
        variant: "incr".into(),
        title: "INCR".into(),
        expect: "holds".into(),
        schedules: "2".into(),
        violating: "0".into(),
        outcomes: Vec::new(),
        counterexample: None,
        contrast: None,
        listed: Vec::new(),
        ..explored()
    }
}

/// The step that made a WATCH dirty.
pub fn dirty(what: &str) -> Arc<Dirty> {
    Arc::new(Dirty { step: 3, name: "bob".into(), what: what.into(), keys: vec!["followers".into()] })
}

/// The other variant of the race, at its end.
pub fn beside() -> RaceView {
    let mut view = race_ended();
    let steps = vec![step(0, "INCR followers", "1", "1"), step(1, "INCR followers", "2", "2")];
    view.path = path(steps);
    (view.variant, view.position, view.holds) = (1, 2, Some(true));
    view.sentence = "followers == 2 holds".into();
    view.replay = "alice bob".into();
    view.observed = vec![("followers".into(), "2".into())];
    view
}

/// Six clients: one blocked, one with a dirty WATCH, one with commands queued.
pub fn crowd() -> RaceView {
    let mut view = race();
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    let template = view.clients[0].clone();
    view.clients = names.iter().map(|name| ClientView { name: (*name).into(), ..template.clone() }).collect();
    view.clients[0].watched = vec![
        Watch { key: "followers".into(), dirty: Some(dirty("SET followers 1")) },
        Watch { key: "session".into(), dirty: None },
    ];
    view.clients[0].watch_dirty = true;
    view.clients[1].queued = Some(vec!["SET followers 1".into(), "EXPIRE followers 60".into()]);
    (view.clients[2].next, view.clients[2].can_run) = (None, false);
    view.clients[2].state = "blocked on jobs until 5000 ms".into();
    let steps = (0..9).map(|at| step(at % 6, "SET followers 1", "OK", &at.to_string())).collect();
    view.path = path(steps);
    (view.position, view.replay) = (8, "alice bob carol dave erin frank alice bob".into());
    view
}

/// The lab with a failing schedule beside one that holds.
pub fn contrasting(sentence: &str) -> App {
    let side = |replay: &str, sentence: &str| {
        let client = |name: &str| usize::from(name == "bob");
        let steps = replay.split(' ').map(|name| step(client(name), "GET followers", "\"0\"", "0")).collect();
        Side { replay: replay.into(), steps: path(steps), sentence: sentence.into() }
    };
    let view = ContrastView {
        variant: 0,
        failing: side("alice bob bob alice", sentence),
        holding: side("alice alice bob bob", "followers == 2 holds"),
        differs_at: 1,
    };
    let events = [opened(None), Event::RaceMoved(Box::new(race_ended())), Event::RaceContrast(Box::new(view))];
    app(Some(What::Race("lost-update".into())), &events)
}

/// A scenario's text with a fault in its fifth line.
pub const YAML: &str = "title: Lost update
# Two followers arrive at the same moment.
setup: [SET followers 0]
observe:
  followerz: GET followers
invariant: followers|int == 2
variants:
  read-modify-write:
    title: GET, add one, SET
    expect: violated
    clients:
      alice: &rmw
        - {run: GET followers, as: n}
        - run: SET followers {{ n|int + 1 }}
      bob: *rmw
";

/// The lab with a text in its editor.
pub fn editing(text: &str) -> App {
    let mut app = app(Some(What::Race("x".into())), &[opened(None), Event::RaceMoved(Box::new(race()))]);
    app.key(KeyEvent::new(KeyCode::Char('i'), KeyModifiers::NONE), &mut Vec::new());
    let source = Event::RaceSource { text: text.into(), id: "lost-update".into(), path: "mine.yaml".into() };
    app.event(&source, Instant::now(), &mut Vec::new());
    app
}
