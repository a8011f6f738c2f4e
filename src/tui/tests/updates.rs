//! What keys do, told by the actions that come out.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::session::{Event, RaceRequest, Request, Task, What};

use super::super::action::Action;
use super::super::app::{App, Screen};
use super::sample;

fn press(app: &mut App, code: KeyCode) -> Vec<Action> {
    let mut out = Vec::new();
    app.key(KeyEvent::new(code, KeyModifiers::NONE), &mut out);
    out
}

fn control(app: &mut App, c: char) -> Vec<Action> {
    let mut out = Vec::new();
    app.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), &mut out);
    out
}

fn sent(request: Request) -> Vec<Action> {
    vec![Action::Send(request)]
}

fn lesson(events: &[Event]) -> App {
    sample::app(Some(What::Lesson("pipelines".into())), events)
}

#[test]
fn a_typed_line_is_run_and_nothing_advances_by_itself() {
    let mut app = lesson(&sample::lesson());
    app.paste("GET a", &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Enter), sent(Request::Run { client: 0, line: "GET a".into() }));
    let mut out = Vec::new();
    app.event(&Event::Met { index: 2, solution: vec!["GET a".into()] }, std::time::Instant::now(), &mut out);
    assert_eq!(out, []);
    assert_eq!(control(&mut app, 'n'), sent(Request::GoTo(3)));
    assert_eq!(control(&mut app, 'p'), sent(Request::GoTo(1)));
    assert_eq!(control(&mut app, 'h'), sent(Request::Hint));
    assert_eq!(press(&mut app, KeyCode::F(1)), sent(Request::Hint));
    assert_eq!(control(&mut app, 'z'), sent(Request::Undo));
    assert_eq!(control(&mut app, 'r'), sent(Request::Reset));
}

#[test]
fn choices_are_made_by_digits_or_arrows_while_the_line_is_empty() {
    let task = Task::Quiz { question: "Which?".into(), choices: vec!["a".into(), "b".into()] };
    let mut app = lesson(&[sample::opened(Some(sample::card())), sample::entered(1, "t", "", task)]);
    assert_eq!(press(&mut app, KeyCode::Char('2')), sent(Request::Choose(1)));
    press(&mut app, KeyCode::Up);
    assert_eq!(press(&mut app, KeyCode::Enter), sent(Request::Choose(0)));
    assert_eq!(press(&mut app, KeyCode::Char('9')), []);
    press(&mut app, KeyCode::Char('1'));
    app.event(
        &Event::Answered { index: 1, chosen: 0, answer: 0, because: String::new() },
        std::time::Instant::now(),
        &mut Vec::new(),
    );
    control(&mut app, 'u');
    assert_eq!(press(&mut app, KeyCode::Enter), sent(Request::GoTo(2)));
}

#[test]
fn only_yes_sends_what_the_guard_asks_about() {
    let asked = Event::Asked { line: "FLUSHALL".into(), reason: "x".into() };
    let mut app = lesson(&[sample::opened(Some(sample::card())), asked.clone()]);
    assert_eq!(press(&mut app, KeyCode::Char('x')), []);
    assert_eq!(press(&mut app, KeyCode::Enter), sent(Request::Confirm(false)));
    app.event(&asked, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Char('y')), sent(Request::Confirm(true)));
}

#[test]
fn escape_cancels_then_leaves_and_ctrl_c_quits_when_idle() {
    let progressed = Event::Progressed { what: "measuring".into(), done: 1, total: 9 };
    let mut events = sample::lesson();
    events.push(progressed);
    let mut app = lesson(&events);
    assert_eq!(press(&mut app, KeyCode::Esc), sent(Request::Cancel));
    app.event(&Event::Cancelled, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Esc), []);
    assert_eq!(press(&mut app, KeyCode::Esc), [Action::Leave]);
    assert_eq!(control(&mut app, 'c'), [Action::Quit]);
    let mut app = lesson(&events);
    assert_eq!(control(&mut app, 'c'), sent(Request::Cancel));
    assert_eq!(control(&mut app, 'c'), [Action::Quit]);
}

