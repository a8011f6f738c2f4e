//! What FUNCTION DUMP writes and FUNCTION RESTORE reads: each library as in an RDB file, then the version of the format
//! and a checksum. Source: `functionDumpCommand`, `rdbSaveRawString`.

use bytes::Bytes;

use super::super::error::Error;

/// Stands before each library.
const LIBRARY: u8 = 245;
/// The same of versions before 7.0.
const EARLY_LIBRARY: u8 = 246;
/// The version of the format.
const VERSION: u16 = 10;
/// Length of what stands at the end: version and checksum.
const FOOTER: usize = 10;

/// CRC-64 as Redis has it (Jones), bit by bit: payloads are short.
fn crc64(bytes: &[u8]) -> u64 {
    const REFLECTED: u64 = 0x95ac_9329_ac4b_c9b5;
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { REFLECTED } else { 0 })
    })
}

/// The payload of libraries with these sources.
pub fn dump<'a>(sources: impl Iterator<Item = &'a Bytes>) -> Vec<u8> {
    let mut payload = Vec::new();
    for source in sources {
        payload.push(LIBRARY);
        match source.len() {
            len @ 0..0x40 => payload.push(len as u8),
            len @ 0x40..0x4000 => payload.extend([0x40 | (len >> 8) as u8, len as u8]),
            len => {
                payload.push(0x80);
                payload.extend(u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        payload.extend_from_slice(source);
    }
    payload.extend(VERSION.to_le_bytes());
    payload.extend(crc64(&payload).to_le_bytes());
    payload
}

/// The sources in a payload.
///
/// # Errors
/// Redis's, where it is damaged, or of a later version, or holds something else.
pub fn restore(payload: &[u8]) -> Result<Vec<Bytes>, Error> {
    const DAMAGED: Error = Error::fixed("ERR DUMP payload version or checksum are wrong");
    let (mut rest, footer) = payload.split_at_checked(payload.len().wrapping_sub(FOOTER)).ok_or(DAMAGED)?;
    let (version, checksum) = footer.split_at(2);
    let whole = crc64(&payload[..payload.len() - 8]).to_le_bytes() == checksum;
    if !whole || u16::from_le_bytes([version[0], version[1]]) > VERSION {
        return Err(DAMAGED);
    }
    let mut sources = Vec::new();
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        match *kind {
            LIBRARY => {}
            EARLY_LIBRARY => return Err(Error::fixed("ERR Pre-release function format not supported.")),
            _ => return Err(Error::fixed("ERR given type is not a function")),
        }
        sources.push(string(&mut rest).ok_or(Error::fixed("ERR Failed loading library data"))?);
    }
    Ok(sources)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

/// A length; `None` also where an encoding stands in its place.
fn length(rest: &mut &[u8]) -> Option<usize> {
    let first = *take(rest, 1)?.first()?;
    let wide = |bytes: &[u8]| usize::try_from(bytes.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte))).ok();
    match (first >> 6, first) {
        (0, _) => Some(usize::from(first)),
        (1, _) => Some(usize::from(first & 0x3f) << 8 | usize::from(*take(rest, 1)?.first()?)),
        (2, 0x80) => wide(take(rest, 4)?),
        (2, 0x81) => wide(take(rest, 8)?),
        _ => None,
    }
}

/// A string, plain or compressed. No library is so short that it could be kept as an integer.
fn string(rest: &mut &[u8]) -> Option<Bytes> {
    const COMPRESSED: u8 = 0xc3;
    if *rest.first()? != COMPRESSED {
        let count = length(rest)?;
        return take(rest, count).map(Bytes::copy_from_slice);
    }
    take(rest, 1)?;
    let (packed, plain) = (length(rest)?, length(rest)?);
    decompressed(take(rest, packed)?, plain)
}

/// LZF: runs of plain bytes, and references to what came before.
fn decompressed(mut packed: &[u8], length: usize) -> Option<Bytes> {
    let mut plain = Vec::new();
    while let Some(&control) = packed.first() {
        packed = &packed[1..];
        let control = usize::from(control);
        if control < 32 {
            plain.extend_from_slice(take(&mut packed, control + 1)?);
            continue;
        }
        let mut count = control >> 5;
        if count == 7 {
            count += usize::from(*take(&mut packed, 1)?.first()?);
        }
        let distance = ((control & 0x1f) << 8) + usize::from(*take(&mut packed, 1)?.first()?) + 1;
        let from = plain.len().checked_sub(distance)?;
        for at in from..from + count + 2 {
            plain.push(plain[at]);
        }
        if plain.len() > length {
            return None;
        }
    }
    (plain.len() == length).then(|| plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dumped_is_restored() {
        assert_eq!(dump([].into_iter()), b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda");
        for len in [5, 100, 20_000] {
            let sources = [Bytes::from(vec![b'x'; len]), Bytes::from_static(b"#!lua name=a\n")];
            assert_eq!(restore(&dump(sources.iter())).ok(), Some(sources.to_vec()));
        }
        let payload = dump([Bytes::from_static(b"abc")].iter());
        assert!((0..payload.len()).all(|end| restore(&payload[..end]).is_err()));
    }

    #[test]
    fn a_compressed_library_is_read() {
        assert_eq!(decompressed(&[1, b'a', b'b', 0x20 | 0, 1], 5).as_deref(), Some(b"ababa".as_ref()));
        assert_eq!(decompressed(&[0x20, 1], 3), None);
    }
}
