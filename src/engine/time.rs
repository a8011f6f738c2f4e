//! Time as an argument: the engine never looks at a clock.

/// A moment: microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The moment `ms` milliseconds after the Unix epoch.
    pub fn from_ms(ms: i64) -> Time {
        Time(ms.saturating_mul(1000))
    }

    /// Whole milliseconds since the Unix epoch: the unit in which keys expire.
    pub fn ms(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Microseconds since the Unix epoch.
    pub fn us(self) -> i64 {
        self.0
    }

    /// The moment `us` microseconds later.
    pub fn plus_us(self, us: i64) -> Time {
        Time(self.0.saturating_add(us))
    }
}
