//! The arguments of commands as COMMAND DOCS shows them, out of `arguments.txt`.
//!
//! There, each line has a command's full name and its arguments, each `TOKEN=name:type` with marks: a word in capitals
//! alone is a token by itself; types are `i` integer, `d` double, `p` pattern, `u` Unix time, `k` key, `t` a token, and
//! a string if there is none. `@n` names the key specification, `?` means optional, `*` several, `+` its token each
//! time, `^` and `~` since and until which version. `(…)` holds what stands together, `[…]` what excludes each other.
//! Source: Redis's own tables.

use crate::resp::Value;

const ALL: &str = include_str!("arguments.txt");

/// Characters that end a name.
const ENDS: &[char] = &['=', '@', '?', '*', '+', '^', '~', '(', ')', '[', ']', ' '];

/// The arguments of a command, `config|set` for a subcommand; `None` if it has none.
pub fn of(full_name: &str) -> Option<Value> {
    let line = |line: &'static str| line.strip_prefix(full_name)?.strip_prefix(' ');
    let mut rest = ALL.lines().find_map(line)?;
    Some(Value::Array(list(&mut rest)))
}

/// Takes up to one of [`ENDS`].
fn word<'a>(rest: &mut &'a str) -> &'a str {
    let (word, after) = rest.split_at(rest.find(ENDS).unwrap_or(rest.len()));
    *rest = after;
    word
}

/// Takes one character, if it comes next.
fn takes(rest: &mut &str, character: char) -> bool {
    let after = rest.strip_prefix(character);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn list(rest: &mut &str) -> Vec<Value> {
    let mut arguments = Vec::new();
    loop {
        *rest = rest.trim_start();
        if rest.is_empty() || takes(rest, ')') || takes(rest, ']') {
            return arguments;
        }
        arguments.push(argument(rest));
    }
}

fn quoted<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (token, after) = rest.strip_prefix('\'')?.split_once('\'')?;
    *rest = after;
    Some(token)
}

/// Token, name and type.
fn head<'a>(rest: &mut &'a str) -> (Option<&'a str>, String, &'static str) {
    let first = quoted(rest).unwrap_or_else(|| word(rest));
    let (token, name) = if takes(rest, '=') { (Some(first), word(rest)) } else { (None, first) };
    let kinds = [
        (":i", "integer"),
        (":d", "double"),
        (":p", "pattern"),
        (":u", "unix-time"),
        (":k", "key"),
        (":t", "pure-token"),
    ];
    for (suffix, kind) in kinds {
        if let Some(name) = name.strip_suffix(suffix) {
            return (token, name.into(), kind);
        }
    }
    if token.is_none() && !name.contains(|c: char| c.is_ascii_lowercase()) {
        return (Some(name), name.to_lowercase(), "pure-token");
    }
    (token, name.into(), "string")
}

fn argument(rest: &mut &str) -> Value {
    let (token, name, mut kind) = head(rest);
    let spec = takes(rest, '@').then(|| word(rest));
    let flags = [('?', "optional"), ('*', "multiple"), ('+', "multiple_token")];
    let flags: Vec<Value> =
        flags.into_iter().filter(|(mark, _)| takes(rest, *mark)).map(|(_, flag)| Value::simple(flag)).collect();
    let since = takes(rest, '^').then(|| word(rest));
    let until = takes(rest, '~').then(|| word(rest));
    let group = [('(', "block"), ('[', "oneof")].into_iter().find(|(mark, _)| takes(rest, *mark));
    let inner = group.map(|(_, name)| {
        kind = name;
        list(rest)
    });
    let text = |text: &str| Value::bulk(text.to_string());
    let mut fields = vec![("name", text(&name)), ("type", Value::bulk(kind))];
    fields.extend(spec.map(|spec| ("key_spec_index", Value::Integer(spec.parse().unwrap_or(0)))));
    fields.extend(token.map(|token| ("token", text(token))));
    fields.extend(since.map(|since| ("since", text(since))));
    fields.extend(until.map(|until| ("deprecated_since", text(until))));
    if !flags.is_empty() {
        fields.push(("flags", Value::Set(flags)));
    }
    fields.extend(inner.map(|inner| ("arguments", Value::Array(inner))));
    Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::{Protocol, encode_value};

    #[test]
    fn every_line_is_read_to_its_end() {
        for line in ALL.lines() {
            let (name, arguments) = line.split_once(' ').expect("a name and arguments");
            let mut rest = arguments;
            assert!(!list(&mut rest).is_empty() && rest.is_empty(), "{name}: {rest}");
        }
    }

    #[test]
    fn marks_become_fields() {
        let mut rest = "k:k@0 LIMIT=n:i?^7.0.0 order*[ASC '='=same:t]";
        let mut text = Vec::new();
        list(&mut rest).iter().for_each(|value| encode_value(value, Protocol::Resp2, &mut text));
        let text = String::from_utf8(text).expect("text");
        let words: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with(['$', '*'])).collect();
        let expected = "name k type key key_spec_index :0 name n type integer token LIMIT since 7.0.0 flags +optional \
                        name order type oneof flags +multiple arguments name asc type pure-token token ASC name same \
                        type pure-token token = ";
        assert_eq!(words.join(" "), expected);
    }
}