#[test]
fn letters_are_text_at_a_prompt_and_keys_in_a_race() {
    let mut app = lesson(&sample::lesson());
    assert_eq!(press(&mut app, KeyCode::Char('e')), []);
    let task = Task::Race { scenario: "lost-update".into(), goal: "find it".into() };
    let mut app = lesson(&[sample::opened(Some(sample::card())), sample::entered(1, "t", "", task)]);
    app.event(&Event::RaceMoved(Box::new(sample::race())), std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Enter), []);
    let step = Request::Race(RaceRequest::Step(0));
    assert_eq!(press(&mut app, KeyCode::Char('a')), sent(step));
    // In its editor all keys are text or the editor's.
    assert_eq!(press(&mut app, KeyCode::Char('i')), sent(Request::Race(RaceRequest::Source)));
    let source = Event::RaceSource { text: "a".into(), id: "x".into(), path: String::new() };
    app.event(&source, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(control(&mut app, 'r'), sent(Request::Race(RaceRequest::Edit("a\n".into()))));
    press(&mut app, KeyCode::Tab);
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Tab);
    assert_eq!(press(&mut app, KeyCode::Char('a')), []);
    assert!(matches!(&app.screen, Screen::Lesson(state) if state.desk.prompt.editor.text() == "a"));
}

#[test]
fn the_catalogue_searches_and_opens() {
    let mut app = sample::app(None, &[]);
    assert_eq!(press(&mut app, KeyCode::Char('n')), [Action::Open(What::Lesson("lost-update".into()))]);
    "/pipel".chars().for_each(|c| drop(press(&mut app, KeyCode::Char(c))));
    assert_eq!(press(&mut app, KeyCode::Enter), [Action::Open(What::Lesson("pipelines".into()))]);
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::End);
    assert_eq!(press(&mut app, KeyCode::Enter), [Action::Open(What::Play)]);
    assert_eq!(press(&mut app, KeyCode::Char('q')), [Action::Quit]);
}

#[test]
fn in_a_race_letters_choose_clients_and_e_explores() {
    let moved = Event::RaceMoved(Box::new(sample::race()));
    let mut app = sample::app(Some(What::Race("lost-update".into())), &[sample::opened(None), moved]);
    let race = |request| sent(Request::Race(request));
    assert_eq!(press(&mut app, KeyCode::Char('b')), race(RaceRequest::Step(1)));
    assert_eq!(press(&mut app, KeyCode::Char('1')), []);
    assert_eq!(press(&mut app, KeyCode::Char('c')), []);
    assert_eq!(press(&mut app, KeyCode::Char('A')), race(RaceRequest::Fault(0)));
    assert_eq!(press(&mut app, KeyCode::Left), race(RaceRequest::Back));
    assert_eq!(press(&mut app, KeyCode::Char('e')), race(RaceRequest::Explore));
    assert_eq!(press(&mut app, KeyCode::Char('v')), race(RaceRequest::Variant(1)));
    let explored = Event::Explored(Box::new(sample::explored()));
    app.event(&explored, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Char('x')), race(RaceRequest::Play(1)));
    assert_eq!(press(&mut app, KeyCode::Char('x')), race(RaceRequest::Play(2)));
    assert_eq!(press(&mut app, KeyCode::Char('2')), race(RaceRequest::Outcome(1)));
    assert_eq!(press(&mut app, KeyCode::Enter), race(RaceRequest::Outcome(1)));
    assert_eq!(press(&mut app, KeyCode::Char('n')), race(RaceRequest::Contrast));
    assert_eq!(press(&mut app, KeyCode::Char('y')), race(RaceRequest::Together(false)));
    press(&mut app, KeyCode::Char('r'));
    press(&mut app, KeyCode::Char('a'));
    assert_eq!(press(&mut app, KeyCode::Enter), race(RaceRequest::Replay("a".into())));
}

fn click(app: &mut App, drawn: &str, text: &str) -> Vec<Action> {
    let (row, line) = drawn.lines().enumerate().find(|(_, line)| line.contains(text)).expect("it is drawn");
    let column = crate::render::width(&line[..line.find(text).expect("it is there")]);
    let (column, row) = (u16::try_from(column).expect("small"), u16::try_from(row).expect("small"));
    let kind = MouseEventKind::Down(MouseButton::Left);
    let mut out = Vec::new();
    app.mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }, &mut out);
    out
}

