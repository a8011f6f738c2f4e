//! Running scripts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use mlua::{Function, Result, Value as LuaValue};

use super::super::client::ClientId;
use super::super::outcome::ScriptCall;
use super::super::state::State;
use super::super::time::Time;
use super::convert;
use super::header::Header;
use super::redis;
use super::sandbox::Sandbox;
use super::session::{Ready, Session};
use crate::resp::Value;

/// The engine looks at no clock, so the time limit of scripts is a number of instructions. A machine of today runs
/// about this many in a millisecond.
const INSTRUCTIONS_PER_MS: u64 = 20_000;
/// Compiled scripts that are kept.
const MOST_COMPILED: usize = 256;

/// Runs scripts. It keeps an interpreter and compiled scripts for speed's sake alone: a clone starts without.
#[derive(Default)]
pub struct Machine {
    kept: Option<Kept>,
}

struct Kept {
    sandbox: Sandbox,
    compiled: HashMap<String, Function>,
}

impl Clone for Machine {
    fn clone(&self) -> Machine {
        Machine::default()
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

impl Machine {
    /// Compiles a script, remembers its source as EVALSHA needs it, and runs it to its end unless it is only to be
    /// loaded. Keys that changed on the way are appended to `ready`.
    pub fn run(&mut self, state: &mut State, id: ClientId, call: &ScriptCall, now: Time, ready: &mut Ready) -> Value {
        let header = match Header::parse(&call.source) {
            Ok(header) => header,
            Err(line) => return Value::Error(convert::error_line(&line)),
        };
        let mut kept = match self.kept.take().map_or_else(Kept::new, Ok) {
            Ok(kept) => kept,
            Err(error) => return failed(&error),
        };
        let script = match kept.compiled(&call.sha, &call.source[header.body..]) {
            Ok(script) => script,
            Err(message) => {
                let line = [b"ERR Error compiling script (new function): ", message.as_slice()].concat();
                return Value::Error(convert::error_line(&line));
            }
        };
        state.scripts.entry(call.sha.clone()).or_insert_with(|| call.source.clone());
        let reply = if call.only_load {
            Value::Bulk(Bytes::from(call.sha.clone()))
        } else if header.shebang && call.read_only && !header.no_writes {
            Value::error("ERR Can not execute a script with write flag using *_ro command.")
        } else {
            let budget = state.settings.script_time_limit_ms.saturating_mul(INSTRUCTIONS_PER_MS);
            kept.prepare(budget);
            let session = Session::start(state, id, now, ready, call.read_only || header.no_writes);
            kept.execute(&script, session, call).unwrap_or_else(|error| failed(&error))
        };
        if kept.sandbox.is_clean() {
            self.kept = Some(kept);
        }
        reply
    }
}

fn failed(error: &mlua::Error) -> Value {
    let text = error.to_string();
    Value::Error(convert::error_line(format!("ERR Error running script: {text}").as_bytes()))
}

impl Kept {
    fn new() -> Result<Kept> {
        Ok(Kept { sandbox: Sandbox::new()?, compiled: HashMap::new() })
    }

    fn compiled(&mut self, sha: &str, body: &[u8]) -> std::result::Result<Function, Vec<u8>> {
        if let Some(script) = self.compiled.get(sha) {
            return Ok(script.clone());
        }
        let script = self.sandbox.compile(body)?;
        if self.compiled.len() >= MOST_COMPILED {
            self.compiled.clear();
        }
        self.compiled.insert(sha.into(), script.clone());
        Ok(script)
    }

    fn prepare(&self, budget: u64) {
        self.sandbox.budget.store(i64::try_from(budget).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.sandbox.generator.start();
        self.sandbox.json.reset();
    }

    fn execute(&self, script: &Function, session: Session<'_>, call: &ScriptCall) -> Result<Value> {
        let Sandbox { lua, world, redis, .. } = &self.sandbox;
        let strings = |items: &[Bytes]| {
            lua.create_sequence_from(items.iter().map(|item| lua.create_string(item)).collect::<Result<Vec<_>>>()?)
        };
        world.raw_set("KEYS", strings(&call.keys)?)?;
        world.raw_set("ARGV", strings(&call.args)?)?;
        let session = RefCell::new(session);
        let outcome = lua.scope(|scope| {
            redis::bind(scope, redis, &session)?;
            self.sandbox.run(script)
        })?;
        Ok(match outcome {
            Ok(value) => convert::to_reply(&value, session.borrow().protocol()),
            Err(error) => Value::Error(error_line(&error, &call.sha)),
        })
    }
}

/// The reply to an error: its text, then which script failed and where.
fn error_line(error: &LuaValue, sha: &str) -> Bytes {
    let LuaValue::Table(table) = error else {
        return Bytes::from(format!("ERR Error running script {sha}, execution failure"));
    };
    let mut line = match table.raw_get::<LuaValue>("err") {
        Ok(LuaValue::String(text)) => convert::c_string(&text.as_bytes()).to_vec(),
        Ok(LuaValue::Integer(n)) => n.to_string().into_bytes(),
        Ok(LuaValue::Number(n)) => n.to_string().into_bytes(),
        // Redis 7.0 crashes here; later versions answer this.
        _ => b"ERR unknown error".to_vec(),
    };
    let place = (table.raw_get::<String>("source"), table.raw_get::<i64>("line"));
    if let (Ok(source), Ok(number)) = place {
        line.extend_from_slice(format!(" script: {sha}, on {source}:{number}.").as_bytes());
    }
    convert::error_line(&line)
}
