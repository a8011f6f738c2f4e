//! Packs: folders and archives, and what is wrong with them.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{redlab, write};

/// Packs a folder's files, as `zip -r` does.
fn zipped(folder: &Path, name: &str) {
    let file = fs::File::create(folder.join(format!("{name}.zip"))).expect("an archive");
    let mut writer = zip::ZipWriter::new(file);
    let mut open = vec![folder.join(name)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let inner = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(inner, options).expect("begun");
        writer.write_all(&fs::read(&path).expect("a file")).expect("written");
    }
    writer.finish().expect("finished");
}

#[test]
fn a_pack_is_taken_by_all_commands_as_folder_and_as_archive() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    assert_eq!(redlab(at, &["new", "pack", "own"]).status, 0);
    assert_eq!(redlab(at, &["new", "pack", "own"]).status, 2, "what is there is left alone");
    zipped(at, "own");
    for pack in ["own", "own.zip"] {
        let checked = redlab(at, &["check", pack]);
        assert!(
            checked.out.starts_with("1 lessons, 1 scenarios, 0 warnings: all prove"),
            "{}{}",
            checked.out,
            checked.err
        );
        let listed = redlab(at, &["list", "--content", pack]);
        assert!(
            listed.out.contains("own-lesson") && listed.out.contains("pack own: A pack of my own"),
            "{}",
            listed.out
        );
        let listed = redlab(at, &["list", "--content", pack, "--format", "json"]);
        let listed: serde_json::Value = serde_json::from_str(&listed.out).expect("JSON");
        assert_eq!(listed["packs"][0]["name"], "own");
        let ran = redlab(at, &["run", "own-lesson", "--content", pack]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(ran.out.starts_with("✓ own-lesson"), "{}", ran.out);
        let explored = redlab(at, &["explore", "own-race", "--content", pack]);
        assert_eq!(explored.status, 0, "{}", explored.err);
        // Without a terminal there are no screens, but the lesson is found first.
        let learnt = redlab(at, &["learn", "own-lessen", "--content", pack]);
        assert!(learnt.err.contains("did you mean `own-lesson`?"), "{}", learnt.err);
    }
}

#[test]
fn what_is_no_pack_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(at, "later/pack.yaml", "format: 2\nname: later\ntitle: Later\n");
    write(at, "later/lessons/a.yaml", "title: of another form\n");
    write(at, "text.zip", "this is no archive");
    write(at, "empty/readme.txt", "nothing");
    zipped(at, "later");
    let mut bomb = zip::ZipWriter::new(fs::File::create(at.join("bomb.zip")).expect("an archive"));
    bomb.start_file("lessons/bomb.yaml", zip::write::SimpleFileOptions::default()).expect("begun");
    bomb.write_all(&vec![b' '; 4 << 20]).expect("written");
    bomb.finish().expect("finished");
    let mut slip = zip::ZipWriter::new(fs::File::create(at.join("slip.zip")).expect("an archive"));
    slip.start_file("../../slip.yaml", zip::write::SimpleFileOptions::default()).expect("begun");
    slip.write_all(b"title: a").expect("written");
    slip.finish().expect("finished");
    let cases = [
        ("later", "this pack has the format 2, and this redlab reads format 1"),
        ("later.zip", "this pack has the format 2, and this redlab reads format 1"),
        ("text.zip", "it is no .zip archive"),
        ("bomb.zip", "larger than 1 MiB when it is unpacked"),
        ("slip.zip", "leads out of the pack"),
        ("empty", "there is no .yaml file in it"),
        ("nowhere", "there is no such file or directory"),
        ("nowhere.zip", "there is no such file or directory"),
    ];
    for (pack, why) in cases {
        for arguments in [&["list", "--content", pack][..], &["check", "--content", pack], &["check", pack]] {
            let ended = redlab(at, arguments);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{arguments:?}");
            assert!(ended.err.contains(why), "{arguments:?}: {}", ended.err);
            assert!(!ended.err.contains("of another form"), "of a pack of another form nothing is read");
        }
    }
}
