//! The digests of DEBUG DIGEST and DEBUG DIGEST-VALUE: two servers with the same data answer the same. Source:
//! `debug.c`.

use std::fmt::Write;

use sha1_smol::Sha1;

use crate::resp::format_g17;

use super::keyspace::{Data, Keyspace};
use super::types::{Stream, StreamId};

/// What marks a key that expires.
const EXPIRES: &[u8] = b"!!expire!!";

/// A digest: of things in any order where they are [`Digest::add`]ed, in their order where they are
/// [`Digest::mix`]ed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 20]);

impl Digest {
    /// Adds something whose place does not count.
    fn add(&mut self, bytes: &[u8]) {
        let hash = Sha1::from(bytes).digest().bytes();
        self.0.iter_mut().zip(hash).for_each(|(own, other)| *own ^= other);
    }

    /// Adds something behind all that was mixed in before.
    fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::from(self.0).digest().bytes();
    }

    /// Adds the digest of an element, whose place does not count.
    fn add_element(&mut self, parts: &[&[u8]]) {
        let mut element = Digest::default();
        parts.iter().for_each(|part| element.mix(part));
        self.add(&element.0);
    }

    /// Its hexadecimal digits.
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Redis's number of a type.
fn number(data: &Data) -> u32 {
    match data {
        Data::Str(_) => 0,
        Data::List(_) => 1,
        Data::Set(_) => 2,
        Data::ZSet(_) => 3,
        Data::Hash(_) => 4,
        Data::Stream(_) => 6,
    }
}

/// Adds a value to a digest.
fn mix_value(digest: &mut Digest, data: &Data, expires: bool) {
    digest.mix(&number(data).to_be_bytes());
    match data {
        Data::Str(string) => digest.mix(&string.view()),
        Data::List(list) => list.iter().for_each(|element| digest.mix(&element)),
        Data::Set(set) => set.iter().for_each(|member| digest.add(&member)),
        Data::ZSet(zset) => {
            zset.iter().for_each(|(member, score)| digest.add_element(&[&member, format_g17(score).as_bytes()]));
        }
        Data::Hash(hash) => hash.iter().for_each(|(field, value)| digest.add_element(&[&field, &value])),
        Data::Stream(stream) => mix_stream(digest, stream),
    }
    if expires {
        digest.add(EXPIRES);
    }
}

fn mix_stream(digest: &mut Digest, stream: &Stream) {
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        digest.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
        for (field, value) in entry.pairs() {
            digest.mix(&field.to_bytes());
            digest.mix(&value.to_bytes());
        }
    }
}

/// The digest of a value.
pub fn of_value(data: &Data, expires: bool) -> Digest {
    let mut digest = Digest::default();
    mix_value(&mut digest, data, expires);
    digest
}

/// The digest of all databases.
pub fn of_all(keyspace: &Keyspace) -> Digest {
    let mut all = Digest::default();
    for db in (0..keyspace.databases()).filter(|db| !keyspace.is_empty(*db)) {
        all.mix(&u32::try_from(db).unwrap_or(u32::MAX).to_be_bytes());
        for (key, entry) in keyspace.iter(db) {
            let mut digest = Digest::default();
            digest.mix(key);
            mix_value(&mut digest, &entry.data, entry.is_volatile());
            all.add(&digest.0);
        }
    }
    all
}
