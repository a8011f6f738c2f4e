//! Bars and sparklines as text.

/// A bar of `width` columns, `part` of `whole` of it filled, to the nearest column. What is not nothing shows at least one filled column.
pub fn meter(part: u64, whole: u64, width: usize) -> (String, String) {
    let filled = if whole == 0 {
        0
    } else {
        let exact = (u128::from(part.min(whole)) * width as u128 + u128::from(whole) / 2) / u128::from(whole);
        usize::try_from(exact).unwrap_or(width).max(usize::from(part > 0)).min(width)
    };
    ("▰".repeat(filled), "▱".repeat(width - filled))
}

/// Two exact counts in decimal digits, of any length, as two numbers in the same proportion: what a bar needs of them.
pub fn shares(part: &str, whole: &str) -> (u64, u64) {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(part) || !digits(whole) {
        return (0, 0);
    }
    // Eighteen digits fit into a number; the same number of digits is left out at the end of both.
    let cut = whole.len().saturating_sub(18);
    let number = |text: &str| text[..text.len().saturating_sub(cut)].parse::<u64>().unwrap_or(0);
    let (shown, whole) = (number(part), number(whole).max(1));
    let is_some = part.bytes().any(|byte| byte != b'0');
    (shown.max(u64::from(is_some)).min(whole), whole)
}

/// The last `width` samples as a row of bars, scaled to the largest of them.
pub fn spark(samples: impl DoubleEndedIterator<Item = u64> + ExactSizeIterator + Clone, width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let skip = samples.len().saturating_sub(width);
    let shown = samples.skip(skip);
    let most = shown.clone().max().unwrap_or(0).max(1);
    let bar = |sample: u64| {
        let at = u128::from(sample) * 7 / u128::from(most);
        BARS[usize::try_from(at).unwrap_or(7).min(7)]
    };
    shown.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_they_should_be() {
        assert_eq!(meter(1, 2, 4), ("▰▰".into(), "▱▱".into()));
        assert_eq!(meter(1, 1000, 4), ("▰".into(), "▱▱▱".into()));
        assert_eq!(meter(5, 0, 2), (String::new(), "▱▱".into()));
        assert_eq!(meter(9, 3, 2), ("▰▰".into(), String::new()));
        assert_eq!(meter(u64::MAX, u64::MAX, 0), (String::new(), String::new()));
        assert_eq!(shares("4", "6"), (4, 6));
        let whole = format!("1{}", "0".repeat(5_000));
        assert_eq!(
            shares(&format!("5{}", "0".repeat(4_999)), &whole),
            (50_000_000_000_000_000, 100_000_000_000_000_000)
        );
        assert_eq!(shares("3", &whole), (1, 100_000_000_000_000_000));
        assert_eq!((shares("0", "0"), shares("", ""), shares("x", "1")), ((0, 1), (0, 1), (0, 0)));
        assert_eq!(spark([1, 8, 4].into_iter(), 2), "█▄");
        assert_eq!(spark([0, 0].into_iter(), 5), "▁▁");
    }
}
