//! HELP: a command's card, or the commands of a group, as text.

use bytes::Bytes;

use crate::engine::{self, Group, Row};

use super::card::{Card, card};
use super::nearest::nearest;

/// All groups, in the order in which HELP lists them.
const GROUPS: [Group; 16] = [
    Group::Generic,
    Group::String,
    Group::List,
    Group::Set,
    Group::SortedSet,
    Group::Hash,
    Group::PubSub,
    Group::Transactions,
    Group::Connection,
    Group::Server,
    Group::Scripting,
    Group::HyperLogLog,
    Group::Cluster,
    Group::Geo,
    Group::Stream,
    Group::Bitmap,
];

/// The answer to HELP with these words behind it: a command, `@group`, or nothing.
pub fn help(words: &[Bytes]) -> String {
    let Some(first) = words.first() else { return general() };
    let first = String::from_utf8_lossy(first).into_owned();
    if let Some(name) = first.strip_prefix('@') {
        return group(name);
    }
    match card(words) {
        Some(card) => shown(&card),
        None => {
            let near = nearest(&first, engine::rows().map(|row| row.name));
            let near = if near.is_empty() { String::new() } else { format!(": did you mean {}?", near.join(" or ")) };
            format!("There is no command {}{near}\n", crate::resp::printable(first.as_bytes(), 40))
        }
    }
}

fn general() -> String {
    let groups: Vec<String> = GROUPS.iter().map(|group| format!("@{}", group.name())).collect();
    format!(
        "help COMMAND   what a command does, its syntax, its complexity\n\
         help @GROUP    the commands of a group: {}\n\
         :help          what this prompt can do besides\n\
         TAB completes, Ctrl-R searches the history, quit ends\n",
        groups.join(" ")
    )
}

fn group(name: &str) -> String {
    let Some(group) =
        GROUPS.iter().find(|group| group.name().replace('-', "") == name.to_lowercase().replace(['-', '_'], ""))
    else {
        let groups: Vec<&str> = GROUPS.iter().map(|group| group.name()).collect();
        return format!(
            "There is no group @{}. Groups: {}\n",
            crate::resp::printable(name.as_bytes(), 40),
            groups.join(" ")
        );
    };
    let mut out = String::new();
    let mut rows: Vec<&Row> = engine::rows().filter(|row| row.group == *group).collect();
    rows.sort_by_key(|row| row.name);
    for row in rows {
        out.push_str(&format!("{}\n  {}\n", row.syntax, row.summary));
    }
    out
}

/// A card on four lines, and the names of subcommands.
fn shown(card: &Card) -> String {
    let mut out = format!("{}\n  {}\n", card.syntax, card.summary);
    out.push_str(&format!("  complexity: {}\n  since: {} · group: @{}\n", card.complexity, card.since, card.group));
    let row = engine::lookup(card.name.as_bytes());
    let names: Vec<&str> = row.map(|row| row.subcommands.iter().map(|row| row.name).collect()).unwrap_or_default();
    if !names.is_empty() {
        out.push_str(&format!("  subcommands: {}\n", names.join(" ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::help;
    use crate::resp::split_line;

    #[test]
    fn help_knows_commands_and_groups() {
        let asked = |line: &str| help(&split_line(line).expect("a line"));
        assert!(asked("get").starts_with("GET key\n"));
        assert!(asked("get").contains("since: 1.0.0 · group: @string"));
        assert!(asked("config get").starts_with("CONFIG GET"));
        assert!(asked("@sorted_set").contains("ZADD key"));
        assert!(asked("@sorted-set").contains("ZADD key"));
        assert!(asked("gte").contains("did you mean GET"));
        assert!(asked("@nothing").contains("Groups:"));
        assert!(asked("").contains("@string"));
    }
}
