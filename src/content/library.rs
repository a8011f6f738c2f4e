//! The lessons and scenarios that there are: built into the binary, and from a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::prompt::nearest;

use super::archive::{self, MOST_FILES, is_yaml};
use super::pack::{PACK_FILE, Pack};
use super::source::{Source, SourceError, reason};

static LESSONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lessons");
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// How deep a folder is searched: one that was named by mistake must not be walked for ever.
const MOST_DEEP: usize = 6;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A lesson.
    Lesson,
    /// A scenario.
    Scenario,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Lesson => "lesson",
            Kind::Scenario => "scenario",
        }
    }
}

/// One file of the library.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The file's name without its number and ending.
    pub id: String,
    /// The folder's name without its number: `caching`; empty where the file stands in none.
    pub track: String,
    /// The file.
    pub source: Arc<Source>,
    /// Folder and file with their numbers: what the catalogue is sorted by.
    order: (String, String),
}

/// Why there is no such lesson or scenario.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A file cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A folder cannot be used.
    #[error("cannot read the folder {}: {why}", crate::resp::printable(path.as_os_str().as_encoded_bytes(), 4096))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// An archive cannot be used.
    #[error("cannot use the pack {}: {why}", crate::resp::printable(path.as_os_str().as_encoded_bytes(), 4096))]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A `pack.yaml` is faulty; the text is its diagnostics.
    #[error("{0}")]
    Pack(String),
    /// No lesson or scenario has this id.
    #[error("there is no {} `{id}`{help}", kind.name())]
    Unknown {
        /// What was asked for.
        kind: Kind,
        /// The id.
        id: String,
        /// What to do.
        help: String,
    },
    /// Two files have the same id.
    #[error("{second}: the {} id `{id}` is taken by {first}: rename one of the files", kind.name())]
    Twice {
        /// What they are.
        kind: Kind,
        /// The id.
        id: String,
        /// The file that has it.
        first: String,
        /// The file that wants it.
        second: String,
    },
}

/// All lessons and scenarios.
#[derive(Clone, Debug, Default)]
pub struct Library {
    items: Vec<Item>,
    packs: Vec<Pack>,
}

impl Library {
    /// What is built into the binary.
    pub fn built_in() -> Library {
        let mut library = Library::default();
        for (kind, dir) in [(Kind::Lesson, &LESSONS), (Kind::Scenario, &SCENARIOS)] {
            library.take(kind, dir);
        }
        library.sort();
        library
    }

    fn take(&mut self, kind: Kind, dir: &Dir<'_>) {
        for file in dir.files().filter(|file| is_yaml(file.path())) {
            let folder = match kind {
                Kind::Lesson => "lessons",
                Kind::Scenario => "scenarios",
            };
            let path = Path::new(folder).join(file.path());
            // A built-in file is text of our own; a test reads each of them.
            if let Ok(source) = Source::new(path.to_string_lossy(), file.contents().to_vec()) {
                self.items.push(Item::new(kind, &path, source));
            }
        }
        for inner in dir.dirs() {
            self.take(kind, inner);
        }
    }

    /// Adds the lessons and scenarios of a folder or of a .zip. All that is wrong with it is told at once; what is right
    /// is added, unless its `pack.yaml` says that it has another form.
    pub fn add_pack(&mut self, path: &Path) -> Vec<LibraryError> {
        let mut faults = Vec::new();
        let mut sources = Vec::new();
        if path.is_file() {
            match archive::read(path) {
                Ok(files) => sources = files,
                Err(why) => return vec![LibraryError::Archive { path: path.into(), why }],
            }
        } else {
            let mut files = Vec::new();
            walk(path, 0, &mut files, &mut faults);
            for file in files {
                match Source::load(&file) {
                    Ok(source) => sources.push((file, source)),
                    Err(fault) => faults.push(fault.into()),
                }
            }
        }
        if !self.open_pack(path, &mut sources, &mut faults) {
            return faults;
        }
        if sources.is_empty() && faults.is_empty() {
            let why = "there is no .yaml file in it".into();
            faults.push(LibraryError::Folder { path: path.into(), why });
        }
        for (path, source) in sources {
            let kind = kind_of(&path, &source);
            faults.extend(self.add(Item::new(kind, &path, source)).err());
        }
        self.sort();
        faults
    }

    /// Takes `pack.yaml` out of the files of a pack: it stands at the top, in an archive perhaps one folder below. False
    /// where it is faulty: nothing of such a pack can be understood for sure.
    fn open_pack(&mut self, root: &Path, sources: &mut Vec<(PathBuf, Source)>, faults: &mut Vec<LibraryError>) -> bool {
        let depth = |path: &Path| path.components().count();
        let named = |path: &Path| path.file_name().is_some_and(|name| name == PACK_FILE);
        let most = depth(root) + if root.is_file() { 2 } else { 1 };
        let at = (0..sources.len())
            .filter(|at| named(&sources[*at].0) && depth(&sources[*at].0) <= most)
            .min_by_key(|at| depth(&sources[*at].0));
        let Some(at) = at else { return true };
        let (_, source) = sources.remove(at);
        let (pack, diagnostics) = Pack::read(&Arc::new(source));
        match pack {
            Some(pack) => self.packs.push(pack),
            None => {
                faults.push(LibraryError::Pack(diagnostics.render(false)));
                return false;
            }
        }
        true
    }

