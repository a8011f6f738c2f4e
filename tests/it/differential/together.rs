//! Commands of all families in one program, by several clients: two hundred thousand of them in one run.

use std::cell::Cell;

use proptest::prelude::*;
use redlab::target::LocalServer;

use super::{Line, Pair, draw, same_by, seed_number, wanted_cases, words};
use super::{
    any_row, bitfield, bits, connection, dump, functions, geo, hashes, hyperloglog, introspection, keys, lists, memory,
    notifications, pubsub, scripting, server, sets, streams, strings, tracking, transactions, zsets,
};

/// Programs of each part, and how many commands each has at most: half of it on average.
const CASES: u32 = 900;
const COMMANDS: usize = 120;
/// So many commands at least are compared in each of the four parts.
const LEAST: usize = 50_000;
const CLIENTS: usize = 3;

/// Whether a command makes servers talk of keys: when a key that is past its time is noticed is each server's own
/// affair, and `notifications` compares the rest.
fn asks_for_notifications(line: &Line) -> bool {
    line.iter().any(|word| word.as_ref() == b"notify-keyspace-events")
}

/// Whether a command holds a number that C cannot read without complaint, because it is too large or too small: Redis
/// forgets to clear that error (`errno`), and a later SORT of any client then takes it for its own.
fn overflows(line: &Line) -> bool {
    line.iter().any(|word| {
        let text = String::from_utf8_lossy(word);
        let text = text.trim_start_matches(['(', '[']);
        let digits = text.trim_start_matches(['-', '+']);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let Ok(number) = text.parse::<f64>() else { return text.to_ascii_lowercase().contains("0x") && text.len() > 8 };
        let lost =
            number == 0.0 && digits.bytes().take_while(|byte| !b"eE".contains(byte)).any(|b| b"123456789".contains(&b));
        let endless = number.is_infinite() && digits.starts_with(|first: char| first.is_ascii_digit());
        number.is_subnormal() || lost || endless || (whole && digits.parse::<u64>().is_err())
    })
}

pub fn any_command() -> impl Strategy<Value = Line> {
    prop_oneof![
        1 => bitfield::command().boxed(),
        1 => hyperloglog::command().boxed(),
        2 => geo::command().boxed(),
        1 => dump::command().boxed(),
        2 => bits::command().boxed(),
        4 => strings::command().boxed(),
        4 => hashes::command().boxed(),
        4 => lists::command().boxed(),
        4 => sets::command().boxed(),
        4 => streams::command().boxed(),
        4 => zsets::command().boxed(),
        4 => keys::command().boxed(),
        4 => transactions::command().boxed(),
        2 => pubsub::command().boxed(),
        1 => connection::command().boxed(),
        1 => memory::command().boxed(),
        1 => server::command().boxed(),
        2 => scripting::command().boxed(),
        1 => functions::command().boxed(),
        2 => tracking::command().boxed(),
        1 => introspection::command().boxed(),
        3 => any_row::command().boxed(),
    ]
    // Whoever tracks keys is told of it when the server comes across it.
    .prop_filter("it expires at once", |line| !notifications::is_past(line))
    .prop_filter("it asks for notifications", |line| !asks_for_notifications(line))
    .prop_filter("it leaves an error behind", |line| !overflows(line))
}

/// Whether both hold the same in all databases. What is drawn or stamped by each server itself is not drawn here but by
/// `XADD key *`; programs with it are not asked.
fn holds_the_same(pair: &mut Pair, program: &[(usize, Line)]) -> Result<(), String> {
    let stamped = program.iter().any(|(_, line)| line.iter().any(|word| word.as_ref() == b"*"));
    let open = pair.client(0).transaction.is_some() || !pair.client(0).replies || pair.client(0).skip_next_reply;
    if stamped || open {
        return Ok(());
    }
    // A key that is past its time may still lie there in Redis, until somebody looks for it.
    for db in 0..16 {
        pair.call(0, &words(&format!("SELECT {db}")));
        pair.call(0, &words("SCAN 0 COUNT 100000"));
    }
    pair.compare(0, &words("DEBUG DIGEST"), super::Compare::Exact)
}

/// One part of the programs, which differ from those of the other parts.
fn part(number: u64) {
    let server = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    let count = Cell::new(0);
    let program = prop::collection::vec((0..CLIENTS, any_command()), 1..COMMANDS);
    draw(seed_number() ^ number << 32, wanted_cases().unwrap_or(CASES), program, |program| {
        count.set(count.get() + program.len());
        same_by(&server, CLIENTS, program, holds_the_same)
    });
    assert!(wanted_cases().is_some() || count.get() >= LEAST, "only {} commands were compared", count.get());
}

#[test]
fn everything_together_answers_as_redis_does() {
    part(0);
}

#[test]
fn everything_together_answers_as_redis_does_in_a_second_part() {
    part(1);
}

#[test]
fn everything_together_answers_as_redis_does_in_a_third_part() {
    part(2);
}

#[test]
fn everything_together_answers_as_redis_does_in_a_fourth_part() {
    part(3);
}
