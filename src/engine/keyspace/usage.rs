//! How recently, or how often, keys are used: the 24 bits that Redis keeps of each, and by which it evicts.

use super::super::time::Time;
use super::policy::{Policy, Rules};

/// The LRU clock is 24 bits of seconds.
pub const LRU_MAX: u32 = (1 << 24) - 1;
/// What a new key's frequency starts from, so that it is not evicted at once. Source: `LFU_INIT_VAL`.
const FRESH_COUNT: u32 = 5;
/// Minutes are kept in 16 bits.
const MINUTES_MAX: u32 = (1 << 16) - 1;

/// Stamps keys with their use. Under an LRU policy (and any other that does not count) the stamp is the time in
/// seconds; under an LFU policy it is the minute of the last decay, then 8 bits of a counter that grows
/// logarithmically.
#[derive(Clone, Debug)]
pub struct UseClock {
    now_s: i64,
    /// When that second began, in microseconds.
    second_us: i64,
    /// What a key is stamped with that comes into being now; under LRU also one that is used now.
    fresh: u32,
    counts: bool,
    log_factor: u32,
    decay_minutes: u32,
    rng: fastrand::Rng,
}

impl UseClock {
    /// A clock at the epoch; `seed` decides which uses a frequency counts.
    pub fn new(rules: &Rules, seed: u64) -> UseClock {
        let rng = fastrand::Rng::with_seed(seed);
        let mut clock =
            UseClock { now_s: 0, second_us: 0, fresh: 0, counts: false, log_factor: 0, decay_minutes: 0, rng };
        clock.obey(rules);
        clock
    }

    /// Takes over what CONFIG SET changed. Stamps that keys have already are not converted; nor does Redis.
    pub fn obey(&mut self, rules: &Rules) {
        self.counts = rules.policy.counts_uses();
        self.log_factor = rules.lfu_log_factor;
        self.decay_minutes = rules.lfu_decay_minutes;
        self.restamp();
    }

    /// Sets the time.
    #[inline]
    pub fn set(&mut self, now: Time) {
        // Most commands come within the second of the one before: that is seen without a division.
        if now.us().wrapping_sub(self.second_us) as u64 >= 1_000_000 {
            self.now_s = now.us().div_euclid(1_000_000);
            self.second_us = self.now_s.saturating_mul(1_000_000);
            self.restamp();
        }
    }

    fn restamp(&mut self) {
        self.fresh = if self.counts { self.minutes() << 8 | FRESH_COUNT } else { self.seconds() };
    }

    fn seconds(&self) -> u32 {
        (self.now_s & i64::from(LRU_MAX)) as u32
    }

    fn minutes(&self) -> u32 {
        (self.now_s.div_euclid(60) & i64::from(MINUTES_MAX)) as u32
    }

    /// The stamp of a key that comes into being now.
    pub fn fresh(&self) -> u32 {
        self.fresh
    }

    /// The stamp of a key that is used now, from the one that it had.
    pub fn used(&mut self, stamp: u32) -> u32 {
        if self.counts { self.counted(stamp) } else { self.fresh }
    }

    fn counted(&mut self, stamp: u32) -> u32 {
        let count = self.frequency(stamp);
        self.minutes() << 8 | self.grown(count)
    }

    /// A frequency after one more use: the higher it is, the rarer it grows. Source: `LFULogIncr`.
    fn grown(&mut self, count: u32) -> u32 {
        if count == 255 {
            return count;
        }
        let above = f64::from(count.saturating_sub(FRESH_COUNT));
        let chance = 1.0 / (above * f64::from(self.log_factor) + 1.0);
        count + u32::from(self.rng.f64() < chance)
    }

    /// The frequency (0 to 255) that an LFU stamp means now: one less for each period of decay since it was stamped.
    /// Source: `LFUDecrAndReturn`.
    pub fn frequency(&self, stamp: u32) -> u32 {
        let elapsed = self.minutes().wrapping_sub(stamp >> 8) & MINUTES_MAX;
        let periods = elapsed.checked_div(self.decay_minutes).unwrap_or(0);
        (stamp & 255).saturating_sub(periods)
    }

