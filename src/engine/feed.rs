//! What replicas are sent: each change as a command that has the same effect whenever and wherever it runs.
//!
//! Most commands are sent as they came. What depends on time, chance or waiting is told by what became of it: EXPIRE
//! by the moment, SPOP by the members, BLPOP as LPOP. That form follows from the command, its reply, and the keys as
//! they are now, so no handler needs to know of replicas.

use bytes::Bytes;

use crate::resp::{Value, encode_command};

use super::client::Delivery;
use super::keyspace::{Class, Data};
use super::replicas::Op;
use super::state::State;
use super::time::Time;
use super::types::{StreamId, parse_integer};

/// Commands after which keys that were gone anyway are told one by one.
const ANY_KEYS: &[&str] = &["SCAN", "RANDOMKEY"];

/// A command that has run.
pub struct Done<'a> {
    /// Its name in capitals.
    pub name: &'a str,
    /// Its words.
    pub argv: &'a [Bytes],
    /// The database that it worked on.
    pub db: usize,
    /// Its reply, if it gave one.
    pub reply: Option<&'a Value>,
}

/// Notes that keys have expired or were evicted since the signals of the keyspace were last looked at.
pub fn note_gone(state: &mut State) {
    let State { keyspace, replicas, .. } = state;
    let gone = |class| matches!(class, Class::Expired | Class::Evicted);
    let signals = keyspace.signals().iter().filter(|signal| signal.event.is_some_and(|(class, _)| gone(class)));
    let mut count = 0;
    for signal in signals {
        count += 1;
        if count > replicas.seen_gone {
            let argv = vec![Bytes::from_static(b"DEL"), signal.key.clone()];
            replicas.pending.push(Op { db: signal.db, argv });
        }
    }
    replicas.seen_gone = count;
}

/// Notes what a command has changed.
pub fn note(state: &mut State, done: &Done<'_>) {
    for argv in effects(state, done) {
        state.replicas.pending.push(Op { db: done.db, argv });
    }
}

/// Sends what is pending: together, unless each stands for itself.
pub fn flush(state: &mut State, together: bool, now: Time) {
    let pending = std::mem::take(&mut state.replicas.pending);
    if pending.is_empty() || state.master.is_some() {
        return;
    }
    let together = together && pending.len() > 1;
    for (n, op) in pending.iter().enumerate() {
        if state.replicas.db != Some(op.db) {
            state.replicas.db = Some(op.db);
            send(state, &[Bytes::from_static(b"SELECT"), Bytes::from(op.db.to_string())], now);
        }
        if together && n == 0 {
            send(state, &[Bytes::from_static(b"MULTI")], now);
        }
        send(state, &op.argv, now);
    }
    if together {
        send(state, &[Bytes::from_static(b"EXEC")], now);
    }
}

/// Whether what a command changed belongs together.
pub fn is_together(name: &str) -> bool {
    !ANY_KEYS.contains(&name)
}

/// Sends one command to every replica.
pub fn send(state: &mut State, argv: &[Bytes], now: Time) {
    let State { replicas, outbox, .. } = state;
    let value = Value::Array(argv.iter().cloned().map(Value::Bulk).collect());
    let mut bytes = Vec::new();
    encode_command(argv, &mut bytes);
    replicas.offset += bytes.len() as u64;
    replicas.sent = Some(now);
    for replica in &replicas.online {
        outbox.push_back(Delivery { client: replica.id, value: value.clone(), is_reply: false });
    }
}

fn number(n: impl ToString) -> Bytes {
    Bytes::from(n.to_string())
}

fn command<const N: usize>(name: &'static str, rest: [&Bytes; N]) -> Vec<Bytes> {
    std::iter::once(Bytes::from_static(name.as_bytes())).chain(rest.into_iter().cloned()).collect()
}

fn is(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// The bytes of a reply that is a string.
fn bytes(value: &Value) -> Option<&Bytes> {
    match value {
        Value::Bulk(bytes) | Value::Simple(bytes) => Some(bytes),
        _ => None,
    }
}

/// The parts of a reply that has some.
fn parts(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items) | Value::Set(items)) => items,
        _ => &[],
    }
}

