//! The guide for authors is true: its worked example is a pack that proves itself, and so is the pack that was written
//! by following it.

use std::path::Path;

use super::{redlab, write};

const GUIDE: &str = include_str!("../../../lessons/AUTHORS.md");

/// The files of the guide: a comment that names the file, then a fence with its text.
fn files() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for part in GUIDE.split("<!-- file: ").skip(1) {
        let (name, rest) = part.split_once(" -->\n```yaml\n").expect("a fence below the name");
        let (text, _) = rest.split_once("\n```\n\n").expect("the end of the fence");
        found.push((name, text));
    }
    found
}

fn proves_itself(folder: &Path, pack: &str, said: &str) {
    for target in ["bundled", "server"] {
        let ended = redlab(folder, &["check", pack, "--target", target]);
        if (ended.status, target) == (3, "server") {
            assert!(ended.err.contains("install"), "{}", ended.err);
            continue;
        }
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{}", ended.out);
        assert!(ended.out.starts_with(said), "{}", ended.out);
    }
}

#[test]
fn the_worked_example_of_the_guide_proves_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<&str> = files().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["lessons/01-shop/01-cart.yaml", "scenarios/two-clicks.yaml", "pack.yaml"]);
    for (name, text) in files() {
        write(folder.path(), name, &format!("{text}\n"));
    }
    proves_itself(folder.path(), ".", "1 lessons, 1 scenarios, 0 warnings: all prove themselves");
    let ran = redlab(folder.path(), &["run", "cart", "--content", ".", "--report", "cart.html"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
}

#[test]
fn the_example_pack_proves_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let pack = root.join("assets/example-pack");
    let pack = pack.to_string_lossy();
    proves_itself(folder.path(), &pack, "2 lessons, 1 scenarios, 0 warnings: all prove themselves");
    let listed = redlab(folder.path(), &["list", "--content", &pack]);
    assert!(listed.out.contains("recently-viewed") && listed.out.contains("pack shop-window: The shop window"));
}

#[test]
fn the_guide_names_commands_that_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tried = 0;
    let lines = GUIDE.lines().filter_map(|line| line.strip_prefix("redlab "));
    for rest in lines.chain(GUIDE.split("`redlab ").skip(1)) {
        let command = rest.split([' ', '`', '\n']).next().unwrap_or_default();
        if command.is_empty() || command.starts_with('-') {
            continue;
        }
        assert_eq!(redlab(folder.path(), &[command, "--help"]).status, 0, "{command}");
        tried += 1;
    }
    assert!(tried > 8, "{tried}");
}
