//! Commands of the keys group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
