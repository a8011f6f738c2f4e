//! How much memory keys would take in Redis: computed from Redis's own layout of objects, not from that of the engine.
//!
//! Sizes of structures are those of a 64-bit Redis 7.0; blocks are what jemalloc hands out.

use super::super::types::{Hash, Item, List, Set, Str, ZSet, parse_integer};
use super::data::{Data, Entry};

/// `robj`: the header of every value.
const OBJECT: usize = 16;
/// `dictEntry`
const DICT_ENTRY: usize = 24;
/// `dict`
const DICT: usize = 56;
/// A place in a hash table.
const BUCKET: usize = 8;
/// `quicklist`
const QUICKLIST: usize = 40;
/// `quicklistNode`
const NODE: usize = 32;
/// Bytes that the elements of one node take at most (`list-max-listpack-size` -2).
const NODE_BYTES: usize = 8192;
/// `zset`, `zskiplist`, and the block of its header with room for 32 levels.
const SKIPLIST: usize = 16 + 32 + 640;
/// A node of a skip list with the levels that it has on average, as a block.
const SKIPLIST_NODE: usize = 53;
/// The header and the end of a listpack.
const LISTPACK: usize = 7;
/// What the time of a field takes, as Redis 7.4 keeps it: `ExpireMeta`, and its share of the index of all times.
const FIELD_TIME: usize = 24;
/// The same in a listpack: an integer of 6 bytes and its frame.
const PACKED_TIME: usize = 10;
/// In a listpack a field without a time takes room for one where another has one: a small integer.
const PACKED_NO_TIME: usize = 2;
/// How many elements are looked at unless MEMORY USAGE says otherwise.
pub const SAMPLES: usize = 5;
/// How many elements the running account looks at: it may not be fooled by the first few.
const ACCOUNT_SAMPLES: usize = 16;

/// What the allocator hands out for so many bytes: jemalloc's size classes.
pub fn block(bytes: usize) -> usize {
    match bytes {
        0..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        _ => bytes.next_multiple_of((bytes.next_power_of_two() / 8).max(16)),
    }
}

/// A text with its header, in a block of its own (`sds`).
pub fn text(length: usize) -> usize {
    let header = match length {
        0..32 => 1,
        32..256 => 3,
        256..65536 => 5,
        _ => 9,
    };
    block(length + header + 1)
}

/// The buckets of a hash table that has grown to so many keys.
pub fn buckets(keys: usize) -> usize {
    if keys == 0 { 0 } else { keys.next_power_of_two().max(4) * BUCKET }
}

/// A key of a database with a value that weighs so much.
fn key(length: usize, value: usize) -> usize {
    DICT_ENTRY + text(length) + value
}

/// An element of a listpack: integers are kept in as few bytes as they need, texts with a header, both with a length
/// behind them by which a listpack is read backwards.
fn packed(element: &[u8]) -> usize {
    let number = (element.len() <= 20).then(|| parse_integer(element)).flatten();
    let data = number.map_or_else(|| packed_text(element.len()), packed_integer);
    data + packed_length(data)
}

fn packed_length(data: usize) -> usize {
    match data {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    }
}

fn packed_text(length: usize) -> usize {
    length
        + match length {
            0..64 => 1,
            64..4096 => 2,
            _ => 5,
        }
}

fn packed_integer(number: i64) -> usize {
    match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -32_768..=32_767 => 3,
        -8_388_608..=8_388_607 => 4,
        -2_147_483_648..=2_147_483_647 => 5,
        _ => 9,
    }
}

/// A score in a listpack: whole ones as integers, others as the text of `%.17g`.
fn packed_score(score: f64) -> usize {
    let whole = score.fract() == 0.0 && score.abs() < 4e18;
    let data = if whole {
        packed_integer(score as i64)
    } else if (score * 1024.0).fract() == 0.0 || !score.is_finite() {
        packed_text(score.to_string().len())
    } else {
        packed_text(18 + usize::from(score.abs() < 1.0) + usize::from(score < 0.0))
    };
    data + packed_length(data)
}

