//! Locks that changed hands, in a sentence: who took a key with SET NX, lost it when its time was up or another took it
//! away, and went on as if it still held it.

use bytes::Bytes;

use crate::program::{Datum, Deed};
use crate::resp::printable;

use super::part::Taken;
use super::world::World;

/// Longest name of a key in a sentence.
const SHOWN: usize = 40;

/// Commands that take a lock away, or give it more time.
const RELEASES: &[&str] = &["DEL", "UNLINK", "GETDEL"];
const EXTENDS: &[&str] = &["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"];

/// A key that a client took.
struct Hold {
    step: usize,
    client: usize,
    key: Bytes,
}

/// What went wrong with a lock: somebody released or extended what another client held by then, or went on without it.
pub fn lost_lock(worlds: &[World], steps: &[Taken]) -> Option<String> {
    let holds: Vec<Hold> = (0..steps.len()).filter_map(|step| taken(steps, step)).collect();
    let name = |client: usize| worlds[0].clients().get(client).map_or("", |client| client.machine.client());
    let line = |step: usize| steps[step].deed.as_ref().map(Deed::line).unwrap_or_default();
    let lost = |at: usize| lost_before(steps, &holds, at);
    let touched = (0..steps.len()).find_map(|at| {
        let (mine, theirs) = lost(at)?;
        let (who, other) = (name(mine.client), name(theirs.client));
        let how = format!("{}, and {other}'s {} took it", lost_by(steps, mine, theirs, name), line(theirs.step));
        if let Some(command) = command_on(&steps[at], &mine.key, RELEASES) {
            return Some(format!(
                "{how}; {who}'s {command} then released {other}'s lock (a lock released by one who does not hold it)"
            ));
        }
        let command = command_on(&steps[at], &mine.key, EXTENDS)?;
        Some(format!(
            "{how}; {who}'s {command} then extended {other}'s lock (a lock extended by one who does not hold it)"
        ))
    });
    touched.or_else(|| {
        let at = (0..steps.len())
            .find(|at| matches!(steps[*at].deed, Some(Deed::World(_) | Deed::Sql(_))) && lost(*at).is_some())?;
        let (mine, theirs) = lost(at)?;
        Some(format!(
            "{}, and {}'s {} took it; {} went on all the same: {} (two at once behind one lock)",
            lost_by(steps, mine, theirs, name),
            name(theirs.client),
            line(theirs.step),
            name(mine.client),
            line(at)
        ))
    })
}

/// The lock that the client of a step took last, and by whom it was taken since.
fn lost_before<'h>(steps: &[Taken], holds: &'h [Hold], at: usize) -> Option<(&'h Hold, &'h Hold)> {
    let client = steps[at].client;
    let mine = holds.iter().rev().find(|hold| hold.client == client && hold.step < at)?;
    let theirs = holds.iter().rev().find(|hold| hold.step > mine.step && hold.step < at && hold.key == mine.key)?;
    (theirs.client != client).then_some((mine, theirs))
}

/// How the first lost its lock before the second took it.
fn lost_by<'n>(steps: &[Taken], mine: &Hold, theirs: &Hold, name: impl Fn(usize) -> &'n str) -> String {
    let key = printable(&mine.key, SHOWN);
    let released = (mine.step + 1..theirs.step)
        .find_map(|step| Some((steps[step].client, command_on(&steps[step], &mine.key, RELEASES)?)));
    match released {
        Some((client, command)) => format!("{}'s {command} ended {}'s hold of {key}", name(client), name(mine.client)),
        None => format!("{}'s hold of {key} ran out", name(mine.client)),
    }
}

/// The commands of a deed.
fn commands(deed: &Deed) -> Vec<&Vec<Bytes>> {
    match deed {
        Deed::Command(argv) => vec![argv],
        Deed::Transaction(commands) => commands.iter().collect(),
        Deed::Pipeline { commands, at } => commands.get(*at).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The lock that a step took: SET with NX, or SETNX, that was not refused.
fn taken(steps: &[Taken], step: usize) -> Option<Hold> {
    let deed = steps[step].deed.as_ref()?;
    let answers = match steps[step].answer.as_ref()? {
        Ok(Datum::List(items)) if matches!(deed, Deed::Transaction(_)) => items.to_vec(),
        Ok(answer) => vec![answer.clone()],
        Err(_) => return None,
    };
    let found = commands(deed).into_iter().zip(&answers).find(|(argv, answer)| takes(argv) && answer.is_true())?;
    Some(Hold { step, client: steps[step].client, key: found.0.get(1)?.clone() })
}

fn takes(argv: &[Bytes]) -> bool {
    let is = |word: &Bytes, name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match argv {
        [name, _, _, options @ ..] if is(name, "SET") => options.iter().any(|word| is(word, "NX")),
        [name, ..] => is(name, "SETNX"),
        [] => false,
    }
}

/// The command of a step that is one of these, names this key, and did something; as a line.
fn command_on(taken: &Taken, key: &Bytes, names: &[&str]) -> Option<String> {
    if !taken.answer.as_ref()?.as_ref().is_ok_and(Datum::is_true) {
        return None;
    }
    let deed = taken.deed.as_ref()?;
    let named = |argv: &&Vec<Bytes>| {
        argv.first().is_some_and(|name| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())))
            && argv.get(1..).is_some_and(|keys| keys.contains(key))
    };
    commands(deed).into_iter().find(named).map(|argv| crate::program::command_line(argv))
}
