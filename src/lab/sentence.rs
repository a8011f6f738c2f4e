//! What happened in a schedule, in a sentence of Redis's own words.
//!
//! One rule finds most races: a write whose value, or whose being done at all, comes from a read that another client's
//! write made stale in between.

use bytes::Bytes;

use crate::engine;
use crate::program::{Datum, Deed};

use super::explore::faults;
use super::judge::{judge, observe};
use super::path::answer_text;
use super::world::{Choice, Taken, World};

/// Longest value in a sentence.
const SHOWN: usize = 40;

/// What was read, and when.
struct Read {
    step: usize,
    what: Place,
    value: String,
}

/// Where something is read or written.
enum Place {
    Keys(Vec<Bytes>),
    Database,
    Variables(Vec<String>),
}

impl Place {
    fn meets(&self, other: &Place) -> bool {
        match (self, other) {
            (Place::Keys(a), Place::Keys(b)) => a.iter().any(|key| b.contains(key)),
            (Place::Database, Place::Database) => true,
            (Place::Variables(a), Place::Variables(b)) => a.iter().any(|name| b.contains(name)),
            _ => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Place::Keys(keys) => keys.first().map_or(String::new(), |key| crate::resp::printable(key, SHOWN)),
            Place::Database => "the database".into(),
            Place::Variables(names) => names.first().cloned().unwrap_or_default(),
        }
    }
}

/// A sentence about a schedule. `worlds` holds one world more than `steps`: the one before each step, and the end.
pub fn sentence(worlds: &[World], steps: &[Taken]) -> String {
    let Some(end) = worlds.last() else { return String::new() };
    let ending = match judge(end) {
        Ok(ending) => ending,
        Err(why) => return why,
    };
    let mut parts = Vec::new();
    if !ending.holds {
        parts.push(stale(worlds, steps).unwrap_or_else(|| plainly(worlds, end)));
    }
    let name = |client: usize| end.clients().get(client).map_or("", |client| client.machine.client());
    if !ending.stuck.is_empty() {
        let names: Vec<&str> = ending.stuck.iter().map(|client| name(*client)).collect();
        parts.push(format!("{} {} for ever", names.join(" and "), if names.len() > 1 { "wait" } else { "waits" }));
    }
    parts.extend(faults(end).into_iter().map(|fault| format!("an error ended {fault}")));
    if parts.is_empty() {
        return format!("{} holds", end.variant().invariant.source());
    }
    parts.join("; ")
}

/// The sentence where no rule finds a race: what is false, and what was observed.
fn plainly(worlds: &[World], end: &World) -> String {
    if let Some(step) = worlds.iter().position(World::broken) {
        let always = end.variant().always.as_ref().map_or("", |always| always.source());
        return format!("{always} was false after step {step}");
    }
    let seen: Vec<String> = observe(end)
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .chain(end.variables())
        .map(|(name, value)| format!("{name} is {}", value.brief(SHOWN)))
        .collect();
    format!("{} is false: {}", end.variant().invariant.source(), seen.join(", "))
}

/// The last write that came from a stale read.
fn stale(worlds: &[World], steps: &[Taken]) -> Option<String> {
    (0..steps.len()).rev().find_map(|at| stale_at(worlds, steps, at))
}

fn stale_at(worlds: &[World], steps: &[Taken], at: usize) -> Option<String> {
    let written = written(&steps[at])?;
    let client = steps[at].client;
    let machine = &worlds.get(at)?.clients().get(client)?.machine;
    let act = machine.act()?;
    let values: Vec<String> = act.names().iter().flat_map(|name| machine.program().sources(name)).collect();
    let conditions: Vec<String> =
        machine.conditions().iter().flat_map(|name| machine.program().sources(name)).collect();
    for (names, decided) in [(values, false), (conditions, true)] {
        for name in names {
            let Some(read) = last_read(worlds, steps, at, client, &name) else { continue };
            let between = (read.step + 1..at).rev().find(|other| {
                steps[*other].client != client && self::written(&steps[*other]).is_some_and(|w| w.meets(&read.what))
            });
            if let Some(between) = between {
                return Some(told(&steps[at], &steps[between], &read, &written, decided, worlds));
            }
        }
    }
    None
}

