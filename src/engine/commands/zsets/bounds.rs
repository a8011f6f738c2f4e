//! Intervals of scores and of members, as ZRANGEBYSCORE and ZRANGEBYLEX take them.

use bytes::Bytes;

use super::super::super::error::Error;
use super::super::super::strtod::strtod;
use super::super::super::types::{Item, ZSet};

/// One end of an interval of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreEnd {
    score: f64,
    open: bool,
}

/// One end of an interval of members.
#[derive(Clone, Debug, PartialEq)]
pub enum LexEnd {
    /// `-`
    Lowest,
    /// `+`
    Highest,
    /// `[member`
    Closed(Bytes),
    /// `(member`
    Open(Bytes),
}

/// An interval of a sorted set.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// By score.
    Score(ScoreEnd, ScoreEnd),
    /// By member, where all scores are equal.
    Lex(LexEnd, LexEnd),
}

impl Bounds {
    /// `min` and `max` as scores, `(` before an end that is left out.
    pub fn by_score(min: &Bytes, max: &Bytes) -> Result<Bounds, Error> {
        let ends = score_end(min).zip(score_end(max));
        let (min, max) = ends.ok_or(Error::fixed("ERR min or max is not a float"))?;
        Ok(Bounds::Score(min, max))
    }

    /// `min` and `max` as members: `-`, `+`, `[member` or `(member`.
    pub fn by_lex(min: &Bytes, max: &Bytes) -> Result<Bounds, Error> {
        let ends = lex_end(min).zip(lex_end(max));
        let (min, max) = ends.ok_or(Error::fixed("ERR min or max not valid string range item"))?;
        Ok(Bounds::Lex(min, max))
    }

    /// Whether a member is not below the interval.
    fn reached(&self, member: &[u8], score: f64) -> bool {
        match self {
            Bounds::Score(min, _) => score > min.score || (!min.open && score == min.score),
            Bounds::Lex(LexEnd::Lowest, _) => true,
            Bounds::Lex(LexEnd::Highest, _) => false,
            Bounds::Lex(LexEnd::Closed(min), _) => member >= &min[..],
            Bounds::Lex(LexEnd::Open(min), _) => member > &min[..],
        }
    }

    /// Whether a member is not above the interval.
    fn within(&self, member: &[u8], score: f64) -> bool {
        match self {
            Bounds::Score(_, max) => score < max.score || (!max.open && score == max.score),
            Bounds::Lex(_, LexEnd::Lowest) => false,
            Bounds::Lex(_, LexEnd::Highest) => true,
            Bounds::Lex(_, LexEnd::Closed(max)) => member <= &max[..],
            Bounds::Lex(_, LexEnd::Open(max)) => member < &max[..],
        }
    }

    /// Whether the set lies wholly beside the interval. Where scores differ, an interval of members has no meaning;
    /// Redis then looks at the two outermost members first, and so do we.
    fn misses(&self, zset: &ZSet) -> bool {
        let (first, last) = (zset.iter().next(), zset.iter().next_back());
        !first.is_some_and(|(m, s)| self.within(&m, s)) || !last.is_some_and(|(m, s)| self.reached(&m, s))
    }

    /// The members of the interval with their scores, lowest first or (`reverse`) highest first.
    pub fn select<'a>(&'a self, zset: &'a ZSet, reverse: bool) -> Box<dyn Iterator<Item = (Item<'a>, f64)> + 'a> {
        if self.misses(zset) {
            return Box::new(std::iter::empty());
        }
        if reverse {
            let end = zset.count_through(|m, s| self.within(m, s));
            Box::new(zset.range(0, end).rev().take_while(|(m, s)| self.reached(m, *s)))
        } else {
            let start = zset.count_while(|m, s| !self.reached(m, s));
            Box::new(zset.range(start, zset.len()).take_while(|(m, s)| self.within(m, *s)))
        }
    }

    /// The ranks `from..to` of the interval.
    pub fn ranks(&self, zset: &ZSet) -> (usize, usize) {
        if self.misses(zset) {
            return (0, 0);
        }
        let from = zset.count_while(|m, s| !self.reached(m, s));
        let to = match self {
            // A listpack is walked, as Redis does, so that also an interval without meaning has Redis's answer.
            Bounds::Lex(..) if zset.is_packed() => from + self.select(zset, false).count(),
            _ => zset.count_while(|m, s| self.within(m, s)),
        };
        (from, to.max(from))
    }
}

fn score_end(text: &[u8]) -> Option<ScoreEnd> {
    let (open, number) = match text.strip_prefix(b"(") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // Redis leaves this to strtod on a C string: text behind a zero byte is not seen, leading spaces are skipped, and
    // nothing at all is 0.
    let number = number.split(|b| *b == 0).next().unwrap_or_default();
    if number.is_empty() {
        return Some(ScoreEnd { score: 0.0, open });
    }
    let (score, read) = strtod(number)?;
    (read == number.len() && !score.is_nan()).then_some(ScoreEnd { score, open })
}

fn lex_end(text: &Bytes) -> Option<LexEnd> {
    match text.as_ref() {
        b"-" => Some(LexEnd::Lowest),
        b"+" => Some(LexEnd::Highest),
        [b'[', ..] => Some(LexEnd::Closed(text.slice(1..))),
        [b'(', ..] => Some(LexEnd::Open(text.slice(1..))),
        _ => None,
    }
}
