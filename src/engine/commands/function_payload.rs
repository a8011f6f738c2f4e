//! What FUNCTION DUMP writes and FUNCTION RESTORE reads.

use bytes::Bytes;

use super::super::error::Error;
use super::super::rdb;

/// The sources in a payload; its checksum may be left alone.
///
/// # Errors
/// Redis's, where it is damaged, or of a later version, or holds something else.
pub fn restore(payload: &[u8], skip_checksum: bool) -> Result<Vec<Bytes>, Error> {
    rdb::verify(payload, skip_checksum).ok_or(Error::fixed("ERR DUMP payload version or checksum are wrong"))?;
    rdb::restore_functions(payload).map_err(|fault| Error::new(format!("ERR {}", fault.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dumped_is_restored() {
        assert_eq!(rdb::dump_functions([].into_iter(), true), b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda");
        for len in [5, 100, 20_000] {
            let sources = [Bytes::from(vec![b'x'; len]), Bytes::from_static(b"#!lua name=a\n")];
            assert_eq!(restore(&rdb::dump_functions(sources.iter(), true), false).ok(), Some(sources.to_vec()));
        }
        let payload = rdb::dump_functions([Bytes::from_static(b"abc")].iter(), true);
        assert!((0..payload.len()).all(|end| restore(&payload[..end], false).is_err()));
    }
}
