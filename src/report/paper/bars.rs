//! A chart as a drawing.

use crate::lesson::Charted;
use crate::render::number;
use crate::resp::printable;

use super::super::xml::escaped;

const ROW: usize = 22;
const LETTER: usize = 8;
const LONGEST: f64 = 360.0;
const HUES: [&str; 3] = ["#2f6fdf", "#2f8f4e", "#b3551e"];

/// The chart as SVG elements from a place on, and its height.
pub fn bars(chart: &Charted, left: usize, top: usize) -> (String, usize) {
    let unit = if chart.unit.is_empty() { String::new() } else { format!(", {}", chart.unit) };
    let mut out = text(left, top + 14, &format!("{}{unit}", chart.title), true);
    let named = chart.names.len() > 1;
    let label = |lane: &str, bar: &str| if named { format!("{lane}: {bar}") } else { lane.to_string() };
    let labels: Vec<String> = chart
        .lanes
        .iter()
        .flat_map(|(lane, _)| chart.names.iter().map(move |bar| label(lane, bar)))
        .map(|text| printable(text.as_bytes(), 40))
        .collect();
    let numbers: Vec<Option<f64>> = chart.lanes.iter().flat_map(|(_, all)| all.iter().copied()).collect();
    let most = numbers.iter().flatten().copied().filter(|n| n.is_finite()).fold(0.0, f64::max);
    let widest = labels.iter().map(|text| text.chars().count()).max().unwrap_or(0) * LETTER;
    for (at, (label, value)) in labels.iter().zip(&numbers).enumerate() {
        let y = top + (at + 1) * ROW;
        let share = value.filter(|n| *n > 0.0 && most > 0.0).map_or(0.0, |n| (n / most).min(1.0));
        let long = share * LONGEST;
        let (x, hue) = (left + widest + LETTER, HUES[at % chart.names.len().max(1) % HUES.len()]);
        out.push_str(&text(left, y + 15, label, false));
        out.push_str(&format!(
            "<rect x=\"{x}\" y=\"{}\" width=\"{long:.1}\" height=\"{}\" fill=\"{hue}\"/>\n",
            y + 3,
            ROW - 6
        ));
        // The bar's end is a whole place: `long` is at most the longest bar.
        out.push_str(&text(x + long.ceil() as usize + LETTER, y + 15, &number(*value), true));
    }
    (out, (labels.len() + 1) * ROW + 6)
}

/// How wide a chart is drawn.
pub fn width() -> usize {
    40 * LETTER + LONGEST.ceil() as usize + 16 * LETTER
}

/// A line of text.
pub fn text(x: usize, y: usize, text: &str, bold: bool) -> String {
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    format!("<text x=\"{x}\" y=\"{y}\" fill=\"#111111\"{weight} xml:space=\"preserve\">{}</text>\n", escaped(text))
}
