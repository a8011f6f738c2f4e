//! One row registers a command. COMMAND, HELP, completion, hints, the lint of lessons, the live guard and key
//! extraction all read it.

use bytes::Bytes;

use super::args::Args;
use super::context::Context;
use super::outcome::Answer;

/// What a command is about: the groups of redis.io.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Keys of any type.
    Generic,
    /// Strings.
    String,
    /// Hashes.
    Hash,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Streams.
    Stream,
    /// Strings as arrays of bits.
    Bitmap,
    /// HyperLogLogs.
    HyperLogLog,
    /// Sorted sets as places on the earth.
    Geo,
    /// Publish and subscribe.
    PubSub,
    /// MULTI, EXEC, WATCH.
    Transactions,
    /// Lua scripts.
    Scripting,
    /// The connection itself.
    Connection,
    /// The server itself.
    Server,
    /// Several servers that share the keys.
    Cluster,
}

impl Group {
    /// The name that COMMAND DOCS gives it.
    pub fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::Hash => "hash",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
            Group::HyperLogLog => "hyperloglog",
            Group::Geo => "geo",
            Group::PubSub => "pubsub",
            Group::Transactions => "transactions",
            Group::Scripting => "scripting",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Cluster => "cluster",
        }
    }
}

/// A set of command flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// No flag.
    pub const NONE: Flags = Flags(0);
    /// May change data.
    pub const WRITE: Flags = Flags(1);
    /// Only reads data.
    pub const READONLY: Flags = Flags(1 << 1);
    /// Refused when memory is out.
    pub const DENYOOM: Flags = Flags(1 << 2);
    /// For administrators.
    pub const ADMIN: Flags = Flags(1 << 3);
    /// About publish and subscribe.
    pub const PUBSUB: Flags = Flags(1 << 4);
    /// Refused in scripts.
    pub const NOSCRIPT: Flags = Flags(1 << 5);
    /// May block the client.
    pub const BLOCKING: Flags = Flags(1 << 6);
    /// Allowed while data is loaded.
    pub const LOADING: Flags = Flags(1 << 7);
    /// Allowed on a replica whose data is stale.
    pub const STALE: Flags = Flags(1 << 8);
    /// Not shown by MONITOR.
    pub const SKIP_MONITOR: Flags = Flags(1 << 9);
    /// Not logged by SLOWLOG.
    pub const SKIP_SLOWLOG: Flags = Flags(1 << 10);
    /// O(1) or O(log n).
    pub const FAST: Flags = Flags(1 << 11);
    /// Allowed before authentication.
    pub const NO_AUTH: Flags = Flags(1 << 12);
    /// May replicate although it is no write (PUBLISH, EVAL).
    pub const MAY_REPLICATE: Flags = Flags(1 << 13);
    /// Its keys are where its arguments say.
    pub const MOVABLEKEYS: Flags = Flags(1 << 14);
    /// Refused in a transaction.
    pub const NO_MULTI: Flags = Flags(1 << 15);
    /// Allowed while a script runs too long.
    pub const ALLOW_BUSY: Flags = Flags(1 << 16);
    /// Its reply depends on chance.
    pub const RANDOM: Flags = Flags(1 << 17);
    /// Dangerous: ACL's category, and what the guard of live servers asks about.
    pub const DANGEROUS: Flags = Flags(1 << 18);
    /// `no_async_loading`
    pub const NO_ASYNC_LOADING: Flags = Flags(1 << 19);
    /// `asking`
    pub const ASKING: Flags = Flags(1 << 20);
    /// `no_mandatory_keys`: it may have no key at all (EVAL).
    pub const NO_MANDATORY_KEYS: Flags = Flags(1 << 21);
    /// It is there, and not allowed; no reply shows this flag.
    pub const PROTECTED: Flags = Flags(1 << 22);

    /// Both sets together.
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// This set without `other`.
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Whether all flags of `other` are here.
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        self.with(other)
    }
}