/// A string as a value.
fn string(string: &Str) -> usize {
    match string.encoding() {
        "int" => OBJECT,
        "embstr" => block(OBJECT + 3 + string.len() + 1),
        _ => OBJECT + text(string.len()),
    }
}

/// The sum of sizes that are known of `seen` out of `count` elements.
fn scaled(sum: usize, seen: usize, count: usize) -> usize {
    if seen == 0 || seen >= count { sum } else { (sum as f64 / seen as f64 * count as f64) as usize }
}

fn sampled(sizes: impl Iterator<Item = usize>, count: usize, samples: usize) -> usize {
    let seen = count.min(samples);
    scaled(sizes.take(seen).sum(), seen, count)
}

/// A list: elements fill one node after the other.
fn nodes<'a>(elements: impl Iterator<Item = Item<'a>>, count: usize, samples: usize) -> usize {
    let (mut total, mut filled, mut seen, mut nodes) = (0, 0, 0, 0);
    for element in elements {
        let size = packed(&element);
        if filled > 0 && LISTPACK + filled + size > NODE_BYTES {
            total += NODE + block(LISTPACK + filled);
            nodes += 1;
            if nodes >= samples {
                return scaled(total, seen, count);
            }
            filled = 0;
        }
        filled += size;
        seen += 1;
    }
    total + NODE + block(LISTPACK + filled)
}

fn list(list: &List, samples: usize) -> usize {
    OBJECT + QUICKLIST + nodes(list.iter(), list.len(), samples)
}

/// What the times of fields take; nothing where there are none.
fn field_times(hash: &Hash) -> usize {
    match hash.timed_len() {
        0 => 0,
        timed if hash.encoding().starts_with("listpack") => {
            timed * PACKED_TIME + hash.len().saturating_sub(timed) * PACKED_NO_TIME
        }
        timed => timed * FIELD_TIME,
    }
}

fn hash(hash: &Hash, samples: usize) -> usize {
    if hash.encoding().starts_with("listpack") {
        let pairs = hash.iter().map(|(f, v)| packed(&f) + packed(&v)).sum::<usize>();
        return OBJECT + block(LISTPACK + pairs + field_times(hash));
    }
    let pairs = hash.iter().map(|(f, v)| DICT_ENTRY + text(f.len()) + text(v.len()));
    field_times(hash) + OBJECT + DICT + buckets(hash.len()) + sampled(pairs, hash.len(), samples)
}

fn set(set: &Set, samples: usize) -> usize {
    if let Some(width) = set.intset_width() {
        return OBJECT + block(8 + set.len() * width);
    }
    let members = set.iter().map(|member| DICT_ENTRY + text(member.len()));
    OBJECT + DICT + buckets(set.len()) + sampled(members, set.len(), samples)
}

fn zset(zset: &ZSet, samples: usize) -> usize {
    if zset.encoding() == "listpack" {
        return OBJECT + block(LISTPACK + zset.iter().map(|(m, s)| packed(&m) + packed_score(s)).sum::<usize>());
    }
    let members = zset.iter().map(|(member, _)| DICT_ENTRY + SKIPLIST_NODE + text(member.len()));
    OBJECT + SKIPLIST + DICT + buckets(zset.len()) + sampled(members, zset.len(), samples)
}

fn value(data: &Data, samples: usize) -> usize {
    match data {
        Data::Str(value) => string(value),
        Data::List(value) => list(value, samples),
        Data::Hash(value) => hash(value, samples),
        Data::Set(value) => set(value, samples),
        Data::ZSet(value) => zset(value, samples),
        Data::Stream(value) => OBJECT + value.weight(samples, block),
    }
}

