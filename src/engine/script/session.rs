//! One run of a script, as the commands that it calls see it.

use bytes::Bytes;

use super::super::acl::{Denied, Scene};
use super::super::busy::{Busy, Caller};
use super::super::commands;
use super::super::context::Mode;
use super::super::dispatch::{self, Admitted};
use super::super::error::{READ_ONLY, UNSAVED_LINE};
use super::super::persist::refuses_writes;
use super::super::row::Flags;
use super::super::running::{Running, RunningFunction};
use super::super::state::State;
use super::super::stats::CommandName;
use super::budget::Budget;
use crate::resp::{Protocol, Value};

/// Keys that changed and may serve blocked clients.
pub type Ready = Vec<(usize, Bytes)>;

/// The server during one run of a script.
pub struct Session<'a> {
    state: &'a mut State,
    caller: Caller<'a>,
    ready: &'a mut Ready,
    budget: Budget,
    read_only: bool,
    /// Whether commands that need memory are refused: it was out when the script came, and nothing is written yet.
    is_out: bool,
    /// What the script's SELECT, `redis.setresp` and calls must leave as it was.
    before: Option<(usize, Protocol, CommandName)>,
}

impl<'a> Session<'a> {
    /// Starts a run of this function, or of a script: it speaks RESP2 until it says otherwise.
    pub fn start(
        state: &'a mut State,
        caller: Caller<'a>,
        function: Option<RunningFunction>,
        ready: &'a mut Ready,
        budget: &Budget,
    ) -> Session<'a> {
        if caller.pump.is_some() {
            budget.ask();
        }
        let since = caller.pump.map_or(caller.now, |pump| pump.now());
        state.running = Some(Running::new(function, since));
        let client = state.clients.get_mut(&caller.id);
        let before = client.map(|client| {
            let before = (client.db, client.protocol, client.last_command);
            client.protocol = Protocol::Resp2;
            before
        });
        let is_out = state.keyspace.has_limit() && state.keyspace.memory.is_out;
        Session { state, caller, ready, budget: budget.clone(), read_only: false, is_out, before }
    }

    /// Whether it says how long the run goes on; the budget does otherwise.
    pub fn is_asked(&self) -> bool {
        self.caller.pump.is_some()
    }

    /// Whether the run goes on. Once it has gone on for too long, others are answered before that is said.
    pub fn may_go_on(&mut self) -> bool {
        let Caller { id, pump: Some(pump), .. } = self.caller else { return true };
        let (now, limit_ms) = (pump.now(), self.state.settings.script_time_limit_ms);
        let Some(running) = &mut self.state.running else { return true };
        // A limit of 0 is none.
        if limit_ms > 0 && running.passed_ms(now) >= limit_ms {
            running.is_busy = true;
            Busy::turn(self.state, id, now, pump);
        }
        !pump.is_ending() && self.state.running.as_ref().is_none_or(|running| !running.is_killed)
    }

    /// Refuses what writes.
    pub fn read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    /// Lets the script have memory although it is out.
    pub fn allow_oom(&mut self, allowed: bool) {
        self.is_out &= !allowed;
    }

    /// The protocol that the script speaks now.
    pub fn protocol(&self) -> Protocol {
        self.state.clients.get(&self.caller.id).map_or(Protocol::Resp2, |client| client.protocol)
    }

    /// `redis.setresp`
    pub fn set_protocol(&mut self, protocol: Protocol) {
        if let Some(client) = self.state.clients.get_mut(&self.caller.id) {
            client.protocol = protocol;
        }
    }

    /// Whether the user may run a command; `None`: there is no such command.
    pub fn may(&self, argv: &[Bytes]) -> Option<bool> {
        let found = dispatch::look_up(argv).ok()?;
        let client = self.state.clients.get(&self.caller.id)?;
        let verdict = commands::check_permission(&self.state.acl, &client.user, found.name(), found.row, argv);
        Some(verdict.is_ok())
    }

    /// Runs a command and gives its reply.
    pub fn call(&mut self, argv: &[Bytes]) -> Value {
        let found = match self.admit(argv) {
            Ok(found) => found,
            Err(line) => {
                if let Ok(found) = dispatch::look_up(argv) {
                    self.state.stats.of(found.number).rejected += 1;
                }
                return Value::error(line);
            }
        };
        // Time stands still for all commands but the one that asks for it: a script may wait for a moment.
        let Caller { id, now, pump } = self.caller;
        let now = match pump {
            _ if found.row.name != "TIME" => now,
            Some(pump) => pump.now(),
            None => now.plus_us(self.budget.passed_us()),
        };
        self.budget.spend_call();
        let answer = dispatch::run(self.state, id, argv, &found, now, Mode::Script);
        let reply = dispatch::replies_of(answer).pop().unwrap_or(Value::Null);
        dispatch::settle(self.state, self.ready);
        reply
    }

    /// The gates for a command of a script.
    fn admit(&mut self, argv: &[Bytes]) -> Result<Admitted, &'static str> {
        let row = argv.first().and_then(|name| commands::lookup(name));
        let row = row.ok_or("ERR Unknown Redis command called from script")?;
        if argv.get(1).is_some_and(|sub| !row.subcommands.is_empty() && row.subcommand(sub).is_none()) {
            return Err("ERR Unknown Redis command called from script");
        }
        let found = dispatch::find(argv).map_err(|_| "ERR Wrong number of args calling Redis command from script")?;
        if found.row.flags.has(Flags::NOSCRIPT) && !self.state.scripts_call_all {
            return Err("ERR This Redis command is not allowed from script");
        }
        if let Err(refusal) = dispatch::permit(self.state, self.caller.id, argv, &found, Scene::Lua, self.caller.now) {
            return Err(match refusal {
                Denied::Command => "ERR The user executing the script can't run this command or subcommand",
                Denied::Key(_) => {
                    "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments"
                }
                Denied::Channel(_) => {
                    "ERR The user executing the script can't publish to the channel mentioned in the command"
                }
            });
        }
        if self.read_only && (found.row.writes() || found.row.flags.has(Flags::MAY_REPLICATE)) {
            return Err("ERR Write commands are not allowed from read-only scripts.");
        }
        if found.row.writes() {
            match dispatch::refuses_to_write(self.state, self.caller.now) {
                Some(refusal) if refusal == READ_ONLY => {
                    return Err("READONLY You can't write against a read only replica.");
                }
                Some(_) => return Err("NOREPLICAS Not enough good replicas to write."),
                None => {}
            }
        }
        if found.row.writes() && refuses_writes(self.state) {
            return Err(UNSAVED_LINE);
        }
        if self.is_out && found.row.flags.has(Flags::DENYOOM) {
            return Err("OOM command not allowed when used memory > 'maxmemory'.");
        }
        if let Some(running) = &mut self.state.running {
            running.has_written |= found.row.writes();
        }
        // Once a script has written, it may finish what it began.
        self.is_out &= !found.row.writes();
        Ok(found)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.budget.ask_no_more();
        self.state.running = None;
        let client = self.state.clients.get_mut(&self.caller.id);
        if let (Some(client), Some(before)) = (client, self.before) {
            (client.db, client.protocol, client.last_command) = before;
        }
    }
}
