//! The race lab on a pseudo-terminal: stepping, forking, the mouse, outcomes, the contrast, editing, saving, stopping.

use std::fs;
use std::path::Path;

use super::terminal::Pty;

const LARGE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);

fn lab(size: (u16, u16), state: &Path, scenario: &str) -> Pty {
    let mut pty = Pty::start(size, state, &["race", scenario], &[]);
    pty.wait_for("nobody has moved yet");
    pty
}

#[test]
fn a_schedule_is_stepped_taken_back_forked_and_pasted() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = lab(SMALL, state.path(), "lost-update");
    pty.press("abb");
    pty.wait_for("replay alice bob bob");
    pty.press("\x1b[D\x1b[D");
    pty.wait_for("▸1 ");
    // What was taken back is still there, and another letter forks.
    assert!(pty.contents().contains("SET followers 1 → OK"));
    pty.press("a");
    pty.wait_for("replay alice alice");
    assert!(!pty.contents().contains("│  3 "), "{}", pty.contents());
    pty.press("\x1b[H");
    pty.wait("the start", |screen| !screen.contains("replay"));
    pty.press("\x1b[F");
    pty.wait_for("replay alice alice");
    pty.press("r");
    pty.press("\x1b[200~bob alice alice bob\x1b[201~");
    pty.wait_for("bob alice alice bob▏");
    pty.press("\r");
    pty.wait_for("overwrote it (a lost update)");
    pty.press("v");
    pty.wait_for("incr  INCR  2/5");
    pty.wait_for("replay bob alice");
    pty.quit();
}

#[test]
fn the_mouse_steps_jumps_and_opens_outcomes() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = lab(LARGE, state.path(), "lost-update");
    pty.wait_for("[b] bob");
    assert!(pty.hears_mouse());
    pty.click("[b] bob");
    pty.wait_for("replay bob");
    pty.click("a alice");
    pty.wait_for("replay bob alice");
    pty.click("1  ");
    pty.wait_for("▸1 ");
    pty.press("e");
    pty.wait_for("three-clients 84/90");
    pty.click("2 ✓ ▰▰▰▰▱");
    pty.wait_for("replay alice alice bob bob");
    // The wheel scrolls, and what means nothing does nothing.
    pty.press("\x1b[<64;10;5M\x1b[<65;10;38M\x1b[<2;1;1M\x1b[<0;999;999M");
    pty.click("three-clients");
    pty.wait_for("three-clients  GET, add one, SET, by three  3/5");
    pty.quit();
}

#[test]
fn a_failure_stands_beside_the_nearest_schedule_that_holds() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = lab(SMALL, state.path(), "lost-update");
    pty.press("n");
    pty.wait_for("they part at step 2");
    pty.wait_for("✓ followers|int ==");
    pty.press("\r");
    pty.wait_for("replay alice alice bob bob");
    pty.press("w");
    pty.wait_for("overwrote it (a lost update)");
    pty.quit();
}

#[test]
fn a_scenario_is_edited_explored_again_and_saved() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = lab(LARGE, state.path(), "lost-update");
    pty.press("i");
    // The cursor stands at the steps of who is next; a key that nobody knows is told while it is typed.
    pty.wait_for("lost-update.yaml");
    pty.wait_for("line 28, column 7");
    pty.press("\x1b[1;5Hx");
    pty.wait_for("unknown key `xtitle`");
    pty.wait_for("did you mean `title`");
    pty.press("\u{12}");
    pty.press("\x7f");
    pty.wait_for("no faults");
    pty.press("\x1b[200~# mine\r\n\x1b[201~");
    pty.wait_for("# mine");
    pty.press("\u{12}");
    pty.wait_for("this is what is explored");
    pty.wait_for("6 schedules, 4 violate");
    pty.press("\u{13}");
    pty.wait_for("lost-update-mine.yaml▏");
    let file = state.path().join("mine.yaml");
    pty.press("\u{15}");
    pty.press(file.to_str().expect("a path"));
    pty.press("\r");
    pty.wait_for("saved as");
    assert!(fs::read_to_string(&file).expect("a file").starts_with("# mine\ntitle: Lost update"));
    // Nothing is replaced without a word.
    fs::write(&file, "precious").expect("a file");
    pty.press("\u{13}");
    pty.wait_for("lost-update-mine.yaml▏");
    pty.press("\u{15}");
    pty.press(file.to_str().expect("a path"));
    pty.press("\r");
    pty.wait_for("This file exists");
    pty.press("n\x1b");
    pty.wait("the question closes", |screen| !screen.contains("save as ─"));
    assert_eq!(fs::read_to_string(&file).expect("a file"), "precious");
    pty.press("\x1b");
    pty.wait_for("v variants");
    pty.quit();
}

