//! The file in which a server keeps its data: where it lies, how it is read, and how it is written.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crate::engine::{Loaded, OWN_BYTES, Request, Saving, is_own};
use crate::resp::printable;

/// What is appended to the name of a file that somebody else has written, before ours takes its place.
const KEPT: &str = ".before-redlab";

/// A writing in the background.
pub type Background = JoinHandle<Result<(), String>>;

fn shown(path: &Path) -> String {
    printable(path.to_string_lossy().as_bytes(), 200)
}

/// All bytes of a file.
///
/// # Errors
/// A sentence that names the file and says why it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", shown(path)))
}

/// What to tell of a file that was loaded.
pub fn report(path: &Path, loaded: &Loaded) -> String {
    let keys = if loaded.keys == 1 { "key" } else { "keys" };
    let mut told = format!("loaded {} {keys} from {}", loaded.keys, shown(path));
    if let Some(version) = &loaded.written_by {
        told += &format!(" (written by {})", printable(version.as_bytes(), 40));
    }
    if loaded.expired > 0 {
        told += &format!("; {} more had expired", loaded.expired);
    }
    for what in &loaded.left_out {
        told += &format!("\nleft out, since it cannot be kept here: {}", printable(what.as_bytes(), 200));
    }
    told
}

/// Writes a file: beside its place first, so that there is always a whole one. A file that somebody else has written
/// is kept under another name.
///
/// # Errors
/// A sentence that names the file and says why it cannot be written.
pub fn write(saving: &Saving) -> Result<(), String> {
    let folder = Path::new(&saving.dir);
    let path = folder.join(&saving.name);
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", shown(&path));
    let mut file = tempfile::Builder::new().prefix("temp-").suffix(".rdb").tempfile_in(folder).map_err(failed)?;
    file.write_all(&saving.bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    keep_foreign(&path)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    // The new name lasts once the folder is written too. Not every system lets a folder be written like that.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Starts to write in the background.
pub fn write_aside(saving: Saving) -> (Request, Background) {
    (saving.request, std::thread::spawn(move || write(&saving)))
}

/// Gives a file that redlab has not written another name.
fn keep_foreign(path: &Path) -> Result<(), String> {
    let Ok(file) = File::open(path) else { return Ok(()) };
    let mut start = Vec::new();
    let most = u64::try_from(OWN_BYTES).unwrap_or(u64::MAX);
    let read = file.take(most).read_to_end(&mut start);
    if read.is_ok() && is_own(&start) {
        return Ok(());
    }
    let kept = kept_name(path);
    if kept.exists() {
        return Err(format!(
            "{} was not written by redlab, and its copy {} is there already: move one of them away",
            shown(path),
            shown(&kept)
        ));
    }
    // A second name for the same bytes: at no moment is there no file.
    std::fs::hard_link(path, &kept).or_else(|_| std::fs::copy(path, &kept).map(|_| ())).map_err(|error| {
        format!("cannot keep {}, which redlab has not written, as {}: {error}", shown(path), shown(&kept))
    })
}

fn kept_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(KEPT);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saving(dir: &Path, bytes: &[u8]) -> Saving {
        let dir = dir.to_string_lossy().into_owned();
        Saving { request: Request::Background, bytes: bytes.into(), dir, name: "dump.rdb".into() }
    }

    #[test]
    fn somebody_elses_file_is_kept_under_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dump.rdb");
        std::fs::write(&path, b"REDIS0009 of somebody else").expect("a file");
        let ours = b"REDIS0010\xfa\nredlab-ver first";
        assert_eq!(write(&saving(folder.path(), ours)), Ok(()));
        assert_eq!(std::fs::read(&path).expect("ours"), ours);
        assert_eq!(std::fs::read(kept_name(&path)).expect("theirs"), b"REDIS0009 of somebody else");
        // Our own file is replaced, and nothing else is left in the folder.
        assert_eq!(write(&saving(folder.path(), b"REDIS0010\xfa\nredlab-ver second")), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2);
        std::fs::write(&path, b"REDIS0009 of yet another").expect("a file");
        let refused = write(&saving(folder.path(), ours)).expect_err("two files to keep");
        assert!(refused.contains("move one of them away"), "{refused}");
        assert_eq!(std::fs::read(&path).expect("theirs"), b"REDIS0009 of yet another");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let refused = write(&saving(Path::new("/nowhere/at/all"), b"")).expect_err("no such folder");
        assert!(refused.starts_with("cannot write /nowhere/at/all/dump.rdb: "), "{refused}");
    }
}
