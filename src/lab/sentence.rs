//! What happened in a schedule, in a sentence of Redis's own words.
//!
//! One rule finds most races: a write whose value, or whose being done at all, comes from a read that another client's
//! write made stale in between.

use bytes::Bytes;

use crate::engine;
use crate::program::{Datum, Deed};

use super::judge::{faults, judge, observe};
use super::locks::lost_lock;
use super::part::{Choice, Status, Taken};
use super::path::answer_text;
use super::world::World;

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
        let found = lost_lock(worlds, steps).or_else(|| stale(worlds, steps)).or_else(|| between(worlds, steps));
        parts.push(found.unwrap_or_else(|| format!("{}{}", struck(worlds, steps), plainly(worlds, end))));
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

/// Who crashed, and after what: `alice crashed after INCR hits; `.
fn struck(worlds: &[World], steps: &[Taken]) -> String {
    let mut told = String::new();
    for (at, step) in steps.iter().enumerate() {
        let crashed = worlds[at + 1].clients().get(step.client).is_some_and(|client| client.status == Status::Crashed);
        if !crashed || !matches!(step.choice, Choice::Fault(_)) {
            continue;
        }
        let name = worlds[at].clients()[step.client].machine.client();
        let before = steps[..at].iter().rev().find(|other| other.client == step.client);
        match before.and_then(|before| before.deed.as_ref()) {
            Some(deed) => told.push_str(&format!("{name} crashed after {}; ", deed.line())),
            None => told.push_str(&format!("{name} crashed before its first step; ")),
        }
    }
    told
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

/// What kind of race is looked for; the plainest is looked for first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Race {
    /// A value was written back over another's write.
    LostUpdate,
    /// A value was written elsewhere that was true no longer.
    StaleWrite,
    /// Something was done because of what was true no longer.
    CheckThenAct,
    /// The same, though it changed nothing any more.
    Attempt,
}

/// The first write that came from a stale read.
fn stale(worlds: &[World], steps: &[Taken]) -> Option<String> {
    let races = [Race::LostUpdate, Race::StaleWrite, Race::CheckThenAct, Race::Attempt];
    races.into_iter().find_map(|race| (0..steps.len()).find_map(|at| stale_at(worlds, steps, at, race)))
}

fn stale_at(worlds: &[World], steps: &[Taken], at: usize, race: Race) -> Option<String> {
    let step = &steps[at];
    let mine = if race == Race::Attempt { attempted(step)? } else { written(step)? };
    let machine = &worlds.get(at)?.clients().get(step.client)?.machine;
    let decided = matches!(race, Race::CheckThenAct | Race::Attempt);
    let names: Vec<&str> = match decided {
        true => machine.conditions().iter().map(String::as_str).collect(),
        false => machine.act()?.names(),
    };
    for name in names.iter().flat_map(|name| machine.program().sources(name)) {
        let Some(read) = last_read(worlds, steps, at, step.client, &name) else { continue };
        if race == Race::LostUpdate && !mine.meets(&read.what) {
            continue;
        }
        let between = (read.step + 1..at).rev().find(|other| {
            steps[*other].client != step.client && written(&steps[*other]).is_some_and(|w| w.meets(&read.what))
        });
        if let Some(between) = between {
            return Some(told(worlds, steps, &read, (between, at), race));
        }
    }
    None
}

fn told(worlds: &[World], steps: &[Taken], read: &Read, (between, at): (usize, usize), race: Race) -> String {
    let name = |step: &Taken| worlds[0].clients().get(step.client).map_or("", |client| client.machine.client());
    let line = |step: &Taken| step.deed.as_ref().map(Deed::line).unwrap_or_default();
    let (who, mine) = (name(&steps[at]), line(&steps[at]));
    let (other, theirs) = (name(&steps[between]), line(&steps[between]));
    let value = &read.value;
    let saw = match &read.what {
        Place::Database => format!("{who} read {value} from the database"),
        _ if written(&steps[read.step]).is_some() => format!("{who}'s {} answered {value}", line(&steps[read.step])),
        place => format!("{who} read {} = {value}", place.shown()),
    };
    let deleted = steps[between].deed.as_ref().is_some_and(deletes);
    let skewed = race == Race::CheckThenAct && skews(worlds, steps, (between, at));
    let then = match race {
        Race::LostUpdate if deleted => format!("; {who}'s {mine} brought back what was deleted (a lost delete)"),
        Race::LostUpdate => format!("; {who}'s {mine} overwrote it (a lost update)"),
        _ if skewed => format!(
            ", and {who} acted on what was true no longer: {mine} (write skew: each wrote what the other had read)"
        ),
        Race::StaleWrite => format!("; {who}'s {mine} then wrote what was true no longer (a stale write)"),
        _ => format!(", and {who} acted on what was true no longer: {mine} (check, then act)"),
    };
    format!("{saw} before {other}'s {theirs}{then}")
}

/// Whether a deed takes keys away.
fn deletes(deed: &Deed) -> bool {
    let gone = |argv: &Vec<Bytes>| {
        argv.first().is_some_and(|name| {
            ["DEL", "UNLINK", "GETDEL"].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        })
    };
    matches!(deed, Deed::Command(argv) if gone(argv))
}

