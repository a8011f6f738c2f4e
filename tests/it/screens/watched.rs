//! A lesson on the screen while its author edits it.

use std::fs;

use super::{LARGE, learner};

const LESSON: &str = "title: Mine\nsummary: A test.\nsteps:\n\
    \x20 - {title: First, text: The first page.}\n\
    \x20 - title: Second\n    text: The second page.\n    do: {solution: [SET mine:a 1], observe: {a: GET mine:a}, check: a == '1', otherwise: It is 1., hints: [SET]}\n";

#[test]
fn a_saved_file_is_shown_and_its_faults_lie_on_top() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.yaml");
    let save = |text: &str| fs::write(&path, text).expect("saved");
    save(LESSON);
    let state = folder.path().join("state");
    fs::create_dir(&state).expect("made");
    let mut pty = learner(LARGE, &state, &["learn", "--watch", &path.to_string_lossy()]);
    pty.wait_for("The first page.");
    pty.press("\u{e}");
    pty.wait_for("The second page.");
    save(&LESSON.replace("otherwise: It is 1.", "otherwhise: It is 1."));
    pty.wait_for("faults in the file");
    pty.wait_for("did you mean `otherwise`?");
    pty.wait_for("mine.yaml:7:");
    pty.press("\u{1b}");
    pty.wait("the step below", |screen| !screen.contains("faults in the file") && screen.contains("The second page."));
    save(&LESSON.replace("The second page.", "It was mended."));
    pty.wait("the same step", |screen| screen.contains("It was mended.") && !screen.contains("faults in"));
    // What was typed in the step before is not there any more: the lesson was opened afresh, at its step.
    pty.type_line("SET mine:a 1");
    pty.wait_for("✓ done");
    // A step more before it: the learner stays where the title is.
    save(&LESSON.replace("steps:\n", "steps:\n  - {title: Zeroth, text: A new page.}\n"));
    pty.wait("the same title", |screen| screen.contains("The second page.") && screen.contains("step 3"));
    pty.quit();
    assert!(!state.join("progress.yaml").exists(), "an author's tries are no progress");
}
