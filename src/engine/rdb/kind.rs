//! The numbers by which dumps tell what follows. Source: `rdb.h`.

/// The version of the format that is written where nothing needs a later one: that of Redis 7.0.
pub const VERSION: u16 = 10;
/// The first version with sets as listpacks and with consumers that remember when they were active: Redis 7.2.
pub const VERSION_7_2: u16 = 11;
/// The first version with fields that expire: Redis 7.4. It is written where there are such fields, and it is the
/// newest that is read.
pub const NEWEST: u16 = 12;

/// A string.
pub const STRING: u8 = 0;
/// A list as its elements.
pub const LIST: u8 = 1;
/// A set as its members.
pub const SET: u8 = 2;
/// A sorted set, its scores as text.
pub const ZSET: u8 = 3;
/// A hash as its fields and values.
pub const HASH: u8 = 4;
/// A sorted set, its scores as doubles.
pub const ZSET_2: u8 = 5;
/// A value of a module, which only that module can read.
pub const MODULE: u8 = 6;
/// A value of a module, which can be skipped.
pub const MODULE_2: u8 = 7;
/// A hash as a zipmap.
pub const HASH_ZIPMAP: u8 = 9;
/// A list as a ziplist.
pub const LIST_ZIPLIST: u8 = 10;
/// A set as sorted integers.
pub const SET_INTSET: u8 = 11;
/// A sorted set as a ziplist.
pub const ZSET_ZIPLIST: u8 = 12;
/// A hash as a ziplist.
pub const HASH_ZIPLIST: u8 = 13;
/// A list as ziplists.
pub const LIST_QUICKLIST: u8 = 14;
/// A stream.
pub const STREAM_LISTPACKS: u8 = 15;
/// A hash as a listpack.
pub const HASH_LISTPACK: u8 = 16;
/// A sorted set as a listpack.
pub const ZSET_LISTPACK: u8 = 17;
/// A list as listpacks and elements that are too large for one.
pub const LIST_QUICKLIST_2: u8 = 18;
/// A stream that remembers its first id and what was deleted.
pub const STREAM_LISTPACKS_2: u8 = 19;
/// A set as a listpack (7.2).
pub const SET_LISTPACK: u8 = 20;
/// A stream whose consumers remember when they were active (7.2).
pub const STREAM_LISTPACKS_3: u8 = 21;
/// A hash with fields that expire, as the candidates of 7.4 wrote it.
pub const HASH_TIMED_EARLY: u8 = 22;
/// The same as a listpack.
pub const HASH_TIMED_LISTPACK_EARLY: u8 = 23;
/// A hash with fields that expire (7.4).
pub const HASH_TIMED: u8 = 24;
/// The same as a listpack: a field, its value and its time by turns.
pub const HASH_TIMED_LISTPACK: u8 = 25;

/// How many keys a slot of a cluster has, and how many of them expire.
pub const SLOT_INFO: u8 = 244;
/// A library of functions.
pub const FUNCTION2: u8 = 245;
/// The same as the first candidates of 7.0 wrote it.
pub const FUNCTION: u8 = 246;
/// Something that a module keeps beside the keys.
pub const MODULE_AUX: u8 = 247;
/// For how many seconds the next key has not been used.
pub const IDLE: u8 = 248;
/// How often the next key is used.
pub const FREQ: u8 = 249;
/// A name and a value that say something about the file.
pub const AUX: u8 = 250;
/// How many keys the database has, and how many of them expire.
pub const RESIZEDB: u8 = 251;
/// When the next key expires, in milliseconds.
pub const EXPIRETIME_MS: u8 = 252;
/// When the next key expires, in seconds.
pub const EXPIRETIME: u8 = 253;
/// The database of the keys that follow.
pub const SELECTDB: u8 = 254;
/// The end; only a checksum follows.
pub const EOF: u8 = 255;

/// A length byte that announces 32 bits.
pub const LENGTH_32: u8 = 0x80;
/// A length byte that announces 64 bits.
pub const LENGTH_64: u8 = 0x81;
/// A length byte that announces an integer of 8 bits in place of a string; 16 and 32 bits follow it.
pub const INT_8: u8 = 0xc0;
/// An integer of 16 bits.
pub const INT_16: u8 = 0xc1;
/// An integer of 32 bits.
pub const INT_32: u8 = 0xc2;
/// A compressed string.
pub const LZF: u8 = 0xc3;