/// What MEMORY USAGE answers: the bytes of a key with its value. `samples` elements of a large collection are looked
/// at; 0: all.
pub fn usage(name: &[u8], entry: &Entry, samples: usize) -> usize {
    key(name.len(), value(&entry.data, if samples == 0 { usize::MAX } else { samples }))
}

/// The bytes of a key for the running account: in time that does not grow with the value, and the same as long as the
/// value is the same.
pub fn account(name: &[u8], entry: &Entry) -> usize {
    key(name.len(), quick(&entry.data))
}

/// As [`value`], but of a large collection elements from everywhere in it are looked at.
fn quick(data: &Data) -> usize {
    match data {
        Data::List(value) if value.len() > ACCOUNT_SAMPLES * 8 => {
            let sizes = places(value.len()).filter_map(|at| value.get(at)).map(|element| packed(&element));
            let bytes = estimated(sizes, value.len());
            OBJECT + QUICKLIST + bytes + bytes.div_ceil(NODE_BYTES) * NODE
        }
        Data::Hash(value) if value.encoding() == "hashtable" => {
            let pairs = places(value.len()).filter_map(|at| value.at(at));
            let sizes = pairs.map(|(f, v)| DICT_ENTRY + text(f.len()) + text(v.len()));
            field_times(value) + OBJECT + DICT + buckets(value.len()) + estimated(sizes, value.len())
        }
        Data::Set(value) if value.encoding() == "hashtable" => {
            let members = places(value.len()).filter_map(|at| value.at(at));
            let sizes = members.map(|member| DICT_ENTRY + text(member.len()));
            OBJECT + DICT + buckets(value.len()) + estimated(sizes, value.len())
        }
        Data::ZSet(value) if value.encoding() == "skiplist" => {
            let members = places(value.len()).filter_map(|at| value.at(at));
            let sizes = members.map(|(member, _)| DICT_ENTRY + SKIPLIST_NODE + text(member.len()));
            OBJECT + SKIPLIST + DICT + buckets(value.len()) + estimated(sizes, value.len())
        }
        Data::Stream(value) => OBJECT + value.account(),
        data => value(data, SAMPLES),
    }
}

fn seen(count: usize) -> usize {
    count.min(ACCOUNT_SAMPLES)
}

/// The sum of `count` sizes by those of the elements at [`places`]. The largest stands for itself alone: one long
/// element among many short ones must not make the account jump.
fn estimated(sizes: impl Iterator<Item = usize>, count: usize) -> usize {
    let (sum, largest, seen) = sizes.fold((0, 0, 0), |(sum, most, n), size| (sum + size, most.max(size), n + 1));
    if seen < 2 { sum } else { largest + scaled(sum - largest, seen - 1, count - 1) }
}

/// Some places out of `count`, spread evenly.
fn places(count: usize) -> impl Iterator<Item = usize> {
    let most = seen(count);
    (0..most).map(move |n| n * count / most)
}

/// What the tables of a database take beside their keys: buckets, and an entry for each key that has a TTL.
///
/// A table has one to two buckets for each key. Redis puts off growing one where memory is short, so that no single
/// key makes it jump: here it grows evenly.
pub fn tables(keys: usize, volatile: usize) -> usize {
    (keys + volatile) * BUCKET * 3 / 2 + volatile * block(DICT_ENTRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_jemalloc() {
        let sizes = [1, 8, 9, 16, 17, 48, 49, 128, 129, 161, 200, 257, 1025, 4097, 16_385].map(block);
        assert_eq!(sizes, [8, 8, 16, 16, 32, 48, 64, 128, 160, 192, 224, 320, 1280, 5120, 20_480]);
    }

    #[test]
    fn a_listpack_keeps_integers_short() {
        let sizes = ["0", "127", "128", "-1", "5000", "100000", "99999999", "abc", "9223372036854775807"];
        assert_eq!(sizes.map(|text| packed(text.as_bytes())), [2, 2, 3, 3, 4, 5, 6, 5, 10]);
    }
}
