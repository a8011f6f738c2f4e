//! What a scenario's author is told: faulty files, and every message with its place, in `faults.txt`. A section starts
//! with `=== what is wrong`; its file follows, and after `>>>` what is told. `UPDATE=1` writes what is told anew.

use std::path::Path;

use super::scenario;

/// How a section starts, and what divides it.
const SECTION: &str = "=== ";
const TOLD: &str = ">>>";

/// A faulty file and what is told about it.
struct Case {
    name: String,
    file: String,
    told: String,
}

fn cases(text: &str) -> Vec<Case> {
    let sections = text.split("\n=== ").map(|section| section.strip_prefix(SECTION).unwrap_or(section));
    let case = |section: &str| {
        let (name, rest) = section.split_once('\n').expect("a name");
        let (file, told) = rest.split_once(TOLD).expect("what is told");
        Case { name: name.into(), file: file.into(), told: told.trim().into() }
    };
    sections.map(case).collect()
}

#[test]
fn every_fault_is_told_with_its_place() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/lab/faults.txt");
    let cases = cases(&std::fs::read_to_string(&path).expect("faults.txt"));
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut written = String::new();
    let mut wrong = Vec::new();
    for Case { name, file, told } in &cases {
        let found = match scenario(file) {
            Ok(_) => "nothing".to_string(),
            Err(faults) => faults.iter().map(|fault| fault.trim_end_matches("; ")).collect::<Vec<_>>().join("\n"),
        };
        if found != *told {
            wrong.push(format!("{name}\n{file}told: {found}\nnot:  {told}"));
        }
        written.push_str(&format!("{SECTION}{name}\n{file}{TOLD}\n{found}\n\n"));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, written.trim_end().to_string() + "\n").expect("written");
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}
