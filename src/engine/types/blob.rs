//! Short texts without memory of their own.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use bytes::Bytes;

/// See [`Blob::INLINE`].
const INLINE: usize = 22;

/// A text of any bytes that does not change: a key, a field, a member, a short string. It takes 24 bytes; only one of
/// more than 22 bytes takes a block of memory besides, which belongs to it alone.
#[derive(Clone)]
pub struct Blob(Place);

#[derive(Clone)]
enum Place {
    Here { len: u8, bytes: [u8; INLINE] },
    Heap(Box<[u8]>),
}

impl Blob {
    /// The longest text that lies in a blob itself: with its length and a mark it fills 24 bytes.
    pub const INLINE: usize = INLINE;

    /// A copy of `text`.
    #[inline]
    pub fn new(text: &[u8]) -> Blob {
        if text.len() > INLINE {
            return Blob(Place::Heap(text.into()));
        }
        let mut bytes = [0; INLINE];
        bytes[..text.len()].copy_from_slice(text);
        Blob(Place::Here { len: text.len() as u8, bytes })
    }

    /// The text.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Place::Here { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Place::Heap(bytes) => bytes,
        }
    }

    /// The text as a reply carries it.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

impl Default for Blob {
    fn default() -> Self {
        Blob::new(b"")
    }
}

impl Deref for Blob {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Borrow<[u8]> for Blob {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl From<&[u8]> for Blob {
    fn from(text: &[u8]) -> Blob {
        Blob::new(text)
    }
}

impl From<&Blob> for Bytes {
    fn from(blob: &Blob) -> Bytes {
        blob.to_bytes()
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Blob {}

impl PartialOrd for Blob {
    fn partial_cmp(&self, other: &Blob) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Blob {
    fn cmp(&self, other: &Blob) -> std::cmp::Ordering {
        self.as_slice().cmp(other)
    }
}

impl Hash for Blob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_text_that_it_was_made_of() {
        for len in 0..100u8 {
            let text: Vec<u8> = (0..len).collect();
            let blob = Blob::new(&text);
            assert_eq!(*blob, text);
            assert_eq!(blob.clone(), blob);
            assert_eq!(blob.to_bytes(), text);
        }
        assert!(Blob::new(b"a") < Blob::new(b"b"));
        assert!(Blob::new(b"a") < Blob::new(&[b'a'; 50]));
    }

    #[test]
    fn it_takes_three_words() {
        assert_eq!(size_of::<Blob>(), 24);
        assert_eq!(size_of::<Option<Blob>>(), 24);
    }
}
