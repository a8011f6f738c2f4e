//! What happened to a key, told once and read by whoever must react.

use bytes::Bytes;

/// The class of a keyspace event, as `notify-keyspace-events` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `g`: commands of no type, such as DEL and EXPIRE.
    Generic,
    /// `$`
    String,
    /// `l`
    List,
    /// `s`
    Set,
    /// `h`
    Hash,
    /// `z`
    ZSet,
    /// `t`
    Stream,
    /// `x`: the key expired.
    Expired,
    /// `e`: the key was evicted.
    Evicted,
    /// `n`: the key was not there before.
    New,
}

impl Class {
    /// The letter in `notify-keyspace-events`.
    pub fn letter(self) -> char {
        match self {
            Class::Generic => 'g',
            Class::String => '$',
            Class::List => 'l',
            Class::Set => 's',
            Class::Hash => 'h',
            Class::ZSet => 'z',
            Class::Stream => 't',
            Class::Expired => 'x',
            Class::Evicted => 'e',
            Class::New => 'n',
        }
    }
}

/// One event of one key. Dispatch turns signals into dirty WATCHes, woken clients and keyspace notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The database number.
    pub db: usize,
    /// The key.
    pub key: Bytes,
    /// The class and the name of the event, such as `set` or `lpush`; `None` where Redis sends no notification
    /// (FLUSHALL, SWAPDB).
    pub event: Option<(Class, &'static str)>,
    /// Whether the value changed: only then are WATCHes made dirty and blocked clients woken.
    pub modified: bool,
}
