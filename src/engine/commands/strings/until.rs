//! EX, PX, EXAT and PXAT: until when a string lives.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::error::{Error, NOT_INTEGER};
use crate::engine::time::Time;
use crate::engine::types::parse_integer;

/// How the argument of a TTL option is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `EX`: seconds from now on.
    Seconds,
    /// `PX`: milliseconds from now on.
    Milliseconds,
    /// `EXAT`: seconds since the Unix epoch.
    UnixSeconds,
    /// `PXAT`: milliseconds since the Unix epoch.
    UnixMilliseconds,
}

impl Unit {
    /// Whether it counts from the epoch, not from now on.
    pub fn is_absolute(self) -> bool {
        matches!(self, Unit::UnixSeconds | Unit::UnixMilliseconds)
    }
}

/// A TTL option and its argument, which is read once all options are known to be right.
#[derive(Clone, Copy, Debug)]
pub struct Until<'a> {
    /// Its unit.
    pub unit: Unit,
    argument: &'a Bytes,
}

impl<'a> Until<'a> {
    /// A TTL as an argument of its own (SETEX).
    pub fn new(unit: Unit, argument: &'a Bytes) -> Until<'a> {
        Until { unit, argument }
    }

    /// Takes one of the four options with its argument, unless `before` is one of another name: those exclude each
    /// other, while the same one may be given again.
    pub fn take(args: &mut Args<'a>, before: Option<Until<'a>>) -> Option<Until<'a>> {
        let options = [
            ("EX", Unit::Seconds),
            ("PX", Unit::Milliseconds),
            ("EXAT", Unit::UnixSeconds),
            ("PXAT", Unit::UnixMilliseconds),
        ];
        let allowed = |unit: Unit| before.is_none_or(|until| until.unit == unit);
        if args.left() < 2 {
            return None;
        }
        let (_, unit) = options.into_iter().find(|(word, unit)| allowed(*unit) && args.keyword(word))?;
        Some(Until { unit, argument: args.next().ok()? })
    }

    /// The moment in milliseconds since the Unix epoch; `command` is named in the error.
    pub fn at_ms(self, now: Time, command: &str) -> Result<i64, Error> {
        let number = parse_integer(self.argument).ok_or(NOT_INTEGER)?;
        let in_seconds = matches!(self.unit, Unit::Seconds | Unit::UnixSeconds);
        let start = if self.unit.is_absolute() { 0 } else { now.ms() };
        let at = number.checked_mul(if in_seconds { 1000 } else { 1 }).and_then(|ms| ms.checked_add(start));
        at.filter(|_| number > 0).ok_or_else(|| Error::new(format!("ERR invalid expire time in '{command}' command")))
    }
}
