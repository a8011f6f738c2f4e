//! The prompt: where commands go, and what the connection is in.

use crate::render::width;
use crate::resp::Protocol;

use super::track::{Dirty, Track};

/// The prompt of a connection on a window of so many columns. `place` is the target's label, `name` the client's where
/// there are several, `connected` whether the connection stands.
pub fn label(place: &str, name: Option<&str>, track: &Track, connected: bool, columns: usize) -> String {
    if !connected {
        return "not connected> ".into();
    }
    let state = state(track);
    let who = name.map(|name| format!("{name}@")).unwrap_or_default();
    let whole = format!("{who}{place}{state}> ");
    // At least half of the window is for typing.
    let room = columns / 2;
    if width(&whole) <= room.max(16) || columns == 0 {
        return whole;
    }
    let short = format!("{}{state}> ", name.unwrap_or_default());
    if width(&short) <= room.max(8) {
        return short;
    }
    // The database and an open transaction are what must not be overlooked.
    let (db, tx) = (if track.db == 0 { "" } else { "[n]" }, if track.queued.is_some() { "(TX)" } else { "" });
    format!("{}{tx}> ", db.replace('n', &track.db.to_string()))
}

fn state(track: &Track) -> String {
    let mut state = String::new();
    if track.db != 0 {
        state.push_str(&format!("[{}]", track.db));
    }
    if track.protocol == Protocol::Resp3 {
        state.push_str("(RESP3)");
    }
    if !track.watched.is_empty() {
        let dirty = match track.dirty {
            Dirty::Unknown => "?",
            Dirty::No => "",
            Dirty::Yes => " dirty",
        };
        state.push_str(&format!("(WATCH {}{dirty})", track.watched.len()));
    }
    if let Some(queued) = &track.queued {
        state.push_str(&format!("(TX {})", queued.len()));
    }
    state
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_prompt_says_what_the_connection_is_in() {
        let mut track = Track::default();
        let shown = |track: &Track, columns| label("127.0.0.1:6379", None, track, true, columns);
        assert_eq!(shown(&track, 80), "127.0.0.1:6379> ");
        track.db = 2;
        track.watched = vec![Bytes::from_static(b"a")];
        track.dirty = Dirty::Yes;
        track.queued = Some(vec![Vec::new(), Vec::new()]);
        assert_eq!(shown(&track, 80), "127.0.0.1:6379[2](WATCH 1 dirty)(TX 2)> ");
        assert_eq!(shown(&track, 20), "[2](TX)> ");
        assert_eq!(label("bundled", Some("bob"), &Track::default(), true, 80), "bob@bundled> ");
        assert_eq!(label("bundled", None, &track, false, 80), "not connected> ");
    }
}
