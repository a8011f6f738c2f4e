//! The gates, once, in Redis's order: lookup, arity, authentication, transaction, subscribed, paused, MULTI, run. And
//! what follows a command: its signals become dirty WATCHes, woken clients and keyspace notifications.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::acl::{Denied, Reason, Scene};
use super::args::Args;
use super::client::ClientId;
use super::commands::{self, Named};
use super::context::{Context, Mode};
use super::error::{Error, MASTER_DOWN, NO_REPLICAS, OUT_OF_MEMORY, READ_ONLY, UNSAVED};
use super::feed;
use super::footprint;
use super::invalidate;
use super::keyspace::{Class, Data, Room};
use super::measures::{Measures, Sample};
use super::monitor::{self, Sender};
use super::outcome::{Answer, Outcome};
use super::persist::refuses_writes;
use super::row::{Flags, Group, Row};
use super::state::State;
use super::stats::{CommandName, CommandNumber};
use super::time::Time;

/// A command whose row was found.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    /// The row of its first word.
    pub container: &'static Row,
    /// The row that runs it (its subcommand's, where it has one).
    pub row: &'static Row,
    /// How many words name it: 1, or 2 with a subcommand.
    pub words: usize,
    /// Its number among all commands.
    pub number: CommandNumber,
}

impl Admitted {
    /// Its name and its subcommand's.
    pub fn name(&self) -> CommandName {
        (self.container.name, if self.words == 2 { self.row.name } else { "" })
    }

    /// Its name in lower case, with its subcommand's: `config|get`.
    pub fn full_name(&self) -> String {
        let (name, sub) = self.name();
        if sub.is_empty() { name.to_lowercase() } else { format!("{name}|{sub}").to_lowercase() }
    }
}

/// What the gates say of a command.
pub enum Verdict {
    /// It runs.
    Run(Admitted),
    /// It waits for EXEC.
    Queue,
    /// It waits for the end of CLIENT PAUSE.
    Hold,
}

/// Commands that run at once although a transaction is open.
const NEVER_QUEUED: &[&str] = &["EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET"];

/// Commands that a RESP2 client may send while it is subscribed.
const WHILE_SUBSCRIBED: &[&str] =
    &["PING", "SUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "SUNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "QUIT", "RESET"];

/// How much of an unknown command an error shows, in bytes; about as much of its arguments.
const SHOWN: usize = 128;

/// Finds the row of a command, whatever the number of its arguments.
pub fn look_up(argv: &[Bytes]) -> Result<Admitted, Error> {
    let Some(name) = argv.first() else { return Err(super::error::SYNTAX) };
    let Some(Named { row: container, number, .. }) = commands::find(name) else { return Err(unknown_command(argv)) };
    match argv.get(1) {
        Some(sub) if !container.subcommands.is_empty() => match container.subcommand_at(sub) {
            Some(at) => {
                let row = &container.subcommands[at];
                Ok(Admitted { container, row, words: 2, number: number + 1 + at })
            }
            None => Err(unknown_subcommand(container, sub)),
        },
        _ => Ok(Admitted { container, row: container, words: 1, number }),
    }
}

fn check_arity(found: &Admitted, argv: &[Bytes]) -> Result<(), Error> {
    if found.row.accepts(argv.len()) {
        return Ok(());
    }
    Err(Error::new(format!("ERR wrong number of arguments for '{}' command", found.full_name())))
}

/// Finds the row of a command and checks the number of its arguments.
pub fn find(argv: &[Bytes]) -> Result<Admitted, Error> {
    let found = look_up(argv)?;
    check_arity(&found, argv).map(|()| found)
}

/// What C prints of these bytes with `%.*s`, with line ends made spaces.
fn shown(bytes: &[u8], most: usize) -> impl Iterator<Item = u8> {
    let text = bytes.iter().take(most).take_while(|byte| **byte != 0);
    text.map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte })
}

