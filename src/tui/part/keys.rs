//! The followed keys: what they hold, what changed, and how much of their time is left.

use std::collections::HashMap;

use bytes::Bytes;

use crate::inspect::{Change, KeyChange, KeyView};

/// The keys of a session.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Those that exist.
    pub views: Vec<KeyView>,
    /// What the last command changed.
    pub changes: Vec<KeyChange>,
    /// The whole TTL of each key, milliseconds, as it was when it was set: the length of its bar.
    whole_ms: HashMap<Bytes, (i64, i64)>,
    /// Rows by which the pane is scrolled.
    pub scroll: super::super::widget::Scroll,
}

impl Keys {
    /// Takes in the keys as they are now.
    pub fn take(&mut self, views: Vec<KeyView>, changes: Vec<KeyChange>, now_ms: Option<i64>) {
        let mut whole_ms = HashMap::new();
        for view in &views {
            if let Some(at) = view.expires_at_ms {
                let known = self.whole_ms.get(&view.key).filter(|(expires, _)| *expires == at);
                let whole = known.map_or_else(|| at.saturating_sub(now_ms.unwrap_or(at)), |(_, whole)| *whole);
                whole_ms.insert(view.key.clone(), (at, whole.max(1)));
            }
        }
        self.whole_ms = whole_ms;
        self.views = views;
        self.changes = changes;
    }

    /// A new command is on its way: what the last one changed is past.
    pub fn calm(&mut self) {
        self.changes.clear();
    }

    /// The whole TTL of a key as it was set, milliseconds.
    pub fn whole_ms(&self, key: &Bytes) -> Option<i64> {
        self.whole_ms.get(key).map(|(_, whole)| *whole)
    }

    /// What changed at a key.
    pub fn changes_of<'a>(&'a self, key: &'a Bytes) -> impl Iterator<Item = &'a KeyChange> {
        self.changes.iter().filter(move |change| change.key == key)
    }

    /// The changes of keys that are gone.
    pub fn gone(&self) -> impl Iterator<Item = &KeyChange> {
        self.changes.iter().filter(|change| {
            matches!(change.change, Change::Deleted | Change::Expired)
                || !self.views.iter().any(|view| view.key == change.key)
        })
    }

    /// Whether some TTL is running.
    pub fn any_ttl(&self) -> bool {
        self.views.iter().any(|view| view.expires_at_ms.is_some())
    }
}
