//! `:save`: the session as the skeleton of a lesson; where several clients typed, of a scenario.

use std::fmt::Write;
use std::fs::OpenOptions;

use bytes::Bytes;

use crate::engine::{self, Row};
use crate::prompt;
use crate::resp::{Value, printable};

use super::track::listens;

/// Most commands of a scenario: all its schedules are explored when it is checked.
const MOST_INTERLEAVED: usize = 16;
/// Most commands of a lesson.
const MOST_STEPS: usize = 200;
/// The longest reply that is written down as a check.
const LONGEST_REPLY: usize = 60;

/// A command that was typed and answered.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Whose.
    pub client: usize,
    /// The line.
    pub line: &'a str,
    /// Its words.
    pub argv: &'a [Bytes],
    /// What it was answered.
    pub reply: &'a Value,
}

/// Writes a new file; what is to be told about it. A file that is there is left alone.
pub fn write(path: &str, steps: &[Step<'_>], names: &[String]) -> String {
    let shown = printable(path.as_bytes(), 200);
    let text = match text(steps, names) {
        Ok(text) => text,
        Err(why) => return why,
    };
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    match opened.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())) {
        Ok(()) => format!("saved {shown}: fill it in, then run  redlab check {shown}"),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            format!("{shown} is there already, and is left as it is: choose another name")
        }
        Err(error) => format!("cannot save {shown}: {error}"),
    }
}

