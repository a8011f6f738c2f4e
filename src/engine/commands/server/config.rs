//! CONFIG.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::glob;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::stats::Stats;
use super::super::help;
use super::kind::Parameter;
use super::parameters;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "CONFIG",
    group: Group::Server,
    arity: -2,
    since: "2.0.0",
    complexity: "Depends on the subcommand",
    syntax: "CONFIG subcommand [argument ...]",
    summary: "Looks at the configuration, and changes it.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "GET",
        group: Group::Server,
        arity: -3,
        flags: ADMIN,
        since: "2.0.0",
        complexity: "O(N) with N the number of parameters asked for",
        syntax: "CONFIG GET parameter [parameter ...]",
        summary: "Shows the parameters whose names match.",
        handler: get,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "5.0.0", "CONFIG HELP"),
    Row {
        name: "RESETSTAT",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.0.0",
        syntax: "CONFIG RESETSTAT",
        summary: "Sets the counters of INFO to zero.",
        handler: resetstat,
        ..Row::DEFAULT
    },
    Row {
        name: "REWRITE",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "2.8.0",
        syntax: "CONFIG REWRITE",
        summary: "Writes the configuration into its file; the engine has none.",
        handler: rewrite,
        ..Row::DEFAULT
    },
    Row {
        name: "SET",
        group: Group::Server,
        arity: -4,
        flags: ADMIN.with(Flags::DANGEROUS),
        since: "2.0.0",
        complexity: "O(N) with N the number of parameters",
        syntax: "CONFIG SET parameter value [parameter value ...]",
        summary: "Changes parameters, all of them or none.",
        handler: set,
        ..Row::DEFAULT
    },
];

fn get(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let settings = &ctx.state.settings;
    let mut found: BTreeMap<Bytes, String> = BTreeMap::new();
    for pattern in args.rest() {
        let lower = pattern.to_ascii_lowercase();
        if !lower.iter().any(|byte| b"[*?".contains(byte)) {
            // A plain name is answered in the spelling of the question.
            let already = found.keys().any(|name| name.eq_ignore_ascii_case(pattern));
            if let Some(parameter) = parameters::named(pattern).filter(|_| !already) {
                found.insert(pattern.clone(), parameter.get(settings));
            }
            continue;
        }
        for parameter in parameters::all() {
            for name in parameter.names.iter().filter(|name| glob::matches(&lower, name.as_bytes())) {
                found.insert(Bytes::from_static(name.as_bytes()), parameter.get(settings));
            }
        }
    }
    reply::value(Value::Map(found.into_iter().map(|(name, value)| (Value::Bulk(name), Value::text(value))).collect()))
}

fn resetstat(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    ctx.state.stats = Stats::default();
    ctx.state.measures.histograms.clear();
    ctx.state.keyspace.expired = 0;
    ctx.state.disk.saves = 0;
    reply::ok()
}

fn rewrite(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Err(Error::fixed("ERR The server is running without a config file"))
}

fn failed(name: &str, why: &str) -> Error {
    Error::new(format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}"))
}

fn set(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() % 2 == 1 {
        return Err(SYNTAX);
    }
    let wanted = wanted(args.rest())?;
    // All or nothing: a copy is changed, and taken over when everything went well.
    let mut settings = ctx.state.settings.clone();
    for (parameter, name, value) in &wanted {
        parameter.set(&mut settings, value).map_err(|why| failed(name, &why))?;
    }
    for (parameter, name, value) in &wanted {
        parameter.failure(&settings, value).map_or(Ok(()), |why| Err(failed(name, why)))?;
    }
    if settings.password != ctx.state.settings.password {
        ctx.state.acl.set_default_password(settings.password.as_bytes());
    }
    ctx.state.settings = settings;
    ctx.state.obey_settings();
    reply::ok()
}

/// The parameters that are to be set, each with its name and its value, if all of them can be.
fn wanted(words: &[Bytes]) -> Result<Vec<(&'static Parameter, &'static str, String)>, Error> {
    let mut wanted: Vec<(&'static Parameter, &'static str, String)> = Vec::new();
    let mut refused = None;
    for pair in words.chunks_exact(2) {
        let asked = String::from_utf8_lossy(&pair[0]);
        let Some(parameter) = parameters::named(&pair[0]) else {
            let line = format!("ERR Unknown option or number of arguments for CONFIG SET - '{asked}'");
            return Err(refused.unwrap_or(Error::new(line)));
        };
        let twice = wanted.iter().any(|(other, name, _)| std::ptr::eq(*other, parameter) && is(name, &pair[0]));
        let why = parameter.refusal().or(twice.then_some("duplicate parameter"));
        refused = refused.or(why.map(|why| failed(&asked, why)));
        let name = parameter.names.iter().copied().find(|name| is(name, &pair[0])).unwrap_or(parameter.names[0]);
        wanted.push((parameter, name, String::from_utf8_lossy(&pair[1]).into_owned()));
    }
    refused.map_or(Ok(wanted), Err)
}

fn is(name: &str, asked: &[u8]) -> bool {
    name.as_bytes().eq_ignore_ascii_case(asked)
}
