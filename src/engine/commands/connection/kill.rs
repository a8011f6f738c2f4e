//! CLIENT KILL.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::acl::Acl;
use super::super::super::args::Args;
use super::super::super::client::{Client, ClientId};
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, Outcome};
use super::super::super::types::parse_integer;
use super::describe;

/// Which connections CLIENT KILL means.
#[derive(Default)]
struct Victims<'a> {
    id: Option<ClientId>,
    kind: Option<&'static str>,
    user: Option<&'a Bytes>,
    addr: Option<&'a Bytes>,
    laddr: Option<&'a Bytes>,
    /// Whether the caller may be among them.
    me_too: bool,
}

impl<'a> Victims<'a> {
    fn read(mut args: Args<'a>, acl: &Acl) -> Result<Victims<'a>, Error> {
        let mut victims = Victims::default();
        if args.left() == 1 {
            victims.addr = Some(args.next()?);
            victims.me_too = true;
            return Ok(victims);
        }
        while args.left() > 0 {
            victims.read_option(&mut args, acl)?;
        }
        Ok(victims)
    }

    fn read_option(&mut self, args: &mut Args<'a>, acl: &Acl) -> Result<(), Error> {
        if args.left() < 2 {
            return Err(SYNTAX);
        }
        if args.keyword("ID") {
            let id = parse_integer(args.next()?).and_then(|id| ClientId::try_from(id).ok()).filter(|id| *id > 0);
            self.id = Some(id.ok_or(Error::fixed("ERR client-id should be greater than 0"))?);
        } else if args.keyword("TYPE") {
            self.kind = Some(describe::kind_argument(args.next()?)?);
        } else if args.keyword("ADDR") {
            self.addr = Some(args.next()?);
        } else if args.keyword("LADDR") {
            self.laddr = Some(args.next()?);
        } else if args.keyword("USER") {
            let user = args.next()?;
            if acl.user(user).is_none() {
                return Err(Error::new(format!("ERR No such user '{}'", String::from_utf8_lossy(user))));
            }
            self.user = Some(user);
        } else if args.keyword("SKIPME") {
            self.me_too = args.keyword("NO");
            if !self.me_too && !args.keyword("YES") {
                return Err(SYNTAX);
            }
        } else {
            return Err(SYNTAX);
        }
        Ok(())
    }

    fn mean(&self, client: &Client, caller: ClientId) -> bool {
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind == describe::kind(client))
            && self.user.is_none_or(|user| *user == client.user)
            && self.addr.is_none_or(|addr| addr == client.addr.as_bytes())
            && self.laddr.is_none_or(|laddr| laddr == client.laddr.as_bytes())
            && (self.me_too || client.id != caller)
    }
}

/// CLIENT KILL
pub fn kill(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let by_address = args.left() == 1;
    let victims = Victims::read(args, &ctx.state.acl)?;
    let ids: Vec<ClientId> = ctx.state.clients.values().filter(|c| victims.mean(c, ctx.id)).map(|c| c.id).collect();
    for id in ids.iter().filter(|id| **id != ctx.id) {
        ctx.state.disconnect(*id);
        ctx.state.killed.push(*id);
    }
    let value = match (by_address, ids.len()) {
        (true, 0) => return Err(Error::fixed("ERR No such client")),
        (true, _) => Value::ok(),
        (false, count) => Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)),
    };
    Ok(if ids.contains(&ctx.id) { Outcome::Close(value) } else { Outcome::Reply(value) })
}
