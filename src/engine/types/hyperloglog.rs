//! HyperLogLog: how many different elements were added, estimated from 16384 registers of 6 bits.
//!
//! The value is an ordinary string with Redis's bytes: a header of 16 (`HYLL`, the encoding, three zeros, the last
//! estimate), then the registers. Dense, these are packed one behind the other. Sparse, they are a run-length code:
//! `00nnnnnn` n+1 zeros, `01nnnnnn nnnnnnnn` the same for longer runs, `1vvvvvnn` n+1 times the value v+1.
//!
//! Estimator: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.

/// How many registers there are.
pub const REGISTERS: usize = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 14;
/// Bits of a hash that are looked through for the first 1.
const PATTERN_BITS: usize = 64 - INDEX_BITS as usize;
const HEADER: usize = 16;
const DENSE_LEN: usize = HEADER + REGISTERS * 6 / 8;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
const LARGEST_REGISTER: u8 = 63;
/// The largest value and the longest runs that the sparse code can express.
const SPARSE_LARGEST: u8 = 32;
const LONGEST_VALUE_RUN: usize = 4;
const LONGEST_SHORT_ZERO_RUN: usize = 64;
/// So many codes are looked at for neighbours to be merged, from the one before a change on.
const MERGE_SCAN: usize = 5;
/// Set in the last byte of the estimate while it is out of date.
const STALE: u8 = 0x80;

/// The sparse code does not describe 16384 registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// One value for each register.
pub type Registers = [u8; REGISTERS];

/// A string without elements, sparse.
pub fn empty() -> Vec<u8> {
    let mut string = vec![0; HEADER];
    string[..4].copy_from_slice(b"HYLL");
    string[4] = SPARSE;
    Code::Zeros(REGISTERS).write(&mut string);
    string
}

/// Whether a string has the header of a HyperLogLog, and, where it is dense, the right length.
pub fn is_hyperloglog(string: &[u8]) -> bool {
    string.len() >= HEADER
        && string.starts_with(b"HYLL")
        && (string[4] == SPARSE || (string[4] == DENSE && string.len() == DENSE_LEN))
}

/// Whether the registers are packed, not run-length coded.
pub fn is_dense(string: &[u8]) -> bool {
    string.get(4) == Some(&DENSE)
}

/// The estimate in the header, unless it is out of date.
pub fn cached(string: &[u8]) -> Option<u64> {
    let bytes = string.get(8..HEADER)?.try_into().ok()?;
    Some(u64::from_le_bytes(bytes)).filter(|_| string[HEADER - 1] & STALE == 0)
}

/// Keeps an estimate in the header.
pub fn cache(string: &mut [u8], estimate: u64) {
    if let Some(place) = string.get_mut(8..HEADER) {
        place.copy_from_slice(&estimate.to_le_bytes());
    }
}

/// Marks the estimate in the header as out of date.
pub fn spoil_cache(string: &mut [u8]) {
    if let Some(last) = string.get_mut(HEADER - 1) {
        *last |= STALE;
    }
}

/// Adds an element; whether that changed a register.
pub fn add(string: &mut Vec<u8>, element: &[u8], sparse_max: usize) -> Result<bool, Corrupt> {
    let hash = murmur(element, 0xadc8_3b19);
    let index = (hash as usize) & (REGISTERS - 1);
    // A 1 behind the last bit ends the search at the latest there.
    let pattern = (hash >> INDEX_BITS) | 1 << PATTERN_BITS;
    raise(string, index, pattern.trailing_zeros() as u8 + 1, sparse_max)
}

/// Raises a register to a value if it is lower; whether it was. A sparse string becomes dense where the value is too
/// large for its code, or the string would be longer than `sparse_max` bytes.
pub fn raise(string: &mut Vec<u8>, index: usize, value: u8, sparse_max: usize) -> Result<bool, Corrupt> {
    if !is_dense(string) {
        match raise_sparse(string, index, value, sparse_max)? {
            Raised::TooLarge => drop(make_dense(string)?),
            done => return Ok(done == Raised::Yes),
        }
    }
    let registers = string.get_mut(HEADER..).ok_or(Corrupt)?;
    let lower = register(registers, index) < value;
    if lower {
        set_register(registers, index, value);
    }
    Ok(lower)
}

/// Makes a string dense; whether it was not.
pub fn make_dense(string: &mut Vec<u8>) -> Result<bool, Corrupt> {
    if is_dense(string) {
        return Ok(false);
    }
    let mut all = [0; REGISTERS];
    merge(&mut all, string)?;
    string.truncate(HEADER);
    string.resize(DENSE_LEN, 0);
    string[4] = DENSE;
    for (index, value) in all.iter().enumerate().filter(|(_, value)| **value > 0) {
        set_register(&mut string[HEADER..], index, *value);
    }
    Ok(true)
}

