//! SORT: the elements of a list, a set or a sorted set, ordered by themselves or by other keys.

use std::cmp::Ordering;

use bytes::Bytes;

use super::super::{lookup, permission};
use crate::engine::args::{Args, parse_float};
use crate::engine::context::{Context, Mode};
use crate::engine::error::{Error, SYNTAX, WRONG_TYPE};
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Begin, Find, Flags, KeySpec, Row};
use crate::engine::types::{Hash, List, Str, ZSet};
use crate::resp::Value;

const ONE: Find = Find::Range { last: 0, step: 1, limit: 0 };
const SORTED: KeySpec = KeySpec::first(&["RO", "access"]);
const LOOKED_UP: KeySpec = KeySpec { flags: &["RO", "access"], begin: Begin::Unknown(None), find: ONE };
const STORED: KeySpec = KeySpec { flags: &["OW", "update"], begin: Begin::Unknown(Some(("STORE", 2))), find: ONE };

const COMPLEXITY: &str = "O(N+M*log(M)) with N elements, of which M are answered; O(N) if nothing is ordered";

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "SORT",
        arity: -2,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::MOVABLEKEYS).with(Flags::DANGEROUS),
        keys: &[SORTED, LOOKED_UP, STORED],
        complexity: COMPLEXITY,
        syntax: "SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] \
                 [STORE destination]",
        summary: "Answers or stores the elements of a list, set or sorted set in order.",
        handler: sort,
        ..Row::DEFAULT
    },
    Row {
        name: "SORT_RO",
        arity: -2,
        flags: Flags::READONLY.with(Flags::MOVABLEKEYS).with(Flags::DANGEROUS),
        keys: &[SORTED, LOOKED_UP],
        since: "7.0.0",
        complexity: COMPLEXITY,
        syntax: "SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]",
        summary: "Answers the elements of a list, set or sorted set in order; it cannot store them.",
        handler: sort_ro,
        ..Row::DEFAULT
    },
];

fn sort(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    run(ctx, args, true)
}

fn sort_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    run(ctx, args, false)
}

/// What the options ask for.
struct Plan<'a> {
    descending: bool,
    alpha: bool,
    /// Whether the elements stay in the order in which they come: BY a pattern without `*`.
    as_they_come: bool,
    by: Option<&'a Bytes>,
    offset: i64,
    count: i64,
    gets: Vec<&'a Bytes>,
    store: Option<&'a Bytes>,
}

