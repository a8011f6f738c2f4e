//! Commands that may make their client wait.

use std::time::Duration;

use bytes::Bytes;

use crate::engine::{self, Flags};

/// How long a command may wait for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// At most so long.
    AtMost(Duration),
    /// Until somebody comes.
    ForEver,
}

/// What a command may do. Source: the syntax of the blocking commands of Redis 7.
pub fn wait(argv: &[Bytes]) -> Wait {
    let Some(row) = engine::resolve(argv) else { return Wait::No };
    let time = |at: usize, unit: f64| limit(argv.get(at), unit);
    match row.name {
        "BLMPOP" | "BZMPOP" => time(1, 1.0),
        "WAIT" => time(2, 1e-3),
        "WAITAOF" => time(3, 1e-3),
        "XREAD" | "XREADGROUP" => match argv.iter().position(|word| word.eq_ignore_ascii_case(b"BLOCK")) {
            Some(at) => time(at + 1, 1e-3),
            None => Wait::No,
        },
        _ if !row.flags.has(Flags::BLOCKING) => Wait::No,
        _ => time(argv.len().saturating_sub(1), 1.0),
    }
}

fn limit(word: Option<&Bytes>, unit: f64) -> Wait {
    let number = word.and_then(|word| std::str::from_utf8(word).ok()).and_then(|word| word.parse::<f64>().ok());
    match number.map(|number| Duration::try_from_secs_f64(number * unit)) {
        Some(Ok(time)) if time.is_zero() => Wait::ForEver,
        Some(Ok(time)) => Wait::AtMost(time),
        // The server will answer that this is no timeout.
        _ => Wait::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_stand_where_each_command_has_them() {
        let of = |line: &str| wait(&crate::resp::split_line(line).expect("a command line"));
        assert_eq!(of("GET a"), Wait::No);
        assert_eq!(of("BRPOP a b 0"), Wait::ForEver);
        assert_eq!(of("blpop a 0.5"), Wait::AtMost(Duration::from_millis(500)));
        assert_eq!(of("BLMOVE a b LEFT RIGHT 2"), Wait::AtMost(Duration::from_secs(2)));
        assert_eq!(of("BLMPOP 0 1 a LEFT"), Wait::ForEver);
        assert_eq!(of("XREAD COUNT 1 BLOCK 250 STREAMS s $"), Wait::AtMost(Duration::from_millis(250)));
        assert_eq!(of("XREAD COUNT 1 STREAMS s 0"), Wait::No);
        assert_eq!(of("WAIT 1 100"), Wait::AtMost(Duration::from_millis(100)));
        assert_eq!(of("BRPOP a soon"), Wait::No);
        assert_eq!(of("BRPOP"), Wait::No);
    }
}
