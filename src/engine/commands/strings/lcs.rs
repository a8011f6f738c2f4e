//! LCS: what two strings have in common.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::commands::limit;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Begin, Find, Flags, Group, KeySpec, Row};
use crate::engine::types::Str;
use crate::resp::Value;

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "LCS",
    group: Group::String,
    arity: -3,
    flags: Flags::READONLY,
    keys: &[KeySpec {
        flags: &["RO", "access"],
        begin: Begin::Index(1),
        find: Find::Range { last: 1, step: 1, limit: 0 },
    }],
    since: "7.0.0",
    complexity: "O(N*M) with N and M the lengths of the strings",
    syntax: "LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
    summary: "Answers the longest common subsequence of two strings, its length, or where its parts match.",
    handler: lcs,
    ..Row::DEFAULT
}];

/// Most cells of the table of lengths (four bytes each): beyond, Redis would fail to allocate on most machines.
const MOST_CELLS: usize = 1 << 28;

#[derive(Default)]
struct Options {
    length: bool,
    indexes: bool,
    with_match_length: bool,
    shortest_match: usize,
}

fn lcs(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (a, b) = (string(ctx, args.next()?), string(ctx, args.next()?));
    let (a, b) = (a?, b?);
    let options = options(&mut args)?;
    if options.indexes && options.length {
        return Err(Error::fixed("ERR If you want both the length and indexes, please just use IDX."));
    }
    // Redis's table has four bytes for each pair of prefixes.
    let bytes = (a.len() + 1).checked_mul(b.len() + 1).and_then(|cells| cells.checked_mul(4));
    if bytes.is_some_and(|bytes| bytes > limit::longest(ctx.state)) {
        return Err(Error::fixed("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
    }
    let table = Table::of(&a, &b)?;
    let length = Value::Integer(i64::from(table.at(a.len(), b.len())));
    if options.length {
        return reply::value(length);
    }
    let matches = table.matches(&a, &b);
    if options.indexes {
        let shown = matches.iter().filter(|found| found.length >= options.shortest_match);
        let ranges = shown.map(|found| found.reply(options.with_match_length)).collect();
        let name = |text: &'static str| Value::Bulk(Bytes::from_static(text.as_bytes()));
        return reply::value(Value::Map(vec![(name("matches"), Value::Array(ranges)), (name("len"), length)]));
    }
    let parts: Vec<&[u8]> = matches.iter().rev().map(|found| &a[found.a..found.a + found.length]).collect();
    reply::bulk(parts.concat())
}

/// The string at a key, empty if there is none.
fn string(ctx: &mut Context<'_>, key: &[u8]) -> Result<Bytes, Error> {
    match ctx.read::<Str>(key) {
        Ok(found) => Ok(found.map(Str::bytes).unwrap_or_default()),
        Err(_) => Err(Error::fixed("ERR The specified keys must contain string values")),
    }
}

fn options(args: &mut Args<'_>) -> Result<Options, Error> {
    let mut options = Options::default();
    while args.left() > 0 {
        if args.keyword("IDX") {
            options.indexes = true;
        } else if args.keyword("LEN") {
            options.length = true;
        } else if args.keyword("WITHMATCHLEN") {
            options.with_match_length = true;
        } else if args.left() > 1 && args.keyword("MINMATCHLEN") {
            options.shortest_match = usize::try_from(args.integer()?.max(0)).unwrap_or(usize::MAX);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(options)
}

/// A part that both strings share: where it starts in each, and how long it is.
struct Match {
    a: usize,
    b: usize,
    length: usize,
}

impl Match {
    fn reply(&self, with_length: bool) -> Value {
        let number = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        let range = |start: usize| Value::Array(vec![number(start), number(start + self.length - 1)]);
        let mut items = vec![range(self.a), range(self.b)];
        if with_length {
            items.push(number(self.length));
        }
        Value::Array(items)
    }
}

/// For each pair of prefixes, the length of their longest common subsequence.
struct Table {
    width: usize,
    cells: Vec<u32>,
}

impl Table {
    fn of(a: &[u8], b: &[u8]) -> Result<Table, Error> {
        let width = b.len() + 1;
        let size = (a.len() + 1).checked_mul(width).filter(|cells| *cells <= MOST_CELLS);
        let failed = Error::fixed("ERR Insufficient memory, failed allocating transient memory for LCS");
        let mut table = Table { width, cells: vec![0; size.ok_or(failed)?] };
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                let length = if x == y { table.at(i, j) + 1 } else { table.at(i, j + 1).max(table.at(i + 1, j)) };
                table.cells[(i + 1) * width + j + 1] = length;
            }
        }
        Ok(table)
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.cells[i * self.width + j]
    }

    /// The parts of one longest common subsequence, last one first: of several, Redis's choice.
    fn matches(&self, a: &[u8], b: &[u8]) -> Vec<Match> {
        let (mut i, mut j) = (a.len(), b.len());
        let (mut found, mut length) = (Vec::new(), 0);
        while i > 0 && j > 0 {
            let same = a[i - 1] == b[j - 1];
            if same {
                (i, j, length) = (i - 1, j - 1, length + 1);
            }
            let ended = !same || i == 0 || j == 0;
            if ended && length > 0 {
                found.push(Match { a: i, b: j, length });
                length = 0;
            }
            if !same {
                if self.at(i - 1, j) > self.at(i, j - 1) {
                    i -= 1;
                } else {
                    j -= 1;
                }
            }
        }
        found
    }
}
