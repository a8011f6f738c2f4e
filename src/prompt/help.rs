//! HELP: a command's card, or the commands of a group, laid out as redis-cli lays them out, in the words of the command
//! table.

use bytes::Bytes;

use crate::engine;

use super::card::{Card, cards};
use super::nearest::nearest;

/// How to get help.
const GENERAL: &str = concat!(
    "redlab ",
    env!("CARGO_PKG_VERSION"),
    r#"
Help about Redis commands:
      "help @<group>" lists the commands of a group
      "help <command>" shows one command, or a command and its subcommands
      "quit" ends
"#
);

/// The colours of a page: a name, its arguments, a title, and what ends each.
struct Look {
    name: &'static str,
    arguments: &'static str,
    title: &'static str,
    plain: &'static str,
}

const COLORED: Look = Look { name: "\x1b[1m", arguments: "\x1b[90m", title: "\x1b[33m", plain: "\x1b[0m" };
const BARE: Look = Look { name: "", arguments: "", title: "", plain: "" };

/// The answer to HELP with these words behind it: a command and its subcommands, a group (`@string`), or how to ask.
/// `None`: there is nothing of that name.
pub fn help_page(words: &[Bytes], colored: bool) -> Option<String> {
    let Some(first) = words.first() else { return Some(GENERAL.into()) };
    let group = first.strip_prefix(b"@").map(group_name);
    let mut found: Vec<Card> = cards().into_iter().filter(|card| fits(card, words, group.as_deref())).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let look = if colored { &COLORED } else { &BARE };
    let mut out = String::new();
    for card in &found {
        push_card(card, group.is_none(), look, &mut out);
    }
    out.push_str("\r\n");
    (!found.is_empty()).then_some(out)
}

/// What is said where HELP finds nothing: what may have been meant.
pub fn no_help(words: &[Bytes]) -> String {
    let first = words.first().map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default();
    let shown = crate::resp::printable(first.as_bytes(), 40);
    if first.starts_with('@') {
        let mut groups: Vec<String> = cards().into_iter().map(|card| card.group.to_string()).collect();
        groups.sort_unstable();
        groups.dedup();
        return format!("There is no group {shown}. Groups: @{}\n", groups.join(" @"));
    }
    let near = nearest(&first, engine::rows().map(|row| row.name));
    let near = if near.is_empty() { String::new() } else { format!(": did you mean {}?", near.join(" or ")) };
    format!("There is no command {shown}{near}\n")
}

/// A group may be written with any separator or none.
fn group_name(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase().replace(['-', '_'], "")
}

fn fits(card: &Card, words: &[Bytes], group: Option<&str>) -> bool {
    if let Some(group) = group {
        return group_name(card.group.as_bytes()) == group;
    }
    let mut name = card.name.split(' ');
    words.iter().all(|word| name.next().is_some_and(|part| part.as_bytes().eq_ignore_ascii_case(word)))
}

fn push_card(card: &Card, with_group: bool, look: &Look, out: &mut String) {
    let Look { name, arguments, title, plain } = look;
    let syntax = card.syntax.get(card.name.len()..).unwrap_or_default().trim();
    out.push_str(&format!("\r\n  {name}{}{plain} {arguments}{syntax}{plain}\r\n", card.name));
    let mut line = |word: &str, text: &str| out.push_str(&format!("  {title}{word}:{plain} {text}\r\n"));
    line("summary", card.summary);
    line("since", card.since);
    if with_group {
        line("complexity", card.complexity);
        line("group", card.group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::split_line;

    fn shown(line: &str, colored: bool) -> String {
        let words = split_line(line).expect("a line");
        help_page(&words, colored).unwrap_or_else(|| no_help(&words))
    }

    #[test]
    fn a_command_a_container_and_a_group_have_their_pages() {
        let get = shown("get", true);
        assert!(get.starts_with("\r\n  \x1b[1mGET\x1b[0m \x1b[90mkey\x1b[0m\r\n  \x1b[33msummary:\x1b[0m "), "{get}");
        assert!(get.ends_with("  \x1b[33mgroup:\x1b[0m string\r\n\r\n"), "{get}");
        assert!(shown("get", false).contains("  since: 1.0.0\r\n  complexity: O(1)\r\n  group: string\r\n"));
        assert!(shown("config", false).contains("CONFIG GET") && shown("config set", false).contains("CONFIG SET"));
        assert!(!shown("config set", false).contains("CONFIG GET"));
        let group = shown("@string", false);
        assert!(group.contains("INCRBY") && !group.contains("group:"));
        assert!(shown("@sorted_set", false).contains("ZADD key") && shown("@sorted-set", false).contains("ZADD key"));
    }

    #[test]
    fn what_there_is_not_leads_to_what_there_is() {
        assert!(shown("gte", false).contains("did you mean GET"));
        assert!(shown("@nothing", false).contains("@string"));
        assert!(shown("", false).contains("help @<group>"));
        assert_eq!(help_page(&[Bytes::from_static(b"nosuch")], true), None);
    }
}