fn unknown_command(argv: &[Bytes]) -> Error {
    let mut arguments = Vec::new();
    for argument in &argv[1..] {
        if arguments.len() >= SHOWN {
            break;
        }
        let most = SHOWN - arguments.len();
        arguments.push(b'\'');
        arguments.extend(shown(argument, most));
        arguments.extend_from_slice(b"' ");
    }
    let mut line = b"ERR unknown command '".to_vec();
    line.extend(shown(&argv[0], SHOWN));
    line.extend_from_slice(b"', with args beginning with: ");
    line.append(&mut arguments);
    Error(line.into())
}

fn unknown_subcommand(container: &Row, sub: &[u8]) -> Error {
    let mut line = b"ERR unknown subcommand '".to_vec();
    line.extend(shown(sub, SHOWN));
    line.extend_from_slice(format!("'. Try {} HELP.", container.name).as_bytes());
    Error(line.into())
}

/// All gates for a command that a client sent. A refusal spoils the transaction that is open.
pub fn admit(state: &mut State, id: ClientId, argv: &[Bytes], now: Time) -> Result<Verdict, Error> {
    let found = look_up(argv);
    let verdict = match &found {
        Err(error) => Err(error.clone()),
        Ok(found) => check_arity(found, argv).and_then(|()| gates(state, id, argv, *found, now)),
    };
    verdict.map_err(|error| refuse(state, id, argv, found.ok(), now, error))
}

/// What a refusal leads to: EXEC gives its transaction up, any other command spoils it.
fn refuse(state: &mut State, id: ClientId, argv: &[Bytes], found: Option<Admitted>, now: Time, error: Error) -> Error {
    if let Some(found) = found {
        state.stats.of(found.number).rejected += 1;
    }
    let Some(client) = state.clients.get_mut(&id) else { return error };
    if found.is_some_and(|found| found.container.name == "EXEC") {
        client.transaction = None;
        state.unwatch(id);
        monitor::feed(state, Sender::Client(id), argv, now);
        let mut line = b"EXECABORT Transaction discarded because of: ".to_vec();
        line.extend_from_slice(error.0.strip_prefix(b"ERR ").unwrap_or(&error.0));
        return Error(line.into());
    }
    if let Some(transaction) = &mut client.transaction {
        transaction.aborted = true;
    }
    error
}

fn gates(state: &mut State, id: ClientId, argv: &[Bytes], found: Admitted, now: Time) -> Result<Verdict, Error> {
    let State { clients, acl, .. } = state;
    let Some(client) = clients.get_mut(&id) else { return Ok(Verdict::Run(found)) };
    if found.row.flags.has(Flags::PROTECTED) {
        return Err(commands::MODULES_NOT_ALLOWED);
    }
    if !client.authenticated && acl.asks() && !found.row.flags.has(Flags::NO_AUTH) {
        return Err(Error::fixed("NOAUTH Authentication required."));
    }
    if client.transaction.is_some() && found.row.flags.has(Flags::NO_MULTI) {
        return Err(Error::fixed("ERR Command not allowed inside a transaction"));
    }
    if acl.limits() {
        let scene = if client.transaction.is_some() { Scene::Multi } else { Scene::Toplevel };
        permit(state, id, argv, &found, scene, now).map_err(|refusal| commands::denied(refusal, &found.full_name()))?;
    }
    if state.keyspace.has_limit() && !state.is_paused(now) && !state.is_busy() {
        keep_to_limit(state, id, argv, &found, now)?;
    }
    check_replication(state, id, argv, &found, now)?;
    if refuses_writes(state)
        && (found.container.name == "PING" || any_of(state, id, argv, &found, |flags| flags.has(Flags::WRITE)))
    {
        return Err(UNSAVED);
    }
    let Some(client) = state.clients.get(&id) else { return Ok(Verdict::Run(found)) };
    let name = found.container.name;
    if client.protocol == Protocol::Resp2 && client.subscriptions() > 0 && !WHILE_SUBSCRIBED.contains(&name) {
        return Err(Error::new(format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
            found.full_name()
        )));
    }
    if let Some(running) = state.running.as_ref().filter(|running| running.is_busy)
        && !found.row.flags.has(Flags::ALLOW_BUSY)
    {
        return Err(running.busy_error());
    }
    if client.monitors && (may_write(state, id, argv, &found) || may_read(state, id, argv, &found)) {
        return Err(Error::fixed("ERR Replica can't interact with the keyspace"));
    }
    if state.pause.is_some_and(|pause| pause.until > now && (!pause.writes_only || may_write(state, id, argv, &found)))
    {
        return Ok(Verdict::Hold);
    }
    let Some(client) = state.clients.get_mut(&id) else { return Ok(Verdict::Run(found)) };
    match &mut client.transaction {
        Some(transaction) if !NEVER_QUEUED.contains(&name) => {
            // A transaction that cannot succeed any more need not be remembered.
            if !client.watch_dirty && !transaction.aborted {
                transaction.queued.push(argv.to_vec());
            }
            Ok(Verdict::Queue)
        }
        _ => Ok(Verdict::Run(found)),
    }
}

