//! The house has a staircase: a file imports only from rooms declared above its own, inside a room likewise.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules that a file declares, in order.
fn declared(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_string))
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The module path of a source file: `src/engine/types/dict.rs` is `[engine, types, dict]`.
fn module_of(src: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(src).expect("a file of src").with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Where the modules of each folder stand in their order.
type Order = HashMap<Vec<String>, Vec<String>>;

fn orders(src: &Path, files: &[PathBuf]) -> Order {
    let mut order = HashMap::from([(Vec::new(), declared(&src.join("lib.rs")))]);
    for file in files.iter().filter(|file| file.ends_with("mod.rs")) {
        order.insert(module_of(src, file), declared(file));
    }
    order
}

/// A path that starts with `crate` or `super`, resolved against the file's module.
fn resolve(module: &[String], path: &str) -> Option<Vec<String>> {
    let mut parts = path.split("::").map(str::trim);
    let mut at: Vec<String> = match parts.next()? {
        "crate" => Vec::new(),
        // In a door (mod.rs) `super` is the folder above; in a file it is the folder that the file lies in.
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    for part in parts {
        if part == "super" {
            at.pop()?;
        } else {
            at.push(part.to_string());
        }
    }
    Some(at)
}

/// Every `crate::…` and `super::…` path of a text with its offset; `super::{a, b}` names two.
fn paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let starts = ["crate::", "super::"].into_iter().flat_map(|start| text.match_indices(start));
    for (at, _) in starts {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches(':');
        match rest[end..].strip_prefix('{') {
            Some(list) if rest[..end].ends_with("::") => {
                found.extend(names(list).into_iter().map(|name| (at, format!("{path}::{name}"))));
            }
            _ => found.push((at, path.to_string())),
        }
    }
    found.sort();
    found
}

/// The names at the top level of a list that ends with its closing brace.
fn names(list: &str) -> Vec<String> {
    let (mut depth, mut names) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            c if depth == 0 => names.last_mut().expect("one name at least").push(c),
            _ => {}
        }
    }
    let first = |name: String| name.trim().split([' ', ':']).next().unwrap_or_default().to_string();
    names.into_iter().map(first).filter(|name| !name.is_empty()).collect()
}

/// A source without its comments, line for line.
fn code_of(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Complaints about one file's imports.
fn upward(src: &Path, file: &Path, order: &Order) -> Vec<String> {
    let module = module_of(src, file);
    let text = code_of(&fs::read_to_string(file).expect("a source file"));
    let mut complaints = Vec::new();
    for (at, path) in paths(&text) {
        let Some(wanted) = resolve(&module, &path) else { continue };
        let shared = module.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        let (Some(own), Some(other)) = (module.get(shared), wanted.get(shared)) else { continue };
        let Some(floor) = order.get(&module[..shared]) else { continue };
        let place = |name: &String| floor.iter().position(|declared| declared == name);
        if let (Some(from), Some(to)) = (place(own), place(other))
            && to > from
        {
            let shown = file.strip_prefix(src.parent().unwrap_or(src)).unwrap_or(file).display();
            let line = text[..at].matches('\n').count() + 1;
            complaints.push(format!("{shown}:{line}: room '{own}' may not import '{other}', declared later"));
        }
    }
    complaints
}

#[test]
fn no_import_runs_upward() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let order = orders(&src, &files);
    let complaints: Vec<String> = files.iter().flat_map(|file| upward(&src, file, &order)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn an_import_that_runs_upward_is_named() {
    let house = tempfile::tempdir().expect("a temporary directory");
    let src = house.path().join("src");
    for (file, text) in [
        ("lib.rs", "pub mod resp;\npub mod engine;\n"),
        ("resp/mod.rs", "mod a;\nmod b;\n"),
        ("resp/a.rs", "use super::b::X;\nuse crate::{\n    engine::{Engine, Time},\n};\n"),
        ("resp/b.rs", "use super::a::Y;\n"),
        ("engine/mod.rs", "use crate::resp::Value;\n"),
    ] {
        let path = src.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let order = orders(&src, &files);
    let complaints: Vec<String> = files.iter().flat_map(|file| upward(&src, file, &order)).collect();
    assert_eq!(
        complaints,
        [
            "src/resp/a.rs:1: room 'a' may not import 'b', declared later",
            "src/resp/a.rs:2: room 'resp' may not import 'engine', declared later",
        ]
    );
}

/// Packages that have one home.
const HOMES: &[(&str, &str)] = &[
    ("ratatui", "tui"),
    ("crossterm", "tui"),
    ("rustyline", "repl"),
    ("redis", "target"),
    ("syntect", "render"),
    ("serde_yaml", "content"),
    ("mlua", "engine"),
    ("rusqlite", "database"),
];

#[test]
fn every_package_has_one_home() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let order = orders(&src, &files);
    let name = |package: &&str| (*package).to_string();
    let mut complaints = Vec::new();
    for file in &files {
        let module = module_of(&src, file);
        let text = fs::read_to_string(file).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (package, home) in HOMES {
                let used = code.match_indices(&format!("{package}::")).any(|(at, _)| {
                    !code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                });
                // A module of our own may have the name of a package.
                let own =
                    |folder: usize| order.get(&module[..folder]).is_some_and(|mods| mods.contains(&name(package)));
                let local = (1..module.len()).any(own);
                if used && !local && module.first().is_none_or(|room| room != home) {
                    complaints.push(format!("{}:{}: {package} lives in {home}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
