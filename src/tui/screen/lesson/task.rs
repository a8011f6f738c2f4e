//! What a step asks for and how it stands, as lines.

use crate::render::{Line, Tone, command, markdown};
use crate::resp::printable;
use crate::session::{Task, Unmet};

use super::super::super::part::progress_line;
use super::state::{Answer, Hint, State};

/// After so many commands in a step it is said how to begin it anew.
const MANY: usize = 3;

/// The lines of the task: the verdict first, and all hints in order.
pub fn lines(state: &State) -> Vec<Line> {
    let mut lines = asked(state, false);
    state.hints.iter().for_each(|hint| hinted(hint, &mut lines));
    lines
}

/// The lines of the task for a small pane, which shows the first ones: the newest hint, which was asked for just now,
/// and then the verdict without what was typed, which stands among the commands as well.
pub fn in_brief(state: &State) -> Vec<Line> {
    let mut lines = Vec::new();
    if !state.is_met() {
        state.hints.iter().next_back().into_iter().for_each(|hint| hinted(hint, &mut lines));
    }
    lines.extend(asked(state, true));
    lines
}

/// What is asked for and how it stands, without hints.
fn asked(state: &State, brief: bool) -> Vec<Line> {
    let Some(step) = &state.step else { return Vec::new() };
    let mut lines = Vec::new();
    if state.completed && state.is_last() {
        lines.push(Line::of("✓ You have finished this lesson.", Tone::Good));
        if let Some(sentence) = state.mastery.and_then(|mastery| mastery.sentence()) {
            lines.push(hanging("  ", Tone::Dim, &sentence));
        }
    }
    match &step.task {
        Task::Read => {}
        Task::Do { hints, .. } => doing(state, *hints, brief, &mut lines),
        Task::Predict { run, choices } => {
            let mut line = Line::of("What will it answer?  ", Tone::Plain);
            line.spans.extend(command(run, 300).spans);
            lines.push(line);
            choosing(state, choices, &mut lines);
        }
        Task::Quiz { question, choices } => {
            lines.push(Line::of(printable(question.as_bytes(), 1_000), Tone::Plain));
            choosing(state, choices, &mut lines);
        }
        Task::Compare { .. } => comparing(state, &mut lines),
        Task::Advance { ms } => advancing(state, *ms, &mut lines),
        Task::Race { goal, .. } => {
            let (sign, tone) = if state.is_met() { ("✓ ", Tone::Good) } else { ("⇄ ", Tone::Accent) };
            lines.push(hanging(sign, tone, goal));
        }
    }
    lines
}

fn hanging(sign: &str, tone: Tone, text: &str) -> Line {
    let mut line = Line::of(sign, tone).with(printable(text.as_bytes(), 1_000), Tone::Plain);
    line.hang = 2;
    line
}

fn doing(state: &State, hints: usize, brief: bool, lines: &mut Vec<Line>) {
    if state.is_met() {
        lines.push(Line::of("✓ done", Tone::Good));
        solution(&state.solution, lines);
    } else if let Some(unmet) = &state.unmet {
        not_yet(unmet, brief, lines);
        // What was done may stand in the way of what is to be done, as a lock does that is taken already.
        if unmet.done.len() >= MANY && state.desk.is_bundled() {
            lines.push(Line::of("  ctrl-r", Tone::Accent).with(" begins the step anew", Tone::Dim));
        }
    } else if state.hints.is_empty() && hints > 0 {
        lines.push(Line::of("○ to be done", Tone::Accent).with(format!("  {hints} hints: ctrl-h"), Tone::Dim));
    } else {
        lines.push(Line::of("○ to be done", Tone::Accent));
    }
}

/// A hint. The last one is the solution, of as many rows as it has commands.
fn hinted(hint: &Hint, lines: &mut Vec<Line>) {
    let head = format!("hint {}/{} ", hint.rung, hint.of);
    for (at, row) in hint.text.split('\n').enumerate() {
        let head = if at == 0 { head.clone() } else { " ".repeat(head.len()) };
        let mut line = Line::of(head, Tone::Warning).with(printable(row.as_bytes(), 1_000), Tone::Plain);
        line.hang = 2;
        lines.push(line);
    }
}

