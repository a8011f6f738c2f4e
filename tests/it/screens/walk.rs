//! Lessons by the wrong route first, as a learner takes it: an unknown command, another type, another value, hint,
//! hint, solution; and then right. What an unmet check says is read from the screen.

use super::terminal::Pty;
use super::{LARGE, SMALL, learner, step};

const HUGE: (u16, u16) = (200, 50);

/// A step of a lesson and the ways to miss it.
struct Walk {
    lesson: &'static str,
    /// The step, from 1; those before it are skipped.
    step: usize,
    /// A line that is not sent, and what is said instead.
    unknown: (&'static str, &'static str),
    /// Lines that miss, each with what is said then.
    wrong: &'static [(&'static str, &'static str)],
    /// What the last hint types, a line at a time.
    solution: &'static [&'static str],
    /// What the step says next.
    next: &'static str,
}

const WALKS: &[Walk] = &[
    Walk {
        lesson: "strings-and-counters",
        step: 1,
        unknown: ("GTE str:title", "there is no command GTE: did you mean GET?"),
        wrong: &[
            ("GET str:title", "GET str:title answers nil, not 'Blue kettle'"),
            (
                "LPUSH str:title \"Blue kettle\"",
                "GET str:title answers WRONGTYPE: another type of value stands at str:title, and DEL str:title removes it",
            ),
            ("SET str:title Blue", "GET str:title answers 'Blue', not 'Blue kettle'"),
        ],
        solution: &["SET str:title \"Blue kettle\""],
        next: "A name that nobody used",
    },
    Walk {
        lesson: "cache-aside",
        step: 3,
        unknown: ("SETT aside:user:123 Alex", "there is no command SETT: did you mean SET?"),
        wrong: &[
            ("GET aside:user:123", "GET aside:user:123 answers nil"),
            ("HSET aside:user:123 name Alex", "another type of value stands at aside:user:123"),
            ("SET aside:user:123 Bea EX 300", "GET aside:user:123 answers 'Bea', without 'Alex'"),
            ("SET aside:user:123 Alex", "TTL aside:user:123 answers -1, not more than 290"),
        ],
        solution: &["SET aside:user:123 '{\"name\":\"Alex\",\"followers\":41}' EX 300"],
        next: "The second visitor",
    },
    Walk {
        lesson: "lost-update",
        step: 2,
        unknown: ("GET", "an argument is missing: GET key"),
        wrong: &[
            ("GET lost:followers", "GET lost:followers answers '41', not '42'"),
            ("RPUSH lost:followers 42", "GET lost:followers answers '41', not '42'"),
            ("SET lost:followers 43", "GET lost:followers answers '43', not '42'"),
        ],
        solution: &["GET lost:followers", "SET lost:followers 42"],
        next: "Alice goes on",
    },
    Walk {
        lesson: "lock",
        step: 1,
        unknown: ("LOCK lock:report", "there is no command LOCK"),
        wrong: &[
            ("GET lock:report", "GET lock:report answers nil, not 'alice'"),
            ("HSET lock:report holder alice", "another type of value stands at lock:report"),
            ("SET lock:report bob", "GET lock:report answers 'bob', not 'alice'"),
            // The lock is taken, and the step says how to go on.
            ("SET lock:report alice NX", "If something else stands there, DEL lock:report and take it again."),
            ("DEL lock:report", "ctrl-r begins the step anew"),
        ],
        solution: &["SET lock:report alice NX"],
        next: "Bob tries",
    },
    Walk {
        lesson: "list-queue",
        step: 1,
        unknown: ("PUSH queue:mail mail:1", "there is no command PUSH"),
        wrong: &[
            ("LRANGE queue:mail 0 -1", "LRANGE queue:mail 0 -1 answers [], not ['mail:1']"),
            ("SET queue:mail mail:1", "another type of value stands at queue:mail"),
            ("DEL queue:mail", "LRANGE queue:mail 0 -1 answers [], not ['mail:1']"),
            ("LPUSH queue:mail mail:2", "LRANGE queue:mail 0 -1 answers ['mail:2'], not ['mail:1']"),
            ("RPOP queue:mail", "LRANGE queue:mail 0 -1 answers [], not ['mail:1']"),
        ],
        solution: &["LPUSH queue:mail mail:1"],
        next: "Two more orders",
    },
    Walk {
        lesson: "round-trips",
        step: 8,
        unknown: ("MSET", "an argument is missing: MSET key value"),
        wrong: &[
            ("SET trips:a 1", "MGET trips:a trips:b trips:c answers ['1', nil, nil], not ['1', '2', '3']"),
            ("HSET trips:b n 2", "MGET trips:a trips:b trips:c answers ['1', nil, nil], not ['1', '2', '3']"),
            ("MSET trips:a 1 trips:b 2 trips:c 4", "answers ['1', '2', '4'], not ['1', '2', '3']"),
        ],
        solution: &["MSET trips:a 1 trips:b 2 trips:c 3"],
        next: "And read them back",
    },
];

