//! Running scripts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mlua::{Function, Lua, Result, Table, Value as LuaValue};

use super::super::busy::Caller;
use super::super::error::{SCRIPT_OUT_OF_MEMORY, SCRIPT_UNSAVED};
use super::super::header::Header;
use super::super::libraries::Library;
use super::super::outcome::ScriptCall;
use super::super::persist::refuses_writes;
use super::super::state::State;
use super::convert;
use super::library::Registered;
use super::random::Generator;
use super::redis;
use super::sandbox::Sandbox;
use super::session::{Ready, Session};
use crate::resp::Value;

/// Compiled scripts that are kept.
const MOST_COMPILED: usize = 256;

/// Runs scripts. It keeps interpreters and compiled scripts for speed's sake alone. No script changes an interpreter for
/// the next, so clones of a server may share them, and that makes a clone cheap. Functions have an interpreter of their
/// own, which is not shared.
#[derive(Clone, Default)]
pub struct Machine {
    idle: Arc<Mutex<Vec<Kept>>>,
    /// Where functions run.
    pub(super) stage: Stage,
}

/// The interpreter in which functions run, with the libraries that were run there. A clone is empty.
#[derive(Default)]
pub struct Stage {
    /// The interpreter, unless a function runs.
    pub kept: Option<Kept>,
    /// What those libraries have registered there.
    pub libraries: Vec<(Arc<Library>, Vec<Registered>)>,
}

impl Clone for Stage {
    fn clone(&self) -> Stage {
        Stage::default()
    }
}

/// An interpreter with what was compiled for it.
pub struct Kept {
    /// The interpreter.
    pub sandbox: Sandbox,
    compiled: HashMap<String, Function>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

impl Machine {
    /// Compiles a script, remembers its source as EVALSHA needs it, and runs it to its end unless it is only to be
    /// loaded. Keys that changed on the way are appended to `ready`.
    pub fn run(&mut self, state: &mut State, caller: Caller<'_>, call: &ScriptCall, ready: &mut Ready) -> Value {
        let header = match Header::parse(&call.source) {
            Ok(header) => header,
            Err(line) => return Value::Error(convert::error_line(&line)),
        };
        let mut kept = match self.take() {
            Ok(kept) => kept,
            Err(error) => return failed(&error),
        };
        let body = &call.source[header.body..];
        let script = match kept.compiled(&call.sha, |sandbox| sandbox.compile(body)) {
            Ok(script) => script,
            Err(message) => {
                let line = [b"ERR Error compiling script (new function): ", message.as_slice()].concat();
                return Value::Error(convert::error_line(&line));
            }
        };
        state.scripts.entry(call.sha.clone()).or_insert_with(|| call.source.clone());
        let reply = if call.only_load {
            Value::Bulk(Bytes::from(call.sha.clone()))
        } else if header.shebang && !header.flags.no_writes() && refuses_writes(state) {
            SCRIPT_UNSAVED.into()
        } else if header.shebang && !header.flags.may_run_out_of_memory() && is_out(state) {
            SCRIPT_OUT_OF_MEMORY.into()
        } else if header.shebang && call.read_only && !header.flags.no_writes() {
            Value::error("ERR Can not execute a script with write flag using *_ro command.")
        } else {
            kept.prepare(state.settings.script_time_limit_ms, state.script_random);
            let mut session = Session::start(state, caller, None, ready, &kept.sandbox.budget);
            session.read_only(call.read_only || header.flags.no_writes());
            session.allow_oom(header.flags.may_run_out_of_memory());
            let reply = kept.execute(&script, session, call).unwrap_or_else(|error| failed(&error));
            kept.note_random(state);
            reply
        };
        self.put_back(kept);
        reply
    }

    /// An interpreter out of those that are kept, or a new one.
    pub fn take(&self) -> Result<Kept> {
        let idle = self.idle().pop();
        idle.map_or_else(Kept::new, Ok)
    }

