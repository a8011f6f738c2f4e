//! What a statement gives back.

use std::fmt;

use rusqlite::types::ValueRef;

/// A value of SQLite.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text; bytes in it that are no UTF-8 were replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Cell {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(n) => Cell::Integer(n),
            ValueRef::Real(n) => Cell::Real(n),
            ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Integer(n) => n.fmt(f),
            Cell::Real(n) => write!(f, "{n:?}"),
            Cell::Text(text) => f.write_str(text),
            Cell::Blob(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                write!(f, "x'{digits}'")
            }
        }
    }
}

/// What a statement gives back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The names of the columns; empty for a statement that answers nothing.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows the statement inserted, updated or deleted.
    pub changed: u64,
}