/// Whether replicas, or being one, stand in a command's way.
fn check_replication(state: &State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time) -> Result<(), Error> {
    let least = state.settings.replicas_to_write();
    if state.master.is_none() && least == 0 {
        return Ok(());
    }
    let writes = any_of(state, id, argv, found, |flags| flags.has(Flags::WRITE));
    if let Some(refusal) = refuses_to_write(state, now).filter(|_| writes) {
        return Err(refusal);
    }
    let needs_data = any_of(state, id, argv, found, |flags| !flags.has(Flags::STALE));
    if state.master.is_some() && needs_data && state.settings.is_off("replica-serve-stale-data") {
        return Err(MASTER_DOWN);
    }
    Ok(())
}

/// Why nobody may write, as replication goes.
pub fn refuses_to_write(state: &State, now: Time) -> Option<Error> {
    let settings = &state.settings;
    match &state.master {
        Some(_) => (!settings.is_off("replica-read-only")).then_some(READ_ONLY),
        None => {
            let least = usize::try_from(settings.replicas_to_write()).unwrap_or(0);
            (state.replicas.good(now, settings.replica_lag_s()) < least).then_some(NO_REPLICAS)
        }
    }
}

/// How many keys expire at most before a command runs.
pub const AT_A_COMMAND: usize = 100;

/// Lets some keys expire before a command runs; whoever touches one of those that are left finds it gone. None goes in
/// the middle of a transaction or a script: there, what is past its time is hidden, as in Redis.
fn let_expire(state: &mut State, now: Time, mode: Mode) {
    let is_paused = state.is_paused(now);
    if state.lazy_expiry || is_paused || state.is_busy() || matches!(mode, Mode::Transaction | Mode::Script) {
        state.keyspace.hide_due(now, is_paused);
    } else {
        state.keyspace.expire_some(now, AT_A_COMMAND);
    }
}

/// Commands that may be sent in a transaction although memory is out.
const WITHOUT_MEMORY: &[&str] = &["EXEC", "DISCARD", "QUIT", "RESET"];

/// Makes room where there is a limit of memory.
///
/// # Errors
/// If there is none for a command that needs some; what is queued for EXEC always does.
fn keep_to_limit(state: &mut State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time) -> Result<(), Error> {
    let heeded = state.heeds_keys();
    state.keyspace.listen(heeded);
    let is_out = footprint::make_room(state) == Room::None;
    state.keyspace.memory.is_out = is_out;
    settle(state, &mut Vec::new());
    if state.replicas.is_on() {
        feed::flush(state, false, now);
    }
    let Some(client) = state.clients.get(&id).filter(|_| is_out) else { return Ok(()) };
    let queues = client.transaction.is_some() && !WITHOUT_MEMORY.contains(&found.container.name);
    if queues || any_of(state, id, argv, found, |flags| flags.has(Flags::DENYOOM)) {
        return Err(OUT_OF_MEMORY);
    }
    Ok(())
}

