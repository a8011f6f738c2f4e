//! Values as every version of Redis up to 7.2 wrote them. Nothing is believed: what is read is either a whole and
//! sound value, or refused; and no more memory is taken than what was read is worth.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::super::keyspace::Data;
use super::super::strtod::strtod;
use super::super::types::{EncodingLimits, Hash, Item, List, Listpack, Set, Str, ZSet, parse_integer};
use super::kind;
use super::packed::{self, Entry};
use super::reader::{Fault, Read, Reader};
use super::stream::read_stream;

/// A node of a list that holds one large element.
const PLAIN: u64 = 1;
/// A node of a list that is a listpack.
const PACKED: u64 = 2;

const TWICE: Fault = Fault::new("a collection has an element twice");
const BAD_LISTPACK: Fault = Fault::new("a listpack is damaged");
const BAD_ZIPLIST: Fault = Fault::new("a ziplist is damaged");

/// Whether a number says how a value is written, in this version of the format.
pub fn is_value(number: u8, version: u16) -> bool {
    let newest = if version > kind::VERSION { kind::STREAM_LISTPACKS_3 } else { kind::STREAM_LISTPACKS_2 };
    number != 8 && number <= newest
}

/// Reads a value that is written as `number` says. `None`: a collection without elements, as old versions left them
/// behind now and then; there is no such key.
pub fn read_value(number: u8, reader: &mut Reader<'_>, limits: &EncodingLimits) -> Read<Option<Data>> {
    let data = match number {
        kind::STRING => Data::Str(Str::new(&reader.string()?)),
        kind::LIST => Data::List(read_list(reader)?),
        kind::LIST_QUICKLIST => Data::List(read_quicklist(reader, false)?),
        kind::LIST_QUICKLIST_2 => Data::List(read_quicklist(reader, true)?),
        kind::LIST_ZIPLIST => {
            let bytes = reader.string()?;
            Data::List(ziplist(&bytes)?.into_iter().map(Entry::item).collect())
        }
        kind::SET => Data::Set(read_set(reader, limits)?),
        kind::SET_INTSET => {
            let numbers = packed::intset(&reader.string()?).ok_or(Fault::new("a set of integers is damaged"))?;
            Data::Set(Set::collect(numbers.into_iter().map(Item::number), limits))
        }
        kind::SET_LISTPACK => {
            let bytes = reader.string()?;
            Data::Set(set_of(texts(&listpack(&bytes)?), limits)?)
        }
        kind::ZSET | kind::ZSET_2 => Data::ZSet(read_zset(reader, number == kind::ZSET_2, limits)?),
        kind::ZSET_ZIPLIST => {
            let bytes = reader.string()?;
            Data::ZSet(zset_of(ziplist(&bytes)?.into_iter().map(|e| e.item().to_vec().into()), limits)?)
        }
        kind::ZSET_LISTPACK => {
            let bytes = reader.string()?;
            Data::ZSet(zset_of(texts(&listpack(&bytes)?), limits)?)
        }
        kind::HASH => Data::Hash(read_hash(reader, limits)?),
        kind::HASH_ZIPMAP => {
            let bytes = reader.string()?;
            let entries = packed::zipmap(&bytes).ok_or(Fault::new("a zipmap is damaged"))?;
            Data::Hash(hash_of(entries.into_iter().map(|e| e.item().to_vec().into()), limits)?)
        }
        kind::HASH_ZIPLIST => {
            let bytes = reader.string()?;
            Data::Hash(hash_of(ziplist(&bytes)?.into_iter().map(|e| e.item().to_vec().into()), &by_count(limits))?)
        }
        kind::HASH_LISTPACK => {
            let bytes = reader.string()?;
            Data::Hash(hash_of(texts(&listpack(&bytes)?), &by_count(limits))?)
        }
        kind::STREAM_LISTPACKS | kind::STREAM_LISTPACKS_2 | kind::STREAM_LISTPACKS_3 => {
            Data::Stream(read_stream(number, reader)?.into())
        }
        _ => return Err(Fault::new("a value has a type that is not known")),
    };
    Ok(Some(data).filter(|data| !data.is_hollow()))
}

/// What comes packed stays so unless there are too many elements: Redis does not look how long they are.
fn by_count(limits: &EncodingLimits) -> EncodingLimits {
    EncodingLimits { hash_value: usize::MAX, zset_value: usize::MAX, ..*limits }
}

fn ziplist(bytes: &[u8]) -> Read<Vec<Entry<'_>>> {
    packed::ziplist(bytes).ok_or(BAD_ZIPLIST)
}

fn listpack(bytes: &[u8]) -> Read<Listpack> {
    Listpack::from_bytes(bytes).ok_or(BAD_LISTPACK)
}

