//! The redis crate's values as ours.

use bytes::Bytes;
use redis::{PushInfo, PushKind, ServerError, VerbatimFormat};

use crate::resp::Value;

use super::clean::restored;

/// A reply as redlab has it. The crate keeps no exact bytes of doubles and big numbers, and one null
/// for both of RESP2's.
pub fn value(from: redis::Value) -> Value {
    match from {
        redis::Value::Nil => Value::Null,
        redis::Value::Int(n) => Value::Integer(n),
        redis::Value::BulkString(bytes) => Value::Bulk(Bytes::from(bytes)),
        redis::Value::Array(items) => Value::Array(values(items)),
        redis::Value::SimpleString(text) => Value::Simple(restored(&text)),
        redis::Value::Okay => Value::ok(),
        redis::Value::Map(pairs) => Value::Map(pairs.into_iter().map(|(k, v)| (value(k), value(v))).collect()),
        redis::Value::Attribute { data, .. } => value(*data),
        redis::Value::Set(items) => Value::Set(values(items)),
        redis::Value::Double(number) => Value::Double(number),
        redis::Value::Boolean(yes) => Value::Boolean(yes),
        redis::Value::VerbatimString { format, text } => {
            Value::Verbatim { format: three(&format), text: Bytes::from(text) }
        }
        redis::Value::BigNumber(number) => Value::BigNumber(Bytes::from(number.to_string())),
        redis::Value::Push { kind, data } => push(&kind, data),
        redis::Value::ServerError(error) => Value::Error(restored(&line(&error))),
        // The crate may learn further kinds; what cannot be read is said, not hidden.
        other => Value::error(format!("ERR a reply of a kind that redlab does not know: {other:?}")),
    }
}

fn values(items: Vec<redis::Value>) -> Vec<Value> {
    items.into_iter().map(value).collect()
}

/// A message or other push. `None`: the crate's own note that the connection is gone.
pub fn pushed(info: PushInfo) -> Option<Value> {
    (info.kind != PushKind::Disconnection).then(|| push(&info.kind, info.data))
}

fn push(kind: &PushKind, data: Vec<redis::Value>) -> Value {
    let name = Value::text(kind.to_string());
    Value::Push(std::iter::once(name).chain(data.into_iter().map(value)).collect())
}

/// An error's line as the server wrote it: its code, then the text.
pub fn line(error: &ServerError) -> String {
    match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_string(),
    }
}

fn three(format: &VerbatimFormat) -> [u8; 3] {
    match format {
        VerbatimFormat::Markdown => *b"mkd",
        VerbatimFormat::Unknown(name) => name.as_bytes().try_into().unwrap_or(*b"txt"),
        _ => *b"txt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_shape() {
        let pair = (redis::Value::BulkString(b"a".to_vec()), redis::Value::Double(1.5));
        let from = redis::Value::Array(vec![redis::Value::Nil, redis::Value::Okay, redis::Value::Map(vec![pair])]);
        let map = Value::Map(vec![(Value::bulk("a"), Value::Double(1.5))]);
        assert_eq!(value(from), Value::Array(vec![Value::Null, Value::ok(), map]));
    }

    #[test]
    fn a_push_starts_with_its_kind() {
        let data = vec![redis::Value::BulkString(b"news".to_vec()), redis::Value::Int(1)];
        let info = PushInfo { kind: PushKind::Subscribe, data };
        let expected = Value::Push(vec![Value::bulk("subscribe"), Value::bulk("news"), Value::Integer(1)]);
        assert_eq!(pushed(info), Some(expected));
    }
}
