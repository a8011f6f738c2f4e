//! Which keys a command may change.

use bytes::Bytes;

use crate::engine::{self, Flags, Row};
use crate::resp::{Value, printable};

use super::super::connection::Connection;
use super::super::error::LinkError;
use super::danger::danger;
use super::script;

/// From so many keys on, KEYS is asked about.
const MANY_KEYS: i64 = 10_000;

/// What a command may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The keys that it may create, change or remove.
    pub written: Vec<Bytes>,
    /// Why it is asked about, whatever its keys are.
    pub reason: Option<String>,
    /// Whether it may wait for long before it does what it does.
    pub waits: bool,
}

impl Reach {
    fn doubtful(reason: impl Into<String>) -> Reach {
        Reach { reason: Some(reason.into()), ..Reach::default() }
    }
}

/// What a command may do, by the list and by its row; `None`: the engine does not know the command.
pub fn known_reach(argv: &[Bytes]) -> Option<Reach> {
    if let Some(reason) = danger(argv) {
        return Some(Reach::doubtful(reason));
    }
    let row = engine::resolve(argv)?;
    let mut written = keys_written(row, argv);
    for key in stored(row, argv) {
        if !written.contains(&key) {
            written.push(key);
        }
    }
    let reason = match row.name {
        "EVAL" | "EVAL_RO" => argv.get(1).and_then(|source| script::doubt(source)),
        "COPY" => word_after(argv, 3, b"DB").map(|_| "it changes another database, where redlab does not watch".into()),
        _ => None,
    };
    Some(Reach { written, reason, waits: row.flags.has(Flags::BLOCKING) })
}

/// The keys that a row's specifications say are not only read.
pub fn keys_written(row: &Row, argv: &[Bytes]) -> Vec<Bytes> {
    let scripts = row.flags.has(Flags::MOVABLEKEYS) && !row.flags.has(Flags::READONLY);
    let specs = row.keys.iter().filter(|spec| !spec.flags.contains(&"RO") && (row.writes() || scripts));
    specs.flat_map(|spec| engine::positions(spec, argv)).filter_map(|at| argv.get(at).cloned()).collect()
}

/// The keys after STORE, which the specifications of some commands leave out.
fn stored(row: &Row, argv: &[Bytes]) -> Vec<Bytes> {
    match row.name {
        "SORT" => word_after(argv, 2, b"STORE").into_iter().collect(),
        "GEORADIUS" | "GEORADIUSBYMEMBER" => {
            word_after(argv, 4, b"STORE").into_iter().chain(word_after(argv, 4, b"STOREDIST")).collect()
        }
        _ => Vec::new(),
    }
}

/// The argument after the last such word, searched from `first` on.
fn word_after(argv: &[Bytes], first: usize, word: &[u8]) -> Option<Bytes> {
    let at = argv.iter().skip(first).rposition(|argument| argument.eq_ignore_ascii_case(word))?;
    argv.get(first + at + 1).cloned()
}

/// What a command may do; the server is asked where its row does not tell.
pub async fn reach(argv: &[Bytes], connection: &mut Connection) -> Result<Reach, LinkError> {
    let Some(name) = argv.first() else { return Ok(Reach::default()) };
    let Some(mut reach) = known_reach(argv) else { return unknown_reach(name, argv, connection).await };
    if reach.reason.is_none() && name.eq_ignore_ascii_case(b"KEYS") {
        reach.reason = too_many_keys(connection).await?;
    }
    if reach.reason.is_none() && is_script_by_digest(name) {
        reach.reason = Some("redlab cannot see what this script does".into());
    }
    Ok(reach)
}

/// Whether a command only looks, which its name and its row tell without the server.
pub fn only_looks(argv: &[Bytes]) -> bool {
    let asks_server = argv.first().is_some_and(|name| name.eq_ignore_ascii_case(b"KEYS") || is_script_by_digest(name));
    !asks_server && known_reach(argv).is_some_and(|reach| reach.reason.is_none() && reach.written.is_empty())
}

