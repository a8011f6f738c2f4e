//! CLIENT TRACKING and its kin.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::client::{ClientId, Tracking};
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::outcome::{Answer, reply};
use super::super::super::state::State;

const WITHOUT_TRACKING: Error = Error::fixed(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
);

/// CLIENT TRACKING ON, as its options say.
#[derive(Default)]
struct Wanted {
    tracking: Tracking,
    /// In the order in which they were given.
    prefixes: Vec<Bytes>,
}

impl Wanted {
    fn read(state: &State, args: &mut Args<'_>) -> Result<Wanted, Error> {
        let mut wanted = Wanted::default();
        let Wanted { tracking, prefixes } = &mut wanted;
        while args.left() > 0 {
            let more = args.left() > 1;
            if more && args.keyword("REDIRECT") {
                read_redirect(state, tracking, args)?;
            } else if args.keyword("BCAST") {
                tracking.broadcast = true;
            } else if args.keyword("OPTIN") {
                tracking.opt_in = true;
            } else if args.keyword("OPTOUT") {
                tracking.opt_out = true;
            } else if args.keyword("NOLOOP") {
                tracking.no_loop = true;
            } else if more && args.keyword("PREFIX") {
                prefixes.push(args.next()?.clone());
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(wanted)
    }

    /// Whether the options fit each other, and how the client tracks keys already.
    fn check(&self, now: Option<&Tracking>) -> Result<(), Error> {
        let Wanted { tracking, prefixes } = self;
        let because = |line| Err(Error::fixed(line));
        if !tracking.broadcast && !prefixes.is_empty() {
            return because("ERR PREFIX option requires BCAST mode to be enabled");
        }
        if now.is_some_and(|now| now.broadcast != tracking.broadcast) {
            return because(
                "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
                 re-enabling it with a different mode.",
            );
        }
        if tracking.broadcast && (tracking.opt_in || tracking.opt_out) {
            return because("ERR OPTIN and OPTOUT are not compatible with BCAST");
        }
        if tracking.opt_in && tracking.opt_out {
            return because("ERR You can't specify both OPTIN mode and OPTOUT mode");
        }
        if now.is_some_and(|now| (tracking.opt_in && now.opt_out) || (tracking.opt_out && now.opt_in)) {
            return because(
                "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
                 re-enabling it with a different mode.",
            );
        }
        let known = now.map(|now| now.prefixes.iter().collect()).unwrap_or_default();
        check_prefixes(prefixes, known)
    }
}

fn read_redirect(state: &State, tracking: &mut Tracking, args: &mut Args<'_>) -> Result<(), Error> {
    if tracking.redirect != 0 {
        return Err(Error::fixed("ERR A client can only redirect to a single other client"));
    }
    let other = ClientId::try_from(args.integer()?).ok().filter(|id| state.clients.contains_key(id));
    tracking.redirect = other.ok_or(Error::fixed("ERR The client ID you want redirect to does not exist"))?;
    Ok(())
}

/// No key may have two prefixes of one client: it would be told twice.
fn check_prefixes(prefixes: &[Bytes], known: Vec<&Bytes>) -> Result<(), Error> {
    let overlap = |a: &Bytes, b: &Bytes| a.starts_with(b) || b.starts_with(a);
    let error = |prefix: &Bytes, which: &str, other: &Bytes| {
        let [prefix, other] = [prefix, other].map(|bytes| String::from_utf8_lossy(bytes));
        Error::new(format!(
            "ERR Prefix '{prefix}' overlaps with {which} prefix '{other}'. Prefixes for a single client must not overlap."
        ))
    };
    for (n, prefix) in prefixes.iter().enumerate() {
        if let Some(other) = known.iter().find(|other| overlap(prefix, other)) {
            return Err(error(prefix, "an existing", other));
        }
        if let Some(other) = prefixes[n + 1..].iter().find(|other| overlap(prefix, other)) {
            return Err(error(prefix, "another provided", other));
        }
    }
    Ok(())
}

/// CLIENT TRACKING
pub fn tracking(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let switch = args.next()?;
    let wanted = Wanted::read(ctx.state, &mut args)?;
    if switch.eq_ignore_ascii_case(b"OFF") {
        ctx.state.untrack(ctx.id);
        return reply::ok();
    }
    if !switch.eq_ignore_ascii_case(b"ON") {
        return Err(SYNTAX);
    }
    wanted.check(ctx.client()?.tracking.as_deref())?;
    start(ctx, wanted)?;
    reply::ok()
}

fn start(ctx: &mut Context<'_>, Wanted { mut tracking, mut prefixes }: Wanted) -> Result<(), Error> {
    if tracking.broadcast && prefixes.is_empty() {
        prefixes.push(Bytes::new());
    }
    prefixes.iter().for_each(|prefix| ctx.state.tracking.subscribe(prefix, ctx.id));
    tracking.prefixes = prefixes.iter().map(|prefix| Bytes::copy_from_slice(prefix)).collect();
    let client = ctx.client()?;
    match client.tracking.take() {
        Some(mut old) => {
            tracking.prefixes.append(&mut old.prefixes);
            tracking.caching = old.caching;
            client.tracking = Some(Box::new(tracking));
        }
        None => {
            client.tracking = Some(Box::new(tracking));
            ctx.state.tracking.clients += 1;
        }
    }
    Ok(())
}

/// CLIENT CACHING
pub fn caching(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let tracking = ctx.client()?.tracking.as_mut().ok_or(WITHOUT_TRACKING)?;
    if args.keyword("YES") {
        if !tracking.opt_in {
            return Err(Error::fixed("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."));
        }
    } else if args.keyword("NO") {
        if !tracking.opt_out {
            return Err(Error::fixed("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."));
        }
    } else {
        return Err(SYNTAX);
    }
    tracking.caching = true;
    reply::ok()
}

/// Where messages go: -1 without tracking, 0 for no other connection.
fn redirect(tracking: Option<&Tracking>) -> i64 {
    tracking.map_or(-1, |tracking| i64::try_from(tracking.redirect).unwrap_or(i64::MAX))
}

/// CLIENT GETREDIR
pub fn getredir(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::integer(redirect(ctx.client()?.tracking.as_deref()))
}

/// CLIENT TRACKINGINFO
pub fn trackinginfo(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let tracking = ctx.client()?.tracking.as_deref();
    let is = |of: fn(&Tracking) -> bool| tracking.is_some_and(of);
    let flags = [
        (tracking.is_some(), "on"),
        (tracking.is_none(), "off"),
        (is(|t| t.broadcast), "bcast"),
        (is(|t| t.opt_in), "optin"),
        (is(|t| t.opt_in && t.caching), "caching-yes"),
        (is(|t| t.opt_out), "optout"),
        (is(|t| t.opt_out && t.caching), "caching-no"),
        (is(|t| t.no_loop), "noloop"),
        (is(|t| t.broken), "broken_redirect"),
    ];
    let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| Value::bulk(word));
    let prefixes = tracking.iter().flat_map(|tracking| &tracking.prefixes);
    let fields = [
        ("flags", Value::Set(flags.collect())),
        ("redirect", Value::Integer(redirect(tracking))),
        ("prefixes", Value::bulks(prefixes.cloned())),
    ];
    reply::value(Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect()))
}
