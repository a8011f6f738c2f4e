//! Commands of the lists group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
