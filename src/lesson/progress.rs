//! What a person has finished, and where they stand: what the progress file holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mastery::Used;
use crate::content::{Document, Node, Source};

/// The version of the file's form that this program writes.
pub const VERSION: i64 = 1;
/// No lesson has more steps than this.
const MOST_STEPS: i64 = 10_000;
/// Nobody types more commands in a step than this.
const MOST_USED: i64 = 1_000_000_000;

/// What is known about one lesson. Steps count from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonProgress {
    /// The steps that are met.
    pub steps: BTreeSet<usize>,
    /// The step where the learner stands.
    pub current: usize,
    /// The day on which the last step was met, as `2026-11-21` (UTC).
    pub finished: Option<String>,
    /// What the steps that were solved by typing needed, at best.
    pub used: BTreeMap<usize, Used>,
}

impl LessonProgress {
    /// Notes what a step needed; whether that is news.
    pub fn note_used(&mut self, step: usize, used: Used) -> bool {
        let best = self.used.entry(step).or_insert(used);
        let news = used < *best;
        *best = used.min(*best);
        news
    }
}

/// What is known about all lessons, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The lessons that were begun.
    pub lessons: BTreeMap<String, LessonProgress>,
}

/// Why a file cannot be read as progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A later version wrote it.
    Newer,
    /// It is broken; the text says where.
    Broken(String),
}

impl Progress {
    /// Adds what another file knows: steps that were met stay met, the earlier day counts.
    pub fn merge(&mut self, other: &Progress) {
        for (id, theirs) in &other.lessons {
            let Some(ours) = self.lessons.get_mut(id) else {
                self.lessons.insert(id.clone(), theirs.clone());
                continue;
            };
            ours.steps.extend(&theirs.steps);
            for (step, used) in &theirs.used {
                ours.note_used(*step, *used);
            }
            ours.finished = match (ours.finished.take(), theirs.finished.clone()) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }

    /// The file's text. Steps count from 1 there, as on screen.
    pub fn write(&self) -> String {
        let mut out = String::from(
            "# redlab: what you have finished. `step` is where you stand; `used` holds steps with the commands and round trips\n# that you needed.\n",
        );
        out.push_str(&format!("version: {VERSION}\nlessons:"));
        if self.lessons.is_empty() {
            out.push_str(" {}");
        }
        out.push('\n');
        for (id, lesson) in &self.lessons {
            let steps: Vec<String> = lesson.steps.iter().map(|step| (step + 1).to_string()).collect();
            out.push_str(&format!(
                "  {}:\n    met: [{}]\n    step: {}\n",
                quoted(id),
                steps.join(", "),
                lesson.current + 1
            ));
            if let Some(day) = &lesson.finished {
                out.push_str(&format!("    finished: {}\n", quoted(day)));
            }
            if !lesson.used.is_empty() {
                let used = lesson.used.iter();
                let used: Vec<String> =
                    used.map(|(step, it)| format!("[{}, {}, {}]", step + 1, it.commands, it.round_trips)).collect();
                out.push_str(&format!("    used: [{}]\n", used.join(", ")));
            }
        }
        out
    }

    /// Reads a file's bytes.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Progress, Unreadable> {
        let source = Source::new(name, bytes).map_err(|error| Unreadable::Broken(error.to_string()))?;
        let (document, mut diagnostics) = Document::parse(&Arc::new(source));
        let mut progress = Progress::default();
        let mut version = Some(VERSION);
        if let Some(root) = document.as_ref().and_then(|document| document.root().map(&mut diagnostics)) {
            let mut root = root;
            version = root.required("version").and_then(|node| node.int(1, i64::MAX, &mut diagnostics));
            if let Some(mut lessons) = root.required("lessons").and_then(|node| node.map(&mut diagnostics)) {
                for entry in lessons.entries() {
                    let lesson = read_lesson(entry.value, &mut diagnostics).unwrap_or_default();
                    progress.lessons.insert(entry.name.to_string(), lesson);
                }
            }
            root.finish(&mut diagnostics);
        }
        match (version, diagnostics.lines().into_iter().next()) {
            (Some(version), _) if version > VERSION => Err(Unreadable::Newer),
            (_, Some(fault)) => Err(Unreadable::Broken(fault)),
            (_, None) => Ok(progress),
        }
    }
}

