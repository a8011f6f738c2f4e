//! Hashes: field to value. `listpack` while small (insertion order is kept), then `hashtable`.

use bytes::Bytes;

use super::EncodingLimits;
use super::blob::Blob;
use super::dict::Dict;
use super::item::Item;
use super::pack::{Element, Elements, Pack};

/// A hash, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub struct Hash(Form);

#[derive(Clone, Debug)]
enum Form {
    /// `listpack`: fields and values in turn, in insertion order.
    Listpack(Pack),
    /// `hashtable`.
    Table(Box<Dict<Blob, Blob>>),
}

impl Default for Hash {
    fn default() -> Self {
        Hash(Form::Listpack(Pack::default()))
    }
}

/// Fields and values of a pack.
struct Pairs<'a>(Elements<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Item<'a>, Item<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (_, field) = self.0.next()?;
        let (_, value) = self.0.next()?;
        Some((field.item(), value.item()))
    }
}

fn pair<'a>((field, value): (&'a Blob, &'a Blob)) -> (Item<'a>, Item<'a>) {
    (Item::Text(field), Item::Text(value))
}

impl Hash {
    /// How many fields there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Listpack(pack) => pack.len() / 2,
            Form::Table(dict) => dict.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `field`.
    pub fn get(&self, field: &[u8]) -> Option<Item<'_>> {
        match &self.0 {
            Form::Listpack(pack) => {
                let (_, behind) = pack.read(pack.find(field, 2)?)?;
                pack.read(behind).map(|(value, _)| value.item())
            }
            Form::Table(dict) => dict.get(field).map(|value| Item::Text(value)),
        }
    }

    /// Sets `field`; true if it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &EncodingLimits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.make_table();
        }
        match &mut self.0 {
            Form::Listpack(pack) => {
                let found = pack.find(field, 2).and_then(|at| pack.read(at)).map(|(_, behind)| behind);
                match found {
                    Some(at) => pack.replace(at, Element::of(value)),
                    None => {
                        pack.push(Element::of(field));
                        pack.push(Element::of(value));
                    }
                }
                // Redis counts after an update too: the limit may have been lowered since.
                if pack.len() / 2 > limits.hash_entries {
                    self.make_table();
                }
                found.is_none()
            }
            Form::Table(dict) => {
                let mut is_new = false;
                let place = dict.get_or_insert_with(field, || {
                    is_new = true;
                    (Blob::new(field), Blob::default())
                });
                *place = Blob::new(value);
                is_new
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
        if let Form::Listpack(pack) = &self.0 {
            let mut dict = Dict::default();
            for (field, value) in Pairs(pack.iter()) {
                dict.insert(Blob::new(&field), Blob::new(&value));
            }
            self.0 = Form::Table(Box::new(dict));
        }
    }

    /// Removes `field`; its value comes back.
    pub fn remove(&mut self, field: &[u8]) -> Option<Blob> {
        match &mut self.0 {
            Form::Listpack(pack) => {
                let at = pack.find(field, 2)?;
                let (value, end) = pack.read(at).and_then(|(_, behind)| pack.read(behind))?;
                let value = Blob::new(&value.item());
                pack.remove(at, end, 2);
                Some(value)
            }
            Form::Table(dict) => dict.remove(field),
        }
    }

    /// Fields and values, in the order HGETALL answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Item<'_>, Item<'_>)> + '_> {
        match &self.0 {
            Form::Listpack(pack) => Box::new(Pairs(pack.iter())),
            Form::Table(dict) => Box::new(dict.iter().map(pair)),
        }
    }

    /// One step of HSCAN: see [`Dict::scan`]. A listpack is answered whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Item<'a>, Item<'a>)) -> u64 {
        match &self.0 {
            Form::Listpack(pack) => {
                Pairs(pack.iter()).for_each(|(field, value)| visit(field, value));
                0
            }
            Form::Table(dict) => dict.scan(cursor, |field, value| visit(Item::Text(field), Item::Text(value))),
        }
    }

    /// The pair at a position below [`Hash::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(Item<'_>, Item<'_>)> {
        match &self.0 {
            Form::Listpack(pack) => Pairs(pack.between(pack.offset(index * 2), pack.end())).next(),
            Form::Table(dict) => dict.at(index).map(pair),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match &self.0 {
            Form::Listpack(_) => "listpack",
            Form::Table(_) => "hashtable",
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
                let drawn = hash.at(rng.usize(..hash.len().max(1)));
                assert!(drawn.is_none_or(|(field, value)| model.get(&*field).is_some_and(|found| **found == *value)));
            }
            assert_eq!(hash.iter().count(), hash.len());
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
