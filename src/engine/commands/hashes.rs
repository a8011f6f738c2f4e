//! Commands of the hashes group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
