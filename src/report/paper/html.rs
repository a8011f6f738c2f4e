//! A document as one HTML file: no script, no picture or style from elsewhere.

use super::super::xml::escaped;
use super::bars::{bars, width};
use super::part::{Paper, Section};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111}\
    pre{background:#f4f5f7;padding:.7rem 1rem;overflow-x:auto}pre i{color:#777;font-style:normal}\
    table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #ccc;padding:.2rem .6rem;text-align:right}\
    th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}";

/// The document as HTML.
pub fn paper_html(paper: &Paper) -> String {
    let title = match paper.lessons.as_slice() {
        [one] => escaped(&one.title),
        _ => "redlab".to_string(),
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    );
    for lesson in &paper.lessons {
        out.push_str(&format!("<h1>{}</h1>\n<p>{}</p>\n", escaped(&lesson.title), escaped(&lesson.about)));
        lesson.steps.iter().for_each(|step| section(step, &mut out));
        if !lesson.error.is_empty() {
            out.push_str(&format!("<p><strong>✗ {}</strong></p>\n", escaped(&lesson.error)));
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn section(step: &Section, out: &mut String) {
    out.push_str(&format!("<h2>{}</h2>\n", escaped(&step.title)));
    for said in &step.said {
        out.push_str(&format!("<p>{}</p>\n", escaped(said)));
    }
    if !step.exchanged.is_empty() {
        out.push_str("<pre>");
        for [line, reply, time] in &step.exchanged {
            out.push_str(&format!("&gt; {}\n{}   <i>{}</i>\n", escaped(line), escaped(reply), escaped(time)));
        }
        out.push_str("</pre>\n");
    }
    if let Some((heads, rows)) = &step.table {
        let row = |cells: &[String], tag: &str| -> String {
            let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let body: String = rows.iter().map(|cells| row(cells, "td")).collect();
        out.push_str(&format!("<table>\n{}{body}</table>\n", row(heads, "th")));
    }
    if let Some(chart) = &step.chart {
        let (drawn, high) = bars(chart, 0, 0);
        let wide = width();
        out.push_str(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
             font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\">\n{drawn}</svg>\n"
        ));
    }
}
