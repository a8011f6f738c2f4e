//! MIGRATE: this server connects to no other, and says so as Redis does where nobody answers.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Begin, Find, Flags, KeySpec, Row};

const MOVED: &[&str] = &["RW", "access", "delete"];

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "MIGRATE",
    arity: -6,
    flags: Flags::WRITE.with(Flags::MOVABLEKEYS).with(Flags::DANGEROUS),
    keys: &[
        KeySpec { flags: MOVED, begin: Begin::Index(3), find: Find::Range { last: 0, step: 1, limit: 0 } },
        KeySpec {
            flags: &["RW", "access", "delete", "incomplete"],
            begin: Begin::KeywordBack("KEYS", 2),
            find: Find::Range { last: -1, step: 1, limit: 0 },
        },
    ],
    since: "2.6.0",
    complexity: "O(N) with N the number of elements of the values",
    syntax: "MIGRATE host port <key | \"\"> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]",
    summary: "Would move keys to another server; redlab connects to none, so only NOKEY and errors come of it.",
    handler: migrate,
    ..Row::DEFAULT
}];

/// The keys to move, once the options are read.
fn keys<'a>(key: &'a Bytes, options: &mut Args<'a>) -> Result<Vec<&'a Bytes>, Error> {
    while options.left() > 0 {
        if options.keyword("COPY") || options.keyword("REPLACE") {
            continue;
        }
        let secrets = if options.keyword("AUTH") {
            1
        } else if options.keyword("AUTH2") {
            2
        } else if options.keyword("KEYS") {
            if !key.is_empty() {
                return Err(Error::fixed(
                    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
                ));
            }
            return Ok(options.rest().iter().collect());
        } else {
            return Err(SYNTAX);
        };
        if options.left() < secrets {
            return Err(SYNTAX);
        }
        for _ in 0..secrets {
            options.next()?;
        }
    }
    Ok(vec![key])
}

fn migrate(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (_host, _port, key, db, timeout) = (args.next()?, args.next()?, args.next()?, args.next()?, args.next()?);
    let keys = keys(key, &mut args)?;
    for number in [timeout, db] {
        crate::engine::types::parse_integer(number).ok_or(crate::engine::error::NOT_INTEGER)?;
    }
    if !keys.iter().any(|key| ctx.entry(key).is_some()) {
        return reply::simple("NOKEY");
    }
    Err(Error::fixed("IOERR error or timeout connecting to the client"))
}
