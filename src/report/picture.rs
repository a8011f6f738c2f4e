//! Schedules as pictures: what Mermaid and SVG draw.

use crate::lab::{RaceView, StepTaken, VariantReport};

use super::xml::escaped;

/// A schedule to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What it is: the scenario and the variant.
    pub title: String,
    /// The clients, in order.
    pub clients: Vec<String>,
    /// What they do.
    pub steps: Vec<StepTaken>,
    /// Whether it holds; `None` where it has not ended.
    pub holds: Option<bool>,
    /// What happened, or was found.
    pub sentence: String,
}

impl Picture {
    /// What exploring a variant found: its simplest failure, or that there is none.
    pub fn of_report(title: &str, clients: Vec<String>, report: &VariantReport) -> Picture {
        let title = format!("{title}: {}", report.title);
        let total = match report.exhaustive {
            true => format!("{} of {} schedules violate", report.violating, report.schedules),
            false => format!("{} of {} schedules seen violate ({})", report.violating, report.schedules, report.limit),
        };
        match &report.counterexample {
            Some(found) => Picture {
                title,
                clients,
                steps: found.steps.clone(),
                holds: Some(false),
                sentence: format!("{}. {total}", found.sentence),
            },
            None => {
                let holds = report.exhaustive.then_some(true);
                Picture { title, clients, steps: Vec::new(), holds, sentence: total }
            }
        }
    }

    /// One schedule as it was walked.
    pub fn of_race(view: &RaceView) -> Picture {
        let variant = view.variants.get(view.variant).map_or("", |(_, title)| title.as_str());
        Picture {
            title: format!("{}: {variant}", view.title),
            clients: view.clients.iter().map(|client| client.name.clone()).collect(),
            steps: view.path.iter().take(view.position).map(|step| (**step).clone()).collect(),
            holds: view.holds,
            sentence: view.sentence.clone(),
        }
    }

    /// ✓, ✗, or nothing where that is not known.
    fn mark(&self) -> &'static str {
        match self.holds {
            Some(true) => "✓ ",
            Some(false) => "✗ ",
            None => "",
        }
    }
}

/// Mermaid's sequence diagrams: one as it is, several in a Markdown document.
pub fn mermaid(pictures: &[Picture]) -> String {
    match pictures {
        [one] => diagram(one),
        all => all.iter().map(|one| format!("```mermaid\n{}```\n", diagram(one))).collect::<Vec<_>>().join("\n"),
    }
}

fn diagram(picture: &Picture) -> String {
    let mut out = format!("sequenceDiagram\n    title {}\n", quoted(&picture.title));
    for (n, client) in picture.clients.iter().enumerate() {
        out.push_str(&format!("    participant c{n} as {}\n", quoted(client)));
    }
    out.push_str("    participant s as Redis\n");
    for step in &picture.steps {
        out.push_str(&format!("    c{}->>s: {}\n", step.client, quoted(&step.step)));
        if !step.reply.is_empty() {
            out.push_str(&format!("    s-->>c{}: {}\n", step.client, quoted(&step.reply)));
        }
    }
    out.push_str(&format!("    Note over c0,s: {}{}\n", picture.mark(), quoted(&picture.sentence)));
    out
}

/// Text in which nothing means anything to Mermaid.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | ';' | '<' | '>' | '&' | '"' | '{' | '}' | '%' => out.push_str(&format!("#{};", u32::from(c))),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Widths and heights, pixels. A letter of the monospaced font is as wide as `LETTER`.
const LETTER: usize = 8;
const LINE: usize = 22;
const EDGE: usize = 16;
/// The narrowest lane and the widest, in letters.
const LANES: std::ops::RangeInclusive<usize> = 14..=48;
/// The hue of each client; the word beside it says the same.
const HUES: [&str; 6] = ["#0b6e99", "#a3541a", "#4a7a1e", "#7a3f91", "#9a2f4e", "#5c6370"];

