//! Which commands look at a key, and what their replies say. Every look is bounded.

use bytes::Bytes;

use crate::resp::Value;

use super::view::{Content, KeyView};

/// Most elements of a collection that are fetched.
pub const MOST_ELEMENTS: usize = 64;
/// Most bytes of one value that are kept.
pub const MOST_BYTES: usize = 4096;

/// A command from words.
pub fn command(words: &[&[u8]]) -> Vec<Bytes> {
    words.iter().map(|word| Bytes::copy_from_slice(word)).collect()
}

/// What was learned at the first look: it exists, is this, and expires then.
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// The key.
    pub key: Bytes,
    /// What TYPE says.
    pub type_name: String,
    /// What OBJECT ENCODING says.
    pub encoding: String,
    /// When it expires.
    pub expires_at_ms: Option<i64>,
    /// How much it holds; known after the second look.
    pub total: u64,
}

/// The first look: what the key is and when it expires. `ttl` is the command that tells the latter.
pub fn first_look(key: &Bytes, ttl: &str) -> [Vec<Bytes>; 3] {
    [command(&[b"TYPE", key]), command(&[ttl.as_bytes(), key]), command(&[b"OBJECT", b"ENCODING", key])]
}

/// The second look: how much it holds. `None`: a type that has no such command.
pub fn second_look(seen: &Glimpse) -> Option<Vec<Bytes>> {
    let name: &[u8] = match seen.type_name.as_str() {
        "string" => b"STRLEN",
        "list" => b"LLEN",
        "hash" => b"HLEN",
        "set" => b"SCARD",
        "zset" => b"ZCARD",
        "stream" => b"XLEN",
        _ => return None,
    };
    Some(command(&[name, &seen.key]))
}

/// The third look: the beginning of what it holds, or the end of a stream, where what is new arrives. Whole where it is small, so that nothing is missed in it.
pub fn third_look(seen: &Glimpse) -> Option<Vec<Bytes>> {
    let key = &seen.key;
    let (last, count) = ((MOST_ELEMENTS - 1).to_string(), MOST_ELEMENTS.to_string());
    let (last, count) = (last.as_bytes(), count.as_bytes());
    let small = seen.total <= MOST_ELEMENTS as u64;
    Some(match seen.type_name.as_str() {
        "string" => command(&[b"GETRANGE", key, b"0", (MOST_BYTES - 1).to_string().as_bytes()]),
        "list" => command(&[b"LRANGE", key, b"0", last]),
        "hash" if small => command(&[b"HGETALL", key]),
        "hash" => command(&[b"HSCAN", key, b"0", b"COUNT", count]),
        "set" if small => command(&[b"SMEMBERS", key]),
        "set" => command(&[b"SSCAN", key, b"0", b"COUNT", count]),
        "zset" => command(&[b"ZRANGE", key, b"0", last, b"WITHSCORES"]),
        "stream" => command(&[b"XREVRANGE", key, b"+", b"-", b"COUNT", count]),
        _ => return None,
    })
}

/// What a key is, from the reply to the third look.
pub fn view(seen: Glimpse, body: Option<&Value>) -> KeyView {
    let Glimpse { key, type_name, encoding, expires_at_ms, total } = seen;
    let content = body.map_or(Content::Other, |body| content(&type_name, body));
    KeyView { key, type_name, encoding, content, total, expires_at_ms }
}

fn content(type_name: &str, body: &Value) -> Content {
    match type_name {
        "string" => Content::Str(short(body)),
        "list" => Content::List(body.items().unwrap_or_default().iter().take(MOST_ELEMENTS).map(short).collect()),
        "hash" => {
            let mut fields = fields(body);
            fields.sort();
            fields.truncate(MOST_ELEMENTS);
            Content::Hash(fields)
        }
        "set" => {
            let mut members: Vec<Bytes> = scanned(body).iter().map(short).collect();
            members.sort();
            members.dedup();
            members.truncate(MOST_ELEMENTS);
            Content::Set(members)
        }
        "zset" => Content::ZSet(scored(body)),
        "stream" => Content::Stream(body.items().unwrap_or_default().iter().rev().filter_map(entry).collect()),
        _ => Content::Other,
    }
}

fn fields(body: &Value) -> Vec<(Bytes, Bytes)> {
    match body {
        Value::Map(pairs) => pairs.iter().map(|(field, value)| (short(field), short(value))).collect(),
        other => pairs(scanned(other)),
    }
}

/// The elements of a reply: as they stand, or after the cursor of a reply of the SCAN family.
fn scanned(body: &Value) -> &[Value] {
    match body.items() {
        Some([_, elements]) if elements.items().is_some() => elements.items().unwrap_or_default(),
        Some(items) => items,
        None => &[],
    }
}

fn pairs(items: &[Value]) -> Vec<(Bytes, Bytes)> {
    items.chunks_exact(2).map(|pair| (short(&pair[0]), short(&pair[1]))).collect()
}

/// Members with scores: pairs in RESP3, one flat list in RESP2.
fn scored(body: &Value) -> Vec<(Bytes, Bytes)> {
    let items = body.items().unwrap_or_default();
    if !items.iter().all(|item| item.items().is_some()) {
        return pairs(items);
    }
    let pair = |item: &Value| {
        let [member, score] = item.items()? else { return None };
        Some((short(member), short(score)))
    };
    items.iter().filter_map(pair).collect()
}

fn entry(item: &Value) -> Option<(Bytes, Vec<(Bytes, Bytes)>)> {
    let [id, fields] = item.items()? else { return None };
    Some((short(id), pairs(fields.items().unwrap_or_default())))
}

/// A value's bytes, cut. A copy, so that a short piece does not keep a long reply in memory.
fn short(value: &Value) -> Bytes {
    match value {
        Value::Double(number) => Bytes::from(crate::resp::format_double(*number)),
        Value::Integer(number) => Bytes::from(number.to_string()),
        other => other
            .as_bytes()
            .map_or_else(Bytes::new, |bytes| Bytes::copy_from_slice(&bytes[..bytes.len().min(MOST_BYTES)])),
    }
}
