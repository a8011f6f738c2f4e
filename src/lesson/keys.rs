//! Which keys a lesson's commands name: what the guard of a live server has to know before the lesson starts.

use bytes::Bytes;

use crate::content::{Diagnostics, Span};
use crate::engine::{glob_matches, resolve};
use crate::program::{Action, Step, StepKind, Template, Word};
use crate::resp::printable;

use super::input::Input;

/// Stands for a computed part of a key where its place in a command is looked for.
const SAMPLE: &[u8] = b"0";

/// A key or a pattern of keys, and where it is named.
struct Used {
    pattern: String,
    sample: Vec<u8>,
    span: Span,
}

/// The keys that were found.
#[derive(Default)]
pub struct Keys {
    used: Vec<Used>,
}

impl Keys {
    /// Takes in the keys of a typed command.
    pub fn of_input(&mut self, input: &Input, span: Span) {
        let Input::Command { argv, .. } = input else { return };
        for key in resolve(argv).map(|row| row.keys_of(argv)).unwrap_or_default() {
            self.add(escaped(key), key.to_vec(), span);
        }
    }

    /// Takes in the keys of a lane's steps.
    pub fn of_steps(&mut self, steps: &[Step], span: Span) {
        let mut open: Vec<&Step> = steps.iter().collect();
        while let Some(step) = open.pop() {
            match &step.kind {
                StepKind::Act(act) => self.of_action(&act.action, span),
                StepKind::If { then, otherwise, .. } => open.extend(then.iter().chain(otherwise)),
                StepKind::Repeat { steps, .. } | StepKind::Until { steps, .. } => open.extend(steps),
                StepKind::Let(_) | StepKind::Stop => {}
            }
        }
    }

    fn of_action(&mut self, action: &Action, span: Span) {
        match action {
            Action::Run(template) => self.of_template(template, span),
            Action::Transaction(all) | Action::Pipeline(all) => {
                all.iter().for_each(|template| self.of_template(template, span));
            }
            Action::Eval { keys, .. } => keys.iter().for_each(|word| self.of_word(word, span)),
            Action::Sql(_) | Action::World(_) | Action::Sleep(_) => {}
        }
    }

    fn of_template(&mut self, template: &Template, span: Span) {
        // The places of the keys are found in a command whose computed words are samples.
        let argv: Vec<Bytes> = template.words().iter().map(sample).collect();
        let Some(row) = resolve(&argv) else { return };
        let places: Vec<usize> = row.keys.iter().flat_map(|spec| crate::engine::positions(spec, &argv)).collect();
        for word in places.iter().filter_map(|at| template.words().get(*at)) {
            self.of_word(word, span);
        }
    }

    fn of_word(&mut self, word: &Word, span: Span) {
        match word.literal() {
            Some(key) => self.add(escaped(&key), key.to_vec(), span),
            None => self.add(pattern(word), sample(word).to_vec(), span),
        }
    }

    fn add(&mut self, pattern: String, sample: Vec<u8>, span: Span) {
        if !self.used.iter().any(|used| used.pattern == pattern) {
            self.used.push(Used { pattern, sample, span });
        }
    }

    /// Notes the keys that the lesson's own patterns do not cover: the key pane would not show them.
    pub fn check_covered(&self, patterns: &[String], diagnostics: &mut Diagnostics) {
        if patterns.is_empty() {
            return;
        }
        for used in &self.used {
            if !patterns.iter().any(|pattern| glob_matches(pattern.as_bytes(), &used.sample)) {
                let key = printable(used.pattern.as_bytes(), 60);
                diagnostics
                    .warning(used.span, format!("the key `{key}` is not among the keys that this lesson follows"))
                    .help("add it to `keys` at the top, or rename it so that it starts like the others");
            }
        }
    }

    /// All of them as patterns, sorted.
    pub fn patterns(&self) -> Vec<String> {
        let mut found: Vec<String> = self.used.iter().map(|used| used.pattern.clone()).collect();
        found.sort();
        found
    }
}

/// A word with each computed part replaced by a letter.
fn sample(word: &Word) -> Bytes {
    word.literal().unwrap_or_else(|| Bytes::from(parts(word, |text| text.to_vec(), SAMPLE)))
}

/// A word with each computed part replaced by `*`.
fn pattern(word: &Word) -> String {
    String::from_utf8_lossy(&parts(word, |text| escaped(text).into_bytes(), b"*")).into_owned()
}

fn parts(word: &Word, text: impl Fn(&[u8]) -> Vec<u8>, computed: &[u8]) -> Vec<u8> {
    let shown = word.to_string();
    let mut out = Vec::new();
    let mut rest = shown.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        out.extend(text(before.as_bytes()));
        out.extend_from_slice(computed);
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    out.extend(text(rest.as_bytes()));
    out
}

/// A key as a pattern that matches it alone.
fn escaped(key: &[u8]) -> String {
    let mut out = Vec::with_capacity(key.len());
    for &byte in key {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\' | b'^') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    String::from_utf8_lossy(&out).into_owned()
}
