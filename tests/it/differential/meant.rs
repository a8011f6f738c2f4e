//! The mismatches that are meant: `meant.txt` lists them, each with its reason.

use std::sync::LazyLock;

use super::{Compare, Line};

const TABLE: &str = include_str!("meant.txt");

/// A word of a pattern.
enum Word {
    /// In its place.
    Here(String),
    /// Anywhere after the first.
    Anywhere(String),
    /// Nothing follows.
    Alone,
    /// At least so many words in all.
    Least(usize),
}

struct Entry {
    words: Vec<Word>,
    how: Compare,
}

/// The comparisons in the order of the file, without those that only say what is never drawn.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| TABLE.lines().filter_map(entry).collect());

fn entry(line: &str) -> Option<Entry> {
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [pattern, how, reason] = parts.as_slice() else { panic!("three parts: {line}") };
    assert!(!reason.is_empty(), "a reason: {line}");
    let words = pattern.split(' ').map(|word| match (word, word.strip_prefix('+')) {
        ("alone", _) => Word::Alone,
        (count, _) if count.ends_with('+') => Word::Least(count.trim_end_matches('+').parse().expect("a count")),
        (_, Some(word)) => Word::Anywhere(word.into()),
        (word, None) => Word::Here(word.into()),
    });
    compare(how).map(|how| Entry { words: words.collect(), how })
}

fn compare(how: &str) -> Option<Compare> {
    Some(match how {
        "exact" => Compare::Exact,
        "unordered" => Compare::Unordered,
        "pairs" => Compare::UnorderedPairs,
        "shape" => Compare::Shape,
        "kind" => Compare::Help,
        "times" => Compare::Times,
        "library" => Compare::Library,
        "rules" => Compare::Rules,
        "log" => Compare::Log,
        "left out" | "after the reply" | "not asked for the digest" => return None,
        within => match within.strip_prefix("within ").and_then(|most| most.parse().ok()) {
            Some(most) => Compare::Near(most),
            None => panic!("no way to compare: {within}"),
        },
    })
}

impl Entry {
    fn fits(&self, line: &Line) -> bool {
        let named = self.words.iter().filter(|word| matches!(word, Word::Here(_))).count();
        self.words.iter().enumerate().all(|(at, word)| match word {
            // HELP belongs to every command that has subcommands.
            Word::Here(word) if word == "HELP" => line.len() == 2 && line[1].eq_ignore_ascii_case(b"HELP"),
            Word::Here(word) => line.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes())),
            Word::Anywhere(word) => line[1..].iter().any(|found| found.eq_ignore_ascii_case(word.as_bytes())),
            Word::Alone => line.len() == named,
            Word::Least(count) => line.len() >= *count,
        })
    }
}

/// How the replies to a command are compared.
pub fn comparison(line: &Line) -> Compare {
    ENTRIES.iter().find(|entry| entry.fits(line)).map_or(Compare::Exact, |entry| entry.how)
}

#[test]
fn every_line_says_how_and_why() {
    assert!(ENTRIES.len() > 50);
    let how = |line: &str| comparison(&super::words(line));
    assert_eq!(how("sort a by w_* limit 0 1"), Compare::Shape);
    assert_eq!(how("SORT a BY w_*"), Compare::Unordered);
    assert_eq!((how("SORT a"), how("GET k"), how("UNSUBSCRIBE c")), (Compare::Exact, Compare::Exact, Compare::Exact));
    assert_eq!(
        (how("PTTL k"), how("xinfo help"), how("COMMAND LIST")),
        (Compare::Near(10_000), Compare::Help, Compare::Help)
    );
}
