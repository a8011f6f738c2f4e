//! What `redlab new` writes passes `redlab check` and explains itself.

use std::fs;

use super::redlab;

#[test]
fn a_new_file_passes_its_check() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, path) in [("lesson", "my-own.yaml"), ("scenario", "my-race.yaml")] {
        let id = path.trim_end_matches(".yaml");
        let ended = redlab(folder.path(), &["new", kind, id]);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        assert!(ended.out.starts_with(path) && ended.out.contains(&format!("redlab check {path}")), "{}", ended.out);
        let text = fs::read_to_string(folder.path().join(path)).expect("a file");
        assert!(!text.contains("NEW-ID"));
        assert!(text.lines().filter(|line| line.trim_start().starts_with('#')).count() >= 10, "it explains itself");
        let checked = redlab(folder.path(), &["check", path]);
        assert_eq!(checked.status, 0, "{}{}", checked.out, checked.err);
        assert!(checked.out.contains(" 0 warnings: all prove themselves"), "{}", checked.out);
        // What is there is left alone.
        fs::write(folder.path().join(path), "mine").expect("written");
        let again = redlab(folder.path(), &["new", kind, id]);
        assert_eq!((again.status, again.out.as_str()), (2, ""));
        assert!(again.err.contains("is there already, and is left as it is"), "{}", again.err);
        assert_eq!(fs::read_to_string(folder.path().join(path)).expect("a file"), "mine");
    }
}

#[test]
fn new_files_go_where_content_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = redlab(folder.path(), &["new", "lesson", "a", "--content", "own"]);
    assert!(ended.out.starts_with("own/lessons/a.yaml\n"), "{}{}", ended.out, ended.err);
    fs::create_dir(folder.path().join("scenarios")).expect("made");
    assert!(redlab(folder.path(), &["new", "scenario", "b"]).out.starts_with("scenarios/b.yaml\n"));
    let checked = redlab(folder.path(), &["check", "own", "scenarios"]);
    assert!(checked.out.starts_with("1 lessons, 1 scenarios, 0 warnings: all prove themselves"), "{}", checked.err);
}

#[test]
fn an_id_that_is_none_or_is_taken_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = "a".repeat(61);
    for id in ["", "A", "a b", "../a", "-a", "a-", "1a", "é", "a.yaml", "a\u{1b}[2J", &long] {
        let ended = redlab(folder.path(), &["new", "lesson", "--", id]);
        assert_eq!(ended.status, 2, "{id:?}");
        assert!(ended.err.contains("cannot be an id") && !ended.err.contains('\u{1b}'), "{}", ended.err);
    }
    let taken = redlab(folder.path(), &["new", "scenario", "lost-update"]);
    assert_eq!(taken.status, 2);
    assert!(taken.err.contains("is taken by scenarios/lost-update.yaml"), "{}", taken.err);
    assert_eq!(redlab(folder.path(), &["new", "lesson"]).status, 2);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    // It may be taken as a lesson and free as a scenario.
    assert_eq!(redlab(folder.path(), &["new", "scenario", "cache-aside"]).status, 0);
}
