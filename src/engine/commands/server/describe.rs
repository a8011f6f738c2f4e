//! A row as COMMAND INFO and COMMAND DOCS show it.

use crate::resp::Value;

use super::super::super::row::{Begin, Find, Flags, KeySpec, Row};
use super::super::category;
use super::{arguments, remarks, tips};

/// Flags in the order in which Redis names them.
const FLAGS: &[(Flags, &str)] = &[
    (Flags::WRITE, "write"),
    (Flags::READONLY, "readonly"),
    (Flags::DENYOOM, "denyoom"),
    (Flags::ADMIN, "admin"),
    (Flags::PUBSUB, "pubsub"),
    (Flags::NOSCRIPT, "noscript"),
    (Flags::BLOCKING, "blocking"),
    (Flags::LOADING, "loading"),
    (Flags::STALE, "stale"),
    (Flags::SKIP_MONITOR, "skip_monitor"),
    (Flags::SKIP_SLOWLOG, "skip_slowlog"),
    (Flags::ASKING, "asking"),
    (Flags::FAST, "fast"),
    (Flags::NO_AUTH, "no_auth"),
    (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (Flags::NO_ASYNC_LOADING, "no_async_loading"),
    (Flags::NO_MULTI, "no_multi"),
    (Flags::MOVABLEKEYS, "movablekeys"),
    (Flags::ALLOW_BUSY, "allow_busy"),
];

/// A command or a subcommand with its container.
#[derive(Clone, Copy)]
pub struct Described {
    /// The row of its first word.
    pub container: &'static Row,
    /// Its own row.
    pub row: &'static Row,
}

fn status(text: impl Into<String>) -> Value {
    Value::Simple(text.into().into())
}

fn number(n: impl TryInto<i64>) -> Value {
    Value::Integer(n.try_into().unwrap_or(i64::MAX))
}

fn map(pairs: Vec<(&'static str, Value)>) -> Value {
    Value::Map(pairs.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect())
}

impl Described {
    /// A command.
    pub fn new(row: &'static Row) -> Described {
        Described { container: row, row }
    }

    /// Its subcommands.
    pub fn subcommands(self) -> impl Iterator<Item = Described> {
        self.row.subcommands.iter().map(move |row| Described { container: self.container, row })
    }

    /// Its name in lower case: `config|get`.
    pub fn full_name(self) -> String {
        let name = self.container.name.to_lowercase();
        if std::ptr::eq(self.container, self.row) { name } else { format!("{name}|{}", self.row.name.to_lowercase()) }
    }

    /// Its ACL categories, without their `@`.
    pub fn categories(self) -> Vec<&'static str> {
        category::of(self.container, self.row)
    }

    /// What COMMAND INFO answers.
    pub fn info(self) -> Value {
        let row = self.row;
        let flags = FLAGS.iter().filter(|(flag, _)| row.flags.has(*flag)).map(|(_, name)| status(*name));
        let [first, last, step] = legacy_range(row.keys);
        Value::Array(vec![
            Value::bulk(self.full_name()),
            number(row.arity),
            Value::Set(flags.collect()),
            number(first),
            number(last),
            number(step),
            Value::Set(self.categories().into_iter().map(|name| status(format!("@{name}"))).collect()),
            Value::Set(tips::of(&self.full_name()).iter().map(|tip| Value::bulk(*tip)).collect()),
            Value::Set(self.key_specs()),
            Value::Set(self.subcommands().map(Described::info).collect()),
        ])
    }

    fn key_specs(self) -> Vec<Value> {
        let name = self.full_name();
        let spec = |(n, spec)| key_spec(spec, remarks::note(&name, n));
        self.row.keys.iter().enumerate().map(spec).collect()
    }

    /// Name and content of what COMMAND DOCS answers.
    pub fn docs(self) -> (Value, Value) {
        let row = self.row;
        let mut pairs = vec![
            ("summary", Value::bulk(row.summary)),
            ("since", Value::bulk(row.since)),
            ("group", Value::bulk(row.group.name())),
            ("complexity", Value::bulk(row.complexity)),
        ];
        let name = self.full_name();
        if remarks::is_internal(&name) {
            pairs.push(("doc_flags", Value::Set(vec![status("syscmd")])));
        }
        if let Some((since, by)) = remarks::replaced(&name) {
            pairs.push(("doc_flags", Value::Set(vec![status("deprecated")])));
            pairs.extend([("deprecated_since", Value::bulk(since)), ("replaced_by", Value::bulk(by))]);
        }
        pairs.extend(arguments::of(&name).map(|arguments| ("arguments", arguments)));
        if !row.subcommands.is_empty() {
            pairs.push(("subcommands", Value::Map(self.subcommands().map(Described::docs).collect())));
        }
        (Value::bulk(self.full_name()), map(pairs))
    }
}

fn key_spec(spec: &KeySpec, note: Option<&'static str>) -> Value {
    let typed = |name: &'static str, content| map(vec![("type", Value::bulk(name)), ("spec", map(content))]);
    let begin = match spec.begin {
        Begin::Index(at) => typed("index", vec![("index", number(at))]),
        Begin::Keyword(word, from) => {
            typed("keyword", vec![("keyword", Value::bulk(word)), ("startfrom", number(from))])
        }
        Begin::KeywordBack(word, back) => {
            let from = Value::Integer(-i64::try_from(back).unwrap_or(0));
            typed("keyword", vec![("keyword", Value::bulk(word)), ("startfrom", from)])
        }
        Begin::Unknown(_) => typed("unknown", Vec::new()),
    };
    let find = match spec.find {
        _ if matches!(spec.begin, Begin::Unknown(_)) => typed("unknown", Vec::new()),
        Find::Range { last, step, limit } => {
            typed("range", vec![("lastkey", number(last)), ("keystep", number(step)), ("limit", number(limit))])
        }
        Find::Count { at, first, step } => {
            typed("keynum", vec![("keynumidx", number(at)), ("firstkey", number(first)), ("keystep", number(step))])
        }
    };
    let flags = Value::Set(spec.flags.iter().map(|flag| status(*flag)).collect());
    let notes = note.map(|note| ("notes", Value::bulk(note)));
    map(notes.into_iter().chain([("flags", flags), ("begin_search", begin), ("find_keys", find)]).collect())
}

/// First key, last key and step, as Redis derives them from the key specifications for clients of older days.
fn legacy_range(specs: &[KeySpec]) -> [i32; 3] {
    let place = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
    if let [KeySpec { begin: Begin::Index(first), find: Find::Range { last, step, .. }, .. }] = specs {
        return [place(*first), if *last >= 0 { last + place(*first) } else { *last }, *step];
    }
    let (mut first, mut last, mut previous) = (None, 0i32, 0i32);
    for spec in specs {
        let (Begin::Index(at), Find::Range { last: end, step: 1, .. }) = (spec.begin, spec.find) else { continue };
        let at = place(at);
        if previous != 0 && previous != at - 1 {
            continue;
        }
        let end = if end >= 0 { end + at } else { end };
        first = Some(first.map_or(at, |first: i32| first.min(at)));
        // Compared as unsigned numbers, so that "from the end" counts as far away.
        last = last.cast_unsigned().max(end.cast_unsigned()).cast_signed();
        previous = last;
    }
    first.map_or([0, 0, 0], |first| [first, last, 1])
}