/// What is to be sent in the place of a command that changed something.
fn effects(state: &State, done: &Done<'_>) -> Vec<Vec<Bytes>> {
    let (argv, key) = (done.argv, done.argv.get(1));
    let Some(key) = key else { return vec![argv.to_vec()] };
    let expiry = || state.keyspace.expiry(done.db, key);
    let exists = || state.keyspace.exists(done.db, key);
    let one = match done.name {
        "SET" | "SETEX" | "PSETEX" => set(argv, key, exists(), expiry()),
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" => expire(key, expiry()),
        "GETEX" if exists() && expiry().is_none() => command("PERSIST", [key]),
        "GETEX" => expire(key, expiry()),
        "GETDEL" => command("DEL", [key]),
        "GETSET" => command("SET", [key, &argv[2]]),
        "INCRBYFLOAT" => float(state, done, key),
        "HINCRBYFLOAT" => match done.reply.and_then(bytes) {
            Some(value) => command("HSET", [key, &argv[2], value]),
            None => argv.to_vec(),
        },
        "RESTORE" | "RESTORE-ASKING" => restore(argv, key, expiry()),
        "SPOP" => popped_members(done, key, exists()),
        "BLPOP" | "BRPOP" | "BZPOPMIN" | "BZPOPMAX" => match parts(done.reply).first().and_then(bytes) {
            Some(key) => vec![Bytes::copy_from_slice(&done.name.as_bytes()[1..]), key.clone()],
            None => Vec::new(),
        },
        "LMPOP" | "BLMPOP" | "ZMPOP" | "BZMPOP" => popped(done),
        "BLMOVE" => command("LMOVE", [key, &argv[2], &argv[3], &argv[4]]),
        "BRPOPLPUSH" => command("RPOPLPUSH", [key, &argv[2]]),
        "XADD" | "XTRIM" => stream(state, done, key),
        "XREADGROUP" => return read(state, done),
        "XCLAIM" | "XAUTOCLAIM" => return claimed(state, done, key),
        _ => argv.to_vec(),
    };
    if one.is_empty() { Vec::new() } else { vec![one] }
}

fn set(argv: &[Bytes], key: &Bytes, exists: bool, expires_ms: Option<i64>) -> Vec<Bytes> {
    let long = !is(&argv[0], "SET");
    let value = argv.get(if long { 3 } else { 2 }).unwrap_or(key);
    let timed = |word: &Bytes| ["EX", "PX", "EXAT", "PXAT"].iter().any(|name| is(word, name));
    if !long && !argv.iter().skip(3).any(timed) {
        let kept = argv.iter().enumerate().filter(|(n, word)| *n < 3 || !is(word, "GET"));
        return kept.map(|(_, word)| word.clone()).collect();
    }
    match expires_ms {
        Some(at) => command("SET", [key, value, &Bytes::from_static(b"PXAT"), &number(at)]),
        None if exists => command("SET", [key, value]),
        None => command("DEL", [key]),
    }
}

fn expire(key: &Bytes, expires_ms: Option<i64>) -> Vec<Bytes> {
    match expires_ms {
        Some(at) => command("PEXPIREAT", [key, &number(at)]),
        None => command("DEL", [key]),
    }
}

fn float(state: &State, done: &Done<'_>, key: &Bytes) -> Vec<Bytes> {
    match state.keyspace.entry(done.db, key).map(|entry| &entry.data) {
        Some(Data::Str(string)) => command("SET", [key, &string.bytes(), &Bytes::from_static(b"KEEPTTL")]),
        _ => done.argv.to_vec(),
    }
}

fn restore(argv: &[Bytes], key: &Bytes, expires_ms: Option<i64>) -> Vec<Bytes> {
    let mut argv = argv.to_vec();
    if argv.len() > 3 && !argv[4..].iter().any(|word| is(word, "ABSTTL")) {
        argv[2] = number(expires_ms.unwrap_or(0));
        argv.push(Bytes::from_static(b"ABSTTL"));
        argv[1] = key.clone();
    }
    argv
}

fn popped_members(done: &Done<'_>, key: &Bytes, exists: bool) -> Vec<Bytes> {
    if !exists && done.argv.len() > 2 {
        return command("DEL", [key]);
    }
    let members = match done.reply {
        Some(Value::Bulk(member)) => vec![member.clone()],
        reply => parts(reply).iter().filter_map(bytes).cloned().collect(),
    };
    command("SREM", [key]).into_iter().chain(members).collect()
}

/// LMPOP and its kin, told as a pop from the key that served.
fn popped(done: &Done<'_>) -> Vec<Bytes> {
    let [key, popped] = parts(done.reply) else { return Vec::new() };
    let Some(key) = bytes(key) else { return Vec::new() };
    let name = match done.name {
        "LMPOP" | "BLMPOP" if is_behind_keys(done, "LEFT") => "LPOP",
        "LMPOP" | "BLMPOP" => "RPOP",
        _ if is_behind_keys(done, "MIN") => "ZPOPMIN",
        _ => "ZPOPMAX",
    };
    command(name, [key, &number(parts(Some(popped)).len())])
}

/// Whether the word behind the keys is this one.
fn is_behind_keys(done: &Done<'_>, name: &str) -> bool {
    let first = if done.name.starts_with('B') { 2 } else { 1 };
    let count = done.argv.get(first).and_then(|count| parse_integer(count));
    let place = count.and_then(|count| usize::try_from(count).ok()).map_or(0, |count| first + 1 + count);
    done.argv.get(place).is_some_and(|word| is(word, name))
}

