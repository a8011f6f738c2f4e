//! SAVE and its kin.

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::disk::Request;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Block, Outcome, reply};
use super::super::super::persist;
use super::super::super::row::{Flags, Group, Row};

/// There is no folder to write into.
pub const NO_PLACE: Error = Error::fixed(
    "ERR there is no folder to save in: redlab serve --dir FOLDER loads its data there and saves it there",
);

const BUSY: Error = Error::fixed("ERR Background save already in progress");

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "BGREWRITEAOF",
        group: Group::Server,
        arity: 1,
        flags: Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::NO_ASYNC_LOADING),
        syntax: "BGREWRITEAOF",
        summary: "Would write the log of all changes anew; accepted, though redlab keeps none.",
        handler: bgrewriteaof,
        ..Row::DEFAULT
    },
    Row {
        name: "BGSAVE",
        group: Group::Server,
        arity: -1,
        flags: Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::NO_ASYNC_LOADING),
        syntax: "BGSAVE [SCHEDULE]",
        summary: "Writes all data to disk while other commands run (without a folder to save in: keeps a copy in memory).",
        handler: bgsave,
        ..Row::DEFAULT
    },
    Row {
        name: "LASTSAVE",
        group: Group::Server,
        arity: 1,
        flags: Flags::LOADING.with(Flags::STALE).with(Flags::FAST),
        since: "1.0.0",
        syntax: "LASTSAVE",
        summary: "Tells when the data was last saved.",
        handler: lastsave,
        ..Row::DEFAULT
    },
    Row {
        name: "SAVE",
        group: Group::Server,
        arity: 1,
        flags: Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::NO_ASYNC_LOADING).with(Flags::NO_MULTI),
        complexity: "O(N) with N the number of keys",
        syntax: "SAVE",
        summary: "Writes all data to disk before any other command runs (without a folder: keeps a copy in memory).",
        handler: save,
        ..Row::DEFAULT
    },
];

fn check(ctx: &Context<'_>) -> Result<(), Error> {
    if ctx.state.disk.background.is_some() {
        return Err(BUSY);
    }
    Ok(())
}

/// Where there is no folder to save in, what is saved stays in memory, for DEBUG RELOAD NOSAVE.
fn keeps_in_memory(ctx: &mut Context<'_>) -> bool {
    let in_memory = ctx.state.settings.dir.is_none();
    if in_memory {
        persist::keep(ctx.state, ctx.now);
    }
    in_memory
}

/// The log of all changes is never longer than the data: there is nothing to do.
fn bgrewriteaof(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::simple("Background append only file rewriting started")
}

fn bgsave(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 0 && !(args.keyword("SCHEDULE") && args.left() == 0) {
        return Err(SYNTAX);
    }
    check(ctx)?;
    if !keeps_in_memory(ctx) {
        ctx.state.disk.wanted = Some(Request::Background);
    }
    reply::simple("Background saving started")
}

fn lastsave(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::integer(ctx.state.disk.saved.us().div_euclid(1_000_000))
}

/// The reply comes once the file is written.
fn save(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    check(ctx)?;
    if keeps_in_memory(ctx) {
        return reply::ok();
    }
    ctx.state.disk.wanted = Some(Request::Save(ctx.id));
    Ok(Outcome::Block(Box::new(Block::on(Vec::new(), None))))
}
