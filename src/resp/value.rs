//! One reply, as a tree.

use bytes::Bytes;

/// The protocol a connection speaks; `HELLO` changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// RESP2: the protocol that every connection starts with.
    #[default]
    Resp2,
    /// RESP3: maps, sets, doubles, booleans and pushes have types of their own.
    Resp3,
}

impl Protocol {
    /// The number that `HELLO` takes: 2 or 3.
    pub fn version(self) -> u8 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// A RESP value. RESP3 shapes are kept here; the encoder writes them down as RESP2 where the connection speaks that.
///
/// Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `+OK`
    Simple(Bytes),
    /// `-ERR text`: the whole line, its code first.
    Error(Bytes),
    /// `:1`
    Integer(i64),
    /// `$3\r\nfoo`
    Bulk(Bytes),
    /// The null reply of a command whose answer is one value: `$-1` in RESP2, `_` in RESP3.
    Null,
    /// The null reply of a command whose answer is an array: `*-1` in RESP2, `_` in RESP3.
    NullArray,
    /// `*2 …`
    Array(Vec<Value>),
    /// `%1 …`; a flat array in RESP2.
    Map(Vec<(Value, Value)>),
    /// `~2 …`; an array in RESP2.
    Set(Vec<Value>),
    /// `|1 …`: says something about the value that follows it, and is no reply of its own; nothing in RESP2.
    Attribute(Vec<(Value, Value)>),
    /// `,1.5`; a bulk string in RESP2.
    Double(f64),
    /// `#t`; 1 or 0 in RESP2.
    Boolean(bool),
    /// `(123…`; a bulk string in RESP2.
    BigNumber(Bytes),
    /// `=15\r\ntxt:…`; a bulk string in RESP2. The format is three bytes, such as `txt` or `mkd`.
    Verbatim {
        /// Three bytes that say what the text is.
        format: [u8; 3],
        /// The text itself.
        text: Bytes,
    },
    /// `>2 …`: out-of-band data; an array in RESP2.
    Push(Vec<Value>),
}

impl Value {
    /// `+OK`.
    pub fn ok() -> Value {
        Value::Simple(Bytes::from_static(b"OK"))
    }

    /// A simple string that is part of the program.
    pub fn simple(text: &'static str) -> Value {
        Value::Simple(Bytes::from_static(text.as_bytes()))
    }

    /// An error whose line is `text`, code included (`ERR no such key`).
    pub fn error(text: impl Into<String>) -> Value {
        Value::Error(Bytes::from(text.into()))
    }

    /// A bulk string.
    pub fn bulk(bytes: impl Into<Bytes>) -> Value {
        Value::Bulk(bytes.into())
    }

    /// A bulk string of text or of anything that prints as text.
    pub fn text(text: impl ToString) -> Value {
        Value::Bulk(Bytes::from(text.to_string()))
    }

    /// An array of bulk strings.
    pub fn bulks<I>(items: I) -> Value
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        Value::Array(items.into_iter().map(|b| Value::Bulk(b.into())).collect())
    }

    /// Whether this is an error reply.
    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error(_))
    }

    /// Whether this is one of the two nulls.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null | Value::NullArray)
    }

    /// The bytes of a simple, bulk, verbatim, error or big-number value.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Value::Simple(b) | Value::Bulk(b) | Value::Error(b) | Value::BigNumber(b) => Some(b),
            Value::Verbatim { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The items of an array, set or push.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => Some(items),
            _ => None,
        }
    }

    /// The same value as a RESP2 client would see it: maps flattened, doubles as text, booleans as 0 and 1.
    pub fn into_resp2(self) -> Value {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => {
                Value::Array(items.into_iter().map(Value::into_resp2).collect())
            }
            Value::Map(pairs) => {
                Value::Array(pairs.into_iter().flat_map(|(k, v)| [k.into_resp2(), v.into_resp2()]).collect())
            }
            Value::Double(d) => Value::Bulk(Bytes::from(super::format_double(d))),
            Value::Boolean(b) => Value::Integer(i64::from(b)),
            Value::BigNumber(text) | Value::Verbatim { text, .. } => Value::Bulk(text),
            other => other,
        }
    }
}