/// Whether the user of a client may run a command. A refusal is noted for ACL LOG.
///
/// # Errors
/// What is refused.
pub fn permit(
    state: &mut State,
    id: ClientId,
    argv: &[Bytes],
    found: &Admitted,
    scene: Scene,
    now: Time,
) -> Result<(), Denied> {
    let State { clients, acl, .. } = state;
    let Some(client) = clients.get_mut(&id).filter(|_| acl.limits()) else { return Ok(()) };
    let Err(refusal) = commands::check_permission(acl, &client.user, found.name(), found.row, argv) else {
        return Ok(());
    };
    client.last_command = found.name();
    let reason = match refusal {
        Denied::Command => Reason::Command,
        Denied::Key(_) => Reason::Key,
        Denied::Channel(_) => Reason::Channel,
    };
    let object = refusal.object(argv).cloned().unwrap_or_else(|| found.full_name().into());
    commands::note_refusal(state, id, now, (reason, scene), object, None);
    Err(refusal)
}

/// Whether a command, or a command of the transaction that it runs, may change data (or reach a replica).
fn may_write(state: &State, id: ClientId, argv: &[Bytes], found: &Admitted) -> bool {
    any_of(state, id, argv, found, |flags| flags.has(Flags::WRITE) || flags.has(Flags::MAY_REPLICATE))
}

/// Whether a command, or a command of the transaction that it runs, reads data.
fn may_read(state: &State, id: ClientId, argv: &[Bytes], found: &Admitted) -> bool {
    any_of(state, id, argv, found, |flags| flags.has(Flags::READONLY))
}

fn any_of(state: &State, id: ClientId, argv: &[Bytes], found: &Admitted, is: impl Fn(Flags) -> bool) -> bool {
    let client = state.clients.get(&id).filter(|_| found.container.name == "EXEC");
    let queued = client.and_then(|client| client.transaction.as_ref());
    let mut queued = queued.map_or(&[][..], |transaction| &transaction.queued).iter();
    let effective = |row: &Row, argv: &[Bytes]| is(commands::flags_in_effect(state, row, argv));
    effective(found.row, argv) || queued.any(|argv| commands::resolve(argv).is_some_and(|row| effective(row, argv)))
}

/// What holds for the commands of a client as long as nothing but usual ones run, so that it need not be looked at
/// before each. What is counted of commands is booked when another command follows, or at the end.
pub struct Usual {
    id: ClientId,
    db: usize,
    protocol: Protocol,
    /// The command that ran last.
    last: Option<Named>,
    /// How often it ran in a row without being booked.
    calls: u64,
    /// How long that took, in microseconds.
    us: u64,
}

impl Usual {
    /// The protocol of the client.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The command that ran last: its row and its number.
    pub fn ran(&self) -> Option<(&'static Row, CommandNumber)> {
        self.last.as_ref().map(|last| (last.row, last.number))
    }

    /// Books what was counted of the command that ran last.
    fn book(&mut self, state: &mut State) {
        let Some(last) = &self.last else { return };
        let (calls, us) = (std::mem::take(&mut self.calls), std::mem::take(&mut self.us));
        state.stats.commands += calls;
        let booked = state.stats.of(last.number);
        booked.calls += calls;
        booked.us += us;
    }

    /// Ends a row of usual commands: books them, and notes which one the client sent last, and when.
    pub fn close(&mut self, state: &mut State, now: Time) {
        self.book(state);
        if let (Some(client), Some(last)) = (state.clients.get_mut(&self.id), &self.last) {
            client.last_seen = now;
            client.last_command = (last.row.name, "");
            client.skip_this_reply = false;
        }
    }
}

