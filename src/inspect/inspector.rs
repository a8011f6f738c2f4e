//! Follows keys: looks at them again and again, and tells what became of them.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::resp::Value;
use crate::target::{Connection, LinkError};

use super::diff::compare;
use super::fetch::{Glimpse, command, first_look, second_look, third_look, view};
use super::view::{KeyChange, KeyView};

/// Most keys that are followed.
const MOST_KEYS: usize = 200;
/// Most steps of SCAN for one pattern, and the COUNT of each: a big server is not searched through.
const MOST_SCANS: usize = 20;
const SCAN_COUNT: &[u8] = b"1000";
/// PTTL counts from now, and now is not the same twice: an expiry that differs by less has not changed.
const TTL_BLUR_MS: i64 = 100;

/// Follows keys, by name and by pattern.
#[derive(Debug, Default)]
pub struct Inspector {
    keys: BTreeSet<Bytes>,
    patterns: Vec<Bytes>,
    last: Vec<KeyView>,
    /// Whether PEXPIRETIME is not known here (before Redis 7).
    old_server: bool,
}

impl Inspector {
    /// Follows nothing yet.
    pub fn new() -> Inspector {
        Inspector::default()
    }

    /// Follows a key, from the next look on.
    pub fn follow(&mut self, key: Bytes) {
        if self.keys.len() < MOST_KEYS {
            self.keys.insert(key);
        }
    }

    /// Follows all keys that match a pattern of SCAN's kind, or a key that is named outright.
    pub fn follow_pattern(&mut self, pattern: &str) {
        let pattern = Bytes::copy_from_slice(pattern.as_bytes());
        if !pattern.iter().any(|byte| b"*?[\\".contains(byte)) {
            self.follow(pattern);
        } else if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }

    /// Follows nothing any more, and forgets what was seen.
    pub fn clear(&mut self) {
        *self = Inspector { old_server: self.old_server, ..Inspector::default() };
    }

    /// The keys at the last look, sorted by name.
    pub fn seen(&self) -> &[KeyView] {
        &self.last
    }

    /// Looks again: the followed keys that exist, sorted by name, and what became of them since the last look.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn refresh(&mut self, connection: &mut Connection) -> Result<(Vec<KeyView>, Vec<KeyChange>), LinkError> {
        let keys = self.candidates(connection).await?;
        let (seen, now_ms) = self.glimpses(connection, &keys).await?;
        let mut views = measured(connection, seen).await?;
        self.steady(&mut views);
        let changes = compare(&self.last, &views, now_ms);
        self.last.clone_from(&views);
        Ok((views, changes))
    }

    /// Keys that are named, keys that were there at the last look, and those that the patterns find.
    async fn candidates(&self, connection: &mut Connection) -> Result<Vec<Bytes>, LinkError> {
        let mut keys = self.keys.clone();
        keys.extend(self.last.iter().map(|view| view.key.clone()));
        for pattern in &self.patterns {
            let mut cursor = Bytes::from_static(b"0");
            for _ in 0..MOST_SCANS {
                let scan = command(&[b"SCAN", &cursor, b"MATCH", pattern, b"COUNT", SCAN_COUNT]);
                let replies = connection.observe(&[scan]).await?;
                let Some([next, found]) = replies.first().and_then(Value::items) else { break };
                let names = found.items().unwrap_or_default().iter().filter_map(Value::as_bytes);
                keys.extend(names.cloned());
                cursor = next.as_bytes().cloned().unwrap_or_default();
                if cursor.as_ref() == b"0" || keys.len() >= MOST_KEYS {
                    break;
                }
            }
        }
        Ok(keys.into_iter().take(MOST_KEYS).collect())
    }

    /// The first look at all of them, and the target's clock.
    async fn glimpses(
        &mut self,
        connection: &mut Connection,
        keys: &[Bytes],
    ) -> Result<(Vec<Glimpse>, i64), LinkError> {
        let replies = self.first_looks(connection, keys).await?;
        let unknown = |reply: &Value| reply.as_bytes().is_some_and(|text| text.starts_with(b"ERR unknown command"));
        if !self.old_server && replies.get(2).is_some_and(|reply| reply.is_error() && unknown(reply)) {
            self.old_server = true;
            return Box::pin(self.glimpses(connection, keys)).await;
        }
        let now_ms = replies.first().and_then(clock).unwrap_or_else(wall_clock);
        let looks = replies.get(1..).unwrap_or_default().chunks_exact(3);
        let seen = keys.iter().zip(looks).filter_map(|(key, looks)| self.glimpse(key, looks, now_ms));
        Ok((seen.collect(), now_ms))
    }

    async fn first_looks(&self, connection: &mut Connection, keys: &[Bytes]) -> Result<Vec<Value>, LinkError> {
        let ttl = if self.old_server { "PTTL" } else { "PEXPIRETIME" };
        let mut commands = vec![command(&[b"TIME"])];
        commands.extend(keys.iter().flat_map(|key| first_look(key, ttl)));
        connection.observe(&commands).await
    }

    fn glimpse(&self, key: &Bytes, looks: &[Value], now_ms: i64) -> Option<Glimpse> {
        let [Value::Simple(type_name), ttl, encoding] = looks else { return None };
        if type_name.as_ref() == b"none" {
            return None;
        }
        let expires_at_ms = match ttl {
            Value::Integer(ms) if *ms >= 0 && self.old_server => Some(now_ms + ms),
            Value::Integer(ms) if *ms >= 0 => Some(*ms),
            _ => None,
        };
        let encoding = match encoding {
            Value::Bulk(bytes) | Value::Simple(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let type_name = String::from_utf8_lossy(type_name).into_owned();
        Some(Glimpse { key: key.clone(), type_name, encoding, expires_at_ms, total: 0 })
    }

    /// Where expiry was computed from PTTL, keeps what was seen before as long as the two agree.
    fn steady(&self, views: &mut [KeyView]) {
        for view in views.iter_mut().filter(|_| self.old_server) {
            let before = self.last.iter().find(|last| last.key == view.key).and_then(|last| last.expires_at_ms);
            if let (Some(before), Some(now)) = (before, view.expires_at_ms)
                && (before - now).abs() < TTL_BLUR_MS
            {
                view.expires_at_ms = Some(before);
            }
        }
    }
}

/// The second and third look: how much the keys hold, and the beginning of it.
async fn measured(connection: &mut Connection, mut seen: Vec<Glimpse>) -> Result<Vec<KeyView>, LinkError> {
    let totals = connection.observe(&seen.iter().filter_map(second_look).collect::<Vec<_>>()).await?;
    let mut totals = totals.into_iter();
    for glimpse in &mut seen {
        if second_look(glimpse).is_some()
            && let Some(Value::Integer(total)) = totals.next()
        {
            glimpse.total = u64::try_from(total).unwrap_or(0);
        }
    }
    let bodies = connection.observe(&seen.iter().filter_map(third_look).collect::<Vec<_>>()).await?;
    let mut bodies = bodies.into_iter();
    let whole = seen.into_iter().map(|glimpse| {
        let body = third_look(&glimpse).and_then(|_| bodies.next());
        view(glimpse, body.as_ref())
    });
    Ok(whole.collect())
}

/// TIME's reply in milliseconds.
fn clock(reply: &Value) -> Option<i64> {
    let number = |value: &Value| std::str::from_utf8(value.as_bytes()?).ok()?.parse::<i64>().ok();
    let [seconds, micros] = reply.items()? else { return None };
    Some(number(seconds)?.saturating_mul(1000).saturating_add(number(micros)? / 1000))
}

fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
