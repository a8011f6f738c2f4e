//! One key as a person sees it.

use bytes::Bytes;

use crate::inspect::{Content, KeyView};
use crate::resp::printable;

use super::line::{Line, Tone};
use super::units::thousands;
use super::wrap::cut;

/// How many columns of a value are shown.
const VALUE: usize = 160;
/// How many characters of a key's, field's or member's name are shown.
const NAME: usize = 80;
/// How many elements are shown.
const ELEMENTS: usize = 20;

/// The key's name with its type, its encoding, and the size of a string that is not shown as a whole.
pub fn key_title(view: &KeyView) -> Line {
    let mut about = format!("  {}", safe(view.type_name.as_bytes(), 20));
    if !view.encoding.is_empty() {
        about.push_str(&format!(" · {}", safe(view.encoding.as_bytes(), 20)));
    }
    if matches!(view.content, Content::Str(_)) && view.total > VALUE as u64 {
        about.push_str(&format!(" · {} bytes", thousands(view.total)));
    }
    Line::of(safe(&view.key, NAME), Tone::Key).with(about, Tone::Dim)
}

/// What the key holds, without its title and TTL.
pub fn key(view: &KeyView) -> Vec<Line> {
    let mut lines = match &view.content {
        Content::Str(value) => return vec![string(value, view.total)],
        Content::List(items) => positions(items),
        Content::Hash(pairs) => {
            pairs.iter().take(ELEMENTS).map(|(field, value)| pair(field, value, Tone::Str)).collect()
        }
        Content::Set(members) => {
            members.iter().take(ELEMENTS).map(|member| Line::of(safe(member, VALUE), Tone::Str)).collect()
        }
        Content::ZSet(members) => {
            members.iter().take(ELEMENTS).map(|(member, score)| pair(member, score, Tone::Number)).collect()
        }
        Content::Stream(entries) => return stream(entries, view.total),
        Content::Other => vec![Line::of("a type that redlab does not know", Tone::Dim)],
    };
    let shown = lines.len() as u64;
    if !matches!(view.content, Content::Other) && view.total > shown {
        lines.push(Line::of(format!("… {} in all", thousands(view.total)), Tone::Dim));
    }
    lines
}

/// Escapes make text longer: it is the columns that are bounded.
fn safe(bytes: &[u8], most: usize) -> String {
    let line = Line::of(printable(&bytes[..bytes.len().min(4 * most)], most), Tone::Plain);
    cut(&line, most).text()
}

fn string(value: &Bytes, total: u64) -> Line {
    if value.is_empty() && total == 0 {
        return Line::of("(empty string)", Tone::Nil);
    }
    Line::of(safe(value, VALUE), Tone::Str)
}

fn positions(items: &[Bytes]) -> Vec<Line> {
    let digits = items.len().min(ELEMENTS).saturating_sub(1).to_string().len();
    let line =
        |(at, item): (usize, &Bytes)| Line::of(format!("{at:>digits$} "), Tone::Dim).with(safe(item, VALUE), Tone::Str);
    items.iter().take(ELEMENTS).enumerate().map(line).collect()
}

fn pair(name: &Bytes, value: &Bytes, tone: Tone) -> Line {
    Line::of(safe(name, NAME), Tone::Plain).with("  ", Tone::Plain).with(safe(value, VALUE), tone)
}

/// The end of a stream, where what is new arrives; what lies before it is counted first.
fn stream(entries: &[(Bytes, Vec<(Bytes, Bytes)>)], total: u64) -> Vec<Line> {
    let shown = &entries[entries.len().saturating_sub(ELEMENTS)..];
    let before = total.saturating_sub(shown.len() as u64);
    let head = (before > 0).then(|| Line::of(format!("… {} before", thousands(before)), Tone::Dim));
    head.into_iter().chain(shown.iter().map(entry)).collect()
}

fn entry((id, fields): &(Bytes, Vec<(Bytes, Bytes)>)) -> Line {
    let mut line = Line::of(safe(id, NAME), Tone::Dim);
    for (name, value) in fields.iter().take(ELEMENTS) {
        line = line.with(format!("  {} ", safe(name, NAME)), Tone::Plain).with(safe(value, VALUE), Tone::Str);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(content: Content, total: u64) -> KeyView {
        let (key, type_name) = (Bytes::from_static(b"k\x1b"), "list".to_string());
        KeyView { key, type_name, encoding: "listpack".into(), content, total, expires_at_ms: None }
    }

    #[test]
    fn a_key_is_shown_short_and_safe() {
        let list = view(Content::List(vec![Bytes::from_static(b"a\x07"); 30]), 1_000_000);
        let lines: Vec<String> = key(&list).iter().map(Line::text).collect();
        assert_eq!(key_title(&list).text(), "k\\x1b  list · listpack");
        assert_eq!(lines.len(), ELEMENTS + 1);
        assert_eq!(lines[0], " 0 a\\x07");
        assert_eq!(lines[ELEMENTS], "… 1,000,000 in all");
        let long = view(Content::Str(Bytes::from(vec![b'x'; 5000])), 1 << 20);
        assert_eq!(key(&long)[0].width(), VALUE);
        assert!(key_title(&long).text().ends_with(" · 1,048,576 bytes"));
        let zset = view(Content::ZSet(vec![(Bytes::from_static(b"alice"), Bytes::from_static(b"3"))]), 1);
        assert_eq!(key(&zset)[0].text(), "alice  3");
        let entry =
            |ms: u8| (Bytes::from(format!("{ms}-0")), vec![(Bytes::from_static(b"f"), Bytes::from_static(b"v"))]);
        let stream = view(Content::Stream((10..40).map(entry).collect()), 1030);
        let lines: Vec<String> = key(&stream).iter().map(Line::text).collect();
        assert_eq!(
            (lines[0].as_str(), lines[1].as_str(), lines[20].as_str()),
            ("… 1,010 before", "20-0  f v", "39-0  f v")
        );
    }
}
