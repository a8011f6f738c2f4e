//! `HELP`: what redis-cli prints, in the words of the command table.

use bytes::Bytes;

use crate::prompt::{Card, cards};

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

/// What `HELP words…` prints: one command and its subcommands, or a group (`@string`).
pub fn help(words: &[Bytes]) -> Vec<u8> {
    let Some(first) = words.first() else { return GENERAL.into() };
    let mut out = String::new();
    let group = first.strip_prefix(b"@");
    let mut found: Vec<Card> = cards().into_iter().filter(|card| fits(card, words, group)).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    for card in found {
        push_card(&card, group.is_none(), &mut out);
    }
    out.push_str("\r\n");
    out.into_bytes()
}

fn fits(card: &Card, words: &[Bytes], group: Option<&[u8]>) -> bool {
    if let Some(group) = group {
        return card.group.as_bytes().eq_ignore_ascii_case(group);
    }
    let mut name = card.name.split(' ');
    words.iter().all(|word| name.next().is_some_and(|part| part.as_bytes().eq_ignore_ascii_case(word)))
}

fn push_card(card: &Card, with_group: bool, out: &mut String) {
    let arguments = card.syntax.get(card.name.len()..).unwrap_or_default().trim();
    out.push_str(&format!("\r\n  \x1b[1m{}\x1b[0m \x1b[90m{arguments}\x1b[0m\r\n", card.name));
    out.push_str(&format!("  \x1b[33msummary:\x1b[0m {}\r\n", card.summary));
    out.push_str(&format!("  \x1b[33msince:\x1b[0m {}\r\n", card.since));
    if with_group {
        out.push_str(&format!("  \x1b[33mgroup:\x1b[0m {}\r\n", card.group));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<Bytes> = line.split_whitespace().map(|word| Bytes::from(word.to_string())).collect();
        String::from_utf8(help(&words)).expect("text")
    }

    #[test]
    fn a_command_a_container_and_a_group_have_their_pages() {
        let get = shown("get");
        assert!(get.starts_with("\r\n  \x1b[1mGET\x1b[0m \x1b[90mkey\x1b[0m\r\n  \x1b[33msummary:\x1b[0m "), "{get}");
        assert!(get.ends_with("  \x1b[33mgroup:\x1b[0m string\r\n\r\n"), "{get}");
        assert!(shown("config").contains("CONFIG GET") && shown("config set").contains("CONFIG SET"));
        assert!(!shown("config set").contains("CONFIG GET"));
        let group = shown("@string");
        assert!(group.contains("INCRBY") && !group.contains("group:"));
        assert_eq!(shown("nosuch"), "\r\n");
    }
}
