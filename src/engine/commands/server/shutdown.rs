//! SHUTDOWN.

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::disk::Request;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Block, Outcome};
use super::super::super::persist::save_points;
use super::super::super::row::{Flags, Group, Row};
use super::saving::NO_PLACE;

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "SHUTDOWN",
    group: Group::Server,
    arity: -1,
    flags: Flags::ADMIN
        .with(Flags::NOSCRIPT)
        .with(Flags::LOADING)
        .with(Flags::STALE)
        .with(Flags::NO_MULTI)
        .with(Flags::ALLOW_BUSY),
    since: "1.0.0",
    complexity: "O(1) without saving, else O(N) with N the number of keys",
    syntax: "SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
    summary: "Ends the server.",
    handler: shutdown,
    ..Row::DEFAULT
}];

#[derive(Default)]
struct Wish {
    save: bool,
    nosave: bool,
    now: bool,
    force: bool,
    abort: bool,
}

fn wish(args: &mut Args) -> Result<Wish, Error> {
    let mut wish = Wish::default();
    while args.left() > 0 {
        if args.keyword("SAVE") {
            wish.save = true;
        } else if args.keyword("NOSAVE") {
            wish.nosave = true;
        } else if args.keyword("NOW") {
            // There are no replicas to wait for.
            wish.now = true;
        } else if args.keyword("FORCE") {
            wish.force = true;
        } else if args.keyword("ABORT") {
            wish.abort = true;
        } else {
            return Err(SYNTAX);
        }
    }
    if (wish.abort && (wish.save || wish.nosave || wish.now || wish.force)) || (wish.save && wish.nosave) {
        return Err(SYNTAX);
    }
    Ok(wish)
}

fn shutdown(context: &mut Context, mut args: Args) -> Answer {
    let wish = wish(&mut args)?;
    if wish.abort {
        return Err(Error::fixed("ERR No shutdown in progress."));
    }
    let (state, id) = (&mut *context.state, context.id);
    if let Some(running) = state.running.as_ref().filter(|running| running.is_busy && !wish.nosave) {
        return Err(running.busy_error());
    }
    let has_place = state.settings.dir.is_some();
    if wish.save && !has_place && !wish.force {
        return Err(NO_PLACE);
    }
    if has_place && (wish.save || (!wish.nosave && !save_points(state).is_empty())) {
        state.disk.wanted = Some(Request::Shutdown { by: Some(id), force: wish.force });
        return Ok(Outcome::Block(Box::new(Block::on(Vec::new(), None))));
    }
    state.shut_down(id);
    Ok(Outcome::Replies(Vec::new()))
}
