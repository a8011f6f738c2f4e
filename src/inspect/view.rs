//! One key, and what became of it.

use bytes::Bytes;

/// What a key holds, as far as it was fetched. Collections are cut: `total` says how many elements there are.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A string; `total` is its length in bytes.
    Str(Bytes),
    /// A list, from its head.
    List(Vec<Bytes>),
    /// A hash.
    Hash(Vec<(Bytes, Bytes)>),
    /// A set, sorted by bytes so that it does not jump about.
    Set(Vec<Bytes>),
    /// A sorted set, lowest score first: member and score (as the server spells it).
    ZSet(Vec<(Bytes, Bytes)>),
    /// A stream, from its end, oldest first: its entries' ids with their fields.
    Stream(Vec<(Bytes, Vec<(Bytes, Bytes)>)>),
    /// A type that redlab does not know (a module's).
    Other,
}

/// One key at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyView {
    /// The key.
    pub key: Bytes,
    /// What TYPE says.
    pub type_name: String,
    /// What OBJECT ENCODING says; empty where it could not be asked.
    pub encoding: String,
    /// What it holds.
    pub content: Content,
    /// How many elements it has in all (bytes, for a string).
    pub total: u64,
    /// When it expires, milliseconds since the Unix epoch on the target's clock; `None`: never.
    pub expires_at_ms: Option<i64>,
}

impl KeyView {
    /// The names of the elements that were seen: fields or members.
    pub fn elements(&self) -> Vec<Bytes> {
        match &self.content {
            Content::Hash(pairs) | Content::ZSet(pairs) => pairs.iter().map(|(name, _)| name.clone()).collect(),
            Content::Set(members) => members.clone(),
            _ => Vec::new(),
        }
    }
}

/// What became of a key between two snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyChange {
    /// The key.
    pub key: Bytes,
    /// What became of it.
    pub change: Change,
}

/// The kinds of change, typed so that a screen can say `score 3 → 5` and not show two blobs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The key is new.
    Created,
    /// The key is gone (deleted; for a lapse of time see [`Change::Expired`]).
    Deleted,
    /// The key is gone because its time had come.
    Expired,
    /// It holds another type now.
    Retyped {
        /// The type before.
        before: String,
        /// The type now.
        after: String,
    },
    /// A string's value changed.
    Str {
        /// Before.
        before: Bytes,
        /// Now.
        after: Bytes,
    },
    /// Elements came, went or changed. Names are fields, members, or list positions.
    Elements {
        /// New ones with their values (empty for set members).
        added: Vec<(Bytes, Bytes)>,
        /// Those that are gone.
        removed: Vec<(Bytes, Bytes)>,
        /// Name, value before, value now.
        changed: Vec<(Bytes, Bytes, Bytes)>,
    },
    /// Only its TTL changed; milliseconds since the Unix epoch, `None`: no expiry.
    Ttl {
        /// Before.
        before_ms: Option<i64>,
        /// Now.
        after_ms: Option<i64>,
    },
    /// Its encoding changed (and nothing that the other kinds tell).
    Encoding {
        /// Before.
        before: String,
        /// Now.
        after: String,
    },
}
