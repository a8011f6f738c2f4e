//! Hashes: field to value. `listpack` while small (insertion order is kept), then `hashtable`.

use bytes::Bytes;

use super::EncodingLimits;
use super::dict::Dict;

/// A hash, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub enum Hash {
    /// `listpack`: pairs in insertion order.
    Listpack(Vec<(Bytes, Bytes)>),
    /// `hashtable`.
    Table(Dict<Bytes>),
}

impl Default for Hash {
    fn default() -> Self {
        Hash::Listpack(Vec::new())
    }
}

impl Hash {
    /// How many fields there are.
    pub fn len(&self) -> usize {
        match self {
            Hash::Listpack(pairs) => pairs.len(),
            Hash::Table(dict) => dict.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `field`.
    pub fn get(&self, field: &[u8]) -> Option<&Bytes> {
        match self {
            Hash::Listpack(pairs) => pairs.iter().find(|(f, _)| f == field).map(|(_, value)| value),
            Hash::Table(dict) => dict.get(field),
        }
    }

    /// Sets `field`; true if it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &EncodingLimits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.make_table();
        }
        let copied = Bytes::copy_from_slice(value);
        match self {
            Hash::Listpack(pairs) => {
                if let Some((_, old)) = pairs.iter_mut().find(|(f, _)| f == field) {
                    *old = copied;
                    return false;
                }
                pairs.push((Bytes::copy_from_slice(field), copied));
                if pairs.len() > limits.hash_entries {
                    self.make_table();
                }
                true
            }
            Hash::Table(dict) => dict.insert(Bytes::copy_from_slice(field), copied).is_none(),
        }
    }

    fn make_table(&mut self) {
        if let Hash::Listpack(pairs) = self {
            let mut dict = Dict::default();
            for (field, value) in pairs.drain(..) {
                dict.insert(field, value);
            }
            *self = Hash::Table(dict);
        }
    }

    /// Removes `field`; its value comes back.
    pub fn remove(&mut self, field: &[u8]) -> Option<Bytes> {
        match self {
            Hash::Listpack(pairs) => {
                let at = pairs.iter().position(|(f, _)| f == field)?;
                Some(pairs.remove(at).1)
            }
            Hash::Table(dict) => dict.remove(field),
        }
    }

    /// Fields and values, in the order HGETALL answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (&Bytes, &Bytes)> + '_> {
        match self {
            Hash::Listpack(pairs) => Box::new(pairs.iter().map(|(field, value)| (field, value))),
            Hash::Table(dict) => Box::new(dict.iter()),
        }
    }

    /// The pair at a position below [`Hash::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(&Bytes, &Bytes)> {
        match self {
            Hash::Listpack(pairs) => pairs.get(index).map(|(field, value)| (field, value)),
            Hash::Table(dict) => dict.at(index),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Hash::Listpack(_) => "listpack",
            Hash::Table(_) => "hashtable",
        }
    }
}

impl PartialEq for Hash {
    fn eq(&self, other: &Hash) -> bool {
        self.len() == other.len() && self.iter().all(|(field, value)| other.get(field) == Some(value))
    }
}