fn solution(commands: &[String], lines: &mut Vec<Line>) {
    for (at, line) in commands.iter().enumerate() {
        let head = if at == 0 { "one way: " } else { "         " };
        let mut shown = Line::of(head, Tone::Dim);
        shown.spans.extend(command(line, 400).spans);
        shown.hang = 9;
        lines.push(shown);
    }
}

fn not_yet(unmet: &Unmet, brief: bool, lines: &mut Vec<Line>) {
    let mut line = Line::of("✗ not yet: ", Tone::Bad).with(printable(unmet.expected.as_bytes(), 1_000), Tone::Plain);
    line.hang = 2;
    lines.push(line);
    if !unmet.nearest_miss.is_empty() {
        let mut line =
            Line::of("  seen: ", Tone::Dim).with(printable(unmet.nearest_miss.as_bytes(), 600), Tone::Warning);
        line.hang = 8;
        lines.push(line);
    }
    if let Some(last) = unmet.done.last().filter(|_| !brief) {
        let mut line = Line::of("  done: ", Tone::Dim);
        line.spans.extend(command(last, 300).spans);
        line.hang = 8;
        lines.push(line);
    }
}

fn choosing(state: &State, choices: &[String], lines: &mut Vec<Line>) {
    for (at, choice) in choices.iter().enumerate() {
        let (sign, tone) = match &state.answer {
            Some(answer) if at == answer.right => ("✓", Tone::Good),
            Some(answer) if at == answer.chosen => ("✗", Tone::Bad),
            None if at == state.choice => ("▸", Tone::Accent),
            _ => (" ", Tone::Dim),
        };
        let text = if tone == Tone::Dim { Tone::Plain } else { tone };
        let mut line = Line::of(format!("{sign} "), tone)
            .with(format!("{} ", at + 1), Tone::Dim)
            .with(printable(choice.as_bytes(), 600), text);
        line.hang = 4;
        lines.push(line);
    }
    if let Some(answer) = &state.answer {
        because(answer, lines);
    }
}

fn because(answer: &Answer, lines: &mut Vec<Line>) {
    let (sign, tone) =
        if answer.chosen == answer.right { ("✓ Right. ", Tone::Good) } else { ("✗ Not so. ", Tone::Bad) };
    // A reason is Markdown like all text; its paragraphs flow into one here.
    let text: Vec<Line> = markdown(&answer.because, 10_000, &mut |_, _| None);
    let mut line = Line::of(sign, tone);
    for part in text {
        line.spans.extend(part.spans);
        line = line.with(" ", Tone::Plain);
    }
    line.hang = 2;
    lines.push(line);
}

fn comparing(state: &State, lines: &mut Vec<Line>) {
    let Some(compare) = &state.compare else { return };
    match (&compare.verdict, compare.running) {
        (_, true) => match &state.desk.busy {
            Some(busy) => lines.push(progress_line(busy, 40)),
            None => lines.push(Line::of("running…  esc cancels", Tone::Dim)),
        },
        (Some((Some(true), expect)), _) => lines.push(hanging("✓ ", Tone::Good, &format!("as expected: {expect}"))),
        (Some((Some(false), expect)), _) => {
            lines.push(hanging("✗ ", Tone::Bad, &format!("not as expected: {expect}; ctrl-g measures again")));
        }
        (Some((None, _)), _) => lines.push(Line::of("✓ measured", Tone::Good)),
        (None, _) => lines.push(hanging("○ ", Tone::Accent, "enter runs all ways, one after the other")),
    }
    if compare.is_simulated() {
        lines.push(hanging("~ ", Tone::Dim, "holds simulated time: nobody waits for it"));
    }
}

fn advancing(state: &State, ms: u64, lines: &mut Vec<Line>) {
    let time = crate::render::ttl(i64::try_from(ms).unwrap_or(i64::MAX));
    if state.is_met() {
        lines.push(Line::of(format!("✓ {time} have passed"), Tone::Good));
    } else if let Some(busy) = &state.desk.busy {
        lines.push(progress_line(busy, 40));
        lines.push(Line::of("enter", Tone::Accent).with(" does not wait any longer", Tone::Dim));
    } else {
        lines.push(Line::of(format!("○ {time} are to pass: enter"), Tone::Accent));
    }
}
