//! What became of a key between two looks at it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::view::{Change, Content, KeyChange, KeyView};

/// What became of the keys between two snapshots, both sorted by key. `now_ms` is the target's clock at the second:
/// it tells a key that expired from one that was deleted.
pub fn compare(before: &[KeyView], after: &[KeyView], now_ms: i64) -> Vec<KeyChange> {
    let old: BTreeMap<&Bytes, &KeyView> = before.iter().map(|view| (&view.key, view)).collect();
    let new: BTreeMap<&Bytes, &KeyView> = after.iter().map(|view| (&view.key, view)).collect();
    let mut keys: Vec<&Bytes> = old.keys().chain(new.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let change = |key: &Bytes| match (old.get(key), new.get(key)) {
        (None, Some(_)) => vec![Change::Created],
        (Some(before), None) => vec![gone(before, now_ms)],
        (Some(before), Some(after)) => changes(before, after),
        (None, None) => Vec::new(),
    };
    keys.into_iter()
        .flat_map(|key| change(key).into_iter().map(|change| KeyChange { key: key.clone(), change }))
        .collect()
}

fn gone(before: &KeyView, now_ms: i64) -> Change {
    match before.expires_at_ms {
        Some(at) if at <= now_ms => Change::Expired,
        _ => Change::Deleted,
    }
}

fn changes(before: &KeyView, after: &KeyView) -> Vec<Change> {
    if before.type_name != after.type_name {
        return vec![Change::Retyped { before: before.type_name.clone(), after: after.type_name.clone() }];
    }
    let mut changes: Vec<Change> = content(before, after).into_iter().collect();
    if before.expires_at_ms != after.expires_at_ms {
        changes.push(Change::Ttl { before_ms: before.expires_at_ms, after_ms: after.expires_at_ms });
    }
    if changes.is_empty() && before.encoding != after.encoding {
        changes.push(Change::Encoding { before: before.encoding.clone(), after: after.encoding.clone() });
    }
    changes
}

fn content(before: &KeyView, after: &KeyView) -> Option<Change> {
    if before.content == after.content && before.total == after.total {
        return None;
    }
    let (added, removed, changed) = match (&before.content, &after.content) {
        (Content::Str(before), Content::Str(after)) => {
            return Some(Change::Str { before: before.clone(), after: after.clone() });
        }
        (Content::List(old), Content::List(new)) => list(old, new, signed(after.total) - signed(before.total)),
        (Content::Hash(old), Content::Hash(new)) | (Content::ZSet(old), Content::ZSet(new)) => {
            named(old.iter().cloned(), new.iter().cloned())
        }
        (Content::Set(old), Content::Set(new)) => {
            let bare = |member: &Bytes| (member.clone(), Bytes::new());
            named(old.iter().map(bare), new.iter().map(bare))
        }
        (Content::Stream(old), Content::Stream(new)) => {
            let flat = |(id, fields): &(Bytes, Vec<(Bytes, Bytes)>)| (id.clone(), joined(fields));
            let (added, removed, changed) = named(old.iter().map(flat), new.iter().map(flat));
            seen_on_both_sides(added, removed, changed, [before, after])
        }
        _ => Default::default(),
    };
    let (added, removed) = match &after.content {
        // Of a collection that is too big, a part is seen, and not always the same one: who came and went is unknown.
        Content::Hash(_) | Content::Set(_) | Content::ZSet(_) if is_part(before) || is_part(after) => {
            Default::default()
        }
        _ => (added, removed),
    };
    Some(Change::Elements { added, removed, changed })
}

/// Of a long stream only the end is seen, which moves on: an entry that is before it is neither new nor gone.
fn seen_on_both_sides(
    mut added: Vec<(Bytes, Bytes)>,
    mut removed: Vec<(Bytes, Bytes)>,
    changed: Vec<(Bytes, Bytes, Bytes)>,
    views: [&KeyView; 2],
) -> Elements {
    // Where the part that was seen begins, if something lies before it.
    let starts = views.map(|view| match &view.content {
        Content::Stream(entries) if view.total > entries.len() as u64 => entries.first().and_then(|(id, _)| number(id)),
        _ => None,
    });
    let [before, after] = starts;
    added.retain(|(id, _)| number(id) >= before);
    removed.retain(|(id, _)| number(id) >= after);
    added.sort_by_key(|(id, _)| number(id));
    removed.sort_by_key(|(id, _)| number(id));
    (added, removed, changed)
}

/// The two numbers of a stream's id, by which ids are ordered.
fn number(id: &[u8]) -> Option<(u64, u64)> {
    let (ms, seq) = std::str::from_utf8(id).ok()?.split_once('-')?;
    Some((ms.parse().ok()?, seq.parse().ok()?))
}

fn is_part(view: &KeyView) -> bool {
    let seen = match &view.content {
        Content::Hash(items) | Content::ZSet(items) => items.len(),
        Content::Set(items) => items.len(),
        _ => return false,
    };
    view.total > seen as u64
}

fn signed(total: u64) -> i64 {
    i64::try_from(total).unwrap_or(i64::MAX)
}

type Elements = (Vec<(Bytes, Bytes)>, Vec<(Bytes, Bytes)>, Vec<(Bytes, Bytes, Bytes)>);

/// Elements that have names: fields, members, ids.
fn named(old: impl Iterator<Item = (Bytes, Bytes)>, new: impl Iterator<Item = (Bytes, Bytes)>) -> Elements {
    let mut old: BTreeMap<Bytes, Bytes> = old.collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for (name, value) in new {
        match old.remove(&name) {
            None => added.push((name, value)),
            Some(before) if before != value => changed.push((name, before, value)),
            Some(_) => {}
        }
    }
    (added, old.into_iter().collect(), changed)
}

/// A list that grew by `growth` elements: what both have at head and tail stayed; what lies between came, went or
/// changed. Names are positions: of the new list for what came and changed, of the old one for what went.
fn list(old: &[Bytes], new: &[Bytes], growth: i64) -> Elements {
    // What was pushed or popped at the head of a long list moves all that is seen of it.
    let most = usize::try_from(growth.unsigned_abs()).unwrap_or(usize::MAX);
    let shift = |from: &[Bytes], to: &[Bytes]| (1..from.len()).take(most).find(|by| to.starts_with(&from[*by..]));
    if growth > 0
        && let Some(by) = shift(new, old)
    {
        return (placed(&new[..by], 0), Vec::new(), Vec::new());
    }
    if growth < 0
        && let Some(by) = shift(old, new)
    {
        return (Vec::new(), placed(&old[..by], 0), Vec::new());
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let both = if old.len() == new.len() { old.len() } else { 0 };
    let pairs = placed(&old[..both], head).into_iter().zip(new);
    let changed = pairs.filter(|((_, a), b)| a != *b).map(|((at, a), b)| (at, a, b.clone())).collect();
    (placed(&new[both..], head), placed(&old[both..], head), changed)
}

/// Elements named by their places, counted from `first`.
fn placed(items: &[Bytes], first: usize) -> Vec<(Bytes, Bytes)> {
    items.iter().enumerate().map(|(at, value)| (Bytes::from((first + at).to_string()), value.clone())).collect()
}

/// A stream entry's fields in one line.
fn joined(fields: &[(Bytes, Bytes)]) -> Bytes {
    let mut out = Vec::new();
    for (field, value) in fields {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(field);
        out.push(b' ');
        out.extend_from_slice(value);
    }
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(content: Content, total: u64) -> KeyView {
        let (key, type_name, encoding) = (Bytes::from("k"), "t".into(), "e".into());
        KeyView { key, type_name, encoding, content, total, expires_at_ms: None }
    }

    fn words(text: &str) -> Vec<Bytes> {
        text.split_whitespace().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
    }

    fn list_change(before: &str, after: &str) -> String {
        let (before, after) = (words(before), words(after));
        let (old, new) = (before.len() as u64, after.len() as u64);
        let changes = compare(&[view(Content::List(before), old)], &[view(Content::List(after), new)], 0);
        let [KeyChange { change: Change::Elements { added, removed, changed }, .. }] = changes.as_slice() else {
            return format!("{changes:?}");
        };
        format!("{added:?} {removed:?} {changed:?}")
    }

    #[test]
    fn a_list_tells_where_it_changed() {
        assert_eq!(list_change("a b", "x a b"), r#"[(b"0", b"x")] [] []"#);
        assert_eq!(list_change("a b c", "a b"), r#"[] [(b"2", b"c")] []"#);
        assert_eq!(list_change("a b c", "a x c"), r#"[] [] [(b"1", b"b", b"x")]"#);
        assert_eq!(list_change("a a", "a"), r#"[] [(b"0", b"a")] []"#);
        assert_eq!(list_change("a", "a"), "[]");
    }

    #[test]
    fn a_hash_tells_which_fields() {
        let hash = |text: &str| {
            let words = words(text);
            Content::Hash(words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        };
        let changes = compare(&[view(hash("a 1 b 2"), 2)], &[view(hash("b 3 c 4"), 2)], 0);
        let pair = |a: &'static str, b: &'static str| (Bytes::from(a), Bytes::from(b));
        let changed = vec![(Bytes::from("b"), Bytes::from("2"), Bytes::from("3"))];
        let expected = Change::Elements { added: vec![pair("c", "4")], removed: vec![pair("a", "1")], changed };
        assert_eq!(changes, [KeyChange { key: Bytes::from("k"), change: expected }]);
    }

    #[test]
    fn a_long_stream_is_seen_from_its_end() {
        let stream = |ids: std::ops::Range<u64>, total| {
            let entry = |ms: u64| (Bytes::from(format!("{ms}-0")), vec![(Bytes::from("f"), Bytes::from("v"))]);
            view(Content::Stream(ids.map(entry).collect()), total)
        };
        let told = |before: KeyView, after: KeyView| match compare(&[before], &[after], 0).as_slice() {
            [KeyChange { change: Change::Elements { added, removed, .. }, .. }] => {
                [added, removed].map(|list| list.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        };
        // Two are new, and two move out of sight.
        assert_eq!(told(stream(7..10, 5), stream(9..12, 7)), [vec!["10-0", "11-0"], vec![]]);
        // The last two were deleted, and two come into sight.
        assert_eq!(told(stream(7..10, 5), stream(5..8, 3)), [vec![], vec!["8-0", "9-0"]]);
        assert_eq!(told(stream(1..3, 2), stream(2..4, 2)), [vec!["3-0"], vec!["1-0"]]);
    }

    #[test]
    fn the_clock_tells_expired_from_deleted() {
        let mut before = view(Content::Str(Bytes::from("v")), 1);
        before.expires_at_ms = Some(100);
        let change = |now_ms| compare(std::slice::from_ref(&before), &[], now_ms)[0].change.clone();
        assert_eq!((change(99), change(100)), (Change::Deleted, Change::Expired));
    }

    #[test]
    fn ttl_and_encoding_are_told_when_they_change() {
        let before = view(Content::Str(Bytes::from("v")), 1);
        let mut after = before.clone();
        after.encoding = "other".into();
        let changes = |after: &KeyView| compare(std::slice::from_ref(&before), std::slice::from_ref(after), 0);
        assert!(matches!(changes(&after)[..], [KeyChange { change: Change::Encoding { .. }, .. }]));
        after.expires_at_ms = Some(5);
        assert!(matches!(changes(&after)[..], [KeyChange { change: Change::Ttl { .. }, .. }]));
    }
}