    /// Keeps an interpreter for the next, if nothing was changed in it.
    pub fn put_back(&self, kept: Kept) {
        if kept.sandbox.is_clean() {
            self.idle().push(kept);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether memory is out.
pub fn is_out(state: &State) -> bool {
    state.keyspace.has_limit() && state.keyspace.memory.is_out
}

/// The reply where the interpreter itself fails.
pub fn failed(error: &mlua::Error) -> Value {
    let text = error.to_string();
    Value::Error(convert::error_line(format!("ERR Error running script: {text}").as_bytes()))
}

impl Kept {
    fn new() -> Result<Kept> {
        Ok(Kept { sandbox: Sandbox::new()?, compiled: HashMap::new() })
    }

    /// What was compiled under this name; it is compiled now if it was not.
    pub fn compiled(
        &mut self,
        sha: &str,
        compile: impl FnOnce(&Sandbox) -> std::result::Result<Function, Vec<u8>>,
    ) -> std::result::Result<Function, Vec<u8>> {
        if let Some(script) = self.compiled.get(sha) {
            return Ok(script.clone());
        }
        let script = compile(&self.sandbox)?;
        if self.compiled.len() >= MOST_COMPILED {
            self.compiled.clear();
        }
        self.compiled.insert(sha.into(), script.clone());
        Ok(script)
    }

    /// Makes everything ready for a run of at most so many milliseconds; `math.random` goes on where it stood.
    pub fn prepare(&self, limit_ms: u64, stand: Option<u64>) {
        self.sandbox.budget.grant(limit_ms);
        self.sandbox.generator.set(stand.unwrap_or(Generator::FRESH));
        self.sandbox.json.reset();
    }

    /// Lets the next script draw on from here, if this one has drawn.
    pub fn note_random(&self, state: &mut State) {
        let stand = self.sandbox.generator.get();
        if stand != state.script_random.unwrap_or(Generator::FRESH) {
            state.script_random = Some(stand);
        }
    }

    fn execute(&self, script: &Function, session: Session<'_>, call: &ScriptCall) -> Result<Value> {
        let Sandbox { lua, world, redis, .. } = &self.sandbox;
        world.raw_set("KEYS", strings(lua, &call.keys)?)?;
        world.raw_set("ARGV", strings(lua, &call.args)?)?;
        let session = RefCell::new(session);
        let outcome = lua.scope(|scope| {
            redis::bind(lua, scope, &redis.of_scripts, &session)?;
            self.sandbox.run(script)
        })?;
        Ok(match outcome {
            Ok(value) => convert::to_reply(&value, session.borrow().protocol()),
            Err(error) => Value::Error(error_line(&error, &call.sha)),
        })
    }
}

/// A table of strings.
pub fn strings(lua: &Lua, items: &[Bytes]) -> Result<Table> {
    lua.create_sequence_from(items.iter().map(|item| lua.create_string(item)).collect::<Result<Vec<_>>>()?)
}

/// The reply to an error: its text, then which script failed and where.
pub fn error_line(error: &LuaValue, sha: &str) -> Bytes {
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

#[cfg(test)]
mod tests {
    use super::super::super::settings::Settings;
    use super::super::super::time::Time;
    use super::*;

    fn eval(machine: &mut Machine, settings: Settings, source: &str) -> Value {
        let now = Time(1);
        let mut state = State::new(settings, now);
        let call = ScriptCall {
            sha: source.into(),
            source: Bytes::copy_from_slice(source.as_bytes()),
            keys: Vec::new(),
            args: Vec::new(),
            read_only: false,
            only_load: false,
        };
        machine.run(&mut state, Caller { id: 1, now, pump: None }, &call, &mut Vec::new())
    }

    #[test]
    fn what_never_ends_is_ended_whatever_it_catches() {
        let settings = Settings { script_time_limit_ms: 20, ..Settings::default() };
        for source in [
            "while true do end",
            "while true do pcall(function() while true do end end) end",
            "while true do xpcall(function() while true do end end, function() while true do end end) end",
            "local function again() return again() end again()",
            "local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end",
            "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
            "table.sort({1, 2, 3}, function() while true do end end)",
            "string.gsub('x', 'x', function() while true do end end)",
            "setmetatable({}, {__index = function() while true do end end}).x = nil; return setmetatable({}, {__index = function() while true do end end}).x",
            "load(function() return ' ' end)",
        ] {
            let reply = eval(&mut Machine::default(), settings.clone(), source);
            let Value::Error(line) = &reply else { panic!("{source}: {reply:?}") };
            let line = String::from_utf8_lossy(line);
            assert!(line.contains("Script killed") || line.contains("memory"), "{source}: {line}");
        }
    }

    #[test]
    fn nothing_brings_it_down() {
        let mut machine = Machine::default();
        for source in [
            "return unpack({}, 0, 2^31 - 1)",
            "return unpack({}, -2^60, 2^60)",
            "return string.rep('x', 2^40)",
            "local t = {} t[1] = t return t",
            "local t = {} t[1] = t return cjson.encode(t)",
            "local s = string.rep('[', 100000) return cjson.decode(s)",
            "local s = 'x' while true do s = s .. s end",
            "local function f() return 1 + f() end return f()",
            "error(setmetatable({}, {__index = function() error('again') end}))",
            "error({})",
            "return loadstring('\\27Lua')",
            "return string.dump(function() end)",
            "local t = {} for i = 1, 250 do t = {t} end return t",
            "return cmsgpack.unpack(string.rep('\\145', 100000))",
            "return coroutine.yield(1)",
            "redis.call = nil",
        ] {
            eval(&mut machine, Settings::default(), source);
            let reply = eval(&mut machine, Settings::default(), "return redis.sha1hex('')");
            assert_eq!(reply, Value::text("da39a3ee5e6b4b0d3255bfef95601890afd80709"), "after {source}");
        }
    }

    #[test]
    fn a_script_changes_nothing_for_the_next() {
        let mut machine = Machine::default();
        let watch = "return {type(rawget(_G, 'x')), #redis, tostring({}), math.random(1000), cjson.encode_max_depth(), \
                     tostring(rawget(string, 'x')), type(table.insert), tostring(getmetatable('').x)}";
        let first = eval(&mut machine, Settings::default(), watch);
        for source in [
            "table.insert(_G, 1)",
            "table.insert(redis, 1)",
            "for k in pairs(_G) do pcall(rawset, _G, k, 1) end",
            "local _, t = pairs(string) t.x = 1 t.len = nil",
            "getmetatable('').__index.x = 1",
            "table.remove(_G) table.setn(_G, 5)",
            "math.randomseed(5) cjson.encode_max_depth(3) redis.setresp(3) tostring({})",
            "local f = string.gmatch('x', 'x') debug = 1",
        ] {
            eval(&mut machine, Settings::default(), source);
            assert_eq!(eval(&mut machine, Settings::default(), watch), first, "after {source}");
        }
    }
}
