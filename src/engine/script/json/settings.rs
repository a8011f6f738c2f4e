//! What scripts can choose of `cjson`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The choices, with lua-cjson's defaults.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether arrays with many holes become objects; else they are errors.
    pub sparse_convert: bool,
    /// How many times longer than its items an array may be; 0: without limit.
    pub sparse_ratio: i64,
    /// Up to this length an array may have any holes.
    pub sparse_safe: i64,
    /// How deep tables may be nested.
    pub encode_depth: i64,
    /// How deep JSON may be nested.
    pub decode_depth: i64,
    /// Significant digits of numbers.
    pub precision: i64,
    /// Infinities and NaN when they are written: 0 is an error, 1 writes them, 2 writes null.
    pub encode_invalid: i64,
    /// Whether infinities, NaN and hexadecimal numbers are read.
    pub decode_invalid: bool,
    /// It does nothing here but be remembered.
    pub keep_buffer: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: 1000,
            decode_depth: 1000,
            precision: 14,
            encode_invalid: 0,
            decode_invalid: true,
            keep_buffer: true,
        }
    }
}

/// The choices of one library table, which its functions share.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Settings>>);

impl Shared {
    /// The choices, to read or to change.
    pub fn get(&self) -> MutexGuard<'_, Settings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back to the defaults: what a script chooses ends with it.
    pub fn reset(&self) {
        *self.get() = Settings::default();
    }
}
