//! Every screen at three sizes, as it looks.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::session::{Event, Task, What};

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
    app.paste("SET user:123");
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
        Event::Explored(Box::new(sample::explored())),
        Event::Explored(Box::new(sample::explored_incr())),
    ];
    snapshots("race-explored", &sample::app(Some(What::Race("lost-update".into())), &events));
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