/// Whether nothing special is to be known of a client, on a server of which nobody watches what happens.
pub fn usual(state: &mut State, id: ClientId) -> Option<Usual> {
    if !state.is_usual() || !state.clients.select(id) {
        return None;
    }
    let client = state.clients.get(&id)?;
    if !client.is_usual() || (!client.authenticated && state.acl.asks()) {
        return None;
    }
    let (db, protocol) = (client.db, client.protocol);
    state.keyspace.listen(false);
    Some(Usual { id, db, protocol, last: None, calls: 0, us: 0 })
}

/// Runs a command the short way: a usual one, that works on keys, while no key has to go. `None`: it has to pass the
/// gates one by one. With `writes`, the reply is wanted as nothing but bytes.
#[inline(always)]
pub fn run_usual(state: &mut State, usual: &mut Usual, argv: &[Bytes], now: Time, writes: bool) -> Option<Answer> {
    let name = argv.first()?;
    let row = match &usual.last {
        // The name may well be the very bytes of the row: see `name_in_capitals`.
        Some(last) if std::ptr::eq(last.row.name.as_bytes(), name.as_ref()) => last.row,
        _ => turn(state, usual, argv)?,
    };
    if !row.accepts(argv.len()) || !state.keyspace.is_quiet(now) {
        return None;
    }
    usual.calls += 1;
    let Usual { id, db, protocol, .. } = *usual;
    let mut context = Context { state, id, now, mode: Mode::Direct, db, protocol, writes, ready: None };
    let answer = (row.handler)(&mut context, Args::new(argv, 1));
    state.keyspace.settle_account();
    if answer.is_err() {
        count_failure(state, usual);
    }
    Some(answer)
}

/// Turns to another command than the one that ran last, if it is a usual one.
fn turn(state: &mut State, usual: &mut Usual, argv: &[Bytes]) -> Option<&'static Row> {
    let named = commands::find(argv.first()?).filter(|named| named.is_usual && named.row.accepts(argv.len()))?;
    usual.book(state);
    usual.last = Some(named);
    Some(named.row)
}

#[cold]
fn count_failure(state: &mut State, usual: &Usual) {
    if let Some((_, number)) = usual.ran() {
        state.stats.of(number).failed += 1;
    }
}

/// Notes how long the last of usual commands took.
#[inline]
pub fn measure_usual(state: &mut State, usual: &mut Usual, argv: &[Bytes], now: Time, us: u64) {
    let Some((row, number)) = usual.ran() else { return };
    usual.us += us;
    let State { settings, measures, .. } = state;
    measures.record(&settings.measures, &Sample { number, us, fast: row.flags.has(Flags::FAST), now });
    if Measures::is_slow(&settings.measures, us) && !row.flags.has(Flags::SKIP_SLOWLOG) {
        log_slow(state, usual.id, argv, now, us);
    }
}

/// Runs an admitted command.
pub fn run(state: &mut State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time, mode: Mode) -> Answer {
    execute(state, id, argv, found, now, mode, None)
}

/// Runs a command again that was blocked, because a key has become ready.
pub fn resume(state: &mut State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time, ready: &Bytes) -> Answer {
    execute(state, id, argv, found, now, Mode::Resumed, Some(ready.clone()))
}

