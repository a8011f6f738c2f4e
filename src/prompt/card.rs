//! The reference card of a command.

use bytes::Bytes;

use crate::engine::{self, Row};

/// What there is to know about a command on one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its name in capitals, with its subcommand's.
    pub name: String,
    /// Its syntax, name included.
    pub syntax: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Its group, as redis.io calls it.
    pub group: &'static str,
    /// Its complexity.
    pub complexity: &'static str,
    /// The version of Redis that brought it.
    pub since: &'static str,
}

/// The card of the command that these words begin with: `CONFIG GET` has one of its own.
pub fn card(words: &[Bytes]) -> Option<Card> {
    let container = engine::lookup(words.first()?)?;
    let row = engine::resolve(words)?;
    Some(of(container, row))
}

/// The cards of all commands and subcommands.
pub fn cards() -> Vec<Card> {
    let mut cards = Vec::new();
    for row in engine::rows() {
        cards.push(of(row, row));
        cards.extend(row.subcommands.iter().map(|sub| of(row, sub)));
    }
    cards
}

fn of(container: &Row, row: &Row) -> Card {
    let name = if std::ptr::eq(container, row) || container.name == row.name {
        row.name.to_string()
    } else {
        format!("{} {}", container.name, row.name)
    };
    Card {
        name,
        syntax: row.syntax,
        summary: row.summary,
        group: row.group.name(),
        complexity: row.complexity,
        since: row.since,
    }
}
