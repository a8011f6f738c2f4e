//! What DUMP answers and RESTORE takes: a value, the version of the format, and a checksum.

use bytes::Bytes;

use super::super::keyspace::Data;
use super::super::types::EncodingLimits;
use super::crc64::crc64;
use super::kind;
use super::load::{is_value, read_value};
use super::reader::{Fault, Read, Reader};
use super::save::{kind_of, version_of, write_value};
use super::writer::Writer;

/// The version and the checksum behind a value.
const FOOTER: usize = 10;

/// The payload of a value. Whether long strings are compressed is `rdbcompression`.
pub fn dump(data: &Data, limits: &EncodingLimits, compress: bool) -> Vec<u8> {
    let mut out = Writer::new(compress);
    out.byte(kind_of(data));
    write_value(data, limits, &mut out);
    seal(out.bytes, version_of(data))
}

/// The payload of FUNCTION DUMP: libraries with these sources.
pub fn dump_functions<'a>(sources: impl Iterator<Item = &'a Bytes>, compress: bool) -> Vec<u8> {
    let mut out = Writer::new(compress);
    for source in sources {
        out.byte(kind::FUNCTION2);
        out.string(source);
    }
    seal(out.bytes, kind::VERSION)
}

/// The sources in a payload of FUNCTION DUMP that was verified.
///
/// # Errors
/// What is damaged, or no library.
pub fn restore_functions(payload: &[u8]) -> Read<Vec<Bytes>> {
    let body = payload.len().saturating_sub(FOOTER);
    let mut reader = Reader::new(&payload[..body]);
    let mut sources = Vec::new();
    while reader.at() < body {
        match reader.byte()? {
            kind::FUNCTION2 => {
                let source = reader.string().map_err(|_| Fault::new("Failed loading library payload"))?;
                sources.push(source.into_owned().into());
            }
            kind::FUNCTION => {
                let source = early_function(&mut reader).map_err(|_| Fault::new("Failed loading library blob"))?;
                sources.push(source.into());
            }
            _ => return Err(Fault::new("given type is not a function")),
        }
    }
    Ok(sources)
}

/// A library as the candidates of 7.0 wrote it: its name, its engine, perhaps a description, its source.
pub fn early_function(reader: &mut Reader<'_>) -> Read<Vec<u8>> {
    let (name, engine) = (reader.string()?, reader.string()?);
    if reader.length()? != 0 {
        reader.string()?;
    }
    let source = reader.string()?;
    Ok([b"#!", &*engine, b" name=", &*name, b"\n", &*source].concat())
}

/// Puts the version and the checksum behind a payload.
fn seal(mut payload: Vec<u8>, version: u16) -> Vec<u8> {
    payload.extend(version.to_le_bytes());
    payload.extend(crc64(&payload).to_le_bytes());
    payload
}

/// The version of a payload, if no version after 8.0 has written it and its checksum is right (or is not looked at:
/// DEBUG SET-SKIP-CHECKSUM-VALIDATION).
pub fn verify(payload: &[u8], skip_checksum: bool) -> Option<u16> {
    let (body, footer) = payload.split_at(payload.len().checked_sub(FOOTER)?);
    let version = u16::from_le_bytes([footer[0], footer[1]]);
    let sum = footer.last_chunk().map(|sum| u64::from_le_bytes(*sum));
    let is_right = || skip_checksum || sum == Some(crc64(&payload[..body.len() + 2]));
    (version <= kind::NEWEST && is_right()).then_some(version)
}

/// The value of a payload that was verified.
///
/// # Errors
/// Whatever keeps the bytes from being a value.
pub fn restore(payload: &[u8], version: u16, limits: &EncodingLimits) -> Read<Data> {
    let mut reader = Reader::new(payload);
    let number = reader.byte()?;
    if !is_value(number, version) {
        return Err(Fault::new("it is no value"));
    }
    read_value(number, &mut reader, limits)?.ok_or(Fault::new("it is a collection without elements"))
}
