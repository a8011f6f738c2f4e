//! A pack as a .zip. It is read in memory and never unpacked; still nothing in it may point outside, and nothing that
//! is small outside may be huge inside.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::source::{MOST_BYTES, Source, reason};

/// So many lesson and scenario files are taken of a pack.
pub(super) const MOST_FILES: usize = 2000;
/// No archive is larger than this, in bytes, nor has it more entries.
const MOST_PACKED: u64 = 64 << 20;
const MOST_ENTRIES: usize = 20_000;
/// The texts of a pack are together no longer than this, in bytes.
const MOST_UNPACKED: usize = 64 << 20;

/// Whether a path names an archive by its ending.
pub(super) fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// Whether a path names a lesson or scenario by its ending.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The lesson and scenario files of an archive, each under the archive's path. The error says why and what to do.
pub(super) fn read(path: &Path) -> Result<Vec<(PathBuf, Source)>, String> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    let size = file.metadata().map_err(|error| reason(&error))?.len();
    if size > MOST_PACKED {
        return Err(format!("it is larger than {} MiB: no pack of texts is", MOST_PACKED >> 20));
    }
    let mut archive = ZipArchive::new(file).map_err(|error| told(&error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(format!("it has {} entries: a pack has at most {MOST_ENTRIES}", archive.len()));
    }
    let mut sources = Vec::new();
    let mut unpacked = 0;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| told(&error))?;
        let inner = inner_path(&entry)?;
        let hidden = inner.iter().any(|part| part.as_encoded_bytes().starts_with(b".") || part == "__MACOSX");
        if hidden || entry.is_dir() || !is_yaml(&inner) {
            continue;
        }
        if sources.len() >= MOST_FILES {
            return Err(format!("it holds more than {MOST_FILES} .yaml files: split it into several packs"));
        }
        let bytes = unpack(&mut entry, &inner)?;
        unpacked += bytes.len();
        if unpacked > MOST_UNPACKED {
            return Err(format!("its texts are together longer than {} MiB", MOST_UNPACKED >> 20));
        }
        let whole = path.join(&inner);
        let source = Source::new(whole.to_string_lossy(), bytes).map_err(|error| error.to_string())?;
        sources.push((whole, source));
    }
    sources.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(sources)
}

/// An entry's path inside the pack. One that leads out of it condemns the whole archive: nobody makes such by mistake.
fn inner_path<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf, String> {
    let shown = crate::resp::printable(entry.name_raw(), 200);
    if entry.is_symlink() {
        return Err(format!("its entry {shown} is a link: put the file itself into the archive"));
    }
    let name = String::from_utf8_lossy(entry.name_raw());
    // On Unix a backslash or a colon is part of a name; on the machine that made the archive it may not have been.
    let leads_out =
        name.starts_with('/') || name.contains(['\\', ':', '\0']) || name.split('/').any(|part| part == "..");
    if leads_out {
        return Err(format!("its entry {shown} leads out of the pack: nothing of it is used"));
    }
    Ok(PathBuf::from(&*name))
}

/// The bytes of an entry: never more than a file may have, whatever its header promises.
fn unpack<R: Read>(entry: &mut ZipFile<'_, R>, inner: &Path) -> Result<Vec<u8>, String> {
    let shown = crate::resp::printable(inner.as_os_str().as_encoded_bytes(), 200);
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64;
    entry
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("its entry {shown} is damaged ({error}): make the archive again"))?;
    if bytes.len() > MOST_BYTES {
        return Err(format!("its entry {shown} is larger than 1 MiB when it is unpacked: split it into several files"));
    }
    Ok(bytes)
}

fn told(error: &ZipError) -> String {
    match error {
        ZipError::InvalidArchive(why) => {
            format!("it is no .zip archive, or a damaged one ({why}); a pack is a folder or a .zip of it")
        }
        ZipError::UnsupportedArchive(why) => {
            format!("it is packed in a way that redlab does not read ({why}): make it with `zip -r pack.zip pack`")
        }
        other => crate::resp::printable(other.to_string().as_bytes(), 300),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, bytes) in entries {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn the_texts_of_an_archive_are_found_and_nothing_else() {
        let (_folder, path) = archive(&[
            ("own/lessons/02-b.yaml", b"title: b"),
            ("own/lessons/01-a.yml", b"title: a"),
            ("own/.hidden.yaml", b"x"),
            ("__MACOSX/own/c.yaml", b"x"),
            ("own/picture.png", b"\x89"),
            ("own/lessons/", b""),
        ]);
        let found: Vec<(PathBuf, String)> =
            read(&path).unwrap().into_iter().map(|(at, source)| (at, source.text().to_string())).collect();
        let at = |inner: &str| path.join(inner);
        assert_eq!(
            found,
            [(at("own/lessons/01-a.yml"), "title: a".into()), (at("own/lessons/02-b.yaml"), "title: b".into())]
        );
    }

    #[test]
    fn what_leads_out_or_blows_up_is_refused() {
        for name in ["../out.yaml", "a/../../out.yaml", "/etc/out.yaml", "a\\..\\out.yaml", "../picture.png"] {
            let (_folder, path) = archive(&[("lessons/a.yaml", b"title: a"), (name, b"title: b")]);
            let why = read(&path).unwrap_err();
            assert!(why.contains("leads out of the pack"), "{name}: {why}");
        }
        let zeros = vec![b' '; MOST_BYTES + 1];
        let (_folder, path) = archive(&[("bomb.yaml", &zeros)]);
        assert!(std::fs::metadata(&path).unwrap().len() < 10_000);
        assert!(read(&path).unwrap_err().contains("bomb.yaml is larger than 1 MiB when it is unpacked"));
        let full = vec![b' '; MOST_BYTES];
        let names: Vec<String> = (0..=64).map(|n| format!("{n}.yaml")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), full.as_slice())).collect();
        let (_folder, path) = archive(&entries);
        assert!(read(&path).unwrap_err().contains("together longer than 64 MiB"));
    }

    #[test]
    fn no_damage_makes_the_reader_panic() {
        let (_folder, path) = archive(&[("lessons/a.yaml", b"title: a\nsummary: b\n"), ("pack.yaml", b"format: 1\n")]);
        let whole = std::fs::read(&path).unwrap();
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..500 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(0..bytes.len());
                bytes[at] = random.u8(..);
            }
            bytes.truncate(random.usize(0..=bytes.len()));
            std::fs::write(&path, &bytes).unwrap();
            if let Err(why) = read(&path) {
                assert!(!why.contains('\u{1b}'), "{why}");
            }
        }
        std::fs::write(&path, "title: no archive").unwrap();
        assert!(read(&path).unwrap_err().contains("it is no .zip archive"));
    }
}
