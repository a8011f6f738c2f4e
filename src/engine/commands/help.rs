//! HELP of containers, made from their rows: the same for all of them.

use crate::resp::Value;

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::{Error, SYNTAX};
use super::super::outcome::{Answer, reply};
use super::super::row::{Flags, Group, Row};

/// The row of a container's HELP: `HELP` of this group, since this version.
pub const fn row(group: Group, since: &'static str, syntax: &'static str) -> Row {
    Row {
        name: "HELP",
        group,
        arity: 2,
        flags: Flags::LOADING.with(Flags::STALE),
        since,
        syntax,
        summary: "Prints this help.",
        handler: help,
        ..Row::DEFAULT
    }
}

/// What a subcommand answers that has too many arguments for itself, where its arity allows them.
pub fn wrong_count(args: &Args<'_>) -> Error {
    let word = |n: usize| args.argv().get(n).map(|word| String::from_utf8_lossy(word)).unwrap_or_default();
    let container = word(0).to_uppercase();
    Error::new(format!("ERR unknown subcommand or wrong number of arguments for '{}'. Try {container} HELP.", word(1)))
}

fn help(_: &mut Context<'_>, args: Args<'_>) -> Answer {
    let container = args.argv().first().and_then(|name| super::lookup(name)).ok_or(SYNTAX)?;
    let name = container.name;
    let mut lines = vec![format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")];
    if container.accepts(1) {
        lines.extend(["(no subcommand)".into(), format!("    {}", container.summary)]);
    }
    let (helps, others): (Vec<&Row>, Vec<&Row>) = container.subcommands.iter().partition(|row| row.name == "HELP");
    for row in others.into_iter().chain(helps) {
        let usage = row.syntax.strip_prefix(name).unwrap_or(row.syntax).trim_start();
        lines.extend([usage.to_string(), format!("    {}", row.summary)]);
    }
    reply::array(lines.into_iter().map(|line| Value::Simple(line.into())).collect())
}
