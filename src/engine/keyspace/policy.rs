//! What is done when memory runs out.

/// `maxmemory-policy`: which keys are evicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Those with a TTL that have not been used for the longest time.
    VolatileLru,
    /// Those with a TTL that are used least often.
    VolatileLfu,
    /// Any that have a TTL.
    VolatileRandom,
    /// Those that expire soonest.
    VolatileTtl,
    /// Those that have not been used for the longest time.
    AllKeysLru,
    /// Those that are used least often.
    AllKeysLfu,
    /// Any.
    AllKeysRandom,
    /// None: commands that need memory are refused.
    #[default]
    NoEviction,
}

impl Policy {
    /// Every policy with its name in redis.conf, in Redis's order.
    pub const NAMES: &[(&str, Policy)] = &[
        ("volatile-lru", Policy::VolatileLru),
        ("volatile-lfu", Policy::VolatileLfu),
        ("volatile-random", Policy::VolatileRandom),
        ("volatile-ttl", Policy::VolatileTtl),
        ("allkeys-lru", Policy::AllKeysLru),
        ("allkeys-lfu", Policy::AllKeysLfu),
        ("allkeys-random", Policy::AllKeysRandom),
        ("noeviction", Policy::NoEviction),
    ];

    /// Its name in redis.conf.
    pub fn name(self) -> &'static str {
        Policy::NAMES.iter().find(|(_, policy)| *policy == self).map_or("noeviction", |(name, _)| name)
    }

    /// Whether it goes by how often keys are used.
    pub fn counts_uses(self) -> bool {
        matches!(self, Policy::VolatileLfu | Policy::AllKeysLfu)
    }

    /// Whether it spares keys without a TTL.
    pub fn is_volatile(self) -> bool {
        matches!(self, Policy::VolatileLru | Policy::VolatileLfu | Policy::VolatileRandom | Policy::VolatileTtl)
    }
}

/// The parameters of redis.conf that say how much memory there is and who makes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `maxmemory`, bytes; 0: no limit.
    pub maxmemory: u64,
    /// `maxmemory-policy`
    pub policy: Policy,
    /// `maxmemory-samples`: how many keys are looked at to find one to evict.
    pub samples: u32,
    /// `maxmemory-eviction-tenacity`, 0 to 100: how long an eviction may take; 100: until it is done.
    pub tenacity: u32,
    /// `lfu-log-factor`: how slowly a frequency grows.
    pub lfu_log_factor: u32,
    /// `lfu-decay-time`: minutes after which a frequency is one less; 0: never.
    pub lfu_decay_minutes: u32,
}

impl Rules {
    /// Whether keys are evicted by when or how often they were used.
    pub fn notes_uses(&self) -> bool {
        use Policy::{AllKeysLfu, AllKeysLru, VolatileLfu, VolatileLru};
        self.maxmemory > 0 && matches!(self.policy, AllKeysLru | AllKeysLfu | VolatileLru | VolatileLfu)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            maxmemory: 0,
            policy: Policy::NoEviction,
            samples: 5,
            tenacity: 10,
            lfu_log_factor: 10,
            lfu_decay_minutes: 1,
        }
    }
}