fn is_script_by_digest(name: &Bytes) -> bool {
    ["EVALSHA", "EVALSHA_RO", "FCALL"].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

async fn too_many_keys(connection: &mut Connection) -> Result<Option<String>, LinkError> {
    let replies = connection.observe(&[words(&[b"DBSIZE"])]).await?;
    Ok(match replies.first() {
        Some(Value::Integer(count)) if *count < MANY_KEYS => None,
        Some(Value::Integer(count)) => {
            Some(format!("it blocks the server while it looks at all {count} keys: SCAN does not"))
        }
        _ => Some("it blocks the server while it looks at every key: SCAN does not".into()),
    })
}

/// A command that the engine does not know: of a module, or newer. The server knows its flags and keys.
async fn unknown_reach(name: &Bytes, argv: &[Bytes], connection: &mut Connection) -> Result<Reach, LinkError> {
    let mut getkeys = words(&[b"COMMAND", b"GETKEYS"]);
    getkeys.extend_from_slice(argv);
    let replies = connection.observe(&[words(&[b"COMMAND", b"INFO", name]), getkeys]).await?;
    let [info, keys] = replies.as_slice() else { return Ok(Reach::doubtful("the server does not describe it")) };
    let shown = printable(name, 40);
    let described = match info.items() {
        Some([row]) if row.is_null() => return Ok(Reach::default()), // The server will answer that it knows no such command.
        Some([row]) => row.items().unwrap_or_default(),
        _ => return Ok(Reach::doubtful(format!("redlab does not know {shown} and cannot say what it changes"))),
    };
    let flags: Vec<&[u8]> =
        described.get(2).and_then(Value::items).unwrap_or_default().iter().filter_map(text).collect();
    let categories: Vec<&[u8]> =
        described.get(6).and_then(Value::items).unwrap_or_default().iter().filter_map(text).collect();
    if categories.contains(&&b"@dangerous"[..]) || flags.contains(&&b"admin"[..]) {
        return Ok(Reach::doubtful(format!("the server counts {shown} among its dangerous commands")));
    }
    if flags.contains(&&b"readonly"[..]) {
        return Ok(Reach::default());
    }
    if let Some(Value::Integer(arity)) = described.get(1)
        && !accepts(*arity, argv.len())
    {
        return Ok(Reach::default()); // The server will answer that the number of arguments is wrong.
    }
    match keys.items() {
        Some(keys) if !keys.is_empty() => {
            let written = keys.iter().filter_map(|key| key.as_bytes().cloned()).collect();
            Ok(Reach { written, reason: None, waits: flags.contains(&&b"blocking"[..]) })
        }
        _ => Ok(Reach::doubtful(format!("redlab does not know {shown} and cannot say what it changes"))),
    }
}

/// Whether a command of this arity may have so many words; a negative arity means at least so many.
fn accepts(arity: i64, words: usize) -> bool {
    let words = i64::try_from(words).unwrap_or(i64::MAX);
    if arity >= 0 { words == arity } else { words >= -arity }
}

fn text(value: &Value) -> Option<&[u8]> {
    value.as_bytes().map(AsRef::as_ref)
}

/// A command from words.
pub fn words(words: &[&[u8]]) -> Vec<Bytes> {
    words.iter().map(|word| Bytes::copy_from_slice(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> Vec<String> {
        let argv = crate::resp::split_line(line).expect("a command line");
        let reach = known_reach(&argv).expect("a known command");
        reach.written.iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect()
    }

    #[test]
    fn every_key_that_is_not_only_read_counts() {
        assert_eq!(written("SET a 1"), ["a"]);
        assert_eq!(written("MSET a 1 b 2"), ["a", "b"]);
        assert_eq!(written("DEL a b"), ["a", "b"]);
        assert_eq!(written("COPY a b"), ["b"]);
        assert_eq!(written("RENAME a b"), ["a", "b"]);
        assert_eq!(written("SINTERSTORE d a b"), ["d"]);
        assert_eq!(written("SMOVE a b m"), ["a", "b"]);
        assert_eq!(written("SORT a BY w_* STORE d"), ["d"]);
        assert_eq!(written("EVAL 'return 1' 2 a b x"), ["a", "b"]);
        assert!(written("GET a").is_empty() && written("SORT a").is_empty() && written("TTL a").is_empty());
    }
}