#[test]
fn another_editor_edits_and_the_terminal_is_its_own_meanwhile() {
    let state = tempfile::tempdir().expect("a folder");
    // It reads a line from the terminal, as an editor would.
    let editor = state.path().join("editor");
    let script = "#!/bin/sh\necho ready; read word; sed -i \"s/SET followers 0/SET followers $word/\" \"$1\"\n";
    fs::write(&editor, script).expect("a file");
    let editor = format!("sh {}", editor.display());
    let variables = [("VISUAL", ""), ("EDITOR", editor.as_str())];
    let mut pty = Pty::start(LARGE, state.path(), &["race", "lost-update"], &variables);
    pty.wait_for("nobody has moved yet");
    pty.press("o");
    pty.wait_for("ready");
    pty.lent();
    pty.type_line("7");
    pty.wait_for("this is what is explored");
    pty.wait_for("- SET followers 7");
    pty.wait_for("6 schedules, 6 violate");
    assert!(pty.hears_mouse());
    pty.press("\x1b");
    pty.wait_for("incr  INCR  2/5");
    pty.quit();
}

#[test]
fn stopped_it_gives_the_terminal_back_and_goes_on_where_it_was() {
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = lab(SMALL, state.path(), "lost-update");
    pty.press("a");
    pty.wait_for("replay alice");
    for by_key in [true, false] {
        if by_key {
            pty.press("\u{1a}");
        } else {
            pty.signal("TSTP");
        }
        pty.stopped();
        pty.lent();
        pty.signal("CONT");
        pty.wait("the screen comes back", |screen| screen.contains("replay alice"));
        assert!(pty.is_full_screen());
    }
    pty.press("b");
    pty.wait_for("replay alice bob");
    assert!(pty.hears_mouse());
    pty.quit();
}

/// Three clients that read and write eight times each: no debug build explores that while somebody waits.
const LARGE_RACE: &str = "title: Large
summary: Three clients, eight rounds
setup: [SET n 0]
observe: {n: GET n}
invariant: n|int == 24
variants:
  v:
    title: GET, SET
    clients:
      alice: &job
        - repeat: 8
          steps:
            - {run: GET n, as: n}
            - run: SET n {{ n|int + 1 }}
      bob: *job
      carol: *job
      dave: *job
";

#[test]
fn an_exploration_shows_how_far_it_is_and_esc_ends_it() {
    let state = tempfile::tempdir().expect("a folder");
    let file = state.path().join("large.yaml");
    fs::write(&file, LARGE_RACE).expect("a file");
    let mut pty = lab(SMALL, state.path(), file.to_str().expect("a path"));
    pty.press("e");
    pty.wait_for("a second");
    pty.wait_for("schedules so far");
    // Meanwhile the race goes on.
    pty.press("abc");
    pty.wait_for("replay alice bob carol");
    pty.press("\x1b");
    pty.wait_for("ended early: by esc");
    pty.press("d");
    pty.wait_for("replay alice bob carol dave");
    pty.quit();
}