/// The file's text.
///
/// # Errors
/// Why there is none, in words.
fn text(steps: &[Step<'_>], names: &[String]) -> Result<String, String> {
    // What is no command, and what never ends, would be faults of the file.
    let usable = |step: &&Step<'_>| prompt::validate(step.line).is_ok() && !listens(step.argv);
    let steps: Vec<Step<'_>> = steps.iter().filter(usable).copied().collect();
    let steps = steps.as_slice();
    let Some(first) = steps.first() else { return Err("there is nothing to save yet".into()) };
    if steps.iter().all(|step| step.client == first.client) {
        return Ok(lesson(steps));
    }
    if steps.len() > MOST_INTERLEAVED {
        let most = MOST_INTERLEAVED;
        return Err(format!(
            "{} commands of several clients have too many orders: a scenario takes {most}",
            steps.len()
        ));
    }
    Ok(scenario(steps, names))
}

fn lesson(steps: &[Step<'_>]) -> String {
    let mut out = String::from(
        "# Saved from a session. Give it a title, say what it is about, and merge or drop steps; then redlab check it.\n\
         title: A session\n\
         summary: What was typed at the prompt, step by step.\n\
         minutes: 5\n\
         source: typed by hand\n",
    );
    let mut keys: Vec<String> = steps.iter().flat_map(|step| keys(step.argv)).collect();
    keys.sort();
    keys.dedup();
    keys.truncate(20);
    let keys: Vec<String> = keys.iter().map(|key| yaml(key)).collect();
    if !keys.is_empty() {
        let _ = writeln!(out, "keys: [{}]", keys.join(", "));
    }
    out.push_str("steps:\n");
    let mut waiting = Vec::new();
    for step in steps.iter().take(MOST_STEPS) {
        waiting.push(yaml(step.line));
        let Some(check) = check(step) else { continue };
        let name = printable(step.line.as_bytes(), 40);
        let _ = writeln!(out, "  - title: {}", yaml(&name));
        let _ = writeln!(out, "    text: {}", yaml("Say here what this step shows."));
        let _ = writeln!(out, "    do:");
        let _ = writeln!(out, "      solution: [{}]", waiting.join(", "));
        let _ = writeln!(out, "      check: {}", yaml(&check));
        let _ = writeln!(out, "      otherwise: {}", yaml(&format!("Expected what {name} answers.")));
        let _ = writeln!(out, "      hints: [{}]", yaml(&hint(step)));
        waiting.clear();
    }
    out
}

/// What is true after a command and was not before it. `None` where its reply shows nothing.
fn check(step: &Step<'_>) -> Option<String> {
    let named = keys(step.argv).into_iter().next().map(|key| format!("{} in keys", literal(&key)));
    let replied = match step.reply {
        Value::Null | Value::NullArray => named.as_ref().map(|_| "reply is none".to_string()),
        Value::Integer(number) => Some(format!("reply == {number}")),
        Value::Error(_) => Some("reply.error is defined".into()),
        Value::Simple(text) | Value::Bulk(text)
            if text.len() <= LONGEST_REPLY && text.iter().all(u8::is_ascii_graphic) =>
        {
            Some(format!("reply == {}", literal(&String::from_utf8_lossy(text))))
        }
        // Before anything is done there is no reply, and what is undefined counts as iterable.
        Value::Array(_) | Value::Set(_) | Value::Map(_) => Some("reply is defined and reply is iterable".into()),
        _ => Some("reply is defined and reply is not none".into()),
    }?;
    Some(match named {
        Some(named) => format!("{named} and {replied}"),
        None => replied,
    })
}

fn hint(step: &Step<'_>) -> String {
    let syntax = engine::resolve(step.argv).map_or("", |row| row.syntax);
    if syntax.is_empty() { "Look at the task again.".into() } else { format!("The syntax is  {syntax}") }
}

fn scenario(steps: &[Step<'_>], names: &[String]) -> String {
    let mut clients: Vec<usize> = steps.iter().map(|step| step.client).collect();
    clients.sort_unstable();
    clients.dedup();
    let mut out = String::from(
        "# Saved from a session. Say what must be true at the end (invariant), and whether it is (expect).\n\
         title: A session\n\
         summary: What several clients typed, in every order.\n\
         source: typed by hand\n\
         text: Say here what can go wrong.\n",
    );
    let _ = writeln!(out, "invariant: clients == {}", clients.len());
    out.push_str("variants:\n  typed:\n    title: As it was typed\n    expect: holds\n    clients:\n");
    for client in clients {
        let name = names.get(client).filter(|name| !name.is_empty()).map_or("first", String::as_str);
        let _ = writeln!(out, "      {}:", yaml(name));
        for step in steps.iter().filter(|step| step.client == client) {
            let line = step.line.replace("{{", "{{ '{{' }}").replace("{%", "{{ '{%' }}");
            let _ = writeln!(out, "        - {{run: {}, on_error: continue}}", yaml(&line));
        }
    }
    out
}

fn keys(argv: &[Bytes]) -> Vec<String> {
    let keys = engine::resolve(argv).map(|row: &Row| row.keys_of(argv)).unwrap_or_default();
    keys.into_iter().filter_map(|key| String::from_utf8(key.to_vec()).ok()).collect()
}

/// A text as YAML takes it whatever is in it.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as an expression takes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::split_line;

    #[test]
    fn a_session_becomes_a_file() {
        let typed = [(0, "SET it's \"a b\"", Value::ok()), (0, "GET n", Value::Null), (0, "EXEC", Value::Null)];
        let typed: Vec<_> =
            typed.into_iter().map(|(c, line, reply)| (c, line, split_line(line).unwrap_or_default(), reply)).collect();
        let steps: Vec<Step<'_>> =
            typed.iter().map(|(client, line, argv, reply)| Step { client: *client, line, argv, reply }).collect();
        let file = text(&steps, &[String::new()]).expect("a lesson");
        assert!(file.contains("check: \"'n' in keys and reply is none\""), "{file}");
        assert!(!file.contains("EXEC"), "{file}");
        let mut two = steps.clone();
        two[1].client = 1;
        let file = text(&two, &[String::new(), "bob".into()]).expect("a scenario");
        assert!(file.contains("      \"bob\":\n        - {run: \"GET n\", on_error: continue}\n"), "{file}");
        assert_eq!(text(&[], &[]), Err("there is nothing to save yet".into()));
    }
}
