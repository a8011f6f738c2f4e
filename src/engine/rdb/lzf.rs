//! LZF, the compression of long strings in dumps. Source: Marc Lehmann's liblzf in its usual configuration; the same
//! bytes come out, since the same table is kept in the same way.
//!
//! The compressed form is a row of runs and references. A byte below 32 is followed by one more literal byte than it
//! says. Any other has the length of a reference in its upper 3 bits (7: one more byte follows, to be added; 2 are
//! always added) and the upper 5 bits of its distance in the others; a byte with the lower 8 bits of the distance
//! follows.

/// The table has a place for each 16-bit hash of three bytes.
const PLACES: usize = 1 << 16;
/// The longest run of literal bytes.
const LONGEST_RUN: usize = 32;
/// How far back a reference can reach.
const FARTHEST: usize = 1 << 13;
/// The longest reference.
const LONGEST_REFERENCE: usize = (1 << 8) + (1 << 3);
/// A reference needs at least three bytes ahead.
const LEAST: usize = 3;

/// Compresses strings. Its table is made once and serves for all of them.
#[derive(Default)]
pub struct Compressor {
    /// Where three bytes were seen last, by their hash, counted on over all strings.
    seen: Vec<u32>,
    /// Where the current string begins in that count. What lies before belongs to other strings.
    base: u32,
}

impl Compressor {
    /// The compressed form of `input`; `None` if it does not fit into `room` bytes.
    pub fn compress(&mut self, input: &[u8], room: usize) -> Option<Vec<u8>> {
        if input.len() < LEAST || room == 0 {
            return None;
        }
        let next = u32::try_from(input.len()).ok()?;
        let end = self.base.checked_add(next);
        if self.seen.is_empty() || end.is_none() {
            self.seen = vec![0; PLACES];
            self.base = 0;
        }
        let packed = self.pack(input, room);
        self.base = self.base.saturating_add(next);
        packed
    }

    fn pack(&mut self, input: &[u8], room: usize) -> Option<Vec<u8>> {
        let mut out = Output { bytes: vec![0], run: 0, room };
        let mut at = 0;
        while at + 2 < input.len() {
            match self.note(input, at) {
                Some(back) if input[back..back + LEAST] == input[at..at + LEAST] => {
                    let length = common(input, back, at);
                    out.reference(at - back - 1, length)?;
                    at += length;
                    if at + 2 >= input.len() {
                        break;
                    }
                    // Of the places inside of the reference, only the last two are noted.
                    self.note(input, at - 2);
                    self.note(input, at - 1);
                }
                _ => {
                    out.literal(input[at])?;
                    at += 1;
                }
            }
        }
        // This is asked before the last bytes, which may turn out to be fewer than 3.
        if out.bytes.len() + 3 > room {
            return None;
        }
        for byte in &input[at..] {
            out.push(*byte);
        }
        Some(out.finish())
    }

    /// Notes that three bytes are at `at`; where such were seen before, if a reference can reach there. (The first
    /// place is none for liblzf.)
    fn note(&mut self, input: &[u8], at: usize) -> Option<usize> {
        let three = u32::from(input[at]) << 16 | u32::from(input[at + 1]) << 8 | u32::from(input[at + 2]);
        let hash = (three >> 8).wrapping_sub(three.wrapping_mul(5)) & 0xffff;
        let place = self.seen.get_mut(hash as usize)?;
        let before = std::mem::replace(place, self.base + at as u32).checked_sub(self.base)? as usize;
        (before > 0 && before < at && at - before - 1 < FARTHEST).then_some(before)
    }
}

/// How many bytes are the same from `back` and from `at` on, at least 3: as many as a reference may say.
fn common(input: &[u8], back: usize, at: usize) -> usize {
    let most = (input.len() - at - 2).min(LONGEST_REFERENCE);
    // liblzf does not look at the limit for the first bytes, where it knows that enough are left.
    let unlimited = if most > 16 { 18 } else { 0 };
    let mut length = 2;
    loop {
        length += 1;
        if length > unlimited && length >= most {
            return length;
        }
        if input.get(back + length) != input.get(at + length) {
            return length;
        }
    }
}

struct Output {
    /// What is written; a run begins with a byte for its length.
    bytes: Vec<u8>,
    /// The length of the run.
    run: usize,
    room: usize,
}