/// Raises each register of `all` to that of a string.
pub fn merge(all: &mut Registers, string: &[u8]) -> Result<(), Corrupt> {
    if is_dense(string) {
        let registers = string.get(HEADER..DENSE_LEN).ok_or(Corrupt)?;
        for (index, value) in all.iter_mut().enumerate() {
            *value = (*value).max(register(registers, index));
        }
        return Ok(());
    }
    let mut at = 0;
    for code in codes(string) {
        let end = at + code.run();
        if let Code::Values(value, _) = code {
            let covered = all.get_mut(at..end).ok_or(Corrupt)?;
            covered.iter_mut().for_each(|register| *register = value.max(*register));
        }
        at = end;
    }
    if at == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

/// The estimate for a string.
pub fn count(string: &[u8]) -> Result<u64, Corrupt> {
    let mut all = [0; REGISTERS];
    merge(&mut all, string)?;
    Ok(estimate(&all))
}

/// How many elements were added, going by the registers.
pub fn estimate(registers: &Registers) -> u64 {
    let mut histogram = [0u32; 256];
    registers.iter().for_each(|value| histogram[usize::from(*value)] += 1);
    let share = |count: u32| f64::from(count) / REGISTERS as f64;
    let m = REGISTERS as f64;
    let full = histogram[PATTERN_BITS + 1];
    let mut z = m * tau(share(REGISTERS as u32 - full));
    for count in histogram[1..=PATTERN_BITS].iter().rev() {
        z = (z + f64::from(*count)) * 0.5;
    }
    z += m * sigma(share(histogram[0]));
    // 1 / (2 ln 2), for ever more registers.
    let alpha = std::f64::consts::LOG2_E / 2.0;
    let estimate = (alpha * m * m / z).round();
    // Registers that no element can have set may give a number that C makes the smallest there is.
    if estimate < 9_223_372_036_854_775_808.0 { estimate as u64 } else { i64::MIN as u64 }
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if before == z {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if before == z {
            return z / 3.0;
        }
    }
}

/// MurmurHash64A.
fn murmur(text: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mix = |word: u64| {
        let word = word.wrapping_mul(M);
        (word ^ (word >> 47)).wrapping_mul(M)
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut hash = seed ^ (text.len() as u64).wrapping_mul(M);
    for word in words {
        hash = (hash ^ mix(u64::from_le_bytes(*word))).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 47)).wrapping_mul(M);
    hash ^ (hash >> 47)
}

/// A register of a packed sequence, whose first bits are the lowest of the first byte.
fn register(packed: &[u8], index: usize) -> u8 {
    let (byte, bit) = (index * 6 / 8, index * 6 % 8);
    let pair = u16::from_le_bytes([at(packed, byte), at(packed, byte + 1)]);
    (pair >> bit) as u8 & LARGEST_REGISTER
}

fn set_register(packed: &mut [u8], index: usize, value: u8) {
    let (byte, bit) = (index * 6 / 8, index * 6 % 8);
    let pair = u16::from_le_bytes([at(packed, byte), at(packed, byte + 1)]);
    let pair = pair & !(u16::from(LARGEST_REGISTER) << bit) | u16::from(value) << bit;
    for (place, new) in packed.iter_mut().skip(byte).zip(pair.to_le_bytes()) {
        *place = new;
    }
}

/// A byte; behind the end all are 0.
fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or(0)
}

/// A code of the sparse form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// So many registers are 0.
    Zeros(usize),
    /// The same, in two bytes.
    ManyZeros(usize),
    /// A value, and how many registers have it.
    Values(u8, usize),
}

impl Code {
    fn read(bytes: &[u8], place: usize) -> Code {
        let byte = at(bytes, place);
        let low = usize::from(byte & 0x3f);
        match byte >> 6 {
            0 => Code::Zeros(low + 1),
            1 => Code::ManyZeros((low << 8 | usize::from(at(bytes, place + 1))) + 1),
            _ => Code::Values((byte >> 2 & 0x1f) + 1, usize::from(byte & 3) + 1),
        }
    }

    /// How many registers it covers.
    fn run(self) -> usize {
        match self {
            Code::Zeros(run) | Code::ManyZeros(run) | Code::Values(_, run) => run,
        }
    }

    /// How many bytes it takes.
    fn len(self) -> usize {
        if matches!(self, Code::ManyZeros(_)) { 2 } else { 1 }
    }

    /// Appends it, zeros in as many bytes as they need.
    fn write(self, out: &mut Vec<u8>) {
        let last = self.run() - 1;
        match self {
            Code::Values(value, _) => out.push(0x80 | (value - 1) << 2 | last as u8),
            _ if last < LONGEST_SHORT_ZERO_RUN => out.push(last as u8),
            _ => out.extend([0x40 | (last >> 8) as u8, last as u8]),
        }
    }
}

/// The codes of a sparse string.
fn codes(string: &[u8]) -> impl Iterator<Item = Code> {
    let mut place = HEADER;
    std::iter::from_fn(move || {
        let code = (place < string.len()).then(|| Code::read(string, place))?;
        place += code.len();
        Some(code)
    })
}

