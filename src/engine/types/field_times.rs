//! When the fields of a hash expire.

use std::collections::{BTreeMap, BTreeSet};

use super::blob::Blob;

/// The times of fields that expire, by field and in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldTimes {
    by_field: BTreeMap<Vec<u8>, i64>,
    in_order: BTreeSet<(i64, Vec<u8>)>,
}

impl FieldTimes {
    /// When `field` expires, in milliseconds since the Unix epoch.
    pub fn get(&self, field: &[u8]) -> Option<i64> {
        self.by_field.get(field).copied()
    }

    /// How many fields expire.
    pub fn len(&self) -> usize {
        self.by_field.len()
    }

    /// Sets or clears the time of `field`.
    pub fn set(&mut self, field: &[u8], at_ms: Option<i64>) {
        if let Some(old) = self.by_field.remove(field) {
            self.in_order.remove(&(old, field.to_vec()));
        }
        if let Some(at_ms) = at_ms {
            self.by_field.insert(field.to_vec(), at_ms);
            self.in_order.insert((at_ms, field.to_vec()));
        }
    }

    /// The earliest time.
    pub fn first(&self) -> Option<i64> {
        self.in_order.first().map(|(at_ms, _)| *at_ms)
    }

    /// Takes out the first field whose time is before `now_ms`.
    pub fn take_before(&mut self, now_ms: i64) -> Option<Blob> {
        self.first().filter(|at_ms| *at_ms < now_ms)?;
        let (_, field) = self.in_order.pop_first()?;
        self.by_field.remove(&field);
        Some(Blob::new(&field))
    }
}
