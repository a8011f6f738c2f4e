//! What a command would do to what is somebody's, and how much of it there is.

use bytes::Bytes;

use crate::render::thousands;
use crate::resp::{Value, printable, split_line};
use crate::target::{Connection, LinkError};

use super::track::is;

/// Most keys that a question describes.
const MOST_NAMED: usize = 5;

/// What a command does to keys that exist.
pub fn deed(argv: &[Bytes]) -> &'static str {
    const REMOVE: [&str; 3] = ["DEL", "UNLINK", "GETDEL"];
    const REPLACE: [&str; 6] = ["SET", "GETSET", "SETEX", "PSETEX", "MSET", "COPY"];
    let any = |names: &[&str]| names.iter().any(|name| is(argv, name));
    let stores = argv.first().is_some_and(|name| name.to_ascii_uppercase().ends_with(b"STORE"));
    match () {
        () if any(&REMOVE) => "removes",
        () if any(&REPLACE) || stores => "replaces",
        () => "may change",
    }
}

/// The keys with what they are, the first few by name.
///
/// # Errors
/// The server cannot be asked.
pub async fn described(keys: &[Bytes], connection: &mut Connection) -> Result<String, LinkError> {
    let shown = &keys[..keys.len().min(MOST_NAMED)];
    let types = asked(shown.iter().map(|key| vec![word("TYPE"), key.clone()]), connection).await?;
    let kinds: Vec<Kind> = types.iter().map(kind).collect();
    let counts = shown.iter().zip(&kinds).map(|(key, kind)| vec![word(kind.counter), key.clone()]);
    let counts = asked(counts, connection).await?;
    let mut parts: Vec<String> = Vec::with_capacity(shown.len());
    for ((key, kind), count) in shown.iter().zip(&kinds).zip(&counts) {
        let held = match count {
            Value::Integer(count) if !kind.unit.is_empty() => {
                format!(", {} {}", thousands(count.unsigned_abs()), plural(kind.unit, *count))
            }
            _ => String::new(),
        };
        parts.push(format!("{} ({}{held})", printable(key, 60), kind.name));
    }
    let more = keys.len() - shown.len();
    Ok(if more == 0 { parts.join(", ") } else { format!("{} and {more} more", parts.join(", ")) })
}

/// A type of values, the command that counts what is in one, and what it counts.
struct Kind {
    name: String,
    counter: &'static str,
    unit: &'static str,
}

fn kind(reply: &Value) -> Kind {
    let name = reply.as_bytes().map(|name| printable(name, 40)).unwrap_or_default();
    let (counter, unit) = match name.as_str() {
        "string" => ("STRLEN", "byte"),
        "hash" => ("HLEN", "field"),
        "list" => ("LLEN", "element"),
        "set" => ("SCARD", "member"),
        "zset" => ("ZCARD", "member"),
        "stream" => ("XLEN", "entry"),
        _ => ("EXISTS", ""),
    };
    Kind { name, counter, unit }
}

fn plural(unit: &str, count: i64) -> String {
    match (count, unit) {
        (1, _) => unit.to_string(),
        (_, "entry") => "entries".into(),
        _ => format!("{unit}s"),
    }
}

/// What a command without keys puts at stake, as far as the server tells.
///
/// # Errors
/// The server cannot be asked.
pub async fn at_stake(argv: &[Bytes], connection: &mut Connection) -> Result<Option<String>, LinkError> {
    let line = |line: &str| split_line(line).unwrap_or_default();
    let first = async |command: Vec<Bytes>, connection: &mut Connection| -> Result<Value, LinkError> {
        Ok(asked([command].into_iter(), connection).await?.into_iter().next().unwrap_or(Value::Null))
    };
    let keys = |count: i64| format!("{} {}", thousands(count.unsigned_abs()), plural("key", count));
    if is(argv, "FLUSHDB") || is(argv, "SWAPDB") {
        let reply = first(line("DBSIZE"), connection).await?;
        return Ok(match reply {
            Value::Integer(count) => Some(format!("{} now", keys(count))),
            _ => None,
        });
    }
    if is(argv, "FLUSHALL") {
        let info = text(&first(line("INFO keyspace"), connection).await?);
        let counts =
            info.lines().filter_map(|line| line.split_once(":keys=")?.1.split(',').next()?.parse::<i64>().ok());
        return Ok(Some(format!("{} now", keys(counts.sum()))));
    }
    if is(argv, "SHUTDOWN") {
        let info = text(&first(line("INFO persistence"), connection).await?);
        let changes = info.lines().find_map(|line| line.strip_prefix("rdb_changes_since_last_save:"));
        return Ok(
            changes.map(|count| format!("changes since the last save: {}", printable(count.trim().as_bytes(), 20)))
        );
    }
    if is(argv, "CONFIG") && argv.get(1).is_some_and(|sub| sub.eq_ignore_ascii_case(b"SET")) {
        return settings(argv, connection).await;
    }
    Ok(None)
}

/// What the settings are now that a CONFIG SET names. Passwords stay where they are.
async fn settings(argv: &[Bytes], connection: &mut Connection) -> Result<Option<String>, LinkError> {
    let names = argv.iter().skip(2).step_by(2);
    let shown = names.filter(|name| !String::from_utf8_lossy(name).to_lowercase().contains(['*', '?', '[']));
    let shown = shown.filter(|name| {
        let name = String::from_utf8_lossy(name).to_lowercase();
        !["pass", "auth", "user"].iter().any(|secret| name.contains(secret))
    });
    let commands = shown.take(MOST_NAMED).map(|name| vec![word("CONFIG"), word("GET"), name.clone()]);
    let replies = asked(commands, connection).await?;
    let pairs = replies.iter().filter_map(|reply| match reply {
        Value::Map(pairs) => pairs.first().map(|(name, value)| (text(name), text(value))),
        Value::Array(items) => Some((text(items.first()?), text(items.get(1)?))),
        _ => None,
    });
    let shown: Vec<String> = pairs
        .map(|(name, value)| {
            let value = printable(value.as_bytes(), 60);
            format!("{} is {} now", printable(name.as_bytes(), 40), if value.is_empty() { "empty" } else { &value })
        })
        .collect();
    Ok((!shown.is_empty()).then(|| shown.join(", ")))
}

async fn asked(
    commands: impl Iterator<Item = Vec<Bytes>>,
    connection: &mut Connection,
) -> Result<Vec<Value>, LinkError> {
    let commands: Vec<Vec<Bytes>> = commands.collect();
    if commands.is_empty() { Ok(Vec::new()) } else { connection.observe(&commands).await }
}

fn word(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn text(value: &Value) -> String {
    value.as_bytes().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_have_their_words() {
        let deeds =
            ["DEL a", "SET a 1", "ZUNIONSTORE d 1 a", "INCR a"].map(|line| deed(&split_line(line).expect("a line")));
        assert_eq!(deeds, ["removes", "replaces", "replaces", "may change"]);
        assert_eq!([plural("entry", 2), plural("key", 1), plural("key", 0)], ["entries", "key", "keys"]);
    }
}