/// Where the keys of a command start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At this argument (the name is argument 0).
    Index(usize),
    /// After this word, searched from this argument on.
    Keyword(&'static str, usize),
    /// After this word, searched backwards from so many arguments before the end.
    KeywordBack(&'static str, usize),
    /// Where COMMAND INFO says `unknown`: after the last such word, searched from this argument on, if there is one
    /// (SORT's STORE), or in places that no argument shows (SORT's BY and GET).
    Unknown(Option<(&'static str, usize)>),
}

/// Where the keys end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Every `step`th up to `last`, counted from the first key; a negative `last` counts from the end of the command
    /// (-1: the last argument), and `limit` n > 1 takes only the first 1/n of what is left.
    Range {
        /// The last key.
        last: i32,
        /// The distance between keys.
        step: i32,
        /// Which part of the rest to take.
        limit: i32,
    },
    /// An argument says how many there are.
    Count {
        /// Where the number stands, from the beginning.
        at: usize,
        /// Where the first key stands, from the beginning.
        first: usize,
        /// The distance between keys.
        step: usize,
    },
}

/// What a command does to some of its keys. Source: Redis's key specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// `RO`, `RW`, `OW`, `RM`, then `access`, `update`, `insert`, `delete`, and the others: as COMMAND INFO shows them.
    pub flags: &'static [&'static str],
    /// Where they start.
    pub begin: Begin,
    /// Where they end.
    pub find: Find,
}

impl KeySpec {
    /// One key at argument 1.
    pub const fn first(flags: &'static [&'static str]) -> KeySpec {
        KeySpec { flags, begin: Begin::Index(1), find: Find::Range { last: 0, step: 1, limit: 0 } }
    }

    /// The first of each pair of arguments from 1 on.
    pub const fn pairs(flags: &'static [&'static str]) -> KeySpec {
        KeySpec { flags, begin: Begin::Index(1), find: Find::Range { last: -1, step: 2, limit: 0 } }
    }

    /// All arguments from 1 on.
    pub const fn all(flags: &'static [&'static str]) -> KeySpec {
        KeySpec { flags, begin: Begin::Index(1), find: Find::Range { last: -1, step: 1, limit: 0 } }
    }

    /// One key at argument `at`.
    pub const fn at(at: usize, flags: &'static [&'static str]) -> KeySpec {
        KeySpec { flags, begin: Begin::Index(at), find: Find::Range { last: 0, step: 1, limit: 0 } }
    }

    /// As many keys as argument `at` says, right after it.
    pub const fn count(at: usize, flags: &'static [&'static str]) -> KeySpec {
        KeySpec { flags, begin: Begin::Index(at), find: Find::Count { at: 0, first: 1, step: 1 } }
    }
}

/// The words that may stand before STREAMS, each with how many belong to it.
const BEFORE_STREAMS: &[(&str, usize)] = &[("BLOCK", 1), ("COUNT", 1), ("GROUP", 2), ("NOACK", 0)];

/// Whether a command that names streams and their ids names as many of both, behind words that it knows. Redis reads
/// such a command itself when it looks for its keys, and finds none in one that is wrong.
fn names_streams(argv: &[Bytes]) -> bool {
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("STREAMS") {
            return words.count().is_multiple_of(2);
        }
        let Some((_, count)) = BEFORE_STREAMS.iter().find(|(name, _)| is(name)) else { return false };
        words.by_ref().take(*count).for_each(drop);
    }
    false
}

/// Runs a command.
pub type Handler = fn(&mut Context<'_>, Args<'_>) -> Answer;

/// A command, or a subcommand.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name in capitals; a subcommand's own name without its container's.
    pub name: &'static str,
    /// Its group.
    pub group: Group,
    /// How many arguments, name included; negative: at least so many.
    pub arity: i32,
    /// Its flags.
    pub flags: Flags,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// The version of Redis that brought it.
    pub since: &'static str,
    /// Its complexity, as `O(…)` with what its letters mean.
    pub complexity: &'static str,
    /// Its arguments in the notation of redis.io: `GET key`.
    pub syntax: &'static str,
    /// What it does, in one line of our own.
    pub summary: &'static str,
    /// What runs it.
    pub handler: Handler,
    /// Its subcommands, where it is a container.
    pub subcommands: &'static [Row],
}

impl Row {
    /// A row to be filled in: `Row { name: …, ..Row::DEFAULT }`.
    pub const DEFAULT: Row = Row {
        name: "",
        group: Group::Generic,
        arity: 1,
        flags: Flags::NONE,
        keys: &[],
        since: "1.0.0",
        complexity: "O(1)",
        syntax: "",
        summary: "",
        handler: unknown_subcommand,
        subcommands: &[],
    };

    /// Whether a command of `count` words (its name included) has the right number of them.
    pub fn accepts(&self, count: usize) -> bool {
        let least = self.arity.unsigned_abs() as usize;
        if self.arity >= 0 { count == least } else { count >= least }
    }

