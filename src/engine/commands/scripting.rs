//! Commands of the scripting group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
