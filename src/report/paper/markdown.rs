//! A document as Markdown.

use crate::render::chart;

use super::part::{Paper, Section};

/// The columns of a chart.
const CHART: usize = 90;

/// The document as Markdown.
pub fn paper_markdown(paper: &Paper) -> String {
    let mut out = String::new();
    for lesson in &paper.lessons {
        out.push_str(&format!("# {}\n\n{}\n", plain(&lesson.title), plain(&lesson.about)));
        lesson.steps.iter().for_each(|step| section(step, &mut out));
        if !lesson.error.is_empty() {
            out.push_str(&format!("\n**✗ {}**\n", plain(&lesson.error)));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn section(step: &Section, out: &mut String) {
    out.push_str(&format!("\n## {}\n", plain(&step.title)));
    for said in &step.said {
        out.push_str(&format!("\n{}\n", plain(said)));
    }
    if !step.exchanged.is_empty() {
        let row = |[line, reply, time]: &[String; 3]| format!("> {line}\n{reply}   ({time})\n");
        out.push_str(&fenced("redis", &step.exchanged.iter().map(row).collect::<String>()));
    }
    if let Some((heads, rows)) = &step.table {
        let row =
            |cells: &[String]| format!("| {} |\n", cells.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" | "));
        out.push_str(&format!("\n{}|{}\n", row(heads), " --- |".repeat(heads.len())));
        rows.iter().for_each(|cells| out.push_str(&row(cells)));
    }
    if let Some(charted) = &step.chart {
        let lines: String = chart(charted, CHART).iter().map(|line| format!("{}\n", line.text())).collect();
        out.push_str(&fenced("text", &lines));
    }
}

/// A block of code, in a fence that nothing in it can close.
fn fenced(language: &str, body: &str) -> String {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("\n{fence}{language}\n{body}{fence}\n")
}

/// Text in which nothing means anything to Markdown or HTML.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    // A line that starts as a list would be one.
    let digits = out.len() - out.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if out.starts_with(['-', '+']) || (digits > 0 && [". ", ") "].iter().any(|mark| out[digits..].starts_with(mark))) {
        out.insert(digits, '\\');
    }
    out
}
