//! Every screen at three sizes, as it looks.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::session::{Event, RaceFault, RaceProgress, Task, What};

use super::super::app::App;
use super::sample;

fn snapshots(name: &str, app: &App) {
    for (width, height) in sample::SIZES {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
            .bind(|| insta::assert_snapshot!(format!("{name}-{width}x{height}"), sample::drawn(app, (width, height))));
    }
}

fn press(app: &mut App, codes: &[KeyCode]) {
    for code in codes {
        app.key(KeyEvent::new(*code, KeyModifiers::NONE), &mut Vec::new());
    }
}

fn lesson() -> Option<What> {
    Some(What::Lesson("pipelines".into()))
}

#[test]
fn the_catalogue() {
    let mut app = sample::app(None, &[]);
    app.catalogue.notice("the progress file was broken and set aside".into());
    snapshots("catalogue", &app);
    press(&mut app, &[KeyCode::Char('/'), KeyCode::Char('r'), KeyCode::Char('a'), KeyCode::Char('c')]);
    snapshots("catalogue-search", &app);
}

#[test]
fn a_lesson() {
    snapshots("lesson", &sample::app(lesson(), &sample::lesson()));
}

#[test]
fn a_lesson_while_typing() {
    let mut app = sample::app(lesson(), &sample::lesson());
    app.paste("SET user:123", &mut Vec::new());
    press(&mut app, &[KeyCode::Tab, KeyCode::Char('x')]);
    snapshots("lesson-typing", &app);
}

#[test]
fn a_prediction_answered_wrong() {
    let choices = vec!["-2".to_string(), "-1".to_string(), "300".to_string()];
    let task = Task::Predict { run: "TTL user:123:profile".into(), choices };
    let mut events = sample::lesson();
    events.push(sample::entered(4, "What will it answer?", sample::TEXT, task));
    events.push(Event::Answered { index: 4, chosen: 0, answer: 2, because: "The key lives **300** seconds.".into() });
    snapshots("lesson-predict", &sample::app(lesson(), &events));
}

#[test]
fn a_comparison() {
    snapshots("compare", &sample::app(lesson(), &sample::compared()));
    snapshots("compare-four", &sample::app(lesson(), &sample::compared_four()));
}

#[test]
fn a_race() {
    let moved = Event::RaceMoved(Box::new(sample::race()));
    let app = sample::app(Some(What::Race("lost-update".into())), &[sample::opened(None), moved]);
    snapshots("race", &app);
}

#[test]
fn a_race_explored() {
    let events = [
        sample::opened(None),
        Event::RaceMoved(Box::new(sample::race_ended())),
        Event::RaceBeside(Box::new(sample::beside())),
        Event::Explored(Box::new(sample::explored())),
        Event::Explored(Box::new(sample::explored_incr())),
    ];
    snapshots("race-explored", &sample::app(Some(What::Race("lost-update".into())), &events));
}

#[test]
fn a_race_of_six_while_it_is_explored() {
    let progress = RaceProgress {
        variant: 0,
        states: 1_234_567,
        schedules: "98765432109876543210".into(),
        elapsed_ms: 2_500,
        memory: 45 << 20,
    };
    let events = [
        sample::opened(None),
        Event::RaceMoved(Box::new(sample::crowd())),
        Event::RaceExploring(1),
        Event::RaceProgress(progress),
    ];
    snapshots("race-six", &sample::app(Some(What::Race("lost-update".into())), &events));
}

#[test]
fn a_failure_beside_what_holds() {
    let sentence = "alice read followers = 0 before bob's SET followers 1; alice's SET followers 1 overwrote it";
    snapshots("race-contrast", &sample::contrasting(sentence));
}

#[test]
fn a_scenario_in_the_editor() {
    let mut app = sample::editing(sample::YAML);
    let fault = RaceFault {
        line: 5,
        column: 3,
        width: 9,
        message: "unknown key `followerz`".into(),
        help: "did you mean `followers`?".into(),
        warning: false,
    };
    let checked = Event::RaceChecked { faults: vec![fault], accepted: false };
    app.event(&checked, std::time::Instant::now(), &mut Vec::new());
    app.key(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::CONTROL), &mut Vec::new());
    snapshots("race-edit", &app);
    app.key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL), &mut Vec::new());
    let source =
        Event::RaceSource { text: String::new(), id: "lost-update".into(), path: "lost-update-mine.yaml".into() };
    app.event(&source, std::time::Instant::now(), &mut Vec::new());
    app.event(&Event::RaceExists { path: "lost-update-mine.yaml".into() }, std::time::Instant::now(), &mut Vec::new());
    snapshots("race-save", &app);
}

#[test]
fn the_help_of_the_race_lab() {
    let moved = Event::RaceMoved(Box::new(sample::race()));
    let mut app = sample::app(Some(What::Race("lost-update".into())), &[sample::opened(None), moved]);
    press(&mut app, &[KeyCode::Char('?')]);
    snapshots("race-help", &app);
}

#[test]
fn the_playground() {
    let mut events = sample::lesson();
    events[0] = sample::opened(None);
    let mut app = sample::app(Some(What::Play), &events);
    press(&mut app, &[KeyCode::F(5)]);
    snapshots("play", &app);
}

#[test]
fn what_lies_on_top() {
    let mut app = sample::app(lesson(), &sample::lesson());
    press(&mut app, &[KeyCode::Char('?')]);
    snapshots("help", &app);
    let asked = Event::Asked { line: "FLUSHALL".into(), reason: "It deletes every key of every database.".into() };
    let lost = Event::LinkLost { reason: "the server closed the connection".into(), retry_in_ms: 2_000 };
    let mut events = sample::lesson();
    events.extend([asked, lost]);
    snapshots("asked-and-lost", &sample::app(lesson(), &events));
}