    /// For how many seconds a key with this LRU stamp has not been used.
    pub fn idle_s(&self, stamp: u32) -> u32 {
        let now = self.seconds();
        // Redis takes a stamp ahead of the clock for one of the round before.
        if now >= stamp { now - stamp } else { now + (LRU_MAX - stamp) }
    }

    /// The LRU stamp of a key that has not been used for so many seconds.
    pub fn stamp_idle(&self, idle_s: u32) -> u32 {
        (i64::from(self.seconds()) - i64::from(idle_s)).rem_euclid(i64::from(LRU_MAX) + 1) as u32
    }

    /// The LFU stamp of a key with this frequency (0 to 255).
    pub fn stamp_frequency(&self, frequency: u8) -> u32 {
        self.minutes() << 8 | u32::from(frequency)
    }

    /// How much a key with this stamp deserves to be evicted, by a policy that looks at stamps.
    pub fn idleness(&self, policy: Policy, stamp: u32) -> u64 {
        if policy.counts_uses() { 255 - u64::from(self.frequency(stamp)) } else { u64::from(self.idle_s(stamp)) }
    }

    /// Whether uses are counted.
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// Where whatever is left to chance comes from.
    pub fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// What the generator of chance would give next: part of what a server's later answers depend on.
    pub fn seed(&self) -> u64 {
        self.rng.get_seed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(policy: Policy) -> UseClock {
        let mut clock = UseClock::new(&Rules { policy, ..Rules::default() }, 7);
        clock.set(Time::from_ms(1_700_000_000_000));
        clock
    }

    #[test]
    fn idle_time_counts_seconds_and_survives_the_wrap() {
        let mut clock = clock(Policy::AllKeysLru);
        let stamp = clock.fresh();
        clock.set(Time::from_ms(1_700_000_012_999));
        assert_eq!(clock.idle_s(stamp), 12);
        assert_eq!(clock.idle_s(clock.stamp_idle(99)), 99);
        clock.set(Time::from_ms(i64::from(LRU_MAX) * 1000));
        let late = clock.fresh();
        clock.set(Time::from_ms((i64::from(LRU_MAX) + 11) * 1000));
        assert_eq!(clock.idle_s(late), 10);
    }

    #[test]
    fn a_frequency_starts_at_five_grows_ever_slower_and_decays_by_the_minute() {
        let mut clock = clock(Policy::AllKeysLfu);
        let mut stamp = clock.fresh();
        assert_eq!(clock.frequency(stamp), 5);
        // redis.conf: with a factor of 10, about 10 after 100 hits, 18 after 1000, 142 after 100 000.
        for (hits, least, most) in [(100, 7, 13), (900, 14, 22), (99_000, 130, 155)] {
            (0..hits).for_each(|_| stamp = clock.used(stamp));
            let frequency = clock.frequency(stamp);
            assert!((least..=most).contains(&frequency), "{frequency} after {hits} more");
        }
        let before = clock.frequency(stamp);
        clock.set(Time::from_ms(1_700_000_000_000 + 3 * 60_000));
        assert_eq!(clock.frequency(stamp), before - 3);
        clock.set(Time::from_ms(1_700_000_000_000 + 300 * 60_000));
        assert_eq!(clock.frequency(stamp), 0);
    }

    #[test]
    fn a_decay_time_of_zero_never_decays() {
        let rules = Rules { policy: Policy::VolatileLfu, lfu_decay_minutes: 0, ..Rules::default() };
        let mut clock = UseClock::new(&rules, 7);
        let stamp = clock.stamp_frequency(77);
        clock.set(Time::from_ms(10_000_000_000));
        assert_eq!(clock.frequency(stamp), 77);
    }
}