fn execute(
    state: &mut State,
    id: ClientId,
    argv: &[Bytes],
    found: &Admitted,
    now: Time,
    mode: Mode,
    ready: Option<Bytes>,
) -> Answer {
    let (db, protocol) = match state.clients.get_mut(&id) {
        Some(client) => {
            client.last_seen = now;
            client.last_command = found.name();
            (client.db, client.protocol)
        }
        None => (0, Protocol::Resp2),
    };
    let slept_us = state.measures.slept_us;
    state.tracking.writer = if mode == Mode::Script { 0 } else { id };
    let heeded = state.heeds_keys();
    state.keyspace.listen(heeded);
    let_expire(state, now, mode);
    if found.row.name == "WATCH" && !state.is_paused(now) && !state.is_busy() {
        // What is past its time is gone before it is watched: it cannot go once more.
        let due = argv.iter().skip(1).filter(|key| state.keyspace.expire_if_due(db, key)).count();
        if due > 0 {
            settle(state, &mut Vec::new());
        }
    }
    let changes = state.keyspace.dirty;
    let mut context = Context { state, id, now, mode, db, protocol, writes: false, ready };
    let answer = (found.row.handler)(&mut context, Args::new(argv, found.words));
    if state.replicas.is_on() {
        note_for_replicas(state, argv, found, db, changes, &answer);
    }
    state.keyspace.settle_account();
    // A command that blocks counts once, when it came; and none counts before it is done.
    let came = u64::from(mode != Mode::Resumed);
    state.stats.commands += came;
    let calls = state.stats.of(found.number);
    calls.calls += came;
    calls.failed += u64::from(answer.is_err());
    if mode != Mode::Direct && !matches!(answer, Ok(Outcome::Block(_))) {
        let us = state.measures.slept_us - slept_us;
        if us > 0 || Measures::is_slow(&state.settings.measures, us) {
            measure(state, id, argv, (found.row, found.number), now, us);
        }
    }
    if state.is_observed() {
        observe(state, id, argv, found, now, mode, &answer);
    }
    answer
}

/// Commands that replicas are told of although they change no key.
fn is_always_told(found: &Admitted) -> bool {
    let (name, sub) = found.name();
    match name {
        "PUBLISH" | "SPUBLISH" | "FLUSHALL" | "FLUSHDB" | "SWAPDB" => true,
        "FUNCTION" => matches!(sub, "LOAD" | "DELETE" | "FLUSH" | "RESTORE"),
        _ => false,
    }
}

/// Notes for replicas what a command has changed since there were so many changes.
fn note_for_replicas(state: &mut State, argv: &[Bytes], found: &Admitted, db: usize, changes: u64, answer: &Answer) {
    feed::note_gone(state);
    let changed = found.row.writes() && state.keyspace.dirty != changes;
    if answer.is_err() || !(changed || is_always_told(found)) {
        return;
    }
    let reply = match answer {
        Ok(Outcome::Reply(value)) => Some(value),
        Ok(Outcome::Replies(values)) => values.first(),
        _ => None,
    };
    feed::note(state, &feed::Done { name: found.container.name, argv, db, reply });
}

