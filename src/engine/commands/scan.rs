//! What SCAN's kin for the elements of one key have in common.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::glob;
use crate::engine::outcome::{Answer, reply};
use crate::resp::Value;

/// Elements that one call aims at, unless COUNT says otherwise.
const DEFAULT_COUNT: i64 = 10;

/// What the options of a scan ask for.
pub struct Scan<'a> {
    cursor: u64,
    pattern: Option<&'a Bytes>,
    count: usize,
}

impl<'a> Scan<'a> {
    /// `[MATCH pattern] [COUNT count]`
    pub fn options(cursor: u64, args: &mut Args<'a>) -> Result<Scan<'a>, Error> {
        let (mut pattern, mut count) = (None, DEFAULT_COUNT);
        while args.left() > 1 {
            if args.keyword("COUNT") {
                count = args.integer()?;
                if count < 1 {
                    return Err(SYNTAX);
                }
            } else if args.keyword("MATCH") {
                // A lone star is no pattern: as one it would not match the empty name.
                pattern = Some(args.next()?).filter(|pattern| pattern.as_ref() != b"*");
            } else {
                return Err(SYNTAX);
            }
        }
        args.finish()?;
        Ok(Scan { cursor, pattern, count: usize::try_from(count).unwrap_or(usize::MAX) })
    }

    /// Whether the pattern admits a name.
    pub fn admits(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }

    /// Takes steps until enough elements were met. `step` visits one place of a table: it puts what is found there
    /// into the vector and answers the cursor of the next.
    pub fn walk<T>(&self, mut step: impl FnMut(u64, &mut Vec<T>) -> u64) -> (u64, Vec<T>) {
        let (mut cursor, mut found) = (self.cursor, Vec::new());
        // Redis also stops after ten empty places for each element that is asked for.
        let mut left = self.count.saturating_mul(10);
        loop {
            cursor = step(cursor, &mut found);
            if cursor == 0 || left == 0 || found.len() >= self.count {
                return (cursor, found);
            }
            left -= 1;
        }
    }
}

/// The reply of a scan: the next cursor and the elements.
pub fn answer(cursor: u64, elements: Vec<Value>) -> Answer {
    reply::array(vec![Value::text(cursor), Value::Array(elements)])
}
