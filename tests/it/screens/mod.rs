//! The real binary on a pseudo-terminal: whole lessons by keys alone, odd sizes, and every way out. Each time the
//! terminal is left as it was found.

mod lab;
mod walk;
pub mod terminal;
mod watched;

use std::path::Path;
use std::process::Command;

use redlab::lesson::Action;
use redlab::session::Library;

use terminal::Pty;

const LARGE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);

/// The number of the step that is shown, from 1.
fn step(screen: &str) -> Option<usize> {
    let at = screen.find("step ")?;
    screen[at + 5..].split('/').next()?.parse().ok()
}

/// The beginning of a line, which no screen breaks.
fn head(line: &str) -> String {
    line.chars().take(10).collect::<String>().trim_end().to_string()
}

/// How many times a line was answered, as far as the log shows it: its time stands beside it then.
fn answered(screen: &str, line: &str) -> usize {
    let sent = format!("> {}", head(line));
    screen.lines().filter(|row| row.contains(&sent) && (row.contains(" ms") || row.contains(" µs"))).count()
}

/// Goes through a lesson as a learner does, by keys alone, and reads from the screen what comes next.
fn finish(pty: &mut Pty, id: &str) {
    let (library, _) = Library::load(None);
    let lesson = library.lesson(id).expect("a built-in lesson");
    for (number, wanted) in (1..).zip(&lesson.steps) {
        pty.wait(&format!("step {number} of {id}"), |screen| step(screen) == Some(number));
        match &wanted.action {
            // To be shown is all that a text asks for.
            Action::Read => {}
            Action::Do(wanted) => {
                for (at, input) in wanted.solution.iter().enumerate() {
                    let line = input.line();
                    let again = wanted.solution[..at].iter().any(|before| head(&before.line()) == head(&line));
                    let before = answered(&pty.contents(), &line);
                    pty.type_line(&line);
                    // Before the last one the step says what was done, and that it is not enough yet. Where a line
                    // before began alike, that says nothing new, and the answers are counted.
                    let done = format!("done: {}", head(&line));
                    pty.wait(&done, |screen| {
                        let told = screen.contains(&done) && (!again || answered(screen, &line) > before);
                        told || screen.contains("✓ done")
                    });
                }
                pty.wait_for("✓ done");
            }
            Action::Predict(_) | Action::Quiz(_) => {
                pty.wait_for("enter: answer");
                pty.press("1");
                pty.wait("a verdict", |screen| screen.contains("Right.") || screen.contains("Not so."));
            }
            Action::Compare(_) => {
                pty.wait_for("runs the comparison");
                pty.press("\r");
                pty.wait_for("as expected");
            }
            Action::Advance(_) => {
                pty.wait_for("lets the time pass");
                pty.press("\r");
                pty.wait_for("have passed");
            }
            Action::Race(_) => {
                pty.wait_for("to the race");
                pty.press("\r");
                pty.wait_for("[a]");
                // Exploring shows which schedules fail; the simplest of them is played.
                pty.press("w");
                pty.wait("a count", |screen| ["schedule,", "schedules,"].iter().any(|text| screen.contains(text)));
                pty.press("e");
                pty.wait_for("✓ reached");
            }
        }
        let last = number == lesson.steps.len();
        pty.wait("the way on", |screen| {
            ["the next step", "finished", "goes on when"].iter().any(|text| screen.contains(text))
        });
        if !last {
            pty.press("\u{e}");
        }
    }
    pty.wait_for("You have finished this lesson");
}

fn learner(size: (u16, u16), state: &Path, arguments: &[&str]) -> Pty {
    Pty::start(size, state, arguments, &[])
}

#[test]
fn a_lesson_is_finished_by_keys_alone_and_stays_ticked() {
    for size in [SMALL, LARGE] {
        let state = tempfile::tempdir().expect("a folder");
        let mut pty = learner(size, state.path(), &[]);
        pty.wait_for("Strings and counters");
        pty.press("/cache-aside\r");
        finish(&mut pty, "cache-aside");
        // What was typed stands beside what the author needs, at the end and in the catalogue.
        pty.wait_for("the author:");
        pty.press("\r");
        pty.wait_for("finished on");
        pty.wait_for("the author:");
        pty.press("q");
        pty.ended_well(0);
        // Tomorrow.
        let mut pty = learner(size, state.path(), &[]);
        pty.wait_for("1 of");
        pty.press("/cache-aside");
        pty.wait_for("✓ Cache-aside");
        pty.press("\u{1b}");
        pty.quit();
    }
}

#[test]
fn every_lesson_can_be_finished_by_keys() {
    let (library, _) = Library::load(None);
    for id in library.lesson_ids() {
        let state = tempfile::tempdir().expect("a folder");
        let mut pty = learner(LARGE, state.path(), &["learn", &id]);
        finish(&mut pty, &id);
        pty.quit();
    }
}

#[test]
fn it_survives_being_made_tiny() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["play"]);
    pty.wait_for("bundled>");
    pty.type_line("SET greeting hello");
    pty.wait_for("greeting");
    for size in [(20, 5), (1, 1), (60, 16), (300, 80), (80, 24)] {
        pty.resize(size);
        if size == (20, 5) {
            pty.wait_for("ctrl-c quits");
        }
    }
    pty.wait_for("hello");
    pty.type_line("GET greeting");
    pty.wait_for("\"hello\"");
    pty.quit();
}