    /// What the packs that were added say of themselves.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// The lessons and scenarios of files and folders that somebody named, and all that is wrong with the names.
    pub fn of_paths(paths: &[PathBuf]) -> (Library, Vec<LibraryError>) {
        let mut library = Library::default();
        let mut faults = Vec::new();
        for path in paths {
            if path.is_dir() || archive::is_named(path) {
                faults.extend(library.add_pack(path));
                continue;
            }
            match Item::open(path) {
                Ok(item) => faults.extend(library.add(item).err()),
                Err(fault) => faults.push(fault),
            }
        }
        library.sort();
        (library, faults)
    }

    /// Adds what another library has under ids that are free here.
    pub fn back_with(&mut self, other: &Library) {
        for item in &other.items {
            if !self.items.iter().any(|own| own.kind == item.kind && own.id == item.id) {
                self.items.push(item.clone());
            }
        }
        self.sort();
    }

    fn add(&mut self, item: Item) -> Result<(), LibraryError> {
        if let Some(first) = self.items.iter().find(|other| other.kind == item.kind && other.id == item.id) {
            return Err(LibraryError::Twice {
                kind: item.kind,
                id: item.id,
                first: first.source.name().into(),
                second: item.source.name().into(),
            });
        }
        self.items.push(item);
        Ok(())
    }

    fn sort(&mut self) {
        self.items.sort_by(|a, b| (a.kind, &a.order, &a.id).cmp(&(b.kind, &b.order, &b.id)));
    }

    /// All of them: lessons before scenarios, in the order of their folders and files.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The lessons, in order.
    pub fn lessons(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.kind == Kind::Lesson)
    }

    /// The scenarios, in order.
    pub fn scenarios(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.kind == Kind::Scenario)
    }

    /// The lesson or scenario of an id, or the file at a path.
    pub fn find(&self, kind: Kind, id_or_path: &str) -> Result<Item, LibraryError> {
        if let Some(item) = self.items.iter().find(|item| item.kind == kind && item.id == id_or_path) {
            return Ok(item.clone());
        }
        let path = Path::new(id_or_path);
        if is_yaml(path) || id_or_path.contains(std::path::MAIN_SEPARATOR) || path.is_file() {
            return Ok(Item::new(kind, path, Source::load(path)?));
        }
        let ids = self.items.iter().filter(|item| item.kind == kind).map(|item| item.id.as_str());
        let help = match nearest(id_or_path, ids).first() {
            Some(meant) => format!("; did you mean `{meant}`?"),
            None => format!("; `redlab list {}s` shows them, and a file is named by its path", kind.name()),
        };
        Err(LibraryError::Unknown { kind, id: crate::resp::printable(id_or_path.as_bytes(), 80), help })
    }
}

impl Item {
    /// A file by its path: what it is, is told by its folder or its keys.
    pub fn open(path: &Path) -> Result<Item, LibraryError> {
        let source = Source::load(path)?;
        Ok(Item::new(kind_of(path, &source), path, source))
    }

    fn new(kind: Kind, path: &Path, source: Source) -> Item {
        let text = |name: Option<&std::ffi::OsStr>| name.map_or(String::new(), |n| n.to_string_lossy().into_owned());
        let stem = text(path.file_stem());
        let folder = text(path.parent().and_then(Path::file_name));
        let folder = if matches!(folder.as_str(), "lessons" | "scenarios" | ".") { String::new() } else { folder };
        Item {
            kind,
            id: without_number(&stem).to_string(),
            track: without_number(&folder).to_string(),
            source: Arc::new(source),
            order: (folder, stem),
        }
    }
}

/// `01-cache-aside` is `cache-aside`.
fn without_number(name: &str) -> &str {
    match name.split_once('-') {
        Some((number, rest))
            if !rest.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest
        }
        _ => name,
    }
}

fn kind_of(path: &Path, source: &Source) -> Kind {
    let inside =
        |name: &str| path.parent().is_some_and(|folder| folder.components().any(|part| part.as_os_str() == name));
    if inside("scenarios") && !inside("lessons") || source.text().lines().any(|line| line.starts_with("variants:")) {
        Kind::Scenario
    } else {
        Kind::Lesson
    }
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, faults: &mut Vec<LibraryError>) {
    let mut unreadable = |path: &Path, why: String| faults.push(LibraryError::Folder { path: path.into(), why });
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unreadable(folder, reason(&error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if depth < MOST_DEEP {
                walk(&path, depth + 1, files, faults);
            }
        } else if is_yaml(&path) {
            if files.len() >= MOST_FILES {
                let why = format!("it holds more than {MOST_FILES} files: name the folder that has the lessons");
                return faults.push(LibraryError::Folder { path: folder.into(), why });
            }
            files.push(path);
        }
    }
}