/// XADD and XTRIM with the ID that was given, and with trimming that leaves exactly what is left here.
fn stream(state: &State, done: &Done<'_>, key: &Bytes) -> Vec<Bytes> {
    let Some(Data::Stream(stream)) = state.keyspace.entry(done.db, key).map(|entry| &entry.data) else {
        return done.argv.to_vec();
    };
    let (mut out, mut at) = (done.argv[..2].to_vec(), 2);
    while let Some(word) = done.argv.get(at) {
        let trims = is(word, "MAXLEN") || is(word, "MINID");
        if trims && done.argv.get(at + 1).is_some_and(|sign| **sign == *b"~") {
            let left = if is(word, "MAXLEN") { number(stream.len()) } else { stream.first_id().text() };
            out.extend([word.clone(), Bytes::from_static(b"="), left]);
            at += 3;
        } else if trims {
            let sign = usize::from(done.argv.get(at + 1).is_some_and(|sign| **sign == *b"="));
            out.extend(done.argv.iter().skip(at).take(2 + sign).cloned());
            at += 2 + sign;
        } else if is(word, "LIMIT") {
            at += 2;
        } else if is(word, "NOMKSTREAM") {
            out.push(word.clone());
            at += 1;
        } else {
            break;
        }
    }
    if done.name == "XADD" {
        out.extend(done.reply.and_then(bytes).cloned());
        out.extend(done.argv.iter().skip(at + 1).cloned());
    }
    out
}

fn stream_id(text: &[u8]) -> Option<StreamId> {
    let (ms, seq) = std::str::from_utf8(text).ok()?.split_once('-')?;
    Some(StreamId::new(ms.parse().ok()?, seq.parse().ok()?))
}

/// What a group's pending entry is now, as a command that makes it so.
fn claim(state: &State, db: usize, key: &Bytes, group: &Bytes, id: &Bytes) -> Option<Vec<Bytes>> {
    let Data::Stream(stream) = &state.keyspace.entry(db, key)?.data else { return None };
    let found = stream.group(group)?;
    let id = stream_id(id)?;
    let pending = found.pending().get(&id)?;
    let word = Bytes::from_static;
    Some(command(
        "XCLAIM",
        [
            key,
            group,
            &pending.consumer,
            &word(b"0"),
            &id.text(),
            &word(b"TIME"),
            &number(pending.delivered_ms),
            &word(b"RETRYCOUNT"),
            &number(pending.deliveries),
            &word(b"FORCE"),
            &word(b"JUSTID"),
            &word(b"LASTID"),
            &found.last_id.text(),
        ],
    ))
}

/// How many entries a group has read, where that is known.
fn entries_read(state: &State, db: usize, key: &[u8], group: &[u8]) -> Option<i64> {
    let Data::Stream(stream) = &state.keyspace.entry(db, key)?.data else { return None };
    stream.group(group)?.entries_read
}

/// XREADGROUP: every entry that was delivered, or how far the group has read.
fn read(state: &State, done: &Done<'_>) -> Vec<Vec<Bytes>> {
    let Some(group) = done.argv.get(2) else { return Vec::new() };
    let acknowledged = done.argv.iter().any(|word| is(word, "NOACK"));
    let mut out = Vec::new();
    let mut stream = |key: &Bytes, entries: &[Value]| {
        let ids = entries.iter().filter_map(|entry| parts(Some(entry)).first().and_then(bytes));
        if acknowledged {
            let Some(id) = ids.last() else { return };
            let consumer = done.argv.get(3).unwrap_or(group);
            out.push(command("XGROUP", [&Bytes::from_static(b"CREATECONSUMER"), key, group, consumer]));
            let mut argv = command("XGROUP", [&Bytes::from_static(b"SETID"), key, group, id]);
            if let Some(read) = entries_read(state, done.db, key, group) {
                argv.extend([Bytes::from_static(b"ENTRIESREAD"), number(read)]);
            }
            out.push(argv);
        } else {
            out.extend(ids.filter_map(|id| claim(state, done.db, key, group, id)));
        }
    };
    match done.reply {
        Some(Value::Map(streams)) => {
            for (key, entries) in streams {
                bytes(key).into_iter().for_each(|key| stream(key, parts(Some(entries))));
            }
        }
        reply => {
            for pair in parts(reply) {
                if let [key, entries] = parts(Some(pair)) {
                    bytes(key).into_iter().for_each(|key| stream(key, parts(Some(entries))));
                }
            }
        }
    }
    out
}

/// XCLAIM and XAUTOCLAIM: every entry that has a new owner.
fn claimed(state: &State, done: &Done<'_>, key: &Bytes) -> Vec<Vec<Bytes>> {
    let Some(group) = done.argv.get(2) else { return Vec::new() };
    let entries = if done.name == "XAUTOCLAIM" { parts(parts(done.reply).get(1)) } else { parts(done.reply) };
    let id = |entry: &Value| bytes(entry).or_else(|| parts(Some(entry)).first().and_then(bytes)).cloned();
    entries.iter().filter_map(id).filter_map(|id| claim(state, done.db, key, group, &id)).collect()
}