#[test]
fn a_flood_of_keys_is_taken_in_to_its_end() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["play"]);
    pty.wait_for("bundled>");
    // As a paste comes from a terminal that does not mark it. No key comes after it that could push the rest along.
    pty.press(&format!("SET k {}\u{15}PING the end", "x".repeat(3_000)));
    pty.wait_for("bundled> PING the end");
    pty.quit();
}

#[test]
fn the_beginning_of_a_sequence_holds_nothing_up() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(SMALL, state.path(), &["play"]);
    pty.wait_for("bundled>");
    // Alt and a bracket: what it begins is awaited, and the program still stops, goes on and ends it.
    pty.press("\x1b[");
    pty.signal("TSTP");
    pty.stopped();
    pty.lent();
    pty.signal("CONT");
    pty.wait("the screen comes back", |screen| screen.contains("bundled>"));
    pty.press("APING");
    pty.wait_for("bundled> PING");
    pty.quit();
}

#[test]
fn a_signal_ends_it_in_order() {
    let state = tempfile::tempdir().expect("a folder");
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut pty = learner(SMALL, state.path(), &["learn", "cache-aside"]);
        pty.wait_for("bundled>");
        let id = pty.process().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("kill runs");
        assert!(sent.success());
        pty.ended_well(status);
    }
}

#[test]
fn a_panic_leaves_the_terminal_clean_and_is_told() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = Pty::start(SMALL, state.path(), &["play"], &[("REDLAB_PANIC", "1")]);
    pty.wait_for("bundled>");
    pty.press("\x1b[24~");
    pty.ended_well(101);
    assert!(pty.contents().contains("REDLAB_PANIC is set"), "{}", pty.contents());
}

#[test]
fn a_race_is_stepped_and_explored_by_keys() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["race", "lost-update"]);
    pty.wait_for("nobody has moved yet");
    for (key, what) in [("a", "replay alice"), ("b", "replay alice bob"), ("b", "replay alice bob bob")] {
        pty.press(key);
        pty.wait_for(what);
    }
    pty.press("\x1b[D\x1b[C");
    pty.press("a");
    pty.wait_for("✗");
    pty.press("e");
    pty.wait_for("6 schedules, 4 violate");
    pty.wait_for("three-clients 84/90");
    pty.press("?");
    pty.wait_for("any key closes");
    pty.quit();
}

#[test]
fn hostile_values_arrive_escaped() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(SMALL, state.path(), &["play"]);
    pty.wait_for("bundled>");
    pty.type_line(r#"SET "k\x1b[2J" "a\x1b]0;evil\x07\xff\n""#);
    pty.wait_for(r"k\x1b[2J");
    pty.type_line(r#"GET "k\x1b[2J""#);
    pty.wait_for(r#"evil\a\xff\n"#);
    pty.type_line("SETRANGE long 1048575 x");
    pty.wait_for("1,048,576 bytes");
    assert!(pty.contents().lines().next().is_some_and(|line| line.contains("playground")));
    // A paste holds a line break: nothing runs before it was read.
    pty.press("\x1b[200~FLUSHALL\r\n\x1b[201~");
    pty.wait_for("bundled> FLUSHALL");
    assert!(pty.contents().contains(r"k\x1b[2J"));
    pty.quit();
}

#[test]
fn without_a_terminal_it_says_what_works_without() {
    let output = Command::new(env!("CARGO_BIN_EXE_redlab")).output().expect("redlab runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("no terminal") && message.contains("redlab run"), "{message}");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_watched_server_shows_what_its_clients_do() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["serve", "--watch", "--port", "0"]);
    pty.wait_for("nobody is connected yet");
    let screen = pty.contents();
    let port = screen.split("127.0.0.1:").nth(1).expect("an address").split_whitespace().next().expect("a port");
    let mut wire = crate::oracle::Wire::open(format!("127.0.0.1:{port}").parse().expect("an address"));
    for line in [
        "CLIENT SETNAME visitor",
        "SET greeting \"\u{1b}[31mhello\"",
        "RPUSH jobs one two",
        "DEL jobs",
        "LPUSH greeting x",
    ] {
        wire.call(&redlab::resp::split_line(line).expect("a line"));
    }
    for shown in
        ["visitor", "RPUSH jobs one two", "→ 2", "string \"\\x1b[31mhello\"", "deleted jobs", "✗ WRONGTYPE", "µs"]
    {
        pty.wait_for(shown);
    }
    pty.resize(SMALL);
    pty.wait_for("space pause");
    pty.press(" ");
    pty.wait_for("paused");
    pty.resize((50, 10));
    pty.wait_for("redlab needs");
    pty.press("q");
    pty.ended_well(0);
    assert!(wire.is_closed());
}

#[test]
fn a_watched_server_ends_by_a_signal_or_by_shutdown() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(SMALL, state.path(), &["serve", "--watch", "--port", "0"]);
    pty.wait_for("nobody is connected yet");
    let process = pty.process().to_string();
    Command::new("kill").args(["-TERM", &process]).status().expect("kill runs");
    pty.ended_well(143);

    let mut pty = learner(SMALL, state.path(), &["serve", "--watch", "--port", "0"]);
    pty.wait_for("nobody is connected yet");
    let screen = pty.contents();
    let port = screen.split("127.0.0.1:").nth(1).expect("an address").split_whitespace().next().expect("a port");
    let mut wire = crate::oracle::Wire::open(format!("127.0.0.1:{port}").parse().expect("an address"));
    wire.send(&redlab::resp::split_line("SHUTDOWN NOSAVE").expect("a line"));
    assert!(wire.is_closed());
    pty.wait_for("the server has stopped");
    pty.press("q");
    pty.ended_well(0);
}
