//! Hashes: field to value. `listpack` while small (insertion order is kept), then `hashtable`.

use bytes::Bytes;

use super::EncodingLimits;
use super::blob::Blob;
use super::dict::Dict;
use super::element::Element;
use super::field_times::FieldTimes;
use super::item::Item;
use super::pack::{Elements, Pack};

/// A hash, in one of Redis's two encodings. Fields may have times at which they expire: a hash that never had any
/// takes no memory for them.
#[derive(Clone, Debug)]
pub struct Hash(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// A listpack: fields and values in turn, in insertion order.
    Pack(Pack),
    /// Whatever is more than that.
    Tall(Box<Tall>),
}

#[derive(Clone, Debug)]
struct Tall {
    body: Body,
    timed: Option<Box<Timed>>,
}

#[derive(Clone, Debug)]
enum Body {
    Listpack(Pack),
    Table(Dict<Blob, Blob>),
}

#[derive(Clone, Debug, Default)]
struct Timed {
    times: FieldTimes,
    /// When the keyspace will look at this hash.
    alarm_ms: Option<i64>,
    /// Fields that expire before this moment are there, but for nobody to see.
    hidden_before_ms: i64,
}

/// A hash in one of its encodings, to look at.
enum Form<'a> {
    Listpack(&'a Pack),
    Table(&'a Dict<Blob, Blob>),
}

/// The same, to change it.
enum FormMut<'a> {
    Listpack(&'a mut Pack),
    Table(&'a mut Dict<Blob, Blob>),
}

impl Default for Hash {
    fn default() -> Self {
        Hash(Kept::Pack(Pack::default()))
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
    fn form(&self) -> Form<'_> {
        match &self.0 {
            Kept::Pack(pack) => Form::Listpack(pack),
            Kept::Tall(tall) => match &tall.body {
                Body::Listpack(pack) => Form::Listpack(pack),
                Body::Table(dict) => Form::Table(dict),
            },
        }
    }

    fn form_mut(&mut self) -> FormMut<'_> {
        match &mut self.0 {
            Kept::Pack(pack) => FormMut::Listpack(pack),
            Kept::Tall(tall) => match &mut tall.body {
                Body::Listpack(pack) => FormMut::Listpack(pack),
                Body::Table(dict) => FormMut::Table(dict),
            },
        }
    }

    fn timed(&self) -> Option<&Timed> {
        if let Kept::Tall(tall) = &self.0 { tall.timed.as_deref() } else { None }
    }

    fn timed_mut(&mut self) -> Option<&mut Timed> {
        if let Kept::Tall(tall) = &mut self.0 { tall.timed.as_deref_mut() } else { None }
    }

    /// The part that a listpack has no room for.
    fn tall(&mut self) -> &mut Option<Box<Timed>> {
        if let Kept::Pack(pack) = &mut self.0 {
            let body = Body::Listpack(std::mem::take(pack));
            self.0 = Kept::Tall(Box::new(Tall { body, timed: None }));
        }
        match &mut self.0 {
            Kept::Tall(tall) => &mut tall.timed,
            Kept::Pack(_) => unreachable!("made tall above"),
        }
    }

    /// When `field` expires, in milliseconds since the Unix epoch; `None`: never.
    pub fn expiry(&self, field: &[u8]) -> Option<i64> {
        self.timed()?.times.get(field)
    }

    /// When the first field expires.
    pub fn next_expiry(&self) -> Option<i64> {
        self.timed()?.times.first()
    }

    /// How many fields expire.
    pub fn timed_len(&self) -> usize {
        self.timed().map_or(0, |timed| timed.times.len())
    }

    /// Sets or clears the time at which `field` expires; nothing happens if there is no such field.
    pub fn set_expiry(&mut self, field: &[u8], at_ms: Option<i64>) {
        if self.get(field).is_none() {
            return;
        }
        if at_ms.is_some() {
            self.tall().get_or_insert_default();
        }
        if let Some(timed) = self.timed_mut() {
            timed.times.set(field, at_ms);
        }
    }

    /// Removes fields whose times have passed, at most so many; how many they were.
    pub fn expire(&mut self, now_ms: i64, most: usize) -> usize {
        let mut count = 0;
        while count < most
            && let Some(field) = self.timed_mut().and_then(|timed| timed.times.take_before(now_ms))
        {
            self.take(&field);
            count += 1;
        }
        count
    }

    /// Hides the fields whose times have passed: they count in [`Hash::len`] until [`Hash::expire`] removes them, as in
    /// Redis.
    pub fn hide_before(&mut self, now_ms: i64) {
        if let Some(timed) = self.timed_mut() {
            timed.hidden_before_ms = now_ms;
        }
    }

    fn is_hidden(&self, field: &[u8]) -> bool {
        self.timed().is_some_and(|timed| timed.times.get(field).is_some_and(|at_ms| at_ms < timed.hidden_before_ms))
    }

    /// Whether any field is hidden.
    fn hides(&self) -> bool {
        self.timed().is_some_and(|timed| timed.times.first().is_some_and(|at_ms| at_ms < timed.hidden_before_ms))
    }

    /// When the keyspace will look at this hash because a field may have to go.
    pub fn alarm(&self) -> Option<i64> {
        self.timed()?.alarm_ms
    }

    /// Notes when the keyspace will look at this hash.
    pub fn set_alarm(&mut self, at_ms: Option<i64>) {
        if let Some(timed) = self.timed_mut() {
            timed.alarm_ms = at_ms;
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        match self.form() {
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
        if self.is_hidden(field) {
            return None;
        }
        match self.form() {
            Form::Listpack(pack) => {
                let (_, behind) = pack.read(pack.find(field, 2)?)?;
                pack.read(behind).map(|(value, _)| value.item())
            }
            Form::Table(dict) => dict.get(field).map(|value| Item::Text(value)),
        }
    }

    /// Sets `field`, which does not expire from here on; true if it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &EncodingLimits) -> bool {
        if self.is_hidden(field) {
            self.take(field);
        }
        self.forget_expiry(field);
        self.update(field, value, limits)
    }

    fn forget_expiry(&mut self, field: &[u8]) {
        if let Some(timed) = self.timed_mut() {
            timed.times.set(field, None);
        }
    }

    /// Sets `field`, which goes on to expire when it would have; true if it is new.
    pub fn update(&mut self, field: &[u8], value: &[u8], limits: &EncodingLimits) -> bool {
        if self.is_hidden(field) {
            self.take(field);
        }
        if field.len().max(value.len()) > limits.hash_value {
            self.make_table();
        }
        match self.form_mut() {
            FormMut::Listpack(pack) => {
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
            FormMut::Table(dict) => {
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
        if let Form::Listpack(pack) = self.form() {
            let mut dict = Dict::default();
            for (field, value) in Pairs(pack.iter()) {
                dict.insert(Blob::new(&field), Blob::new(&value));
            }
            let timed = if let Kept::Tall(tall) = &mut self.0 { tall.timed.take() } else { None };
            self.0 = Kept::Tall(Box::new(Tall { body: Body::Table(dict), timed }));
        }
    }

    /// Removes `field`; its value comes back.
    pub fn remove(&mut self, field: &[u8]) -> Option<Blob> {
        let hidden = self.is_hidden(field);
        self.take(field).filter(|_| !hidden)
    }

    /// Removes `field`, hidden or not.
    fn take(&mut self, field: &[u8]) -> Option<Blob> {
        self.forget_expiry(field);
        match self.form_mut() {
            FormMut::Listpack(pack) => {
                let at = pack.find(field, 2)?;
                let (value, end) = pack.read(at).and_then(|(_, behind)| pack.read(behind))?;
                let value = Blob::new(&value.item());
                pack.remove(at, end, 2);
                Some(value)
            }
            FormMut::Table(dict) => dict.remove(field),
        }
    }

    /// Fields and values, in the order HGETALL answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Item<'_>, Item<'_>)> + '_> {
        let all: Box<dyn Iterator<Item = (Item<'_>, Item<'_>)> + '_> = match self.form() {
            Form::Listpack(pack) => Box::new(Pairs(pack.iter())),
            Form::Table(dict) => Box::new(dict.iter().map(pair)),
        };
        if self.hides() { Box::new(all.filter(|(field, _)| !self.is_hidden(field))) } else { all }
    }

    /// How many fields [`Hash::iter`] goes over.
    pub fn shown(&self) -> usize {
        if self.hides() { self.iter().count() } else { self.len() }
    }

    /// One step of HSCAN: see [`Dict::scan`]. A listpack is answered whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut tell: impl FnMut(Item<'a>, Item<'a>)) -> u64 {
        let hides = self.hides();
        let mut visit = |field: Item<'a>, value: Item<'a>| {
            if !(hides && self.is_hidden(&field)) {
                tell(field, value);
            }
        };
        match self.form() {
            Form::Listpack(pack) => {
                Pairs(pack.iter()).for_each(|(field, value)| visit(field, value));
                0
            }
            Form::Table(dict) => dict.scan(cursor, |field, value| visit(Item::Text(field), Item::Text(value))),
        }
    }

    /// The pair, hidden or not, at a position below [`Hash::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(Item<'_>, Item<'_>)> {
        match self.form() {
            Form::Listpack(pack) => Pairs(pack.between(pack.offset(index * 2), pack.end())).next(),
            Form::Table(dict) => dict.at(index).map(pair),
        }
    }

    /// The pairs at several positions: those of a listpack are counted off once, not for each of them.
    pub fn pick(&self, indexes: &[usize]) -> Vec<(Item<'_>, Item<'_>)> {
        match self.form() {
            Form::Listpack(pack) if indexes.len() > 2 => {
                let pairs: Vec<_> = Pairs(pack.iter()).collect();
                indexes.iter().filter_map(|index| pairs.get(*index).copied()).collect()
            }
            _ => indexes.iter().filter_map(|index| self.at(*index)).collect(),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self.form() {
            Form::Listpack(_) if self.timed().is_some() => "listpackex",
            Form::Listpack(_) => "listpack",
            Form::Table(_) => "hashtable",
        }
    }
}

impl PartialEq for Hash {
    fn eq(&self, other: &Hash) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(field, value)| other.get(&field) == Some(value) && other.expiry(&field) == self.expiry(&field))
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
    fn fields_expire_in_both_encodings_and_a_new_value_forgets_when() {
        for limits in [EncodingLimits::default(), EncodingLimits { hash_entries: 2, ..EncodingLimits::default() }] {
            let mut hash = Hash::default();
            for (field, at) in [("a", Some(30)), ("b", Some(10)), ("c", Some(20)), ("d", None), ("e", Some(5))] {
                hash.set(field.as_bytes(), b"1", &limits);
                hash.set_expiry(field.as_bytes(), at);
            }
            hash.set_expiry(b"none", Some(1));
            assert_eq!(hash.next_expiry(), Some(5));
            hash.set(b"e", b"2", &limits);
            hash.update(b"b", b"2", &limits);
            assert_eq!((hash.expiry(b"e"), hash.expiry(b"b")), (None, Some(10)));
            hash.hide_before(21);
            assert!(hash.get(b"b").is_none() && hash.remove(b"c").is_none() && hash.iter().count() == 3);
            assert_eq!((hash.expire(10, 9), hash.expire(21, 9), hash.len()), (0, 1, 3));
            hash.remove(b"a");
            assert_eq!(hash.next_expiry(), None);
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
