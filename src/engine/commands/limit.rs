//! How long a string may become.

use crate::engine::error::Error;
use crate::engine::state::State;

/// No string of the engine is longer, whatever the settings allow: 512 MB, as Redis's default.
const LONGEST: u64 = 512 << 20;

/// How many bytes a string may have: `proto-max-bulk-len`.
pub fn longest(state: &State) -> usize {
    usize::try_from(state.settings.longest_string.min(LONGEST)).unwrap_or(usize::MAX)
}

/// An error if `size` bytes and `more` are more than `most`.
pub fn check(size: usize, more: usize, most: usize) -> Result<(), Error> {
    match size.checked_add(more) {
        Some(total) if total <= most => Ok(()),
        _ => Err(Error::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)")),
    }
}
