//! LATENCY GRAPH: durations as a small drawing of letters.

use super::super::super::measures::Series;

/// How high and how wide a drawing is; a longer one goes on below.
const ROWS: usize = 4;
const COLUMNS: usize = 80;
/// What fills the lower, the middle and the upper third of a place.
const LETTERS: [char; 3] = ['_', 'o', '#'];

/// How long ago something was, as shortly as can be said.
fn ago(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// The drawing of one kind of slow moments, with how long ago each was below it.
pub fn graph(name: &str, series: &Series, now_s: i64) -> String {
    let samples: Vec<(u64, String)> = series.samples.iter().map(|(at, ms)| (*ms, ago(now_s - at))).collect();
    let least = samples.iter().map(|(ms, _)| *ms).min().unwrap_or(0);
    let most = samples.iter().map(|(ms, _)| *ms).max().unwrap_or(0);
    let mut out = format!("{name} - high {most} ms, low {least} ms (all time high {} ms)\n", series.longest_ms);
    out.push_str(&"-".repeat(COLUMNS));
    out.push('\n');
    for (n, part) in samples.chunks(COLUMNS).enumerate() {
        if n > 0 {
            out.push('\n');
        }
        draw(part, least, most, &mut out);
    }
    out
}

fn draw(samples: &[(u64, String)], least: u64, most: u64, out: &mut String) {
    let steps = (ROWS * LETTERS.len()) as u64;
    let height = |ms: u64| ((ms - least) * steps / (most - least).max(1)).min(steps - 1);
    for row in (0..ROWS).rev() {
        let base = (row * LETTERS.len()) as u64;
        let letter = |ms: u64| match height(ms).checked_sub(base) {
            None => ' ',
            Some(above) => usize::try_from(above).ok().and_then(|n| LETTERS.get(n)).copied().unwrap_or('|'),
        };
        out.extend(samples.iter().map(|(ms, _)| letter(*ms)));
        out.push('\n');
    }
    out.push_str(&" ".repeat(samples.len()));
    out.push('\n');
    let longest = samples.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
    for n in 0..longest {
        out.extend(samples.iter().map(|(_, label)| label.chars().nth(n).unwrap_or(' ')));
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_drawn_as_redis_draws_it() {
        let series = Series { samples: [(100, 10), (160, 20), (170, 30)].into(), longest_ms: 31 };
        let drawn = ["  #", " _|", " ||", "_||", "   ", "111", "m1s", " s "].join("\n");
        let head = format!("x - high 30 ms, low 10 ms (all time high 31 ms)\n{}\n", "-".repeat(80));
        assert_eq!(graph("x", &series, 171), format!("{head}{drawn}\n"));
    }
}
