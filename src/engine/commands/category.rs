//! The ACL categories of a command: from its group and its flags, but for a few.

use super::super::acl::CATEGORIES;
use super::super::row::{Flags, Group, Row};

/// Categories that follow from neither group nor flags.
const ODD_CATEGORIES: &[(&[&str], &[&str])] = &[
    (&["sort", "sort_ro"], &["set", "sortedset", "list", "dangerous"]),
    (&["asking", "readonly", "readwrite", "wait"], &["connection"]),
    (&["command"], &["connection"]),
    (&["flushall", "flushdb", "swapdb"], &["keyspace", "dangerous"]),
    (&["dbsize"], &["keyspace"]),
    (&["keys", "migrate", "restore", "restore-asking"], &["keyspace", "dangerous"]),
    (&["lastsave", "role"], &["admin", "dangerous"]),
    (&["info"], &["dangerous"]),
];

/// The categories of a command or a subcommand, without their `@`.
pub fn of(container: &Row, row: &Row) -> Vec<&'static str> {
    let first_word = container.name.to_lowercase();
    let odd = ODD_CATEGORIES.iter().find(|(names, _)| names.contains(&first_word.as_str()));
    let mut found: Vec<&str> = match odd {
        Some((_, categories)) => categories.to_vec(),
        None if row.subcommands.is_empty() => group_category(row.group).into_iter().collect(),
        None => Vec::new(),
    };
    let flags = row.flags;
    if flags.has(Flags::READONLY) && row.group != Group::Scripting {
        found.push("read");
    }
    let by_flag = [
        (Flags::WRITE, &["write"][..]),
        (Flags::ADMIN, &["admin", "dangerous"]),
        (Flags::PUBSUB, &["pubsub"]),
        (Flags::BLOCKING, &["blocking"]),
    ];
    found.extend(by_flag.iter().filter(|(flag, _)| flags.has(*flag)).flat_map(|(_, names)| *names));
    found.push(if flags.has(Flags::FAST) { "fast" } else { "slow" });
    CATEGORIES.iter().copied().filter(|category| found.contains(category)).collect()
}

fn group_category(group: Group) -> Option<&'static str> {
    match group {
        Group::Generic => Some("keyspace"),
        Group::SortedSet => Some("sortedset"),
        Group::Stream => Some("stream"),
        Group::Transactions => Some("transaction"),
        // What is about publishing has the flag; its HELP has neither.
        Group::PubSub | Group::Server => None,
        group => CATEGORIES.iter().copied().find(|category| *category == group.name()),
    }
}
