//! A document as one drawing: for a slide.

use super::bars::{bars, text, width};
use super::part::{Paper, Section};

const EDGE: usize = 24;
const LINE: usize = 19;
/// Characters of a row.
const COLUMNS: usize = 110;

/// The document as SVG.
pub fn paper_svg(paper: &Paper) -> String {
    let mut page = Page { body: String::new(), y: EDGE };
    for lesson in &paper.lessons {
        page.row(0, &lesson.title, true);
        page.row(0, &lesson.about, false);
        lesson.steps.iter().for_each(|step| page.section(step));
        if !lesson.error.is_empty() {
            page.row(0, &format!("✗ {}", lesson.error), true);
        }
        page.y += LINE;
    }
    let (wide, high) = ((2 * EDGE + COLUMNS * 8).max(2 * EDGE + width()), page.y + EDGE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        page.body
    )
}

struct Page {
    body: String,
    y: usize,
}

impl Page {
    /// A row of text, and as many more as it takes.
    fn row(&mut self, indent: usize, line: &str, bold: bool) {
        let room = COLUMNS - indent;
        let letters: Vec<char> = line.chars().collect();
        for part in letters.chunks(room) {
            self.y += LINE;
            let part: String = part.iter().collect();
            self.body.push_str(&text(EDGE + indent * 8, self.y, &part, bold));
        }
    }

    fn section(&mut self, step: &Section) {
        self.y += LINE / 2;
        self.row(0, &step.title, true);
        step.said.iter().for_each(|said| self.row(2, said, false));
        for [line, reply, time] in &step.exchanged {
            self.row(2, &format!("> {line}"), false);
            self.row(4, &format!("{reply}   ({time})"), false);
        }
        if let Some((heads, rows)) = &step.table {
            let columns: Vec<usize> = (0..heads.len())
                .map(|at| {
                    let cells = rows.iter().filter_map(|row| row.get(at)).chain([&heads[at]]);
                    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
                })
                .collect();
            for (row, bold) in [(heads, true)].into_iter().chain(rows.iter().map(|row| (row, false))) {
                let cells = row
                    .iter()
                    .zip(&columns)
                    .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(cell.chars().count()))));
                self.row(2, cells.collect::<Vec<_>>().join("  ").trim_end(), bold);
            }
        }
        if let Some(chart) = &step.chart {
            let (drawn, high) = bars(chart, EDGE + 16, self.y + LINE / 2);
            self.body.push_str(&drawn);
            self.y += high + LINE / 2;
        }
    }
}
