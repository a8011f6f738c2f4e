//! A client as CLIENT LIST and CLIENT INFO show it.

use bytes::Bytes;

use super::super::super::client::{Client, REPLY_BUFFER};
use super::super::super::error::Error;
use super::super::super::time::Time;

/// Its kind, as CLIENT LIST TYPE and CLIENT KILL TYPE name it.
pub fn kind(client: &Client) -> &'static str {
    if client.subscriptions() > 0 { "pubsub" } else { "normal" }
}

/// The kind of this name, if there is one.
pub fn kind_named(name: &[u8]) -> Option<&'static str> {
    let kinds = [
        ("normal", "normal"),
        ("slave", "replica"),
        ("replica", "replica"),
        ("pubsub", "pubsub"),
        ("master", "master"),
    ];
    kinds.into_iter().find(|(word, _)| name.eq_ignore_ascii_case(word.as_bytes())).map(|(_, kind)| kind)
}

/// The kind that an argument names.
///
/// # Errors
/// Redis's, where there is no such kind.
pub fn kind_argument(name: &[u8]) -> Result<&'static str, Error> {
    kind_named(name).ok_or_else(|| Error::new(format!("ERR Unknown client type '{}'", String::from_utf8_lossy(name))))
}

fn flags(client: &Client) -> String {
    let tracking = client.tracking.as_ref();
    let letters = [
        (client.monitors, 'O'),
        (client.subscriptions() > 0, 'P'),
        (client.transaction.is_some(), 'x'),
        (client.blocked.is_some(), 'b'),
        (tracking.is_some(), 't'),
        (tracking.is_some_and(|tracking| tracking.broken), 'R'),
        (tracking.is_some_and(|tracking| tracking.broadcast), 'B'),
        (client.watch_dirty, 'd'),
        (client.no_evict, 'e'),
    ];
    let text: String = letters.into_iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect();
    if text.is_empty() { "N".into() } else { text }
}

fn last_command(client: &Client) -> String {
    match client.last_command {
        ("", _) => "NULL".into(),
        (name, "") => name.to_lowercase(),
        (name, sub) => format!("{name}|{sub}").to_lowercase(),
    }
}

/// The length of a command as clients send it.
fn sent_length(argv: &[Bytes]) -> usize {
    let digits = |n: usize| n.to_string().len();
    argv.iter().map(|word| 5 + digits(word.len()) + word.len()).sum::<usize>() + 3 + digits(argv.len())
}

fn lengths(argv: &[Bytes]) -> usize {
    argv.iter().map(Bytes::len).sum()
}

/// What Redis takes for a connection beside its buffers.
const BARE: usize = 776;

/// The line of CLIENT LIST for `client`, without its end; `running` is what it is having run at this moment, if
/// anything. Where there is no socket, the descriptor is shown as -1.
pub fn line(client: &Client, now: Time, running: &[Bytes]) -> String {
    let seconds = |since: Time| (now.us().div_euclid(1_000_000) - since.us().div_euclid(1_000_000)).max(0);
    let queued = client.transaction.as_ref().map_or(-1, |t| i64::try_from(t.queued.len()).unwrap_or(i64::MAX));
    let queued_bytes: usize = client.transaction.iter().flat_map(|t| &t.queued).map(|argv| lengths(argv)).sum();
    let query = if running.is_empty() { 0 } else { sent_length(running) };
    let waiting = client.blocked.as_ref().map_or(0, |blocked| lengths(&blocked.argv));
    let arguments = lengths(running) + waiting;
    let buffers = &client.buffers;
    let beyond = buffers.output.saturating_sub(REPLY_BUFFER);
    let redirect = client.tracking.as_ref().map_or(-1, |t| i64::try_from(t.redirect).unwrap_or(i64::MAX));
    let mut line = format!(
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={queued} \
         qbuf={query} qbuf-free={} argv-mem={arguments} multi-mem={queued_bytes} rbs={} rbp={} obl={} oll={} omem={beyond} \
         tot-mem={} events=r cmd={} user={} redir={redirect} resp={}",
        client.id,
        client.addr,
        client.laddr,
        buffers.descriptor.unwrap_or(-1),
        String::from_utf8_lossy(&client.name),
        seconds(client.since),
        seconds(client.last_seen),
        flags(client),
        client.db,
        client.channels.len(),
        client.patterns.len(),
        client.shard_channels.len(),
        buffers.query_free,
        buffers.reply_buffer,
        buffers.reply_peak,
        buffers.output - beyond,
        beyond.div_ceil(REPLY_BUFFER),
        BARE + query + arguments + queued_bytes + buffers.query_free + buffers.reply_buffer + beyond,
        last_command(client),
        String::from_utf8_lossy(&client.user),
        client.protocol.version(),
    );
    for (word, value) in [("lib-name", &client.lib_name), ("lib-ver", &client.lib_ver)] {
        if !value.is_empty() {
            line.push_str(&format!(" {word}={}", String::from_utf8_lossy(value)));
        }
    }
    line
}
