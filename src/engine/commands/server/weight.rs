//! How much memory keys would take in Redis: an estimate after Redis's own layout of objects.

use super::super::super::keyspace::{Data, Entry, Keyspace};

/// An object's header.
const HEADER: usize = 16;
/// An entry of a hash table with its share of the buckets.
const DICT_ENTRY: usize = 24 + 8;
/// A node of a skip list, with the levels that it has on average.
const SKIPLIST_NODE: usize = 40;
/// How many elements of a large collection are looked at.
const SAMPLES: usize = 5;
/// How many keys of a database are looked at.
const KEY_SAMPLES: usize = 200;

/// What the allocator hands out for so many bytes: jemalloc's size classes.
fn block(bytes: usize) -> usize {
    match bytes {
        0..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        _ => bytes.next_multiple_of((bytes.next_power_of_two() / 8).max(16)),
    }
}

/// A text with its header, as Redis stores it beside others.
fn sds(length: usize) -> usize {
    let header = match length {
        0..32 => 1,
        32..256 => 3,
        256..65536 => 5,
        _ => 9,
    };
    block(length + header + 1)
}

/// An element of a listpack.
fn packed(length: usize) -> usize {
    length + if length < 64 { 2 } else { 4 }
}

/// Samples of an iterator, scaled to all its elements.
fn scaled(sizes: impl Iterator<Item = usize>, count: usize, samples: usize) -> usize {
    let most = if samples == 0 { count } else { samples.min(count) };
    let sum: usize = sizes.take(most).sum();
    sum.checked_div(most).unwrap_or(0) * count
}

/// The bytes of a value; `samples` elements of a collection are looked at, 0: all.
fn of_data(data: &Data, samples: usize) -> usize {
    let compact = matches!(data.encoding(), "listpack" | "intset" | "quicklist");
    let table = |count: usize| block(56) + count.next_power_of_two() * 8;
    HEADER
        + match data {
            Data::Str(string) => match data.encoding() {
                "int" => 0,
                "embstr" => block(HEADER + 3 + string.len() + 1) - HEADER,
                _ => sds(string.len()),
            },
            Data::List(list) => block(40) + 32 + scaled(list.0.iter().map(|v| packed(v.len())), list.len(), samples),
            Data::Hash(hash) if compact => block(7 + scaled(pairs(hash.iter(), packed), hash.len(), samples)),
            Data::Hash(hash) => table(hash.len()) + scaled(pairs(hash.iter(), |n| sds(n) + 12), hash.len(), samples),
            Data::Set(set) if compact => block(8 + set.len() * 8),
            Data::Set(set) => table(set.len()) + scaled(set.iter().map(|m| sds(m.len()) + 24), set.len(), samples),
            Data::ZSet(zset) if compact => {
                block(7 + scaled(zset.iter().map(|(m, _)| packed(m.len()) + packed(4)), zset.len(), samples))
            }
            Data::ZSet(zset) => {
                let member = |length: usize| sds(length) + SKIPLIST_NODE + 24;
                table(zset.len()) + scaled(zset.iter().map(|(m, _)| member(m.len())), zset.len(), samples)
            }
        }
}

fn pairs<'a>(
    pairs: impl Iterator<Item = (&'a bytes::Bytes, &'a bytes::Bytes)>,
    size: impl Fn(usize) -> usize,
) -> impl Iterator<Item = usize> {
    pairs.map(move |(field, value)| size(field.len()) + size(value.len()))
}

/// The bytes of a key with its value; `samples` elements of a collection are looked at, 0: all.
pub fn of_entry(key: &[u8], entry: &Entry, samples: Option<usize>) -> usize {
    sds(key.len()) + DICT_ENTRY - 8 + of_data(&entry.data, samples.unwrap_or(SAMPLES))
}

/// The bytes of a whole database, estimated from some of its keys.
pub fn of_database(keyspace: &Keyspace, db: usize) -> usize {
    let count = keyspace.len(db);
    let most = KEY_SAMPLES.min(count);
    let sample = |n: usize| keyspace.at(db, n * count / most.max(1));
    let sizes = (0..most).filter_map(sample).map(|(key, entry)| of_entry(key, entry, None) + 8);
    scaled(sizes, count, KEY_SAMPLES)
}
