//! Integers of any width inside a string, at any bit: what BITFIELD reads and writes.

/// What happens to a number that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Overflow {
    /// Its lowest bits are kept.
    #[default]
    Wrap,
    /// It becomes the largest or the smallest number that fits.
    Saturate,
    /// Nothing is written.
    Fail,
}

/// A place for an integer: its type and where its highest bit lies. Bit 0 is the highest bit of the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whether it is a signed number in two's complement.
    pub signed: bool,
    /// Its width in bits: 1 to 64, or 1 to 63 where it is not signed.
    pub bits: u32,
    /// Its first bit.
    pub offset: u64,
}

impl Field {
    /// Its last bit.
    pub fn last_bit(&self) -> u64 {
        self.offset + u64::from(self.bits) - 1
    }

    /// The number that stands there; behind the end of a string all bits are 0.
    pub fn get(&self, string: &[u8]) -> i64 {
        let (first, last) = (self.offset / 8, self.last_bit() / 8);
        let byte = |at: u64| usize::try_from(at).ok().and_then(|at| string.get(at)).copied().unwrap_or(0);
        let window = (first..=last).fold(0u128, |all, at| all << 8 | u128::from(byte(at)));
        self.fit((window >> self.shift()) as i128)
    }

    /// Writes the lowest bits of a number, which must lie within the string.
    pub fn set(&self, string: &mut [u8], number: i64) {
        let (first, last) = (self.offset / 8, self.last_bit() / 8);
        let mask = (u128::MAX >> (128 - self.bits)) << self.shift();
        let value = ((number as u128) << self.shift()) & mask;
        for (place, at) in (first..=last).rev().enumerate() {
            let Some(byte) = usize::try_from(at).ok().and_then(|at| string.get_mut(at)) else { continue };
            let part = |all: u128| (all >> (8 * place)) as u8;
            *byte = *byte & !part(mask) | part(value);
        }
    }

    /// How many bits of the last byte follow the field.
    fn shift(&self) -> u32 {
        7 - (self.last_bit() % 8) as u32
    }

    /// The smallest and the largest number that fit.
    pub fn range(&self) -> (i128, i128) {
        if self.signed { (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1) } else { (0, (1 << self.bits) - 1) }
    }

    /// A number made to fit; `None` if it does not fit and must not be changed.
    pub fn squeeze(&self, number: i128, overflow: Overflow) -> Option<i64> {
        let (least, most) = self.range();
        match overflow {
            _ if (least..=most).contains(&number) => Some(number as i64),
            Overflow::Wrap => Some(self.fit(number)),
            Overflow::Saturate => Some(number.clamp(least, most) as i64),
            Overflow::Fail => None,
        }
    }

    /// The lowest bits of a number, read as this type.
    fn fit(&self, number: i128) -> i64 {
        let unused = 128 - self.bits;
        let high = number << unused;
        if self.signed { (high >> unused) as i64 } else { ((high as u128) >> unused) as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit_by_bit(field: &Field, string: &[u8]) -> i64 {
        let bit = |at: u64| string.get(at as usize / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
        let number = (field.offset..=field.last_bit()).fold(0u64, |all, at| all << 1 | u64::from(bit(at)));
        let unused = 64 - field.bits;
        if field.signed { ((number << unused) as i64) >> unused } else { number as i64 }
    }

    #[test]
    fn every_width_is_read_and_written_at_every_bit() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let signed = rng.bool();
            let field = Field { signed, bits: rng.u32(1..=if signed { 64 } else { 63 }), offset: rng.u64(..90) };
            let mut string: Vec<u8> = (0..20).map(|_| rng.u8(..)).collect();
            assert_eq!(field.get(&string), bit_by_bit(&field, &string));
            let short = &string[..rng.usize(..20)];
            assert_eq!(field.get(short), bit_by_bit(&field, short));
            let before = string.clone();
            let number = field.squeeze(i128::from(rng.i64(..)), Overflow::Wrap).expect("it wraps");
            field.set(&mut string, number);
            assert_eq!(field.get(&string), number);
            let outside = |at: &u64| *at < field.offset || *at > field.last_bit();
            let bit = |string: &[u8], at: u64| string[at as usize / 8] >> (7 - at % 8) & 1;
            assert!((0..160).filter(outside).all(|at| bit(&string, at) == bit(&before, at)));
        }
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        let signed = Field { signed: true, bits: 8, offset: 0 };
        let unsigned = Field { signed: false, ..signed };
        for (field, number, wrapped, saturated) in [
            (signed, 127, 127, 127),
            (signed, 128, -128, 127),
            (signed, -129, 127, -128),
            (unsigned, 256, 0, 255),
            (unsigned, -1, 255, 0),
            (Field { bits: 64, ..signed }, 1i128 << 63, i64::MIN, i64::MAX),
        ] {
            assert_eq!(field.squeeze(number, Overflow::Wrap), Some(wrapped));
            assert_eq!(field.squeeze(number, Overflow::Saturate), Some(saturated));
            assert_eq!(field.squeeze(number, Overflow::Fail), Some(saturated).filter(|_| number == 127));
        }
    }
}