#[test]
fn a_click_does_what_a_key_does() {
    let mut view = sample::race();
    view.variants.truncate(1);
    let events =
        [sample::opened(None), Event::RaceMoved(Box::new(view)), Event::Explored(Box::new(sample::explored()))];
    let mut app = sample::app(Some(What::Race("lost-update".into())), &events);
    assert!(app.wants_mouse());
    let drawn = sample::drawn(&app, (120, 40));
    let race = |request| sent(Request::Race(request));
    assert_eq!(click(&mut app, &drawn, "b bob"), race(RaceRequest::Step(1)));
    assert_eq!(click(&mut app, &drawn, "[a] alice"), race(RaceRequest::Step(0)));
    assert_eq!(click(&mut app, &drawn, "[A] crash"), race(RaceRequest::Fault(0)));
    assert_eq!(click(&mut app, &drawn, "▸2"), race(RaceRequest::Jump(2)));
    assert_eq!(click(&mut app, &drawn, "2 ✓ "), race(RaceRequest::Outcome(1)));
    assert_eq!(click(&mut app, &drawn, "✗ bob alice alice bob"), race(RaceRequest::Play(3)));
    assert_eq!(click(&mut app, &drawn, "redlab"), []);
    // Another variant comes into the focus first.
    let events = [
        sample::opened(None),
        Event::RaceMoved(Box::new(sample::race())),
        Event::RaceBeside(Box::new(sample::beside())),
    ];
    let mut app = sample::app(Some(What::Race("lost-update".into())), &events);
    let drawn = sample::drawn(&app, (120, 40));
    let both = click(&mut app, &drawn, "1 INCR followers");
    assert_eq!(both[0], Action::Send(Request::Race(RaceRequest::Variant(1))));
    assert_eq!(both[1], Action::Send(Request::Race(RaceRequest::Jump(1))));
    // A lesson's prompt leaves the mouse to the terminal.
    assert!(!lesson(&sample::lesson()).wants_mouse());
}

#[test]
fn a_text_is_checked_while_it_is_typed_and_taken_when_that_is_asked() {
    let mut app = sample::editing("title: x\n");
    let race = |request| sent(Request::Race(request));
    assert_eq!(press(&mut app, KeyCode::Char('?')), race(RaceRequest::Check("?title: x\n".into())));
    assert_eq!(control(&mut app, 'r'), race(RaceRequest::Edit("?title: x\n".into())));
    assert_eq!(press(&mut app, KeyCode::Esc), []);
    // The draft is where it was left.
    assert_eq!(press(&mut app, KeyCode::Char('i')), []);
    assert_eq!(control(&mut app, 's'), race(RaceRequest::Source));
    let source = Event::RaceSource { text: String::new(), id: "x".into(), path: "x-mine.yaml".into() };
    app.event(&source, std::time::Instant::now(), &mut Vec::new());
    let save = |over| {
        let text = Some("?title: x\n".into());
        race(RaceRequest::Save { path: "x-mine.yaml".into(), text, over })
    };
    assert_eq!(press(&mut app, KeyCode::Enter), save(false));
    app.event(&Event::RaceExists { path: "x-mine.yaml".into() }, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Enter), []);
    assert_eq!(press(&mut app, KeyCode::Enter), save(false));
    app.event(&Event::RaceExists { path: "x-mine.yaml".into() }, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Char('y')), save(true));
    app.event(&Event::RaceSaved { path: "x-mine.yaml".into() }, std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Esc), []);
    // What another program made of it is taken at once.
    assert_eq!(press(&mut app, KeyCode::Char('o')), race(RaceRequest::Source));
    let source = Event::RaceSource { text: "a".into(), id: "x".into(), path: String::new() };
    let mut out = Vec::new();
    app.event(&source, std::time::Instant::now(), &mut out);
    assert_eq!(out, [Action::EditOutside { id: "x".into(), text: "a".into() }]);
    let mut out = Vec::new();
    app.edited_outside("x", Ok(Some("b\n".into())), &mut out);
    assert_eq!(out, race(RaceRequest::Edit("b\n".into())));
}

#[test]
fn esc_ends_an_exploration_before_it_leaves() {
    let moved = Event::RaceMoved(Box::new(sample::race()));
    let events = [sample::opened(None), moved, Event::RaceExploring(2)];
    let mut app = sample::app(Some(What::Race("lost-update".into())), &events);
    assert_eq!(press(&mut app, KeyCode::Esc), sent(Request::Cancel));
    app.event(&Event::RaceExploring(0), std::time::Instant::now(), &mut Vec::new());
    assert_eq!(press(&mut app, KeyCode::Esc), []);
    assert_eq!(press(&mut app, KeyCode::Esc), [Action::Leave]);
    assert_eq!(control(&mut app, 'z'), [Action::Suspend]);
}