/// One SVG with all pictures below each other: a lane for each client.
pub fn svg(pictures: &[Picture]) -> String {
    let (mut body, mut width, mut top) = (String::new(), 0, EDGE);
    for picture in pictures {
        let (drawn, wide, high) = drawing(picture, top);
        body.push_str(&drawn);
        width = width.max(wide);
        top += high + LINE;
    }
    let (width, height) = (width + 2 * EDGE, top);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// A picture drawn from `top` on, its width and its height.
fn drawing(picture: &Picture, top: usize) -> (String, usize, usize) {
    let lane = |client: usize| {
        let steps = picture.steps.iter().filter(|step| step.client == client);
        let longest = steps.map(|step| told(step).chars().count()).max().unwrap_or(0);
        longest.max(picture.clients[client].chars().count()).clamp(*LANES.start(), *LANES.end()) + 2
    };
    let mut lefts = vec![EDGE + 4 * LETTER];
    for client in 0..picture.clients.len() {
        lefts.push(lefts[client] + lane(client) * LETTER);
    }
    let observed: Vec<&str> =
        picture.steps.first().map_or(Vec::new(), |step| step.observed.iter().map(|(name, _)| name.as_str()).collect());
    let columns: Vec<usize> = (0..observed.len())
        .map(|n| {
            let values = picture.steps.iter().filter_map(|step| step.observed.get(n));
            let longest = values.map(|(_, value)| value.chars().count()).max().unwrap_or(0);
            longest.max(observed[n].chars().count()).clamp(4, 32) + 2
        })
        .collect();
    let seen_left = lefts.last().copied().unwrap_or(EDGE);
    let mut right = seen_left + columns.iter().sum::<usize>() * LETTER;
    let mut out = text(EDGE, top + 14, "#111111", &format!("{}{}", picture.mark(), picture.title), true);
    let mut y = top + 2 * LINE;
    for (client, name) in picture.clients.iter().enumerate() {
        out.push_str(&text(lefts[client], y, HUES[client % HUES.len()], name, true));
    }
    let mut x = seen_left;
    for (name, wide) in observed.iter().zip(&columns) {
        out.push_str(&text(x, y, "#555555", name, true));
        x += wide * LETTER;
    }
    for (n, step) in picture.steps.iter().enumerate() {
        y += LINE;
        if n % 2 == 0 {
            let (left, wide) = (EDGE / 2, right - EDGE / 2);
            out.push_str(&format!(
                "<rect x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"{LINE}\" fill=\"#f4f5f7\"/>\n",
                y - 15
            ));
        }
        out.push_str(&text(EDGE, y, "#999999", &(n + 1).to_string(), false));
        let left = lefts.get(step.client).copied().unwrap_or(EDGE);
        out.push_str(&text(left, y, HUES[step.client % HUES.len()], &cut(&told(step), *LANES.end()), false));
        let mut x = seen_left;
        for ((_, value), wide) in step.observed.iter().zip(&columns) {
            out.push_str(&text(x, y, "#333333", &cut(value, 32), false));
            x += wide * LETTER;
        }
    }
    for line in wrapped(&picture.sentence, 88) {
        y += LINE;
        right = right.max(EDGE + line.chars().count() * LETTER);
        out.push_str(&text(EDGE, y, "#111111", &line, false));
    }
    (out, right, y + LINE - top)
}

/// A step with its reply.
fn told(step: &StepTaken) -> String {
    if step.reply.is_empty() { step.step.clone() } else { format!("{} → {}", step.step, step.reply) }
}

fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.into(),
    }
}

fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > most {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn text(x: usize, y: usize, fill: &str, text: &str, bold: bool) -> String {
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    format!("<text x=\"{x}\" y=\"{y}\" fill=\"{fill}\"{weight} xml:space=\"preserve\">{}</text>\n", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        let step = |client: usize, step: &str, reply: &str| StepTaken {
            client,
            name: ["alice", "bob"][client].into(),
            step: step.into(),
            reply: reply.into(),
            observed: vec![("n".into(), "1".into())],
        };
        Picture {
            title: "A <race>; #1".into(),
            clients: vec!["alice".into(), "bob".into()],
            steps: vec![step(0, "GET n", "0"), step(1, "SET n \"<&>\"", "OK")],
            holds: Some(false),
            sentence: "bob's SET overwrote it".into(),
        }
    }

    #[test]
    fn mermaid_is_told_nothing_by_accident() {
        let text = mermaid(&[picture()]);
        assert!(text.starts_with("sequenceDiagram\n    title A #60;race#62;#59; #35;1\n"), "{text}");
        assert!(text.contains("    c1->>s: SET n #34;#60;#38;#62;#34;\n    s-->>c1: OK\n"), "{text}");
        assert!(text.ends_with("    Note over c0,s: ✗ bob's SET overwrote it\n"), "{text}");
        assert!(mermaid(&[picture(), picture()]).starts_with("```mermaid\n"));
    }

    #[test]
    fn an_svg_holds_every_step_escaped() {
        let text = svg(&[picture(), picture()]);
        assert_eq!(text.matches("GET n → 0").count(), 2);
        assert!(text.contains("SET n &quot;&lt;&amp;&gt;&quot; → OK"), "{text}");
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert_eq!(text.matches("<text").count(), text.matches("</text>").count());
    }
}
