//! Sets: `intset` while all members are integers and few, then `hashtable` (Redis 7.0 has no listpack sets).

use super::EncodingLimits;
use super::blob::Blob;
use super::dict::Dict;
use super::intset::Intset;
use super::item::{Decimal, Item};
use super::string::parse_integer;

/// A set, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub struct Set(Form);

#[derive(Clone, Debug)]
enum Form {
    /// `intset`: sorted integers.
    Intset(Intset),
    /// `hashtable`.
    Table(Box<Dict<(), Blob>>),
}

impl Default for Set {
    fn default() -> Self {
        Set(Form::Intset(Intset::default()))
    }
}

impl Set {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Intset(numbers) => numbers.len(),
            Form::Table(dict) => dict.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is in the set.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.0 {
            Form::Intset(numbers) => parse_integer(member).is_some_and(|n| numbers.search(n).is_ok()),
            Form::Table(dict) => dict.contains(member),
        }
    }

    /// Adds `member`; true if it is new.
    pub fn add(&mut self, member: &[u8], limits: &EncodingLimits) -> bool {
        if let Form::Intset(numbers) = &mut self.0 {
            if let Some(number) = parse_integer(member) {
                let is_new = numbers.add(number);
                if is_new && numbers.len() > limits.set_intset_entries {
                    self.make_table();
                }
                return is_new;
            }
            self.make_table();
        }
        let Form::Table(dict) = &mut self.0 else { return false };
        let mut is_new = false;
        dict.get_or_insert_with(member, || {
            is_new = true;
            (Blob::new(member), ())
        });
        is_new
    }

    fn make_table(&mut self) {
        if let Form::Intset(numbers) = &self.0 {
            let mut dict = Dict::default();
            for number in numbers.iter() {
                dict.insert(Blob::new(&Decimal::new(number)), ());
            }
            self.0 = Form::Table(Box::new(dict));
        }
    }

    /// Removes `member`; true if it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.0 {
            Form::Intset(numbers) => parse_integer(member).is_some_and(|number| numbers.remove(number)),
            Form::Table(dict) => dict.remove(member).is_some(),
        }
    }

    /// Members, in the order SMEMBERS answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Item<'_>> + '_> {
        match &self.0 {
            Form::Intset(numbers) => Box::new(numbers.iter().map(Item::number)),
            Form::Table(dict) => Box::new(dict.keys().map(|member| Item::Text(member))),
        }
    }

    /// One step of SSCAN: see [`Dict::scan`]. An intset is answered whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Item<'a>)) -> u64 {
        match &self.0 {
            Form::Intset(numbers) => {
                numbers.iter().for_each(|n| visit(Item::number(n)));
                0
            }
            Form::Table(dict) => dict.scan(cursor, |member, ()| visit(Item::Text(member))),
        }
    }

    /// A set of these members, in the encoding that adding them one by one to an empty intset gives.
    pub fn collect(members: impl IntoIterator<Item: AsRef<[u8]>>, limits: &EncodingLimits) -> Set {
        let mut set = Set::default();
        for member in members {
            set.add(member.as_ref(), limits);
        }
        set
    }

    /// The member at a position below [`Set::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<Item<'_>> {
        match &self.0 {
            Form::Intset(numbers) => numbers.get(index).map(Item::number),
            Form::Table(dict) => dict.at(index).map(|(member, ())| Item::Text(member)),
        }
    }

    /// How many bytes an intset spends on each member: as many as its widest one needed.
    pub fn intset_width(&self) -> Option<usize> {
        if let Form::Intset(numbers) = &self.0 { Some(numbers.width()) } else { None }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match &self.0 {
            Form::Intset(_) => "intset",
            Form::Table(_) => "hashtable",
        }
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Set) -> bool {
        self.len() == other.len() && self.iter().all(|member| other.contains(&member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set_in_both_encodings() {
        let mut rng = fastrand::Rng::with_seed(7);
        for (members, encoding) in [(400, "intset"), (2000, "hashtable")] {
            let (mut set, mut model) = (Set::default(), BTreeSet::new());
            for _ in 0..10_000 {
                let number = rng.i64(0..members) - members / 2;
                let member = number.to_string().into_bytes();
                if rng.u8(..3) > 0 {
                    assert_eq!(set.add(&member, &EncodingLimits::default()), model.insert(number));
                } else {
                    assert_eq!(set.remove(&member), model.remove(&number));
                }
                assert_eq!(set.len(), model.len());
            }
            assert_eq!(set.encoding(), encoding);
            assert!(model.iter().all(|number| set.contains(number.to_string().as_bytes())));
        }
    }

    #[test]
    fn an_intset_is_in_order_and_a_text_ends_it() {
        let limits = EncodingLimits::default();
        let mut set = Set::default();
        for member in ["3", "-1", "20", "3"] {
            set.add(member.as_bytes(), &limits);
        }
        assert_eq!(set.iter().map(|member| member.to_vec()).collect::<Vec<_>>(), [&b"-1"[..], b"3", b"20"]);
        assert!(!set.contains(b"03"));
        set.add(b"03", &limits);
        assert_eq!((set.encoding(), set.len()), ("hashtable", 4));
    }
}
