//! Sets: `intset` while all members are integers and few, then `hashtable` (Redis 7.0 has no listpack sets).

use bytes::Bytes;

use super::EncodingLimits;
use super::dict::Dict;
use super::string::parse_integer;

/// A set, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub enum Set {
    /// `intset`: sorted integers.
    Intset(Vec<i64>),
    /// `hashtable`.
    Table(Dict<()>),
}

impl Default for Set {
    fn default() -> Self {
        Set::Intset(Vec::new())
    }
}

impl Set {
    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            Set::Intset(numbers) => numbers.len(),
            Set::Table(dict) => dict.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is in the set.
    pub fn contains(&self, member: &[u8]) -> bool {
        match self {
            Set::Intset(numbers) => parse_integer(member).is_some_and(|n| numbers.binary_search(&n).is_ok()),
            Set::Table(dict) => dict.contains(member),
        }
    }

    /// Adds `member`; true if it is new.
    pub fn add(&mut self, member: &[u8], limits: &EncodingLimits) -> bool {
        match self {
            Set::Intset(numbers) => match parse_integer(member) {
                Some(number) => match numbers.binary_search(&number) {
                    Ok(_) => false,
                    Err(at) => {
                        numbers.insert(at, number);
                        if numbers.len() > limits.set_intset_entries {
                            self.make_table();
                        }
                        true
                    }
                },
                None => {
                    self.make_table();
                    self.add(member, limits)
                }
            },
            Set::Table(dict) => !dict.contains(member) && dict.insert(Bytes::copy_from_slice(member), ()).is_none(),
        }
    }

    fn make_table(&mut self) {
        if let Set::Intset(numbers) = self {
            let mut dict = Dict::default();
            for number in numbers.drain(..) {
                dict.insert(Bytes::from(number.to_string()), ());
            }
            *self = Set::Table(dict);
        }
    }

    /// Removes `member`; true if it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Set::Intset(numbers) => match parse_integer(member).map(|n| numbers.binary_search(&n)) {
                Some(Ok(at)) => {
                    numbers.remove(at);
                    true
                }
                _ => false,
            },
            Set::Table(dict) => dict.remove(member).is_some(),
        }
    }

    /// Members, in the order SMEMBERS answers them.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Bytes> + '_> {
        match self {
            Set::Intset(numbers) => Box::new(numbers.iter().map(|n| Bytes::from(n.to_string()))),
            Set::Table(dict) => Box::new(dict.keys().cloned()),
        }
    }

    /// The member at a position below [`Set::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<Bytes> {
        match self {
            Set::Intset(numbers) => numbers.get(index).map(|n| Bytes::from(n.to_string())),
            Set::Table(dict) => dict.at(index).map(|(member, ())| member.clone()),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Set::Intset(_) => "intset",
            Set::Table(_) => "hashtable",
        }
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Set) -> bool {
        self.len() == other.len() && self.iter().all(|member| other.contains(&member))
    }
}
