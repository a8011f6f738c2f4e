//! What became of a key, one line an element.

use bytes::Bytes;

use crate::inspect::{Change, KeyChange};
use crate::resp::printable;

use super::line::{Line, Tone};
use super::units::{thousands, ttl};

const NAME: usize = 60;
const VALUE: usize = 80;
const ELEMENTS: usize = 8;

/// The lines that say what changed at a key, without its name; `now_ms` is the target's clock, for TTLs.
pub fn change(change: &KeyChange, now_ms: i64) -> Vec<Line> {
    match &change.change {
        Change::Created => vec![Line::of("+ new", Tone::Good)],
        Change::Deleted => vec![Line::of("− deleted", Tone::Bad)],
        Change::Expired => vec![Line::of("− expired: its time had come", Tone::Warning)],
        Change::Retyped { before, after } => {
            vec![moved("type", safe(before.as_bytes()), safe(after.as_bytes()))]
        }
        Change::Str { before, after } => vec![moved("", safe(before), safe(after))],
        Change::Elements { added, removed, changed } => elements(added, removed, changed),
        Change::Ttl { before_ms, after_ms } => vec![moved("ttl", left(*before_ms, now_ms), left(*after_ms, now_ms))],
        Change::Encoding { before, after } => vec![moved("encoding", safe(before.as_bytes()), safe(after.as_bytes()))],
    }
}

fn safe(bytes: &[u8]) -> String {
    printable(bytes, VALUE)
}

fn left(at_ms: Option<i64>, now_ms: i64) -> String {
    at_ms.map_or_else(|| "none".to_string(), |at| ttl(at.saturating_sub(now_ms)))
}

/// `score 3 → 5`
fn moved(name: &str, before: String, after: String) -> Line {
    let name = if name.is_empty() { String::new() } else { format!("{name} ") };
    Line::of("~ ", Tone::Warning)
        .with(name, Tone::Plain)
        .with(before, Tone::Dim)
        .with(" → ", Tone::Dim)
        .with(after, Tone::Strong)
}

fn elements(added: &[(Bytes, Bytes)], removed: &[(Bytes, Bytes)], changed: &[(Bytes, Bytes, Bytes)]) -> Vec<Line> {
    let named = |sign: &str, tone, (name, value): &(Bytes, Bytes)| {
        let gap = if value.is_empty() { "" } else { "  " };
        Line::of(format!("{sign} "), tone)
            .with(format!("{}{gap}", printable(name, NAME)), Tone::Plain)
            .with(safe(value), Tone::Str)
    };
    let lines = added
        .iter()
        .map(|element| named("+", Tone::Good, element))
        .chain(removed.iter().map(|element| named("−", Tone::Bad, element)))
        .chain(changed.iter().map(|(name, before, after)| moved(&printable(name, NAME), safe(before), safe(after))));
    let mut lines: Vec<Line> = lines.take(ELEMENTS).collect();
    let total = added.len() + removed.len() + changed.len();
    if total > lines.len() {
        lines.push(Line::of(format!("… {} more", thousands((total - lines.len()) as u64)), Tone::Dim));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: Change) -> Vec<String> {
        let it = KeyChange { key: Bytes::from_static(b"k"), change: kind };
        change(&it, 1_000).iter().map(Line::text).collect()
    }

    #[test]
    fn changes_are_typed_and_short() {
        let b = Bytes::from_static;
        assert_eq!(shown(Change::Created), ["+ new"]);
        assert_eq!(shown(Change::Str { before: b(b"3"), after: b(b"\x1b") }), ["~ 3 → \\x1b"]);
        let elements = Change::Elements {
            added: vec![(b(b"bob"), b(b"1"))],
            removed: vec![(b(b"eve"), b(b""))],
            changed: vec![(b(b"alice"), b(b"3"), b(b"5"))],
        };
        assert_eq!(shown(elements), ["+ bob  1", "− eve", "~ alice 3 → 5"]);
        assert_eq!(shown(Change::Ttl { before_ms: None, after_ms: Some(61_000) }), ["~ ttl none → 60 s"]);
        let many = Change::Elements { added: vec![(b(b"x"), b(b"")); 1000], removed: vec![], changed: vec![] };
        assert_eq!(shown(many).last().map(String::as_str), Some("… 992 more"));
    }
}
