//! Whatever a server or a file sends, at any size: no control character in a cell, no panic, borders in place.

use std::sync::Arc;

use bytes::Bytes;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::inspect::{Change, Content};
use crate::lab::{RaceView, StepTaken, Watch};
use crate::resp::Value;
use crate::session::{Event, LessonCard, RaceFault, RaceProgress, Task, What};
use crate::target::Elapsed;

use super::super::app::App;
use super::sample;

const NASTY: &str =
    "\u{1b}[2J\u{1b}]0;x\u{7}\r\n\t\u{0}\u{9b}31m\u{202e}evil\u{200b}\u{feff}漢字カナ👩‍👩‍👧‍👦🇩🇪e\u{301}\u{301}\u{301}العربية";

fn nasty_bytes() -> Bytes {
    let mut bytes = NASTY.as_bytes().to_vec();
    bytes.extend([0xff, 0xfe, 0x80, 0x1b, b'c']);
    Bytes::from(bytes)
}

fn check(app: &App, (width, height): (u16, u16)) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal.draw(|frame| app.draw(frame)).expect("a frame");
    let buffer = terminal.backend().buffer();
    for cell in buffer.content() {
        let bad = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!cell.symbol().chars().any(bad), "{:?} at {width}×{height}", cell.symbol());
    }
}

fn everywhere(app: &App) {
    for size in [
        (1, 1),
        (2, 1),
        (1, 9),
        (20, 5),
        (59, 16),
        (60, 15),
        (60, 16),
        (61, 17),
        (76, 16),
        (80, 24),
        (99, 24),
        (100, 16),
        (120, 40),
        (300, 100),
    ] {
        check(app, size);
    }
}

fn hostile_lesson() -> Vec<Event> {
    let megabyte = Bytes::from(vec![b'x'; 1 << 20]);
    let wide = Bytes::from("漢".repeat(5_000));
    let card = LessonCard {
        id: NASTY.into(),
        track: NASTY.into(),
        title: NASTY.repeat(20),
        steps: vec![NASTY.into(); 500],
        clients: vec![NASTY.into(); 9],
    };
    let mut events = vec![
        sample::opened(Some(card)),
        sample::entered(
            0,
            NASTY,
            &format!("# {NASTY}\n\n`{NASTY}`\n\n```redis\n{NASTY}\n```\n\n|a|b|\n|-|-|\n|{NASTY}|c|\n"),
            Task::Do { hints: 1, client: 0 },
        ),
        Event::ClockRead { now_ms: i64::MAX, ahead_ms: i64::MAX },
    ];
    for value in [nasty_bytes(), megabyte, wide] {
        let line = format!("SET k {}", String::from_utf8_lossy(&value));
        events.push(sample::replied(&line, Value::Bulk(value.clone()), u64::MAX));
        events.push(sample::replied(&line, Value::Error(value.clone()), 1));
        events.push(Event::Pushed { client: 9, value: Value::Push(vec![Value::Bulk(value.clone()); 3]) });
        let name = String::from_utf8_lossy(&value).into_owned();
        let pairs = vec![(value.clone(), value.clone()); 3];
        events.push(Event::KeysChanged {
            keys: vec![
                sample::key(&name, &name, Content::Str(value.clone()), 1 << 20, Some(i64::MIN)),
                sample::key(&name, "hash", Content::Hash(pairs.clone()), 9, Some(i64::MAX)),
                sample::key(&name, "stream", Content::Stream(vec![(value.clone(), pairs.clone())]), 9, None),
            ],
            changes: vec![
                sample::changed(&name, Change::Str { before: value.clone(), after: value.clone() }),
                sample::changed(&name, Change::Elements { added: pairs.clone(), removed: pairs, changed: vec![] }),
                sample::changed("gone", Change::Ttl { before_ms: Some(i64::MIN), after_ms: Some(i64::MAX) }),
            ],
        });
    }
    events.push(Event::QueryRan {
        statement: NASTY.into(),
        rows: Ok(vec![vec![NASTY.repeat(50)]]),
        elapsed: Elapsed::default(),
    });
    events.push(Event::Hinted { index: 0, rung: 1, of: 1, text: NASTY.into(), command: Some(NASTY.into()) });
    events.push(Event::Refused { line: NASTY.into(), reason: NASTY.into(), at: Some(usize::MAX) });
    events.push(Event::LinkLost { reason: NASTY.into(), retry_in_ms: u64::MAX });
    events
}

