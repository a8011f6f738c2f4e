//! Streams as Redis 5.0 to 7.2 wrote them.

use std::collections::BTreeMap;

use super::super::types::{Group, Stream, StreamId};
use super::kind;
use super::reader::{Fault, Read, Reader};

/// Reads a stream that is written as `number` says.
pub fn read_stream(number: u8, reader: &mut Reader<'_>) -> Read<Stream> {
    let mut stream = Stream::default();
    for _ in 0..reader.length()? {
        let id = reader.string()?;
        let id = id.as_ref().try_into().map_err(|_| Fault::new("the id of a stream's node has not 16 bytes"))?;
        if !stream.restore_node(StreamId::from_bytes(id), &reader.string()?) {
            return Err(Fault::new("a node of a stream is damaged"));
        }
    }
    let length = reader.number()?;
    stream.last_id = read_id(reader)?;
    if number == kind::STREAM_LISTPACKS {
        stream.entries_added = length;
        stream.restore_first_id(None);
    } else {
        let first = read_id(reader)?;
        stream.restore_first_id(Some(first));
        stream.max_deleted_id = read_id(reader)?;
        stream.entries_added = reader.number()?;
    }
    // How many entries there are is counted; bugs of the past have left wrong numbers in files.
    if length > 0 && stream.nodes().len() == 0 {
        return Err(Fault::new("a stream has no entries and says that it has some"));
    }
    for _ in 0..reader.length()? {
        read_group(number, reader, &mut stream)?;
    }
    Ok(stream)
}

fn read_id(reader: &mut Reader<'_>) -> Read<StreamId> {
    Ok(StreamId::new(reader.number()?, reader.number()?))
}

fn raw_id(reader: &mut Reader<'_>) -> Read<StreamId> {
    reader.array().map(StreamId::from_bytes)
}

/// What is pending in a group: when it was given last, how often, and whether its consumer was named.
type PendingIds = BTreeMap<StreamId, (i64, u64, bool)>;

fn read_group(number: u8, reader: &mut Reader<'_>, stream: &mut Stream) -> Read<()> {
    let name = reader.string()?;
    let last_id = read_id(reader)?;
    let entries_read = if number == kind::STREAM_LISTPACKS {
        stream.distance(last_id)
    } else {
        // -1: it is not known.
        Some(reader.number()? as i64).filter(|read| *read != -1)
    };
    let group = Group::new(last_id, entries_read);
    let group = stream.add_group(&name, group).ok_or(Fault::new("a stream has two groups of one name"))?;
    let mut pending = PendingIds::new();
    for _ in 0..reader.length()? {
        let (id, delivered_ms, deliveries) = (raw_id(reader)?, reader.little()?, reader.number()?);
        if pending.insert(id, (delivered_ms, deliveries, false)).is_some() {
            return Err(Fault::new("a group has a pending entry twice"));
        }
    }
    for _ in 0..reader.length()? {
        read_consumer(number, reader, group, &mut pending)?;
    }
    if pending.values().any(|(.., named)| !named) {
        return Err(Fault::new("a pending entry belongs to no consumer"));
    }
    Ok(())
}

fn read_consumer(number: u8, reader: &mut Reader<'_>, group: &mut Group, pending: &mut PendingIds) -> Read<()> {
    let name = reader.string()?;
    if !group.add_consumer(&name, reader.little()?) {
        return Err(Fault::new("a group has two consumers of one name"));
    }
    if number == kind::STREAM_LISTPACKS_3 {
        // When it was given something last, which 7.0 does not remember.
        reader.little()?;
    }
    for _ in 0..reader.length()? {
        let id = raw_id(reader)?;
        let entry = pending.get_mut(&id).ok_or(Fault::new("a consumer has an entry that its group has not"))?;
        if std::mem::replace(&mut entry.2, true) {
            return Err(Fault::new("two consumers have the same pending entry"));
        }
        group.assign(id, &name, entry.0, entry.1);
    }
    Ok(())
}
