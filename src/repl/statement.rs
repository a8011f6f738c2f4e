//! From what was typed or pasted to the commands in it.

use crate::resp::{SplitError, split_words};

/// The commands of a text: a line end outside of quotes ends one.
pub fn statements(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('\n') {
        if at >= start && !is_open(&text[start..at]) {
            found.push(&text[start..at]);
            start = at + 1;
        }
    }
    found.push(&text[start..]);
    found.retain(|line| !line.trim().is_empty());
    found
}

/// Whether a quote is open at the end of a text.
pub fn is_open(text: &str) -> bool {
    matches!(split_words(text), Err(SplitError::Unbalanced { .. }))
}

/// How often a line is to be run: `5 PING` runs PING five times. Source: redis-cli's repeat prefix.
pub fn repeated(line: &str) -> (u64, &str) {
    let trimmed = line.trim_start();
    match trimmed.split_once(char::is_whitespace) {
        Some((count, rest)) if !rest.trim().is_empty() => match count.parse::<u64>() {
            Ok(count) if count > 0 => (count, rest.trim_start()),
            _ => (1, line),
        },
        _ => (1, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_in_quotes_goes_on() {
        assert_eq!(statements("SET a 1\nGET a\n"), ["SET a 1", "GET a"]);
        assert_eq!(statements("EVAL \"return\n1\" 0\nPING"), ["EVAL \"return\n1\" 0", "PING"]);
        assert_eq!(statements("SET a 'x\ny"), ["SET a 'x\ny"]);
        assert!(is_open("EVAL \"a") && !is_open("EVAL \"a\" 0") && !is_open("GET \"a\"b"));
    }

    #[test]
    fn a_number_repeats() {
        assert_eq!(repeated("3 PING x"), (3, "PING x"));
        assert_eq!(repeated("GET 3"), (1, "GET 3"));
        assert_eq!(repeated("5"), (1, "5"));
    }
}
