//! MODULE: there are none.

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::Error;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::help;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT);
/// What commands that load modules answer, before anything else is looked at.
pub const NOT_ALLOWED: Error = Error::fixed(
    "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a \
     local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
);

const LOADS: Flags = ADMIN.with(Flags::NO_ASYNC_LOADING).with(Flags::PROTECTED);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "MODULE",
    group: Group::Server,
    arity: -2,
    since: "4.0.0",
    complexity: "Depends on the subcommand",
    syntax: "MODULE subcommand [argument ...]",
    summary: "Looks at modules, and loads them.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    help::row(Group::Server, "5.0.0", "MODULE HELP"),
    Row {
        name: "LIST",
        group: Group::Server,
        arity: 2,
        flags: ADMIN,
        since: "4.0.0",
        complexity: "O(N) with N the number of modules",
        syntax: "MODULE LIST",
        summary: "Lists the modules: none.",
        handler: list,
        ..Row::DEFAULT
    },
    Row {
        name: "LOAD",
        group: Group::Server,
        arity: -3,
        flags: LOADS,
        since: "4.0.0",
        syntax: "MODULE LOAD path [arg [arg ...]]",
        summary: "Loads a module, where that is allowed: not here.",
        handler: refuse,
        ..Row::DEFAULT
    },
    Row {
        name: "LOADEX",
        group: Group::Server,
        arity: -3,
        flags: LOADS,
        since: "7.0.0",
        syntax: "MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS arg [arg ...]]",
        summary: "Loads a module with its configuration, where that is allowed: not here.",
        handler: refuse,
        ..Row::DEFAULT
    },
    Row {
        name: "UNLOAD",
        group: Group::Server,
        arity: 3,
        flags: LOADS,
        since: "4.0.0",
        syntax: "MODULE UNLOAD name",
        summary: "Unloads a module, where that is allowed: not here.",
        handler: refuse,
        ..Row::DEFAULT
    },
];

fn list(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::array(Vec::new())
}

fn refuse(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Err(NOT_ALLOWED)
}
