//! The screen that watches a server.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use crate::serve::{Change, Event, Seen, Totals};

use super::super::screen::serve::State;
use super::super::theme::{Colours, Theme};
use super::super::watch;
use super::sample;

fn terminal(state: &State, colours: Colours, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal.draw(|frame| watch::draw(frame.buffer_mut(), Theme::new(colours), state)).expect("a frame");
    terminal
}

fn drawn(state: &State, size: (u16, u16)) -> String {
    sample::text_of(terminal(state, Colours::Sixteen, size).backend().buffer())
}

fn snapshots(name: &str, state: &State) {
    for (width, height) in sample::SIZES {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("{name}-{width}x{height}"), drawn(state, (width, height))));
    }
}

fn press(state: &mut State, codes: &[KeyCode]) {
    for code in codes {
        assert!(!state.key(KeyEvent::new(*code, KeyModifiers::NONE)), "{code:?} quits");
    }
}

fn called(client: u64, command: &str, reply: &str, took_us: u64) -> Event {
    let (command, reply) = (command.to_string(), reply.to_string());
    Event::Called { client, command, reply, failed: false, blocked: false, took_us }
}

fn changed(key: &str, change: Change, event: &'static str, holds: &str) -> Event {
    Event::Changed { db: 0, key: key.into(), change, event, holds: holds.into() }
}

fn clients() -> Vec<Seen> {
    let addr = |port: u16| format!("127.0.0.1:{port}");
    vec![
        Seen {
            id: 3,
            name: "web".into(),
            addr: addr(40_001),
            library: "redis-py 8.1.0".into(),
            last: "set".into(),
            age_s: 7_300,
            ..Seen::default()
        },
        Seen { id: 4, addr: addr(40_002), db: 2, last: "blpop".into(), waits: "jobs".into(), ..Seen::default() },
        Seen { id: 5, addr: addr(40_003), last: "subscribe".into(), waits: "messages: news".into(), ..Seen::default() },
    ]
}

fn round(commands: u64, now_us: i64) -> Event {
    let totals = Totals { commands, keys: 1_204, hits: 900, misses: 100, left_out: 0, now_us };
    Event::Round { clients: clients(), totals }
}

fn state() -> State {
    let mut state = State { address: "127.0.0.1:6380".into(), ..State::default() };
    let events = vec![
        round(1_000, 1_000_000),
        Event::Joined(clients().remove(0)),
        called(3, "SET greeting \"hello\\nworld\" EX 100", "OK", 33),
        changed("greeting", Change::New, "expire", "string \"hello\\nworld\""),
        called(3, "GET greeting", "\"hello\\nworld\"", 12),
        Event::Called {
            client: 4,
            command: "BLPOP jobs 0".into(),
            reply: String::new(),
            failed: false,
            blocked: true,
            took_us: 21,
        },
        Event::Called {
            client: 3,
            command: "LPUSH greeting x".into(),
            reply: "WRONGTYPE Operation against a key holding the wrong kind of value".into(),
            failed: true,
            blocked: false,
            took_us: 9,
        },
        called(3, "RPUSH jobs one two", "2", 140),
        changed("jobs", Change::New, "rpush", "list 2 elements"),
        changed("jobs", Change::Changed, "lpop", "list 1 element"),
        Event::Delivered { client: 4, what: "[\"jobs\", \"one\"]".into(), is_reply: true },
        called(3, "PUBLISH news hi", "1", 1_534),
        Event::Delivered { client: 5, what: "[\"message\", \"news\", \"hi\"]".into(), is_reply: false },
        changed("session:1", Change::Expired, "expired", ""),
        changed("cache:9", Change::Evicted, "evicted", ""),
        changed("jobs", Change::Deleted, "del", ""),
        round(1_250, 1_250_000),
        round(1_300, 1_500_000),
    ];
    events.into_iter().for_each(|event| state.event(event));
    state
}

#[test]
fn a_server_at_work() {
    snapshots("serve", &state());
}

#[test]
fn a_server_nobody_uses() {
    snapshots("serve-idle", &State { address: "127.0.0.1:6380".into(), ..State::default() });
}

#[test]
fn the_help() {
    let mut state = state();
    press(&mut state, &[KeyCode::Char('?')]);
    snapshots("serve-help", &state);
}

#[test]
fn a_pause_holds_back_what_comes() {
    let mut state = state();
    press(&mut state, &[KeyCode::Char(' ')]);
    state.event(called(3, "GET later", "(nil)", 1));
    let text = drawn(&state, (120, 40));
    assert!(text.contains("paused: 1 events wait") && !text.contains("GET later"), "{text}");
    press(&mut state, &[KeyCode::Char(' ')]);
    assert!(drawn(&state, (120, 40)).contains("GET later"));
}

#[test]
fn one_client_or_one_text_is_shown_alone() {
    let mut state = state();
    press(&mut state, &[KeyCode::Char('c'), KeyCode::Char('c')]);
    let text = drawn(&state, (120, 40));
    assert!(text.contains("of client 4") && text.contains("BLPOP") && !text.contains("RPUSH"), "{text}");
    press(&mut state, &[KeyCode::Esc, KeyCode::Char('/'), KeyCode::Char('J'), KeyCode::Char('o'), KeyCode::Enter]);
    let text = drawn(&state, (120, 40));
    assert!(text.contains("RPUSH jobs") && !text.contains("GET greeting") && !text.contains("session:1"), "{text}");
}

#[test]
fn what_is_left_out_is_said() {
    let mut state = state();
    let totals = Totals { left_out: 93_000, now_us: 2_000_000, ..Totals::default() };
    state.event(Event::Round { clients: Vec::new(), totals });
    assert!(drawn(&state, (120, 40)).contains("93,000 events came too fast"));
    for n in 0..100_000 {
        state.event(called(3, &format!("GET {n}"), "(nil)", 1));
    }
    assert!(drawn(&state, (120, 40)).contains("GET 99999"));
}

#[test]
fn scrolling_ends_at_the_ends() {
    let mut state = state();
    for _ in 0..3 {
        press(&mut state, &[KeyCode::PageUp; 20]);
        drawn(&state, (80, 24));
        press(&mut state, &[KeyCode::PageDown; 40]);
        drawn(&state, (80, 24));
        press(&mut state, &[KeyCode::Up, KeyCode::Down, KeyCode::End, KeyCode::Tab]);
    }
    assert!(drawn(&state, (80, 24)).contains("PUBLISH news hi"));
}

#[test]
fn it_is_drawn_at_any_size_and_without_colours() {
    for width in (1..140).step_by(7) {
        for height in 1..45 {
            drawn(&state(), (width, height));
        }
    }
    let terminal = terminal(&state(), Colours::None, (120, 40));
    let plain = |color: Color| color == Color::Reset;
    assert!(terminal.backend().buffer().content().iter().all(|cell| plain(cell.fg) && plain(cell.bg)));
}
