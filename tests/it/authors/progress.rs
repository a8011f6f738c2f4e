//! Progress goes from one place to another, and nothing is lost on the way.

use std::fs;

use super::{redlab, write};

const HERE: &str = "version: 1\nlessons:\n  cache-aside:\n    met: [1, 2, 3]\n    step: 4\n    used: [[1, 1, 2], [2, 3, 3]]\n  gone:\n    met: [1]\n    step: 1\n";
const THERE: &str = "version: 1\nlessons:\n  cache-aside:\n    met: [3, 5]\n    step: 6\n    finished: \"2026-01-02\"\n    used: [[2, 1, 1]]\n  lost-update:\n    met: [1]\n    step: 2\n";

#[test]
fn progress_is_merged_both_ways() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(at, "state/progress.yaml", HERE);
    write(at, "there.yaml", THERE);
    let shown = redlab(at, &["progress"]);
    assert!(shown.out.contains("cache-aside  3/"), "{}{}", shown.out, shown.err);
    let ended = redlab(at, &["progress", "import", "there.yaml"]);
    assert_eq!((ended.status, ended.out.as_str()), (0, "2 lessons read, 2 steps new. What was known is kept.\n"));
    let again = redlab(at, &["progress", "import", "there.yaml"]);
    assert!(again.out.contains(" 0 steps new"), "{}", again.out);
    assert_eq!(redlab(at, &["progress", "export", "out.yaml"]).status, 0);
    let out = fs::read_to_string(at.join("out.yaml")).expect("a file");
    for part in [
        "met: [1, 2, 3, 5]\n    step: 4\n    finished: \"2026-01-02\"\n    used: [[1, 1, 2], [2, 1, 1]]",
        "gone:",
        "lost-update:",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert_eq!(redlab(at, &["progress", "export", "-"]).out, out);
    // A file that knows more keeps it.
    write(at, "out.yaml", "version: 1\nlessons:\n  far:\n    met: [7]\n    step: 8\n");
    assert_eq!(redlab(at, &["progress", "export", "out.yaml"]).status, 0);
    let out = fs::read_to_string(at.join("out.yaml")).expect("a file");
    assert!(out.contains("far:\n    met: [7]") && out.contains("cache-aside:"), "{out}");
    let shown = redlab(at, &["progress", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!(shown["lessons"][0]["id"], "cache-aside");
    assert_eq!((&shown["lessons"][0]["commands"], &shown["lessons"][0]["met"]), (&2.into(), &4.into()));
}

#[test]
fn what_is_no_progress_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(at, "state/progress.yaml", HERE);
    write(at, "newer.yaml", "version: 2\nlessons: {}\n");
    write(at, "broken.yaml", "version: 1\nlessons: [\n");
    write(at, "other.yaml", "title: a lesson\n");
    write(at, "used.yaml", "version: 1\nlessons: {a: {met: [1], step: 1, used: [[1, -1, 1]]}}\n");
    for file in ["newer.yaml", "broken.yaml", "other.yaml", "used.yaml", "nowhere.yaml", "."] {
        let before = fs::read_to_string(at.join(file)).unwrap_or_default();
        for what in ["import", "export"] {
            if (what, file) == ("export", "nowhere.yaml") {
                continue;
            }
            let ended = redlab(at, &["progress", what, file]);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{what} {file}");
            assert!(!ended.err.is_empty());
        }
        assert_eq!(fs::read_to_string(at.join(file)).unwrap_or_default(), before, "{file}");
    }
    assert_eq!(fs::read_to_string(at.join("state/progress.yaml")).expect("a file"), HERE);
}