/// Whether two writes touch nothing in common, though each client had read what the other one wrote.
fn skews(worlds: &[World], steps: &[Taken], (theirs, mine): (usize, usize)) -> bool {
    let (Some(first), Some(second)) = (written(&steps[theirs]), written(&steps[mine])) else { return false };
    let machine = &worlds[theirs].clients()[steps[theirs].client].machine;
    let mut reads = machine.conditions().iter().flat_map(|name| machine.program().sources(name));
    let other = steps[theirs].client;
    !first.meets(&second)
        && reads.any(|name| {
            last_read(worlds, steps, theirs, other, &name)
                .is_some_and(|read| written(&steps[read.step]).is_none() && read.what.meets(&second))
        })
}

/// Somebody looked between two commands of another client's pipeline, or of what another client writes in two steps,
/// at the moment at which `always` broke: a dirty read.
fn between(worlds: &[World], steps: &[Taken]) -> Option<String> {
    let at = (0..steps.len()).find(|at| worlds[at + 1].broken() && !worlds[*at].broken())?;
    let name = |step: &Taken| worlds[0].clients().get(step.client).map_or("", |client| client.machine.client());
    let line = |step: &Taken| step.deed.as_ref().map(Deed::line).unwrap_or_default();
    // What the one whose step it was has read last, and who is in the middle of a pipeline that writes there.
    let client = steps[at].client;
    let (read, what) = (0..=at).rev().find_map(|step| {
        let taken = &steps[step];
        let keys = taken.deed.as_ref().map(|deed| keys_of(deed, false)).filter(|keys| !keys.is_empty())?;
        (taken.client == client && written(taken).is_none()).then_some((step, Place::Keys(keys)))
    })?;
    let before = (0..read).rev().find(|step| {
        let taken = &steps[*step];
        let goes_on = matches!(&taken.deed, Some(Deed::Pipeline { commands, at }) if at + 1 < commands.len());
        taken.client != client && goes_on && written(taken).is_some_and(|written| written.meets(&what))
    })?;
    let Some(Deed::Pipeline { commands, at: done }) = &steps[before].deed else { return None };
    let other = steps[before].client;
    let next = commands.get(done + 1).map(|argv| crate::program::command_line(argv))?;
    let unfinished = !steps[before + 1..read].iter().any(|step| step.client == other);
    unfinished.then(|| {
        format!(
            "{}'s {} came between {}'s {} and {next}: it saw half of a pipeline (a dirty read)",
            name(&steps[read]),
            line(&steps[read]),
            name(&steps[before]),
            line(&steps[before])
        )
    })
}

/// The last step before `at` in which a client put something into a register.
fn last_read(worlds: &[World], steps: &[Taken], at: usize, client: usize, name: &str) -> Option<Read> {
    let step = (0..at).rev().find(|step| {
        let taken = &steps[*step];
        taken.choice == Choice::Client(client)
            && worlds[*step].clients()[client].machine.act().and_then(|act| act.keep.as_deref()) == Some(name)
    });
    let step = step?;
    let what = match steps[step].deed.as_ref()? {
        Deed::Sql(_) => Place::Database,
        deed => Place::Keys(keys_of(deed, false)),
    };
    let value = steps[step].answer.as_ref().map(answer_text).unwrap_or_default();
    Some(Read { step, what, value })
}

/// What a step wrote, if it did: a transaction that was aborted, a SET that was refused, a DEL that found nothing
/// wrote nothing.
fn written(taken: &Taken) -> Option<Place> {
    let nothing = match (&taken.deed, &taken.answer) {
        (Some(Deed::Sql(_) | Deed::World(_)), _) => false,
        (Some(Deed::Command(argv)), Some(Ok(Datum::Int(0)))) => {
            let name = argv.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
            ZERO_IS_NOTHING.iter().any(|known| known.as_bytes() == name)
        }
        (_, answer) => matches!(answer, Some(Ok(Datum::None)) | None),
    };
    if nothing { None } else { attempted(taken) }
}

/// Commands that changed nothing if they answer 0.
const ZERO_IS_NOTHING: &[&str] = &[
    "COPY", "DEL", "EXPIRE", "HDEL", "HSETNX", "LREM", "MOVE", "MSETNX", "PERSIST", "PEXPIRE", "RENAMENX", "SADD",
    "SETNX", "SREM", "UNLINK", "ZREM",
];

/// What a step would write, whatever came of it; an error came of nothing.
fn attempted(taken: &Taken) -> Option<Place> {
    if let Some(Err(_)) = taken.answer {
        return None;
    }
    match taken.deed.as_ref()? {
        Deed::World(pairs) => Some(Place::Variables(pairs.iter().map(|(name, _)| name.clone()).collect())),
        Deed::Sql(statement) => {
            let first = statement.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            (!matches!(first.as_str(), "SELECT" | "WITH" | "VALUES")).then_some(Place::Database)
        }
        deed => Some(keys_of(deed, true)).filter(|keys| !keys.is_empty()).map(Place::Keys),
    }
}

/// The keys of a deed; only those of commands that may write, if asked for.
pub fn keys_of(deed: &Deed, writes: bool) -> Vec<Bytes> {
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
