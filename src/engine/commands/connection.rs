//! Commands of the connection group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
