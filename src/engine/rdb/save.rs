//! Values as Redis 7.0 writes them.

use crate::resp::format_g17;

use super::super::keyspace::Data;
use super::super::types::{EncodingLimits, Hash, List, Listpack, Set, Str, Stream, StreamId, ZSet};
use super::kind;
use super::packed::write_intset;
use super::writer::Writer;

/// A node of a list that is a listpack (the other kind holds one element of 1 GB or more).
const PACKED: u64 = 2;
/// What an element may take in a listpack beside its text, as Redis estimates it.
const ELEMENT_OVERHEAD: usize = 8;
/// However many elements a node may have, it does not grow beyond this.
const NODE_BYTES: usize = 8192;
/// The limits of nodes by size: `list-max-listpack-size` -1 to -5.
const NODE_LEVELS: [usize; 5] = [4096, 8192, 16_384, 32_768, 65_536];

/// The largest score that is kept as an integer.
const LARGEST_WHOLE: f64 = (1i64 << 62) as f64;

/// The version of the format that a value needs.
pub fn version_of(data: &Data) -> u16 {
    if matches!(data, Data::Hash(hash) if hash.next_expiry().is_some()) { kind::NEWEST } else { kind::VERSION }
}

/// The number that says how a value is written.
pub fn kind_of(data: &Data) -> u8 {
    match data {
        Data::Str(_) => kind::STRING,
        Data::List(_) => kind::LIST_QUICKLIST_2,
        Data::Set(set) if set.intset_width().is_some() => kind::SET_INTSET,
        Data::Set(_) => kind::SET,
        Data::ZSet(zset) if zset.is_packed() => kind::ZSET_LISTPACK,
        Data::ZSet(_) => kind::ZSET_2,
        Data::Hash(hash) if hash.next_expiry().is_some() => kind::HASH_TIMED,
        Data::Hash(hash) if hash.encoding().starts_with("listpack") => kind::HASH_LISTPACK,
        Data::Hash(_) => kind::HASH,
        Data::Stream(_) => kind::STREAM_LISTPACKS_2,
    }
}

/// Writes a value, without the number of [`kind_of`].
pub fn write_value(data: &Data, limits: &EncodingLimits, out: &mut Writer) {
    match data {
        Data::Str(string) => write_string(string, out),
        Data::List(list) => write_list(list, limits.list_node, out),
        Data::Set(set) => write_set(set, out),
        Data::ZSet(zset) => write_zset(zset, out),
        Data::Hash(hash) => write_hash(hash, out),
        Data::Stream(stream) => write_stream(stream, out),
    }
}

fn write_string(string: &Str, out: &mut Writer) {
    out.string(&string.view());
}

/// Whether a node of so many bytes and elements takes one more. Source: `_quicklistNodeAllowInsert`.
fn node_takes(bytes: usize, elements: i64, text: usize, limit: i64) -> bool {
    let bytes = bytes + text + ELEMENT_OVERHEAD;
    if limit < 0 {
        let level = usize::try_from(limit.unsigned_abs() - 1).unwrap_or(usize::MAX).min(NODE_LEVELS.len() - 1);
        return bytes <= NODE_LEVELS[level];
    }
    bytes <= NODE_BYTES && elements < limit.min(1 << 15)
}

/// The nodes are those that pushing one element after the other at the tail gives.
fn write_list(list: &List, limit: i64, out: &mut Writer) {
    let mut nodes: Vec<Listpack> = Vec::new();
    let mut elements = 0;
    for text in list.iter() {
        match nodes.last_mut().filter(|node| node_takes(node.bytes().len(), elements, text.len(), limit)) {
            Some(node) => {
                node.push(&text);
                elements += 1;
            }
            None => {
                let mut node = Listpack::default();
                node.push(&text);
                elements = 1;
                nodes.push(node);
            }
        }
    }
    out.length(nodes.len());
    for node in nodes {
        out.number(PACKED);
        out.string(node.bytes());
    }
}

fn write_set(set: &Set, out: &mut Writer) {
    if let Some(width) = set.intset_width() {
        out.string(&write_intset(set.iter(), width));
        return;
    }
    out.length(set.len());
    set.iter().for_each(|member| out.string(&member));
}

fn write_zset(zset: &ZSet, out: &mut Writer) {
    if zset.is_packed() {
        let mut pack = Listpack::default();
        for (member, score) in zset.iter() {
            pack.push(&member);
            push_score(score, &mut pack);
        }
        out.string(pack.bytes());
        return;
    }
    out.length(zset.len());
    // From the end: whoever reads it puts each member before all others, without a search.
    for (member, score) in zset.iter().rev() {
        out.string(&member);
        out.double(score);
    }
}

/// Whole scores are kept as integers, others as text.
fn push_score(score: f64, pack: &mut Listpack) {
    let is_whole = score.fract() == 0.0 && score.abs() <= LARGEST_WHOLE;
    if is_whole { pack.push_integer(score as i64) } else { pack.push(format_g17(score).as_bytes()) }
}

/// Times are told from the first one on; 0 is no time. Whoever reads it decides by itself whether it packs the hash.
fn write_timed_hash(hash: &Hash, first_ms: i64, out: &mut Writer) {
    out.little(first_ms);
    out.length(hash.len());
    for (field, value) in hash.iter() {
        let since_first = |at_ms: i64| at_ms.abs_diff(first_ms).saturating_add(1);
        out.number(hash.expiry(&field).map_or(0, since_first));
        out.string(&field);
        out.string(&value);
    }
}

fn write_hash(hash: &Hash, out: &mut Writer) {
    if let Some(first_ms) = hash.next_expiry() {
        return write_timed_hash(hash, first_ms, out);
    }
    if hash.encoding().starts_with("listpack") {
        let mut pack = Listpack::default();
        for (field, value) in hash.iter() {
            pack.push(&field);
            pack.push(&value);
        }
        out.string(pack.bytes());
        return;
    }
    out.length(hash.len());
    for (field, value) in hash.iter() {
        out.string(&field);
        out.string(&value);
    }
}

fn write_id(id: StreamId, out: &mut Writer) {
    out.number(id.ms);
    out.number(id.seq);
}

fn write_stream(stream: &Stream, out: &mut Writer) {
    out.length(stream.nodes().len());
    for (id, node) in stream.nodes() {
        out.string(&id.to_bytes());
        out.string(node);
    }
    out.length(stream.len());
    for id in [stream.last_id, stream.first_id(), stream.max_deleted_id] {
        write_id(id, out);
    }
    out.number(stream.entries_added);
    out.length(stream.groups().len());
    for (name, group) in stream.groups() {
        out.string(name);
        write_id(group.last_id, out);
        // -1: it is not known.
        out.number(group.entries_read.unwrap_or(-1) as u64);
        out.length(group.pending().len());
        for (id, pending) in group.pending() {
            out.bytes.extend(id.to_bytes());
            out.little(pending.delivered_ms);
            out.number(pending.deliveries);
        }
        out.length(group.consumers().len());
        for (name, consumer) in group.consumers() {
            out.string(name);
            out.little(consumer.seen_ms);
            out.length(consumer.pending().len());
            consumer.pending().iter().for_each(|id| out.bytes.extend(id.to_bytes()));
        }
    }
}
