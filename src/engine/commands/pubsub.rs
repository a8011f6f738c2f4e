//! Commands of the pubsub group.

use super::super::row::Row;

/// Its commands.
pub const TABLE: &[Row] = &[];
