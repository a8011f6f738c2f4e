//! What is wrong with a command before it is sent, though some of its words are not known yet.

use bytes::Bytes;

use crate::engine;
use crate::prompt::{Complaint, validate_words};

use super::template::Template;

/// Stands for a word that is not known yet.
const UNKNOWN: &[u8] = b"0";

/// Checks a command's name and the number of its arguments; a word with a `{{ … }}` counts as one argument. `at` of
/// the complaint is the index of the word.
pub fn complaint(template: &Template) -> Option<Complaint> {
    let words = template.words();
    let name = words.first()?.literal()?;
    let container = engine::lookup(&name).is_some_and(|row| !row.subcommands.is_empty());
    if container && words.get(1).is_some_and(|word| word.literal().is_none()) {
        return None;
    }
    let argv: Vec<Bytes> = words.iter().map(|word| word.literal().unwrap_or(Bytes::from_static(UNKNOWN))).collect();
    validate_words(&argv).err()
}
