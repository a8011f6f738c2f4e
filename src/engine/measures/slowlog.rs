//! Commands that took long: SLOWLOG.

use std::collections::VecDeque;

use bytes::Bytes;

use super::super::time::Time;

/// Most arguments of a command that are kept, and most bytes of each.
const ARGUMENTS: usize = 32;
const ARGUMENT: usize = 128;

/// A command that took long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowCommand {
    /// Its number among all slow commands.
    pub id: i64,
    /// When it ran, in seconds since the Unix epoch.
    pub at_s: i64,
    /// How long it took, in microseconds.
    pub us: u64,
    /// Its words, shortened.
    pub argv: Vec<Bytes>,
    /// Whose it was.
    pub addr: String,
    /// What that connection called itself.
    pub name: Bytes,
}

/// The latest of them, the very latest first.
#[derive(Clone, Debug, Default)]
pub struct SlowLog {
    entries: VecDeque<SlowCommand>,
    next: i64,
}

impl SlowLog {
    /// Notes a command; only the latest `most` are kept.
    pub fn add(&mut self, argv: Vec<Bytes>, us: u64, now: Time, (addr, name): (String, Bytes), most: usize) {
        let at_s = now.us().div_euclid(1_000_000);
        self.entries.push_front(SlowCommand { id: self.next, at_s, us, argv: shortened(argv), addr, name });
        self.next += 1;
        self.entries.truncate(most);
    }

    /// The latest commands first.
    pub fn iter(&self) -> impl Iterator<Item = &SlowCommand> {
        self.entries.iter()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets them; numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

/// A command as it is kept: long ones, and long arguments, say how much is left out.
fn shortened(argv: Vec<Bytes>) -> Vec<Bytes> {
    let count = argv.len();
    let kept = if count > ARGUMENTS { ARGUMENTS - 1 } else { count };
    let short = |argument: Bytes| match argument.len().checked_sub(ARGUMENT) {
        None | Some(0) => Bytes::copy_from_slice(&argument),
        Some(more) => [&argument[..ARGUMENT], format!("... ({more} more bytes)").as_bytes()].concat().into(),
    };
    let mut words: Vec<Bytes> = argv.into_iter().take(kept).map(short).collect();
    if kept < count {
        words.push(format!("... ({} more arguments)", count - kept).into());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_commands_are_shortened() {
        let argv = vec![Bytes::from("x".repeat(130)); 40];
        let kept = shortened(argv);
        assert_eq!(kept.len(), ARGUMENTS);
        assert_eq!(kept[0], format!("{}... (2 more bytes)", "x".repeat(128)));
        assert_eq!(kept[31], "... (9 more arguments)");
    }

    #[test]
    fn the_latest_are_kept() {
        let mut log = SlowLog::default();
        for n in 0..5u64 {
            log.add(vec![Bytes::from_static(b"PING")], n, Time(0), Default::default(), 2);
        }
        assert_eq!(log.iter().map(|entry| (entry.id, entry.us)).collect::<Vec<_>>(), [(4, 4), (3, 3)]);
    }
}
