//! A client as CLIENT LIST and CLIENT INFO show it.

use super::super::super::client::Client;
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

fn flags(client: &Client) -> String {
    let letters = [
        (client.subscriptions() > 0, 'P'),
        (client.transaction.is_some(), 'x'),
        (client.blocked.is_some(), 'b'),
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

/// One line, without its end. What only a socket would have (descriptor, buffers) is shown as none.
pub fn line(client: &Client, now: Time) -> String {
    let seconds = |since: Time| now.us().saturating_sub(since.us()).max(0) / 1_000_000;
    let queued = client.transaction.as_ref().map_or(-1, |t| i64::try_from(t.queued.len()).unwrap_or(i64::MAX));
    let queued_bytes: usize = client.transaction.iter().flat_map(|t| &t.queued).flatten().map(bytes::Bytes::len).sum();
    let mut line = format!(
        "id={} addr={} laddr={} fd=-1 name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={queued} \
         qbuf=0 qbuf-free=0 argv-mem=0 multi-mem={queued_bytes} rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem={queued_bytes} \
         events=r cmd={} user={} redir=-1 resp={}",
        client.id,
        client.addr,
        client.laddr,
        String::from_utf8_lossy(&client.name),
        seconds(client.since),
        seconds(client.last_seen),
        flags(client),
        client.db,
        client.channels.len(),
        client.patterns.len(),
        client.shard_channels.len(),
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
