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
    ("a b c d f g", "let that client take its next step"),
    ("A B …", "let a fault happen, where the scenario has any"),
    ("← →", "one step back, one step forward again; another letter forks there"),
    ("home end", "to the start, to the end of the path"),
    ("pgup pgdn", "scroll the path"),
    ("r", "type or paste a schedule: alice bob bob alice"),
    ("esc", "close what is open, end an exploration, else leave"),
];

const EXPLORE: Keys = &[
    ("e", "explore: run every schedule of every variant and count the outcomes"),
    ("w", "play the simplest schedule that fails"),
    ("x", "play the next outcome that fails (the next schedule, where only one outcome does)"),
    ("n", "why: that failure beside the nearest schedule that holds"),
    ("1 … 9", "play the simplest schedule of that outcome"),
    ("↑ ↓  enter", "choose an outcome or a schedule, play it"),
];

const VARIANTS: Keys = &[
    ("v  V", "next variant, previous variant"),
    ("y", "step the variants together by the same choices, or each by itself"),
    ("m", "one variant alone, or as many as there is room for"),
    ("k", "all keys with values and TTLs"),
    ("t", "the scenario's text"),
];

const EDIT: Keys = &[
    ("i", "edit the scenario here: ctrl-r takes it and explores, ctrl-n goes to the next fault"),
    ("o", "edit it in $VISUAL or $EDITOR; it is explored when that ends"),
    ("ctrl-s", "save it as a file; nothing is replaced without asking"),
];

const MOUSE: Keys = &[
    ("click", "a client's lane or line: its next step; a step: go there; an outcome, a schedule: play it"),
    ("wheel", "scroll the path, the outcomes, the text"),
    ("shift and drag", "select text to copy it, as the terminal does elsewhere"),
    ("tab", "to the prompt and back (in a lesson)"),
    ("ctrl-z  ctrl-c", "stop the program until fg; quit"),
];

/// Draws the keys of a place.
pub fn draw(canvas: &mut Canvas<'_>, place: Place, scroll: usize) {
    let groups: &[(&str, Keys)] = match place {
        Place::Catalogue => &[("Catalogue", CATALOGUE)],
        Place::Lesson => &[("Lesson", LESSON), ("Prompt", PROMPT), ("Panes", PANES)],
        Place::Race => &[
            ("Race lab", RACE),
            ("All schedules", EXPLORE),
            ("Variants", VARIANTS),
            ("Editing", EDIT),
            ("Mouse, and the rest", MOUSE),
        ],
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
