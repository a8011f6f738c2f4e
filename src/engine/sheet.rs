//! A reply of several elements while it is written.

use crate::resp::{Protocol, Value, encode_bulk, encode_head, encode_value};

use super::outcome::{Answer, Outcome};
use super::types::Item;

/// What several elements are together, for a client that tells such things apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Some after others.
    Array,
    /// None twice.
    Set,
    /// Names and what they name, in turns.
    Map,
}

/// The most bytes for which memory is kept from reply to reply.
const KEPT: usize = 64 * 1024;

/// A reply of several elements while it is written: bytes where the caller wants nothing else, since a value for each
/// element would cost more than the element; values elsewhere (scripts and transactions look at replies).
#[derive(Debug)]
pub struct Sheet(Form);

#[derive(Debug)]
enum Form {
    Bytes(Vec<u8>, Protocol),
    Values(Shape, Vec<Value>),
}

impl Sheet {
    /// A reply that is written as bytes into this memory, which may hold something old.
    pub fn of_bytes(mut memory: Vec<u8>, protocol: Protocol) -> Sheet {
        memory.clear();
        Sheet(Form::Bytes(memory, protocol))
    }

    /// A reply that is made of values.
    pub fn of_values() -> Sheet {
        Sheet(Form::Values(Shape::Array, Vec::new()))
    }

    /// Begins with how many elements will follow: twice as many as a map has names.
    pub fn begin(&mut self, shape: Shape, count: usize) {
        match &mut self.0 {
            Form::Bytes(bytes, protocol) => {
                let (mark, count) = match shape {
                    Shape::Set if *protocol == Protocol::Resp3 => (b'~', count),
                    Shape::Map if *protocol == Protocol::Resp3 => (b'%', count / 2),
                    _ => (b'*', count),
                };
                encode_head(mark, count, bytes);
            }
            Form::Values(own, values) => {
                *own = shape;
                values.reserve_exact(count);
            }
        }
    }

    /// An element: a bulk string.
    #[inline]
    pub fn bulk(&mut self, text: &[u8]) {
        match &mut self.0 {
            Form::Bytes(bytes, _) => encode_bulk(text, bytes),
            Form::Values(_, values) => values.push(Value::Bulk(bytes::Bytes::copy_from_slice(text))),
        }
    }

    /// An element: a bulk string, or null.
    #[inline]
    pub fn maybe(&mut self, text: Option<&[u8]>) {
        match text {
            Some(text) => self.bulk(text),
            None => self.value(Value::Null),
        }
    }

    /// An element: a score.
    pub fn score(&mut self, score: f64) {
        match &mut self.0 {
            // Most scores are whole and small, and need not be printed with care.
            Form::Bytes(bytes, Protocol::Resp2) if score.fract() == 0.0 && score.abs() < 1e15 && score != 0.0 => {
                encode_bulk(&Item::number(score as i64), bytes);
            }
            _ => self.value(Value::Double(score)),
        }
    }

    /// An element of any kind.
    pub fn value(&mut self, value: Value) {
        match &mut self.0 {
            Form::Bytes(bytes, protocol) => encode_value(&value, *protocol, bytes),
            Form::Values(_, values) => values.push(value),
        }
    }

    /// All of these bulk strings.
    pub fn bulks<T: AsRef<[u8]>>(mut self, shape: Shape, texts: impl ExactSizeIterator<Item = T>) -> Answer {
        self.begin(shape, texts.len());
        texts.for_each(|text| self.bulk(text.as_ref()));
        self.answer()
    }

    /// The reply, now that all elements are written.
    pub fn answer(self) -> Answer {
        Ok(match self.0 {
            Form::Bytes(bytes, _) => Outcome::Written(bytes),
            Form::Values(Shape::Array, values) => Outcome::Reply(Value::Array(values)),
            Form::Values(Shape::Set, values) => Outcome::Reply(Value::Set(values)),
            Form::Values(Shape::Map, values) => {
                let mut values = values.into_iter();
                let pair = || Some((values.next()?, values.next()?));
                Outcome::Reply(Value::Map(std::iter::from_fn(pair).collect()))
            }
        })
    }
}

/// Whether so much memory is kept for the next reply.
pub fn is_kept(memory: &[u8]) -> bool {
    memory.len() <= KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut sheet: Sheet, shape: Shape) -> Outcome {
        sheet.begin(shape, 6);
        sheet.bulk(b"a");
        sheet.score(17.0);
        sheet.maybe(None);
        sheet.score(-0.0);
        sheet.maybe(Some(b""));
        sheet.score(-2.5);
        sheet.answer().unwrap()
    }

    #[test]
    fn bytes_are_those_of_the_values() {
        for shape in [Shape::Array, Shape::Set, Shape::Map] {
            for protocol in [Protocol::Resp2, Protocol::Resp3] {
                let Outcome::Reply(value) = filled(Sheet::of_values(), shape) else { panic!("{shape:?}") };
                let mut expected = Vec::new();
                encode_value(&value, protocol, &mut expected);
                let Outcome::Written(bytes) = filled(Sheet::of_bytes(b"old".to_vec(), protocol), shape) else {
                    panic!("{shape:?}")
                };
                assert_eq!(bytes.escape_ascii().to_string(), expected.escape_ascii().to_string());
            }
        }
    }
}
