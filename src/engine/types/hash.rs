//! Hashes: field to value. `listpack` while small (insertion order is kept), then `hashtable`.

use bytes::Bytes;

use super::EncodingLimits;
use super::blob::Blob;
use super::dict::Dict;
use super::item::Item;

/// A hash, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub enum Hash {
    /// `listpack`: pairs in insertion order.
    Listpack(Vec<(Blob, Blob)>),
    /// `hashtable`.
    Table(Dict<Blob, Blob>),
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
    pub fn get(&self, field: &[u8]) -> Option<Item<'_>> {
        match self {
            Hash::Listpack(pairs) => pairs.iter().find(|(f, _)| **f == *field).map(|(_, value)| Item::Text(value)),
            Hash::Table(dict) => dict.get(field).map(|value| Item::Text(value)),
        }
    }

    /// Sets `field`; true if it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &EncodingLimits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.make_table();
        }
        let copied = Blob::new(value);
        match self {
            Hash::Listpack(pairs) => {
                let place = pairs.iter_mut().find(|(f, _)| **f == *field);
                let is_new = place.is_none();
                match place {
                    Some((_, old)) => *old = copied,
                    None => pairs.push((Blob::new(field), copied)),
                }
                // Redis counts after an update too: the limit may have been lowered since.
                if pairs.len() > limits.hash_entries {
                    self.make_table();
                }
                is_new
            }
            Hash::Table(dict) => {
                if let Some(old) = dict.get_mut(field) {
                    *old = copied;
                    return false;
                }
                dict.insert(Blob::new(field), copied).is_none()
            }
        }
    }

    /// Gives up the listpack if one of these fields and values is too long for it: what HSET does before it sets the
    /// first of them.
    pub fn make_room(&mut self, texts: &[Bytes], limits: &EncodingLimits) {
        if texts.iter().any(|text| text.len() > limits.hash_value) {
            self.make_table();
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
    pub fn remove(&mut self, field: &[u8]) -> Option<Blob> {
        match self {
            Hash::Listpack(pairs) => {
                let at = pairs.iter().position(|(f, _)| **f == *field)?;
                Some(pairs.remove(at).1)
            }
            Hash::Table(dict) => dict.remove(field),
        }
    }

    /// Fields and values, in the order HGETALL answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Item<'_>, Item<'_>)> + '_> {
        match self {
            Hash::Listpack(pairs) => {
                Box::new(pairs.iter().map(|(field, value)| (Item::Text(field), Item::Text(value))))
            }
            Hash::Table(dict) => Box::new(dict.iter().map(|(field, value)| (Item::Text(field), Item::Text(value)))),
        }
    }

    /// One step of HSCAN: see [`Dict::scan`]. A listpack is answered whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Item<'a>, Item<'a>)) -> u64 {
        match self {
            Hash::Listpack(pairs) => {
                pairs.iter().for_each(|(field, value)| visit(Item::Text(field), Item::Text(value)));
                0
            }
            Hash::Table(dict) => dict.scan(cursor, |field, value| visit(Item::Text(field), Item::Text(value))),
        }
    }

    /// The pair at a position below [`Hash::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(Item<'_>, Item<'_>)> {
        match self {
            Hash::Listpack(pairs) => pairs.get(index).map(|(field, value)| (Item::Text(field), Item::Text(value))),
            Hash::Table(dict) => dict.at(index).map(|(field, value)| (Item::Text(field), Item::Text(value))),
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
        self.len() == other.len() && self.iter().all(|(field, value)| other.get(&field) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_is_a_map_in_both_encodings() {
        let mut rng = fastrand::Rng::with_seed(7);
        for fields in [20, 2000] {
            let (mut hash, mut model) = (Hash::default(), HashMap::new());
            for _ in 0..5_000 {
                let field = rng.u32(..fields).to_string().into_bytes();
                if rng.u8(..3) > 0 {
                    let value = rng.u32(..).to_string().into_bytes();
                    let is_new = hash.set(&field, &value, &EncodingLimits::default());
                    assert_eq!(is_new, model.insert(field, value).is_none());
                } else {
                    assert_eq!(hash.remove(&field).map(|value| value.to_vec()), model.remove(&field));
                }
                assert_eq!(hash.len(), model.len());
            }
            assert!(model.iter().all(|(field, value)| hash.get(field).is_some_and(|found| *found == **value)));
            assert_eq!(hash.encoding(), if fields == 20 { "listpack" } else { "hashtable" });
        }
    }

    #[test]
    fn it_becomes_a_table_by_count_or_by_length_and_never_goes_back() {
        let limits = EncodingLimits { hash_entries: 2, hash_value: 3, ..EncodingLimits::default() };
        let mut hash = Hash::default();
        hash.set(b"a", b"123", &limits);
        hash.set(b"b", b"1", &limits);
        assert_eq!(hash.encoding(), "listpack");
        hash.set(b"c", b"1", &limits);
        assert_eq!(hash.encoding(), "hashtable");
        for field in [b"a", b"b", b"c"] {
            hash.remove(field);
        }
        assert_eq!((hash.encoding(), hash.len()), ("hashtable", 0));
        let mut long = Hash::default();
        long.set(b"a", b"1234", &limits);
        assert_eq!(long.encoding(), "hashtable");
    }
}
