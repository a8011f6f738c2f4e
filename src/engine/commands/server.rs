//! Commands of the server group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
