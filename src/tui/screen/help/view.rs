//! The help overlay.

use crate::render::{Line, Tone};

use super::super::super::canvas::Canvas;
use super::super::super::widget::overlay;

/// Which screen is helped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The catalogue.
    Catalogue,
    /// A lesson.
    Lesson,
    /// The race lab.
    Race,
    /// The playground.
    Play,
}

type Keys = &'static [(&'static str, &'static str)];

const CATALOGUE: Keys = &[
    ("↑ ↓  j k", "choose"),
    ("enter", "open"),
    ("n", "open what comes next"),
    ("/", "search; esc shows all again"),
    ("q  ctrl-c", "quit"),
];

const LESSON: Keys = &[
    ("ctrl-n  ctrl-p", "next step, previous step; nothing ever advances by itself"),
    ("enter", "run the line; with an empty line: start, choose, or go on"),
    ("ctrl-h  f1", "a hint; each says more than the one before"),
    ("ctrl-z", "take the last command back (bundled target)"),
    ("ctrl-r", "put the step back to how it was entered (bundled target)"),
    ("1 … 9  ↑ ↓", "choose an answer, while the line is empty"),
    ("ctrl-g", "start a comparison again"),
    ("f4", "next client, where the lesson has several"),
];

const PROMPT: Keys = &[
    ("tab", "complete; again for the next candidate, shift-tab for the one before"),
    ("↑ ↓", "earlier lines"),
    ("ctrl-a ctrl-e ctrl-w ctrl-u ctrl-k ctrl-y", "edit as in a shell"),
    ("sql SELECT …", "a statement for the lesson's database, where it has one"),
];

const PANES: Keys = &[
    ("shift-tab", "focus the next pane"),
    ("f3", "the focused pane alone; once more: all panes"),
    ("pgup pgdn", "scroll the focused pane"),
    ("esc", "cancel what takes long; else close, or leave to the catalogue when pressed twice"),
    ("ctrl-c", "quit"),
];

const PLAY: Keys = &[
    ("f4", "next client"),
    ("f5", "one more client, with a connection of its own"),
    ("f2", "let the bundled clock jump 10 s"),
    ("ctrl-z  ctrl-r", "take the last command back; start over (bundled target)"),
];

const RACE: Keys = &[
    ("a b c …  1 2 3 …", "let that client take its next step"),
    ("A B …", "let a fault happen, where the scenario has any"),
    ("← →", "one step back, one step forward again"),
    ("home end", "to the start, to the end of the path"),
    ("e", "explore: run every schedule and count the outcomes"),
    ("w", "play the simplest schedule that fails"),
    ("x", "play the next schedule that fails, where all are listed"),
    ("↑ ↓  enter", "choose a listed schedule, play it"),
    ("v  V", "next variant, previous variant"),
    ("r", "type a schedule to replay"),
    ("t", "the scenario's text"),
    ("tab", "to the prompt and back (in a lesson)"),
    ("esc", "cancel; else leave"),
    ("ctrl-c", "quit"),
];

/// Draws the keys of a place.
pub fn draw(canvas: &mut Canvas<'_>, place: Place, scroll: usize) {
    let groups: &[(&str, Keys)] = match place {
        Place::Catalogue => &[("Catalogue", CATALOGUE)],
        Place::Lesson => &[("Lesson", LESSON), ("Prompt", PROMPT), ("Panes", PANES)],
        Place::Race => &[("Race lab", RACE)],
        Place::Play => &[("Playground", PLAY), ("Prompt", PROMPT), ("Panes", PANES)],
    };
    let mut lines = Vec::new();
    for (name, keys) in groups {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::of(*name, Tone::Heading));
        for (key, what) in *keys {
            // A long list of keys has its meaning on a row of its own.
            if crate::render::width(key) > 18 {
                lines.push(Line::of(format!("  {key}"), Tone::Accent));
                lines.push(Line::of(format!("{:21}{what}", ""), Tone::Plain));
                continue;
            }
            let pad = " ".repeat(19 - crate::render::width(key));
            let mut line = Line::of(format!("  {key}{pad}"), Tone::Accent).with(*what, Tone::Plain);
            (line.hang, line.wrap) = (21, true);
            lines.push(line);
        }
    }
    overlay(canvas, &Line::of("keys", Tone::Accent).with("  any key closes", Tone::Dim), &lines, 92, scroll);
}