#[test]
fn a_hostile_lesson_breaks_nothing() {
    let what = || Some(What::Lesson("x".into()));
    everywhere(&sample::app(what(), &hostile_lesson()));
    let mut events = hostile_lesson();
    events.push(Event::Asked { line: NASTY.repeat(100), reason: NASTY.repeat(100) });
    events.push(Event::Failed { message: NASTY.repeat(100) });
    everywhere(&sample::app(what(), &events));
    everywhere(&sample::app(Some(What::Play), &hostile_lesson()));
}

#[test]
fn every_other_screen_survives_every_size() {
    everywhere(&sample::app(None, &[]));
    everywhere(&sample::app(Some(What::Lesson("x".into())), &sample::compared()));
    let mut view = sample::race_ended();
    view.title = NASTY.into();
    view.sentence = NASTY.into();
    let nasty = |step: &Arc<StepTaken>| StepTaken {
        step: NASTY.into(),
        reply: NASTY.repeat(30),
        client: if step.client == 1 { usize::MAX } else { step.client },
        ..step.as_ref().clone()
    };
    view.path = Arc::new(view.path.iter().map(|step| Arc::new(nasty(step))).collect());
    view.observed = vec![(NASTY.into(), NASTY.into()); 5];
    let mut crowd = view.clone();
    crowd.clients = vec![view.clients[0].clone(); 6];
    crowd.clients[0].watched = vec![Watch { key: NASTY.into(), dirty: Some(sample::dirty(NASTY)) }; 9];
    crowd.clients[1].queued = Some(vec![NASTY.into(); 30]);
    crowd.keys = Arc::new(vec![sample::key_line(NASTY, NASTY, NASTY, Some(i64::MAX)); 40]);
    crowd.replay = NASTY.repeat(400);
    crowd.variants = vec![(NASTY.into(), NASTY.into()); 9];
    for view in [view, crowd] {
        let mut explored = sample::explored();
        (explored.schedules, explored.violating) = ("9".repeat(3_000), "7".repeat(2_999));
        explored.outcomes[0].schedules = explored.violating.clone();
        explored.limit = NASTY.into();
        let progress = RaceProgress { variant: 1, states: u64::MAX, elapsed_ms: 0, ..RaceProgress::default() };
        let events = [
            Event::RaceMoved(Box::new(view.clone())),
            Event::RaceBeside(Box::new(RaceView { variant: 1, ..view })),
            Event::Explored(Box::new(explored)),
            Event::RaceProgress(progress),
        ];
        everywhere(&sample::app(Some(What::Race("x".into())), &events));
    }
    everywhere(&sample::contrasting(NASTY));
    for width in [1, 9, usize::MAX] {
        let mut app = sample::editing(&format!("a: {NASTY}\n{}\n{}", "x".repeat(5_000), "漢: 1\n".repeat(200)));
        let fault =
            |line| RaceFault { line, column: width, width, message: NASTY.into(), help: NASTY.into(), warning: false };
        let faults = (0..9).map(|at| fault(at * at)).collect();
        app.event(&Event::RaceChecked { faults, accepted: false }, std::time::Instant::now(), &mut Vec::new());
        everywhere(&app);
        for code in [KeyCode::End, KeyCode::PageDown, KeyCode::End] {
            app.key(KeyEvent::new(code, KeyModifiers::NONE), &mut Vec::new());
            everywhere(&app);
        }
    }
    everywhere(&sample::app(Some(What::Race("x".into())), &[]));
    everywhere(&sample::app(Some(What::Lesson("x".into())), &[]));
}

#[test]
fn borders_stay_where_they_are_under_wide_text() {
    let app = sample::app(Some(What::Lesson("x".into())), &hostile_lesson());
    let drawn = sample::drawn(&app, (120, 40));
    let rows: Vec<&str> = drawn.lines().collect();
    for row in &rows[3..20] {
        assert_eq!(crate::render::width(row), 120, "{row}");
        assert!(row.ends_with('│') || row.ends_with('┤') || row.ends_with('╮'), "{row}");
    }
}
