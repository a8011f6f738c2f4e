//! Values as every version of Redis up to 8.0 wrote them. Nothing is believed: what is read is either a whole and
//! sound value, or refused; and no more memory is taken than what was read is worth.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::super::keyspace::Data;
use super::super::strtod::strtod;
use super::super::types::{Element, EncodingLimits, Hash, Item, List, Listpack, Set, Str, ZSet, parse_integer};
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
    let newest = match version {
        ..kind::VERSION_7_2 => kind::STREAM_LISTPACKS_2,
        kind::VERSION_7_2 => kind::STREAM_LISTPACKS_3,
        _ => kind::HASH_TIMED_LISTPACK,
    };
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
        kind::HASH_TIMED | kind::HASH_TIMED_EARLY => {
            let first = if number == kind::HASH_TIMED { reader.little()? } else { 1 };
            Data::Hash(read_timed_hash(reader, first, limits)?)
        }
        kind::HASH_TIMED_LISTPACK | kind::HASH_TIMED_LISTPACK_EARLY => {
            if number == kind::HASH_TIMED_LISTPACK {
                // The first time, which the listpack has too.
                reader.little()?;
            }
            Data::Hash(timed_hash_of(&listpack(&reader.string()?)?, &by_count(limits))?)
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
        Element::Text(text) => Cow::Borrowed(text),
        Element::Integer(n) => Cow::Owned(Item::number(n).to_vec()),
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

/// The latest time of a field. Source: `EB_EXPIRE_TIME_MAX`.
const LATEST_MS: i64 = (1 << 48) - 2;

/// Sets a field that is to be new; `at_ms` is when it expires, 0: never.
fn set_timed(hash: &mut Hash, field: &[u8], value: &[u8], at_ms: i64, limits: &EncodingLimits) -> Read<()> {
    if !(0..=LATEST_MS).contains(&at_ms) {
        return Err(Fault::new("the time of a field is none"));
    }
    if !hash.set(field, value, limits) {
        return Err(TWICE);
    }
    hash.set_expiry(field, Some(at_ms).filter(|at_ms| *at_ms > 0));
    Ok(())
}

/// Times are told from `first_ms` on: 1 is that time itself, 0 is none.
fn read_timed_hash(reader: &mut Reader<'_>, first_ms: i64, limits: &EncodingLimits) -> Read<Hash> {
    let mut hash = Hash::default();
    for _ in 0..reader.length()? {
        let since_first = reader.number()?;
        let at_ms = if since_first == 0 { 0 } else { first_ms.saturating_add_unsigned(since_first - 1) };
        let (field, value) = (reader.string()?, reader.string()?);
        set_timed(&mut hash, &field, &value, at_ms, limits)?;
    }
    Ok(hash)
}

/// A hash whose fields, values and times come by turns, packed.
fn timed_hash_of(pack: &Listpack, limits: &EncodingLimits) -> Read<Hash> {
    let mut hash = Hash::default();
    let (mut texts, mut times) = (texts(pack), pack.iter().skip(2).step_by(3));
    while let Some(field) = texts.next() {
        let (Some(value), Some(_), Some(Element::Integer(at_ms))) = (texts.next(), texts.next(), times.next()) else {
            return Err(Fault::new("a field has no value, or no time"));
        };
        set_timed(&mut hash, &field, &value, at_ms, limits)?;
    }
    Ok(hash)
}
