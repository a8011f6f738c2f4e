//! Commands of the zsets group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
