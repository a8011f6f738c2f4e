//! A value of the step language.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;

use crate::database::{Cell, Rows};
use crate::resp::{Value, printable};

/// What a register or a world variable holds. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Datum {
    /// Nothing: a nil reply.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number: an integer reply.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Bytes, which need not be text: a bulk or simple string.
    Str(Bytes),
    /// An array reply, or rows of a database.
    List(Arc<[Datum]>),
    /// Names with values, such as `{error: "…"}`.
    Map(Arc<BTreeMap<Arc<str>, Datum>>),
}

impl Datum {
    /// Text.
    pub fn text(text: impl Into<String>) -> Datum {
        Datum::Str(Bytes::from(text.into()))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Datum>) -> Datum {
        Datum::List(items.into_iter().collect())
    }

    /// A map.
    pub fn map<K: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (K, Datum)>) -> Datum {
        Datum::Map(Arc::new(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// What `as` holds for a command that answered an error, where its step says `on_error: continue`.
    pub fn error(line: &str) -> Datum {
        Datum::map([("error", Datum::text(line))])
    }

    /// Whether it is nothing.
    pub fn is_none(&self) -> bool {
        matches!(self, Datum::None)
    }

    /// Whether a condition with this value is met, as Jinja has it: nothing, zero and whatever is empty are false.
    pub fn is_true(&self) -> bool {
        match self {
            Datum::None => false,
            Datum::Bool(yes) => *yes,
            Datum::Int(n) => *n != 0,
            Datum::Float(n) => *n != 0.0,
            Datum::Str(bytes) => !bytes.is_empty(),
            Datum::List(items) => !items.is_empty(),
            Datum::Map(pairs) => !pairs.is_empty(),
        }
    }

    /// Whether a register has room for it.
    pub fn fits_a_register(&self) -> bool {
        fn fits(datum: &Datum, room: &mut Size) -> Option<()> {
            let bytes = if let Datum::Str(bytes) = datum { bytes.len() } else { 0 };
            room.enter(bytes)?;
            match datum {
                Datum::List(items) => items.iter().try_for_each(|item| fits(item, room))?,
                Datum::Map(pairs) => pairs.values().try_for_each(|item| fits(item, room))?,
                _ => {}
            }
            room.leave();
            Some(())
        }
        fits(self, &mut Size::of_a_register()).is_some()
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Datum::Str(bytes) => bytes.len(),
            Datum::List(items) => items.iter().map(|item| 32 + item.bytes()).sum(),
            Datum::Map(pairs) => pairs.iter().map(|(key, item)| 32 + key.len() + item.bytes()).sum(),
            _ => 8,
        }
    }

    /// One line for a screen, at most about `most` characters: strings without quotes, nothing as `none`.
    pub fn brief(&self, most: usize) -> String {
        match self {
            Datum::None => "none".into(),
            Datum::Bool(yes) => yes.to_string(),
            Datum::Int(n) => n.to_string(),
            Datum::Float(n) => float_text(*n),
            Datum::Str(bytes) => printable(bytes, most),
            Datum::List(items) => format!("[{}]", brief_items(items.iter().map(|item| item.brief(most / 2)), most)),
            Datum::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{key}: {}", value.brief(most / 2)));
                format!("{{{}}}", brief_items(pairs, most))
            }
        }
    }

    /// The value as JSON: whole numbers as numbers, strings as strings (bytes that are no text are shown as `\xff`),
    /// nothing as null, lists as arrays.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Datum::None => serde_json::Value::Null,
            Datum::Bool(yes) => (*yes).into(),
            Datum::Int(n) => (*n).into(),
            Datum::Float(n) => (*n).into(),
            Datum::Str(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(_) => printable(bytes, usize::MAX).into(),
            },
            Datum::List(items) => items.iter().map(Datum::to_json).collect::<Vec<_>>().into(),
            Datum::Map(pairs) => {
                serde_json::Value::Object(pairs.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect())
            }
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Datum::None => 0,
            Datum::Bool(_) => 1,
            Datum::Int(_) => 2,
            Datum::Float(_) => 3,
            Datum::Str(_) => 4,
            Datum::List(_) => 5,
            Datum::Map(_) => 6,
        }
    }
}

/// How much one register may hold: bytes of text, values inside of values, and how deep they are nested.
const MOST_BYTES: usize = 1 << 20;
const MOST_VALUES: usize = 100_000;
const MOST_DEEP: usize = 32;

/// The room that is left in a register while a value is put into it.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    bytes: usize,
    values: usize,
    deep: usize,
}

impl Size {
    /// All of it.
    pub fn of_a_register() -> Size {
        Size { bytes: MOST_BYTES, values: MOST_VALUES, deep: MOST_DEEP }
    }

    /// A value with so many bytes of its own begins; `None` if there is no room for it.
    pub fn enter(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes)?;
        self.values = self.values.checked_sub(1)?;
        self.deep = self.deep.checked_sub(1)?;
        Some(())
    }

    /// The value has ended.
    pub fn leave(&mut self) {
        self.deep += 1;
    }
}