fn told(write: &Taken, between: &Taken, read: &Read, written: &Place, decided: bool, worlds: &[World]) -> String {
    let name = |client: usize| worlds[0].clients().get(client).map_or("", |client| client.machine.client());
    let line = |taken: &Taken| taken.deed.as_ref().map(Deed::line).unwrap_or_default();
    let (who, other) = (name(write.client), name(between.client));
    let (mine, theirs) = (line(write), line(between));
    let (place, value) = (read.what.shown(), &read.value);
    let saw = match read.what {
        Place::Database => format!("{who} read {value} from the database before {other}'s {theirs}"),
        _ => format!("{who} read {place} = {value} before {other}'s {theirs}"),
    };
    if decided {
        return format!("{saw}, and acted on what was true no longer: {who}'s {mine} (check, then act)");
    }
    if written.meets(&read.what) {
        format!("{saw}; {who}'s {mine} overwrote it (a lost update)")
    } else {
        format!("{saw}; {who}'s {mine} then wrote what was true no longer (a stale write)")
    }
}

/// The last step before `at` in which a client put something into a register.
fn last_read(worlds: &[World], steps: &[Taken], at: usize, client: usize, name: &str) -> Option<Read> {
    let step = (0..at).rev().find(|step| {
        let taken = &steps[*step];
        taken.choice == Choice::Client(client)
            && worlds[*step].clients()[client].machine.act().and_then(|act| act.keep.as_deref()) == Some(name)
    });
    let world_variable = || {
        let known = worlds[0].variable(name).is_some();
        known.then(|| Read { step: at, what: Place::Variables(vec![name.into()]), value: String::new() })
    };
    let Some(step) = step else { return world_variable() };
    let what = match steps[step].deed.as_ref()? {
        Deed::Sql(_) => Place::Database,
        deed => Place::Keys(keys(deed, false)),
    };
    let value = steps[step].answer.as_ref().map(answer_text).unwrap_or_default();
    Some(Read { step, what, value })
}

/// What a step wrote, if it did: a transaction that was aborted and a SET that was refused wrote nothing.
fn written(taken: &Taken) -> Option<Place> {
    let deed = taken.deed.as_ref()?;
    match (deed, &taken.answer) {
        (Deed::World(pairs), _) => Some(Place::Variables(pairs.iter().map(|(name, _)| name.clone()).collect())),
        (_, Some(Ok(Datum::None)) | Some(Err(_)) | None) if !matches!(deed, Deed::Sql(_)) => None,
        (Deed::Sql(statement), Some(Ok(_))) => {
            let first = statement.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            (!matches!(first.as_str(), "SELECT" | "WITH" | "VALUES")).then_some(Place::Database)
        }
        _ => Some(keys(deed, true)).filter(|keys| !keys.is_empty()).map(Place::Keys),
    }
}

/// The keys of a deed; only those of commands that may write, if asked for.
fn keys(deed: &Deed, writes: bool) -> Vec<Bytes> {
    let commands: Vec<&Vec<Bytes>> = match deed {
        Deed::Command(argv) => vec![argv],
        Deed::Transaction(commands) => commands.iter().collect(),
        Deed::Pipeline { commands, at } => commands.get(*at).into_iter().collect(),
        _ => Vec::new(),
    };
    let found = commands.into_iter().filter_map(|argv| Some((argv, engine::resolve(argv)?)));
    let script = |argv: &[Bytes]| argv.first().is_some_and(|name| name.to_ascii_uppercase().starts_with(b"EVAL"));
    found
        .filter(|(argv, row)| !writes || row.writes() || script(argv))
        .flat_map(|(argv, row)| row.keys_of(argv).into_iter().cloned().collect::<Vec<_>>())
        .collect()
}