/// Reads the options; `sees_all` says whether the caller may read keys that no argument names.
fn plan<'a>(args: &mut Args<'a>, may_store: bool, sees_all: bool) -> Result<Plan<'a>, Error> {
    let mut plan = Plan {
        descending: false,
        alpha: false,
        as_they_come: false,
        by: None,
        offset: 0,
        count: -1,
        gets: Vec::new(),
        store: None,
    };
    while let left @ 1.. = args.left() {
        if args.keyword("ASC") {
            plan.descending = false;
        } else if args.keyword("DESC") {
            plan.descending = true;
        } else if args.keyword("ALPHA") {
            plan.alpha = true;
        } else if left > 2 && args.keyword("LIMIT") {
            (plan.offset, plan.count) = (args.integer()?, args.integer()?);
        } else if left > 1 && may_store && args.keyword("STORE") {
            plan.store = Some(args.next()?);
        } else if left > 1 && args.keyword("BY") {
            let pattern = args.next()?;
            if !sees_all && pattern.contains(&b'*') {
                return Err(Error::fixed("ERR BY option of SORT denied due to insufficient ACL permissions."));
            }
            plan.by = Some(pattern);
            // As in Redis, once set this stays, even if another BY follows.
            plan.as_they_come |= star(pattern).is_none();
        } else if left > 1 && args.keyword("GET") {
            if !sees_all {
                return Err(Error::fixed("ERR GET option of SORT denied due to insufficient ACL permissions."));
            }
            plan.gets.push(args.next()?);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(plan)
}

/// Whether the caller may read every key, as BY and GET may need.
fn sees_every_key(ctx: &Context<'_>, argv: &[Bytes]) -> bool {
    let user = ctx.state.clients.get(&ctx.id).map(|client| &client.user);
    let row = argv.first().and_then(|name| lookup(name));
    user.zip(row).is_none_or(|(user, row)| permission::may_read_every_key(&ctx.state.acl, user, row, argv))
}

fn run(ctx: &mut Context<'_>, mut args: Args<'_>, may_store: bool) -> Answer {
    let key = args.next()?;
    let sees_all = sees_every_key(ctx, args.argv());
    let mut plan = plan(&mut args, may_store, sees_all)?;
    let is_set = matches!(ctx.entry(key).map(|entry| &entry.data), Some(Data::Set(_)));
    let mut elements = elements(ctx, key)?;
    if plan.as_they_come && is_set && (plan.store.is_some() || ctx.mode == Mode::Script) {
        // A set has no order of its own, and what is stored or computed with must not depend on chance.
        (plan.as_they_come, plan.alpha, plan.by) = (false, true, None);
    }
    if !plan.as_they_come {
        elements = ordered(ctx, &plan, elements)?;
    } else if plan.descending && !is_set {
        elements.reverse();
    }
    let chosen = within(elements, plan.offset, plan.count);
    let values = looked_up(ctx, &plan, chosen);
    match plan.store {
        Some(destination) => store(ctx, destination, values),
        None => reply::array(values.into_iter().map(|value| value.map_or(Value::Null, Value::Bulk)).collect()),
    }
}

/// The elements of the collection at a key, in the order in which they lie there.
fn elements(ctx: &mut Context<'_>, key: &[u8]) -> Result<Vec<Bytes>, Error> {
    if let Ok(Some(zset)) = ctx.edit::<ZSet>(key) {
        // Redis converts a sorted set in order to sort it, and leaves it converted.
        zset.make_skiplist();
    }
    match ctx.state.keyspace.entry(ctx.db, key).map(|entry| &entry.data) {
        None => Ok(Vec::new()),
        Some(Data::List(list)) => Ok(list.iter().map(Bytes::from).collect()),
        Some(Data::Set(set)) => Ok(set.iter().map(Bytes::from).collect()),
        Some(Data::ZSet(zset)) => Ok(zset.iter().map(|(member, _)| member.to_bytes()).collect()),
        Some(_) => Err(WRONG_TYPE),
    }
}

/// By what an element is ordered.
enum Weight {
    Number(f64),
    Text(Option<Bytes>),
}

fn ordered(ctx: &mut Context<'_>, plan: &Plan<'_>, elements: Vec<Bytes>) -> Result<Vec<Bytes>, Error> {
    let mut weighed = Vec::with_capacity(elements.len());
    let mut all_numbers = true;
    for element in elements {
        let by = match plan.by {
            Some(pattern) => look_up(ctx, pattern, &element),
            None => Some(element.clone()),
        };
        let weight = match by {
            by if plan.alpha => Weight::Text(by),
            None => Weight::Number(0.0),
            Some(text) => {
                let number = number(&text);
                all_numbers &= number.is_some();
                Weight::Number(number.unwrap_or(0.0))
            }
        };
        weighed.push((weight, element));
    }
    if !all_numbers {
        return Err(Error::fixed("ERR One or more scores can't be converted into double"));
    }
    let stored = plan.store.is_some();
    weighed.sort_by(|a, b| {
        let order = compare(a, b, stored);
        if plan.descending { order.reverse() } else { order }
    });
    Ok(weighed.into_iter().map(|(_, element)| element).collect())
}

fn compare((a, a_element): &(Weight, Bytes), (b, b_element): &(Weight, Bytes), stored: bool) -> Ordering {
    match (a, b) {
        (Weight::Number(a), Weight::Number(b)) => {
            a.partial_cmp(b).unwrap_or(Ordering::Equal).then_with(|| a_element.cmp(b_element))
        }
        (Weight::Text(Some(a)), Weight::Text(Some(b))) if !stored => c_string(a).cmp(c_string(b)),
        (Weight::Text(a), Weight::Text(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// The bytes before the first zero byte. Where nothing is stored, Redis compares with `strcoll`, which sees no
/// further; it is the C locale's here.
fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// A number as `strtod` reads it: white space in front is skipped, and no text at all is 0.
fn number(text: &[u8]) -> Option<f64> {
    let text = c_string(text);
    if text.is_empty() {
        return Some(0.0);
    }
    let blank = text.iter().take_while(|b| matches!(b, b' ' | b'\t'..=b'\r')).count();
    parse_float(&text[blank..])
}

/// The part that LIMIT chooses; a negative `count` means all that follow.
fn within(elements: Vec<Bytes>, offset: i64, count: i64) -> Vec<Bytes> {
    let offset = usize::try_from(offset.max(0)).unwrap_or(usize::MAX);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    elements.into_iter().skip(offset).take(count).collect()
}

/// What is answered for each element: itself, or what each GET finds.
fn looked_up(ctx: &mut Context<'_>, plan: &Plan<'_>, elements: Vec<Bytes>) -> Vec<Option<Bytes>> {
    if plan.gets.is_empty() {
        return elements.into_iter().map(Some).collect();
    }
    let mut values = Vec::with_capacity(elements.len().saturating_mul(plan.gets.len()));
    for element in &elements {
        for pattern in &plan.gets {
            values.push(look_up(ctx, pattern, element));
        }
    }
    values
}

/// Where the `*` of a pattern is.
fn star(pattern: &[u8]) -> Option<usize> {
    c_string(pattern).iter().position(|b| *b == b'*')
}

/// The value to which a pattern leads for an element: `#` is the element itself, `*` is replaced by it, and what
/// follows `->` is the field of a hash.
fn look_up(ctx: &mut Context<'_>, pattern: &[u8], element: &Bytes) -> Option<Bytes> {
    if c_string(pattern) == b"#" {
        return Some(element.clone());
    }
    let at = star(pattern)?;
    let (prefix, rest) = (&pattern[..at], &pattern[at + 1..]);
    let arrow = c_string(rest).windows(2).position(|pair| pair == b"->");
    // An arrow with nothing behind it is part of the key's name.
    let arrow = arrow.filter(|arrow| rest.get(arrow + 2).is_some_and(|b| *b != 0));
    let (postfix, field) = match arrow {
        Some(arrow) => (&rest[..arrow], Some(&rest[arrow + 2..])),
        None => (rest, None),
    };
    let key = [prefix, element, postfix].concat();
    match field {
        Some(field) => ctx.read::<Hash>(&key).ok()??.get(field).map(Bytes::from),
        None => ctx.read::<Str>(&key).ok()?.map(Str::bytes),
    }
}

fn store(ctx: &mut Context<'_>, destination: &[u8], values: Vec<Option<Bytes>>) -> Answer {
    let count = values.len();
    if values.is_empty() {
        ctx.delete(destination, "del");
        return reply::count(0);
    }
    let list: List = values.into_iter().map(Option::unwrap_or_default).collect();
    ctx.put(destination, Data::List(list), None);
    ctx.touch(destination, Class::List, "sortstore");
    reply::count(count)
}