fn read_lesson(node: Node<'_>, diagnostics: &mut crate::content::Diagnostics) -> Option<LessonProgress> {
    let mut fields = node.map(diagnostics)?;
    let step = |node: Node<'_>, diagnostics: &mut _| {
        node.int(1, MOST_STEPS, diagnostics).and_then(|step| usize::try_from(step - 1).ok())
    };
    let met = fields.required("met").and_then(|node| node.list(diagnostics)).unwrap_or_default();
    let steps = met.into_iter().filter_map(|node| step(node, diagnostics)).collect();
    let current = fields.required("step").and_then(|node| step(node, diagnostics)).unwrap_or(0);
    let finished = fields.optional("finished").and_then(|node| node.str(diagnostics)).map(str::to_string);
    let mut lesson = LessonProgress { steps, current, finished, ..LessonProgress::default() };
    for node in fields.optional("used").and_then(|node| node.list(diagnostics)).unwrap_or_default() {
        if let Some((step, used)) = read_used(&node, diagnostics) {
            lesson.note_used(step, used);
        }
    }
    fields.finish(diagnostics);
    Some(lesson)
}

/// A step with its commands and round trips.
fn read_used(node: &Node<'_>, diagnostics: &mut crate::content::Diagnostics) -> Option<(usize, Used)> {
    let nodes = node.list(diagnostics)?;
    let [step, commands, round_trips] = nodes.as_slice() else {
        diagnostics.error(node.span(), "expected a step, its commands and its round trips, as in [1, 2, 2]");
        return None;
    };
    let step = step.int(1, MOST_STEPS, diagnostics)?;
    let mut count = |node: &Node<'_>| u32::try_from(node.int(0, MOST_USED, diagnostics)?).ok();
    let (commands, round_trips) = (count(commands), count(round_trips));
    Some((usize::try_from(step - 1).ok()?, Used { commands: commands?, round_trips: round_trips? }))
}

/// A word as a YAML scalar: bare where that is safe, else in double quotes (JSON's form is YAML's too).
fn quoted(word: &str) -> String {
    let bare = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && word.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && !matches!(
            word.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if bare { word.to_string() } else { serde_json::Value::from(word).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Progress {
        let mut progress = Progress::default();
        let lesson = LessonProgress {
            steps: [0, 2].into(),
            current: 3,
            finished: Some("2026-11-21".into()),
            used: [(2, Used { commands: 3, round_trips: 4 })].into(),
        };
        progress.lessons.insert("cache-aside".into(), lesson);
        progress.lessons.insert("null".into(), LessonProgress::default());
        progress.lessons.insert("a \"b\"\n: é".into(), LessonProgress::default());
        progress
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = sample().write();
        assert_eq!(Progress::read("progress.yaml", text.clone().into()), Ok(sample()), "{text}");
        assert!(
            text.contains(
                "  cache-aside:\n    met: [1, 3]\n    step: 4\n    finished: \"2026-11-21\"\n    used: [[3, 3, 4]]\n"
            ),
            "{text}"
        );
        assert_eq!(Progress::read("p", Progress::default().write().into()), Ok(Progress::default()));
    }

    #[test]
    fn merging_loses_no_tick() {
        let mut ours = sample();
        let mut theirs = Progress::default();
        let lesson = LessonProgress {
            steps: [1].into(),
            current: 0,
            finished: Some("2026-11-20".into()),
            used: [(0, Used { commands: 1, round_trips: 1 }), (2, Used { commands: 9, round_trips: 2 })].into(),
        };
        theirs.lessons.insert("cache-aside".into(), lesson);
        theirs.lessons.insert("other".into(), LessonProgress::default());
        ours.merge(&theirs);
        let merged = &ours.lessons["cache-aside"];
        assert_eq!((merged.steps.len(), merged.current, merged.finished.as_deref()), (3, 3, Some("2026-11-20")));
        let used: Vec<_> = merged.used.iter().map(|(step, used)| (*step, used.commands, used.round_trips)).collect();
        assert_eq!(used, [(0, 1, 1), (2, 9, 2)], "the better one of each step");
        assert!(ours.lessons.contains_key("other"));
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        let read = |text: &str| Progress::read("p", text.as_bytes().to_vec());
        assert_eq!(read("version: 2\nlessons: {}\nmore: 1\n"), Err(Unreadable::Newer));
        for text in
            ["", "version: 1", "version: 1\nlessons: {a: {met: [0], step: 1}}", "\u{0}", "[", "lessons: []\nversion: x"]
        {
            assert!(matches!(read(text), Err(Unreadable::Broken(_))), "{text:?}");
        }
        assert!(matches!(Progress::read("p", vec![0xff]), Err(Unreadable::Broken(_))));
    }
}
