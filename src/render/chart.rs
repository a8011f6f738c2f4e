//! The chart of a comparison: bars with their numbers.

use crate::lesson::Charted;
use crate::resp::printable;

use super::line::{Line, Tone};
use super::units::thousands;
use super::wrap::width;

/// Characters of a name that are shown.
const NAME: usize = 40;
/// A bar is at most so long, or the eye has too far to go to its number.
const LONGEST: usize = 60;

/// A chart: its title, then one row for each bar, the bars of a lane below each other.
pub fn chart(chart: &Charted, columns: usize) -> Vec<Line> {
    let unit = if chart.unit.is_empty() { String::new() } else { format!(", {}", chart.unit) };
    let mut lines = vec![Line::of(printable(format!("{}{unit}", chart.title).as_bytes(), 120), Tone::Strong)];
    let name = |text: &str| printable(text.as_bytes(), NAME);
    let lanes: Vec<String> = chart.lanes.iter().map(|(lane, _)| name(lane)).collect();
    let names: Vec<String> = match chart.names.as_slice() {
        // A single bar needs no name beside the lane's.
        [_] => vec![String::new()],
        many => many.iter().map(|text| name(text)).collect(),
    };
    let widest = |texts: &[String]| texts.iter().map(|text| width(text)).max().unwrap_or(0);
    let (first, second) = (widest(&lanes), widest(&names));
    let numbers: Vec<String> = chart.lanes.iter().flat_map(|(_, all)| all).map(|value| number(*value)).collect();
    let taken = first + second + widest(&numbers) + 3;
    let room = columns.saturating_sub(taken).clamp(4, LONGEST);
    let most = chart.lanes.iter().flat_map(|(_, all)| all).flatten().copied().fold(0.0, f64::max);
    for (lane, (_, all)) in lanes.iter().zip(&chart.lanes) {
        for (at, (name, value)) in names.iter().zip(all).enumerate() {
            let lane = if at == 0 { lane.as_str() } else { "" };
            let label = Line::of(padded(lane, first), Tone::Plain).with(" ", Tone::Plain);
            let label = if second > 0 { label.with(padded(name, second) + " ", Tone::Dim) } else { label };
            let line = label.with(bar(*value, most, room), tone(at)).with(" ", Tone::Plain);
            lines.push(line.with(number(*value), Tone::Strong));
        }
    }
    lines
}

fn tone(at: usize) -> Tone {
    [Tone::Accent, Tone::Good, Tone::Keyword][at % 3]
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// A bar in proportion to the largest number. Whatever is more than nothing is seen.
fn bar(number: Option<f64>, most: f64, room: usize) -> String {
    let share = number.filter(|n| *n > 0.0 && most > 0.0).map_or(0.0, |n| n / most);
    // `share` is between 0 and 1, so the product fits.
    let long = (share * room as f64).round() as usize;
    "▰".repeat(long.max(usize::from(share > 0.0)).min(room))
}

/// A number with as many digits as are read: `1,048,576`, `41.5`, `0.81`.
pub fn number(number: Option<f64>) -> String {
    let Some(n) = number else { return "none".into() };
    match n.abs() {
        big if big >= 1e15 => format!("{n:.3e}"),
        // Whole and below 2^53: the conversion is exact.
        big if big >= 100.0 => {
            let sign = if n < 0.0 { "-" } else { "" };
            format!("{sign}{}", thousands(big.round() as u64))
        }
        _ if n.fract() == 0.0 => format!("{n:.0}"),
        some if some >= 10.0 => format!("{n:.1}"),
        some if some >= 0.1 => format!("{n:.2}"),
        _ => format!("{n:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(chart_of: &Charted, columns: usize) -> String {
        chart(chart_of, columns).iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn bars_stand_in_proportion_with_their_numbers() {
        let lane = |name: &str, numbers: &[Option<f64>]| (name.to_string(), numbers.to_vec());
        let mut charted = Charted {
            title: "Hit ratio".into(),
            unit: "%".into(),
            names: vec!["hits".into()],
            lanes: vec![lane("random", &[Some(45.25)]), lane("lru", &[Some(90.5)]), lane("none\x1b", &[None])],
        };
        assert_eq!(
            drawn(&charted, 30),
            format!("Hit ratio, %\nrandom   {} 45.2\nlru      {} 90.5\nnone\\x1b  none", "▰".repeat(8), "▰".repeat(15))
        );
        charted.names = vec!["a".into(), "bc".into()];
        charted.unit.clear();
        charted.lanes = vec![lane("10^2", &[Some(0.004), Some(0.0)]), lane("10^6", &[Some(1048576.0), Some(7.0)])];
        assert_eq!(
            drawn(&charted, 40),
            format!("Hit ratio\n10^2 a  ▰ 0.0040\n     bc  0\n10^6 a  {} 1,048,576\n     bc ▰ 7", "▰".repeat(22))
        );
        charted.lanes = vec![lane("odd", &[Some(f64::MAX), Some(-120.0)])];
        assert!(drawn(&charted, 0).ends_with("bc  -120"));
    }
}