fn brief_items(items: impl Iterator<Item = String>, most: usize) -> String {
    let mut out = String::new();
    for item in items {
        if !out.is_empty() {
            out.push_str(", ");
        }
        if out.len() > most {
            out.push('…');
            break;
        }
        out.push_str(&item);
    }
    out
}

/// A number with a fraction as Jinja prints it: `1.0`, not `1`.
pub fn float_text(n: f64) -> String {
    format!("{n:?}")
}

/// A reply as the step language sees it: the value, or the text of an error reply. The shape is RESP2's, whatever
/// protocol the connection speaks; errors inside of arrays become `{error: "…"}`.
pub fn answer(value: Value) -> Result<Datum, String> {
    match value.into_resp2() {
        Value::Error(line) => Err(printable(&line, 1000)),
        other => Ok(plain(other)),
    }
}

fn plain(value: Value) -> Datum {
    match value {
        Value::Integer(n) => Datum::Int(n),
        Value::Null | Value::NullArray => Datum::None,
        Value::Simple(bytes) | Value::Bulk(bytes) | Value::BigNumber(bytes) => Datum::Str(bytes),
        Value::Verbatim { text, .. } => Datum::Str(text),
        Value::Error(line) => Datum::error(&printable(&line, 1000)),
        Value::Array(items) | Value::Set(items) | Value::Push(items) => Datum::list(items.into_iter().map(plain)),
        Value::Attribute(pairs) | Value::Map(pairs) => {
            Datum::list(pairs.into_iter().flat_map(|(key, value)| [plain(key), plain(value)]))
        }
        Value::Double(n) => Datum::Float(n),
        Value::Boolean(yes) => Datum::Int(i64::from(yes)),
    }
}

/// A query's result as the step language sees it: one row of one column is its value, no row is none, else a list of
/// rows. Source: the scenario format.
pub fn of_rows(rows: &Rows) -> Datum {
    match rows.rows.as_slice() {
        [] => Datum::None,
        [row] if row.len() == 1 => of_cell(&row[0]),
        rows => Datum::list(rows.iter().map(|row| Datum::list(row.iter().map(of_cell)))),
    }
}

fn of_cell(cell: &Cell) -> Datum {
    match cell {
        Cell::Null => Datum::None,
        Cell::Integer(n) => Datum::Int(*n),
        Cell::Real(n) => Datum::Float(*n),
        Cell::Text(text) => Datum::text(text.clone()),
        Cell::Blob(bytes) => Datum::Str(Bytes::copy_from_slice(bytes)),
    }
}

impl From<i64> for Datum {
    fn from(n: i64) -> Datum {
        Datum::Int(n)
    }
}

impl From<bool> for Datum {
    fn from(yes: bool) -> Datum {
        Datum::Bool(yes)
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Datum {
        Datum::text(text)
    }
}

impl Ord for Datum {
    fn cmp(&self, other: &Datum) -> Ordering {
        match (self, other) {
            (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
            (Datum::Int(a), Datum::Int(b)) => a.cmp(b),
            (Datum::Float(a), Datum::Float(b)) => a.total_cmp(b),
            (Datum::Str(a), Datum::Str(b)) => a.cmp(b),
            (Datum::List(a), Datum::List(b)) => a.cmp(b),
            (Datum::Map(a), Datum::Map(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Datum {
    fn partial_cmp(&self, other: &Datum) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Datum {
    fn eq(&self, other: &Datum) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Datum {}

impl Hash for Datum {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.rank());
        match self {
            Datum::None => {}
            Datum::Bool(yes) => yes.hash(state),
            Datum::Int(n) => n.hash(state),
            Datum::Float(n) => n.to_bits().hash(state),
            Datum::Str(bytes) => bytes.hash(state),
            Datum::List(items) => items.hash(state),
            Datum::Map(pairs) => pairs.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_keep_their_kind() {
        let reply = Value::Array(vec![
            Value::Integer(3),
            Value::Null,
            Value::bulk(&b"\xff"[..]),
            Value::error("ERR no"),
            Value::Double(1.5),
        ]);
        let datum = answer(reply).expect("no error");
        let Datum::List(items) = &datum else { panic!("a list") };
        assert_eq!(items[0], Datum::Int(3));
        assert_eq!(items[1], Datum::None);
        assert_eq!(items[2], Datum::Str(Bytes::from_static(b"\xff")));
        assert_eq!(items[3], Datum::error("ERR no"));
        assert_eq!(items[4], Datum::text("1.5"));
        assert_eq!(answer(Value::error("ERR x")), Err("ERR x".into()));
        assert_eq!(datum.brief(80), "[3, none, \\xff, {error: ERR no}, 1.5]");
        assert_eq!(datum.to_json()[1], serde_json::Value::Null);
    }
}