/// What the pane at the left says, with its rows joined.
fn said(screen: &str) -> String {
    let rows = screen.lines().filter_map(|row| row.strip_prefix('│')).filter_map(|row| row.split('│').next());
    rows.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// What stands in the prompt.
fn prompt(screen: &str) -> &str {
    let row = screen.lines().rev().find(|row| row.starts_with('│') && row.contains("> "));
    row.and_then(|row| row.split_once("> ")).map_or("", |(_, typed)| typed)
}

fn wait_said(pty: &mut Pty, text: &str) {
    pty.wait(text, |screen| said(screen).contains(text));
}

/// On a small screen one pane is looked at alone.
fn alone(pty: &mut Pty, size: (u16, u16)) {
    if size == SMALL {
        pty.press("\x1bOR");
    }
}

fn walk(size: (u16, u16), wanted: &Walk) {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(size, state.path(), &["learn", wanted.lesson]);
    for number in 1..=wanted.step {
        pty.wait(wanted.lesson, |screen| step(screen) == Some(number));
        if number < wanted.step {
            pty.press("\u{e}");
        }
    }
    alone(&mut pty, size);
    wait_said(&mut pty, "hints: ctrl-h");

    // What is no command is not sent, and stays to be corrected.
    let (line, told) = wanted.unknown;
    pty.type_line(line);
    pty.wait_for(told);
    wait_said(&mut pty, "hints: ctrl-h");
    pty.press("\u{15}");

    for (line, told) in wanted.wrong {
        pty.type_line(line);
        wait_said(&mut pty, told);
        let done = format!("done: {line}");
        wait_said(&mut pty, &done);
    }
    for rung in 1..=3 {
        pty.press("\u{8}");
        wait_said(&mut pty, &format!("hint {rung}/3"));
        // In a pane that is too small for all, the hint that was asked for just now is in sight.
        alone(&mut pty, size);
        wait_said(&mut pty, &format!("hint {rung}/3"));
        alone(&mut pty, size);
    }
    for line in wanted.solution {
        wait_said(&mut pty, line);
        pty.wait(line, |screen| prompt(screen).starts_with(&line[..line.len().min(40)]));
        pty.press("\r");
    }
    wait_said(&mut pty, "✓ done");
    pty.press("\r");
    pty.wait_for(wanted.next);
    pty.quit();
}

#[test]
fn six_lessons_are_walked_by_the_wrong_route_first() {
    for size in [SMALL, LARGE, HUGE] {
        WALKS.iter().for_each(|wanted| walk(size, wanted));
    }
}

#[test]
fn a_wrong_prediction_is_told_why_and_goes_on() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["learn", "strings-and-counters"]);
    pty.wait("the first step", |screen| step(screen) == Some(1));
    pty.press("\u{e}");
    pty.wait_for("enter: answer");
    pty.press("3");
    wait_said(&mut pty, "✗ Not so. nil stands for there is nothing.");
    pty.press("\r");
    pty.wait("the next step", |screen| step(screen) == Some(3));
    pty.quit();
}

#[test]
fn a_race_is_not_won_by_a_schedule_that_holds() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = learner(LARGE, state.path(), &["learn", "lost-update"]);
    for number in 1..6 {
        pty.wait("a step", |screen| step(screen) == Some(number));
        pty.press("\u{e}");
    }
    pty.wait_for("to the race");
    pty.press("\r");
    pty.wait_for("[a]");
    // One after the other: nothing is lost, and the goal is not reached.
    pty.press("aabb");
    pty.wait_for("replay alice alice bob bob");
    assert!(!pty.contents().contains("✓ reached"), "{}", pty.contents());
    pty.press("\x1b[H");
    pty.press("abba");
    pty.wait_for("replay alice bob bob alice");
    pty.wait_for("✓ reached");
    pty.quit();
}