fn texts(pack: &Listpack) -> impl Iterator<Item = Cow<'_, [u8]>> {
    pack.iter().map(|element| match element {
        super::super::types::Element::Text(text) => Cow::Borrowed(text),
        super::super::types::Element::Integer(n) => Cow::Owned(Item::number(n).to_vec()),
    })
}

fn read_list(reader: &mut Reader<'_>) -> Read<List> {
    let length = reader.length()?;
    (0..length).map(|_| reader.string()).collect()
}

fn read_quicklist(reader: &mut Reader<'_>, has_kinds: bool) -> Read<List> {
    let mut list = List::default();
    for _ in 0..reader.length()? {
        let node_kind = if has_kinds { reader.length()? } else { PACKED };
        if !matches!(node_kind, PLAIN | PACKED) {
            return Err(Fault::new("a node of a list is of no known kind"));
        }
        let bytes = reader.string()?;
        if bytes.is_empty() {
            return Err(Fault::new("a node of a list is empty"));
        }
        let mut push = |element: &[u8]| list.push(super::super::types::End::Right, element);
        match (node_kind, has_kinds) {
            (PLAIN, _) => push(&bytes),
            (_, true) => texts(&listpack(&bytes)?).for_each(|element| push(&element)),
            (_, false) => ziplist(&bytes)?.into_iter().for_each(|entry| push(&entry.item())),
        }
    }
    Ok(list)
}

fn read_set(reader: &mut Reader<'_>, limits: &EncodingLimits) -> Read<Set> {
    let mut set = Set::default();
    for _ in 0..reader.length()? {
        if !set.add(&reader.string()?, limits) {
            return Err(TWICE);
        }
    }
    Ok(set)
}

fn set_of<'a>(members: impl Iterator<Item = Cow<'a, [u8]>>, limits: &EncodingLimits) -> Read<Set> {
    let mut set = Set::default();
    for member in members {
        if !set.add(&member, limits) {
            return Err(TWICE);
        }
    }
    Ok(set)
}

fn read_zset(reader: &mut Reader<'_>, binary: bool, limits: &EncodingLimits) -> Read<ZSet> {
    let mut members = Vec::new();
    for _ in 0..reader.length()? {
        let member = reader.string()?;
        let score = if binary { reader.double()? } else { reader.text_double()? };
        members.push((member, score));
    }
    collect_zset(&members, limits)
}

fn collect_zset(members: &[(Cow<'_, [u8]>, f64)], limits: &EncodingLimits) -> Read<ZSet> {
    if members.iter().any(|(_, score)| score.is_nan()) {
        return Err(Fault::new("a score is no number"));
    }
    let different: HashSet<&[u8]> = members.iter().map(|(member, _)| &**member).collect();
    if different.len() < members.len() {
        return Err(TWICE);
    }
    Ok(ZSet::collect(members, limits))
}

/// A sorted set whose members and scores come by turns, packed.
fn zset_of<'a>(texts: impl Iterator<Item = Cow<'a, [u8]>>, limits: &EncodingLimits) -> Read<ZSet> {
    let members: Vec<_> = pairs(texts)?.into_iter().map(|(member, score)| (member, score_of(&score))).collect();
    collect_zset(&members, &by_count(limits))
}

/// A score as text; what is no number counts as 0, as with C's `strtod`.
fn score_of(text: &[u8]) -> f64 {
    match parse_integer(text) {
        Some(n) => n as f64,
        None => strtod(text).map_or(0.0, |(score, _)| score),
    }
}

type Texts<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

fn pairs<'a>(mut texts: impl Iterator<Item = Cow<'a, [u8]>>) -> Read<Vec<Texts<'a>>> {
    let mut pairs = Vec::new();
    while let Some(first) = texts.next() {
        pairs.push((first, texts.next().ok_or(Fault::new("an element of a pair is missing"))?));
    }
    Ok(pairs)
}

fn hash_of<'a>(texts: impl Iterator<Item = Cow<'a, [u8]>>, limits: &EncodingLimits) -> Read<Hash> {
    let mut hash = Hash::default();
    for (field, value) in pairs(texts)? {
        if !hash.set(&field, &value, limits) {
            return Err(TWICE);
        }
    }
    Ok(hash)
}

fn read_hash(reader: &mut Reader<'_>, limits: &EncodingLimits) -> Read<Hash> {
    let mut hash = Hash::default();
    for _ in 0..reader.length()? {
        let (field, value) = (reader.string()?, reader.string()?);
        if !hash.set(&field, &value, limits) {
            return Err(TWICE);
        }
    }
    Ok(hash)
}
