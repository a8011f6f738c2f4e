//! How long a string may become.

use crate::engine::error::Error;

/// `proto-max-bulk-len`, in bytes: no string may be longer.
const LONGEST: usize = 512 * 1024 * 1024;

/// An error if `size` bytes and `more` are too long for a string.
pub fn check(size: usize, more: usize) -> Result<(), Error> {
    match size.checked_add(more) {
        Some(total) if total <= LONGEST => Ok(()),
        _ => Err(Error::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)")),
    }
}
