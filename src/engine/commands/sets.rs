//! Commands of the sets group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