    /// The subcommand of this name, in any case.
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Row> {
        self.subcommand_at(name).map(|at| &self.subcommands[at])
    }

    /// The place of the subcommand of this name, in any case.
    pub fn subcommand_at(&self, name: &[u8]) -> Option<usize> {
        self.subcommands.iter().position(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether it may change data.
    pub fn writes(&self) -> bool {
        self.flags.has(Flags::WRITE)
    }

    /// The keys of a command line, in order (shard channels are none); empty where its arguments make no sense.
    pub fn keys_of<'a>(&self, argv: &'a [Bytes]) -> Vec<&'a Bytes> {
        let names_streams =
            |spec: &&KeySpec| !matches!(spec.begin, Begin::Keyword("STREAMS", _)) || names_streams(argv);
        // MIGRATE has one key, or an empty one and then many behind KEYS.
        let is_empty = |spec: &&KeySpec| match spec.begin {
            Begin::Index(at) if argv.get(at).is_some_and(Bytes::is_empty) => self
                .keys
                .iter()
                .any(|spec| matches!(spec.begin, Begin::KeywordBack(..)) && !positions(spec, argv).is_empty()),
            _ => false,
        };
        let specs = self.keys.iter().filter(|spec| !spec.flags.contains(&"not_key") && !is_empty(spec));
        let specs = specs.filter(names_streams);
        specs.flat_map(|spec| positions(spec, argv)).filter_map(|at| argv.get(at)).collect()
    }
}

/// What runs a container whose subcommand is not known: its rows have handlers, it has none.
fn unknown_subcommand(_: &mut Context<'_>, args: Args<'_>) -> Answer {
    let [container, subcommand, ..] = args.argv() else { return Err(super::error::SYNTAX) };
    Err(super::error::Error::new(format!(
        "ERR unknown subcommand '{:.128}'. Try {} HELP.",
        String::from_utf8_lossy(subcommand),
        String::from_utf8_lossy(container).to_uppercase(),
    )))
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("name", &self.name).field("arity", &self.arity).finish_non_exhaustive()
    }
}

/// The places of the keys that one specification finds in a command.
pub fn positions(spec: &KeySpec, argv: &[Bytes]) -> Vec<usize> {
    let first = match spec.begin {
        Begin::Index(at) => at,
        Begin::Keyword(word, from) => {
            let found = argv.iter().skip(from).position(|a| a.eq_ignore_ascii_case(word.as_bytes()));
            match found {
                Some(offset) => from + offset + 1,
                None => return Vec::new(),
            }
        }
        Begin::KeywordBack(word, back) => {
            let named = |at: &usize| argv[*at].eq_ignore_ascii_case(word.as_bytes());
            match (1..(argv.len() + 1).saturating_sub(back)).rev().find(named) {
                Some(at) => at + 1,
                None => return Vec::new(),
            }
        }
        Begin::Unknown(None) => return Vec::new(),
        Begin::Unknown(Some((word, from))) => {
            let named = |at: &usize| argv.get(*at).is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()));
            match (from..argv.len()).rev().find(named) {
                Some(at) => at + 1,
                None => return Vec::new(),
            }
        }
    };
    match spec.find {
        Find::Range { last, step, limit } => {
            let step = usize::try_from(step).unwrap_or(1).max(1);
            let end = match usize::try_from(last) {
                Ok(offset) => first + offset,
                Err(_) => {
                    let from_end = usize::try_from(-last).unwrap_or(1);
                    match usize::try_from(limit) {
                        Ok(parts) if parts > 1 => first + (argv.len().saturating_sub(first)) / parts - 1,
                        _ => argv.len().saturating_sub(from_end),
                    }
                }
            };
            (first..=end.min(argv.len().saturating_sub(1))).step_by(step).collect()
        }
        Find::Count { at, first: offset, step } => {
            let count = argv.get(first + at).and_then(|n| super::types::parse_integer(n)).unwrap_or(0);
            let count = usize::try_from(count).unwrap_or(0);
            let start = first + offset;
            // More keys than arguments: the command makes no sense, and Redis finds none in it.
            if count.saturating_sub(1).saturating_mul(step.max(1)) >= argv.len().saturating_sub(start) {
                return Vec::new();
            }
            (0..count).map(|n| start + n * step.max(1)).collect()
        }
    }
}
