//! Passwords, which are kept as their SHA-256 alone.

use sha2::{Digest, Sha256};

/// The SHA-256 of a password in lower-case hexadecimal digits.
pub fn hash(password: &[u8]) -> String {
    Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash as a rule gives it, if it is one: 64 lower-case hexadecimal digits.
pub fn checked(text: &[u8]) -> Option<String> {
    let digits = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 64 || !digits {
        return None;
    }
    String::from_utf8(text.to_vec()).ok()
}