impl Output {
    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.bytes.len() >= self.room {
            return None;
        }
        self.push(byte);
        Some(())
    }

    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
        self.run += 1;
        if self.run == LONGEST_RUN {
            self.end_run();
            self.bytes.push(0);
        }
    }

    /// Writes the length of the run, or takes its place away where it is empty.
    fn end_run(&mut self) {
        let head = self.bytes.len() - self.run - 1;
        if self.run == 0 {
            self.bytes.pop();
        } else {
            self.bytes[head] = (self.run - 1) as u8;
        }
        self.run = 0;
    }

    fn reference(&mut self, distance: usize, length: usize) -> Option<()> {
        let length = length - 2;
        if self.bytes.len() - usize::from(self.run == 0) + 4 >= self.room {
            return None;
        }
        self.end_run();
        let far = (distance >> 8) as u8;
        if length < 7 {
            self.bytes.push(far + (length << 5) as u8);
        } else {
            self.bytes.extend([far + (7 << 5), (length - 7) as u8]);
        }
        self.bytes.extend([distance as u8, 0]);
        Some(())
    }

    fn finish(mut self) -> Vec<u8> {
        self.end_run();
        self.bytes
    }
}

/// The most bytes that come out of so many compressed ones: three make a reference of 264.
fn most(compressed: usize) -> usize {
    compressed.saturating_mul(LONGEST_REFERENCE / 3)
}

/// The `length` bytes whose compressed form this is; `None` if it is not.
pub fn decompress(mut packed: &[u8], length: usize) -> Option<Vec<u8>> {
    if length > most(packed.len()) {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    while let Some((head, rest)) = packed.split_first() {
        let head = usize::from(*head);
        if head < LONGEST_RUN {
            let (run, rest) = rest.split_at_checked(head + 1)?;
            out.extend_from_slice(run);
            packed = rest;
        } else {
            let (more, rest) = if head >> 5 == 7 { rest.split_first()? } else { (&0, rest) };
            let (low, rest) = rest.split_first()?;
            let distance = ((head & 0x1f) << 8 | usize::from(*low)) + 1;
            let from = out.len().checked_sub(distance)?;
            let count = (head >> 5) + usize::from(*more) + 2;
            if out.len() + count > length {
                return None;
            }
            repeat(&mut out, from, count);
            packed = rest;
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

/// Appends `count` bytes from `from` on, which may be among those that are appended.
fn repeat(out: &mut Vec<u8>, from: usize, mut count: usize) {
    while count > 0 {
        let chunk = count.min(out.len() - from);
        out.extend_from_within(from..from + chunk);
        count -= chunk;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rng: &mut fastrand::Rng, len: usize) -> Vec<u8> {
        let words: [&[u8]; 5] = [b"a", b"bb", b"hello ", b"0123456789", b"\0\0\0\0\0"];
        let mut text = Vec::new();
        while text.len() < len {
            match rng.u8(..8) {
                0 => text.push(rng.u8(..)),
                _ => text.extend_from_slice(words[rng.usize(..words.len())]),
            }
        }
        text.truncate(len);
        text
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut compressor = Compressor::default();
        let mut smaller = 0;
        for _ in 0..2_000 {
            let most = if rng.u8(..10) == 0 { 20_000 } else { 400 };
            let len = rng.usize(..most);
            let text = text(&mut rng, len);
            let Some(packed) = compressor.compress(&text, text.len().saturating_sub(4)) else { continue };
            assert!(packed.len() + 4 <= text.len());
            assert_eq!(decompress(&packed, text.len()), Some(text.clone()));
            assert_eq!(decompress(&packed, text.len() - 1), None);
            smaller += 1;
            // A compressor that has seen other strings answers as a fresh one does.
            assert_eq!(Compressor::default().compress(&text, text.len() - 4), Some(packed));
        }
        assert!(smaller > 1000, "{smaller}");
    }

    #[test]
    fn a_claim_that_the_bytes_cannot_keep_is_refused() {
        assert_eq!(decompress(b"\x00a", usize::MAX), None);
        assert_eq!(decompress(b"\x20\x00", 3), None);
        assert_eq!(decompress(b"\x00a\xe0\xff\x00", 1 + 264), Some(vec![b'a'; 265]));
        assert_eq!(decompress(b"", 0), Some(Vec::new()));
    }

    #[test]
    fn bytes_of_unknown_origin_do_no_harm() {
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..50_000 {
            let len = rng.usize(..40);
            let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
            decompress(&bytes, rng.usize(..600));
        }
    }
}