/// Notes how long a command took, which is known by its row and its number.
pub fn measure(
    state: &mut State,
    id: ClientId,
    argv: &[Bytes],
    (row, number): (&'static Row, CommandNumber),
    now: Time,
    us: u64,
) {
    let State { settings, measures, stats, .. } = state;
    stats.of(number).us += us;
    measures.record(&settings.measures, &Sample { number, us, fast: row.flags.has(Flags::FAST), now });
    if Measures::is_slow(&settings.measures, us) && !row.flags.has(Flags::SKIP_SLOWLOG) {
        log_slow(state, id, argv, now, us);
    }
}

#[cold]
fn log_slow(state: &mut State, id: ClientId, argv: &[Bytes], now: Time, us: u64) {
    let State { settings, measures, clients, .. } = state;
    let Some(client) = clients.get(&id) else { return };
    let who = (client.addr.clone(), client.name.clone());
    measures.log(&settings.measures, monitor::redacted(argv), us, now, who);
}

/// What watches commands from outside: MONITOR, and CLIENT TRACKING of the keys that were read.
fn observe(state: &mut State, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time, mode: Mode, answer: &Answer) {
    let row = found.row;
    if let Some(aside) = &state.aside {
        match depends_on_all_keys(row) {
            true => aside.ask_all(),
            false => aside.ask(&row.keys_of(argv)),
        }
    }
    // A script is shown before the commands that it calls, EXEC after those that it runs.
    let runs_script = row.flags.has(Flags::SKIP_MONITOR) && row.group == Group::Scripting;
    let shown = (monitor::shows(row) || runs_script) && !matches!(answer, Ok(Outcome::Exec(_)));
    if shown && mode != Mode::Resumed {
        let sender = if mode == Mode::Script { Sender::Script(id) } else { Sender::Client(id) };
        monitor::feed(state, sender, argv, now);
    }
    if row.flags.has(Flags::READONLY) && row.group != Group::Scripting {
        remember_keys(state, id, argv, row, mode);
    }
}

/// Whether a command's answer may depend on keys that its arguments do not name.
fn depends_on_all_keys(row: &Row) -> bool {
    match row.group {
        Group::Server | Group::Cluster => true,
        // SORT reads what its patterns lead to.
        Group::Generic => row.keys.is_empty() || matches!(row.name, "SORT" | "SORT_RO" | "MIGRATE"),
        _ => false,
    }
}

fn remember_keys(state: &mut State, id: ClientId, argv: &[Bytes], row: &Row, mode: Mode) {
    let State { clients, tracking, .. } = state;
    if !clients.get(&id).and_then(|client| client.tracking.as_ref()).is_some_and(|own| own.remembers()) {
        return;
    }
    if mode == Mode::Script {
        // Whatever a script reads, all keys that it has declared count as read.
        for key in std::mem::take(&mut tracking.declared) {
            tracking.remember(&key, id);
        }
        return;
    }
    for key in row.keys_of(argv) {
        tracking.remember(key, id);
    }
}

/// Turns what a command signalled into dirty WATCHes and notifications; the keys that may serve blocked clients are
/// appended to `ready`.
pub fn settle(state: &mut State, ready: &mut Vec<(usize, Bytes)>) {
    if !state.keyspace.has_news() {
        return;
    }
    if state.replicas.is_on() {
        feed::note_gone(state);
    }
    state.replicas.seen_gone = 0;
    for signal in state.keyspace.take_signals() {
        if signal.modified {
            // A client's own changes count too, but not those of the transaction that its EXEC is running: by then it
            // watches nothing.
            for id in state.watchers.of(signal.db, &signal.key) {
                if let Some(client) = state.clients.get_mut(id) {
                    client.watch_dirty = true;
                }
            }
            // FLUSHALL tells of all keys at once, and SWAPDB of none.
            if signal.event.is_some() && state.tracking.is_on() {
                invalidate::key(state, &signal.key);
            }
        }
        super::notify::keyspace_event(state, &signal);
        let is_new = signal.event.is_some_and(|(class, _)| class == Class::New);
        if let Some(journal) = state.journal.as_mut().filter(|_| !is_new) {
            journal.signals.push(signal);
        }
    }
    for (db, key) in state.keyspace.take_added() {
        if let Some(journal) = &mut state.journal {
            journal.added.push((db, key.clone()));
        }
        if !state.waiters.of(db, &key).is_empty() {
            ready.push((db, key));
        }
    }
}

/// Whether a command that waits for a key is served by what the key holds now: nothing wakes a BLPOP but a list.
pub fn serves(data: Option<&Data>, found: &Admitted) -> bool {
    match found.row.group {
        Group::List => matches!(data, Some(Data::List(_))),
        Group::SortedSet => matches!(data, Some(Data::ZSet(_))),
        // A group goes with its stream: whoever reads for one is told so.
        Group::Stream => found.row.writes() || matches!(data, Some(Data::Stream(_))),
        _ => false,
    }
}

/// The replies of an answer: one, but for SUBSCRIBE and its kin.
pub fn replies_of(answer: Answer) -> Vec<Value> {
    match answer {
        Ok(Outcome::Reply(value) | Outcome::Close(value)) => vec![value],
        Ok(Outcome::Text(text)) => vec![Value::Bulk(text.to_bytes())],
        Ok(Outcome::Replies(values)) => values,
        Ok(Outcome::Block(block)) => vec![block.on_timeout],
        Ok(
            Outcome::Written(_) | Outcome::Exec(_) | Outcome::Script(_) | Outcome::Libraries(_) | Outcome::Function(_),
        ) => {
            vec![Value::error("ERR not allowed here")]
        }
        Err(error) => vec![error.into()],
    }
}