/// The codes of a sparse string in words, as PFDEBUG DECODE shows them: `Z:16384`, `z:3`, `v:1,2`.
pub fn describe(string: &[u8]) -> String {
    let words = codes(string).map(|code| match code {
        Code::Zeros(run) => format!("z:{run}"),
        Code::ManyZeros(run) => format!("Z:{run}"),
        Code::Values(value, run) => format!("v:{value},{run}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What became of a register in a sparse string.
#[derive(PartialEq, Eq)]
enum Raised {
    Yes,
    /// It was as high before.
    No,
    /// The sparse form has no room for it.
    TooLarge,
}

fn raise_sparse(string: &mut Vec<u8>, index: usize, value: u8, sparse_max: usize) -> Result<Raised, Corrupt> {
    if value > SPARSE_LARGEST {
        return Ok(Raised::TooLarge);
    }
    let (mut place, mut before, mut first) = (HEADER, HEADER, 0);
    let code = loop {
        if place >= string.len() {
            return Err(Corrupt);
        }
        let code = Code::read(string, place);
        if index < first + code.run() {
            break code;
        }
        (before, place, first) = (place, place + code.len(), first + code.run());
    };
    if matches!(code, Code::Values(old, _) if old >= value) {
        return Ok(Raised::No);
    }
    let part = |run: usize| match code {
        Code::Values(old, _) => Code::Values(old, run),
        Code::Zeros(_) | Code::ManyZeros(_) => Code::Zeros(run),
    };
    let (left, right) = (index - first, first + code.run() - 1 - index);
    let mut new = Vec::with_capacity(5);
    [left].into_iter().filter(|run| *run > 0).for_each(|run| part(run).write(&mut new));
    Code::Values(value, 1).write(&mut new);
    [right].into_iter().filter(|run| *run > 0).for_each(|run| part(run).write(&mut new));
    if new.len() > code.len() && string.len() + new.len() - code.len() > sparse_max {
        return Ok(Raised::TooLarge);
    }
    let end = (place + code.len()).min(string.len());
    string.splice(place..end, new);
    merge_neighbours(string, before);
    spoil_cache(string);
    Ok(Raised::Yes)
}

/// Makes one code of two that stand side by side and have the same value, from a place on.
fn merge_neighbours(string: &mut Vec<u8>, mut place: usize) {
    for _ in 0..MERGE_SCAN {
        if place >= string.len() {
            return;
        }
        let code = Code::read(string, place);
        let next = (place + 1 < string.len()).then(|| Code::read(string, place + 1));
        match (code, next) {
            (Code::Values(value, run), Some(Code::Values(same, more)))
                if value == same && run + more <= LONGEST_VALUE_RUN =>
            {
                let mut merged = Vec::with_capacity(1);
                Code::Values(value, run + more).write(&mut merged);
                string.splice(place..place + 2, merged);
            }
            _ => place += code.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(rng: &mut fastrand::Rng, elements: usize, sparse_max: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut sparse, mut dense) = (empty(), empty());
        make_dense(&mut dense).expect("an empty one");
        for _ in 0..elements {
            let element = rng.u64(..).to_le_bytes();
            let changed = add(&mut sparse, &element, sparse_max);
            assert_eq!(changed, add(&mut dense, &element, sparse_max));
        }
        (sparse, dense)
    }

    #[test]
    fn both_forms_hold_the_same_registers() {
        let mut rng = fastrand::Rng::with_seed(5);
        for elements in [0, 1, 10, 300, 3000] {
            let (sparse, dense) = filled(&mut rng, elements, usize::MAX);
            assert!(!is_dense(&sparse) && is_dense(&dense));
            let (mut a, mut b) = ([0; REGISTERS], [0; REGISTERS]);
            assert_eq!((merge(&mut a, &sparse), merge(&mut b, &dense)), (Ok(()), Ok(())));
            assert_eq!(a, b);
            let mut made_dense = sparse.clone();
            assert_eq!(make_dense(&mut made_dense), Ok(true));
            assert_eq!(made_dense[HEADER..], dense[HEADER..]);
        }
    }

    #[test]
    fn the_estimate_is_near_the_truth() {
        let mut rng = fastrand::Rng::with_seed(11);
        for elements in [0usize, 1, 10, 100, 1000, 10_000, 100_000] {
            let (sparse, _) = filled(&mut rng, elements, 3000);
            let estimate = count(&sparse).expect("a sound one");
            let off = estimate.abs_diff(elements as u64) as f64;
            assert!(off <= elements as f64 * 0.03 + 0.5, "{estimate} instead of {elements}");
            assert_eq!(is_dense(&sparse), elements > 3000);
        }
    }

    #[test]
    fn whatever_the_bytes_nothing_breaks() {
        let mut rng = fastrand::Rng::with_seed(13);
        for _ in 0..3_000 {
            let (mut string, _) = filled(&mut rng, 50, 3000);
            for _ in 0..rng.usize(..4) {
                let place = rng.usize(HEADER..string.len());
                string[place] = rng.u8(..);
            }
            string.truncate(rng.usize(HEADER..=string.len()));
            describe(&string);
            count(&string).ok();
            for _ in 0..20 {
                add(&mut string, &rng.u64(..).to_le_bytes(), 100).ok();
            }
        }
        assert_eq!(raise(&mut Vec::new(), 5, 5, 100), Err(Corrupt));
        assert_eq!(count(&[]), Err(Corrupt));
    }
}
