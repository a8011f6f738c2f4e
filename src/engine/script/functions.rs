//! Loading libraries, and calling their functions.
//!
//! A library is run when one of its functions is first called, and then stays: what its functions share lasts from call
//! to call, until the library is replaced or the server is cloned. In a clone it begins as the library made it.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use mlua::{Function, Result, Value as LuaValue};

use super::super::busy::Caller;
use super::super::error::{SCRIPT_OUT_OF_MEMORY, SCRIPT_UNSAVED};
use super::super::header::LibraryHeader;
use super::super::libraries::{Libraries, Library};
use super::super::outcome::{FunctionCall, LibraryCall, Policy};
use super::super::persist::refuses_writes;
use super::super::running::RunningFunction;
use super::super::state::State;
use super::convert;
use super::library::Registered;
use super::machine::{Kept, Machine, Stage, error_line, failed, is_out, strings};
use super::random::Generator;
use super::redis;
use super::session::{Ready, Session};
use crate::resp::Value;

/// So long may a library take to be loaded, in milliseconds.
const LOAD_LIMIT_MS: u64 = 500;

type Refused = Vec<u8>;

impl Stage {
    /// What runs a function; its library is run first if it was not.
    fn callback(&mut self, kept: &mut Kept, call: &FunctionCall) -> std::result::Result<Option<Function>, Refused> {
        // Whoever is the last to hold a library holds one that was removed.
        self.libraries.retain(|(library, _)| Arc::strong_count(library) > 1);
        let known = self.libraries.iter().position(|(library, _)| Arc::ptr_eq(library, &call.library));
        let at = match known {
            Some(at) => at,
            None => {
                let registered = kept.registered(&call.library)?;
                self.libraries.push((Arc::clone(&call.library), registered));
                self.libraries.len() - 1
            }
        };
        let Some(function) = call.library.functions.get(call.place) else { return Ok(None) };
        let mut registered = self.libraries[at].1.iter();
        let found = registered.find(|registered| registered.info.name == function.name);
        Ok(found.map(|registered| registered.callback.clone()))
    }

    fn put_back(&mut self, kept: Kept) {
        if kept.sandbox.may_go_on() {
            self.kept = Some(kept);
        } else {
            self.libraries.clear();
        }
    }
}

impl Machine {
    /// Loads libraries: all of them, or none. Answers the name of the last.
    pub fn load(&mut self, state: &mut State, call: &LibraryCall) -> Value {
        let mut libraries = state.libraries.clone();
        let loaded = match call.policy {
            Policy::Load { replace } => self.load_one(&mut libraries, &call.sources, replace),
            policy => self.restore(&mut libraries, &call.sources, policy),
        };
        match loaded {
            Ok(reply) => {
                state.libraries = libraries;
                reply
            }
            Err(line) => Value::Error(convert::error_line(&[b"ERR ", line.as_slice()].concat())),
        }
    }

    fn load_one(&self, known: &mut Libraries, sources: &[Bytes], replace: bool) -> std::result::Result<Value, Refused> {
        let mut name = Bytes::new();
        for source in sources {
            let library = self.read(known, source, replace)?;
            name = library.name.clone();
            known.put(library);
        }
        Ok(Value::Bulk(name))
    }

    fn restore(&self, known: &mut Libraries, sources: &[Bytes], policy: Policy) -> std::result::Result<Value, Refused> {
        let mut fresh = Libraries::default();
        for source in sources {
            let library = self.read(&fresh, source, false)?;
            fresh.put(library);
        }
        if policy == Policy::Flush {
            *known = fresh;
            return Ok(Value::ok());
        }
        for library in fresh.iter() {
            if known.get(&library.name).is_some() && policy == Policy::Append {
                return Err([b"Library ", library.name.as_ref(), b" already exists"].concat());
            }
            known.remove(&library.name);
        }
        for library in fresh.iter() {
            if let Some(name) = known.collision(library) {
                return Err([b"Function ", name.as_ref(), b" already exists"].concat());
            }
            known.put(Library::clone(library));
        }
        Ok(Value::ok())
    }

    /// Reads a library out of its source, beside those that are known.
    fn read(&self, known: &Libraries, source: &Bytes, replace: bool) -> std::result::Result<Library, Refused> {
        let LibraryHeader { name, body } = LibraryHeader::parse(source)?;
        if known.get(&name).is_some() && !replace {
            return Err([b"Library '", name.as_ref(), b"' already exists"].concat());
        }
        let key = format!("library:{}", sha1_smol::Sha1::from(source.as_ref()).digest());
        let mut library = Library { name, source: source.clone(), body, key, functions: Vec::new() };
        let mut kept = self.take().map_err(|error| error.to_string().into_bytes())?;
        kept.prepare(LOAD_LIMIT_MS, None);
        let registered = kept.registered(&library);
        self.put_back(kept);
        library.functions = registered?.into_iter().map(|function| function.info).collect();
        if library.functions.is_empty() {
            return Err(b"No functions registered".to_vec());
        }
        let mut others = known.clone();
        others.remove(&library.name);
        match others.collision(&library) {
            Some(name) => Err([b"Function ", name.as_ref(), b" already exists"].concat()),
            None => Ok(library),
        }
    }

    /// Calls a function. Keys that changed on the way are appended to `ready`.
    pub fn call(&mut self, state: &mut State, caller: Caller<'_>, call: &FunctionCall, ready: &mut Ready) -> Value {
        let mut kept = match self.stage.kept.take().map_or_else(|| self.take(), Ok) {
            Ok(kept) => kept,
            Err(error) => return failed(&error),
        };
        kept.sandbox.generator.set(state.script_random.unwrap_or(Generator::FRESH));
        let reply = kept.call(&mut self.stage, state, caller, call, ready).unwrap_or_else(|error| failed(&error));
        kept.note_random(state);
        self.stage.put_back(kept);
        reply
    }
}

impl Kept {
    /// Runs a library for what it registers.
    fn registered(&mut self, library: &Library) -> std::result::Result<Vec<Registered>, Refused> {
        let body = &library.source[library.body..];
        let chunk = self.compiled(&library.key, |sandbox| sandbox.compile_library(body));
        let chunk = chunk.map_err(|text| [b"Error compiling function: ", text.as_slice()].concat())?;
        let spent = || self.sandbox.is_spent();
        let text = match self.sandbox.load_library(&chunk) {
            Ok(Ok(registered)) => return Ok(registered),
            _ if spent() => b"ERR FUNCTION LOAD timeout".to_vec(),
            Ok(Err(LuaValue::Table(table))) => match table.raw_get::<mlua::LuaString>("err") {
                Ok(line) => line.as_bytes().to_vec(),
                Err(_) => b"ERR unknown error".to_vec(),
            },
            Ok(Err(LuaValue::String(text))) => [b"ERR ", text.as_bytes().as_ref()].concat(),
            Ok(Err(_)) => b"ERR unknown error".to_vec(),
            Err(error) => format!("ERR {error}").into_bytes(),
        };
        Err([b"Error registering functions: ", text.as_slice()].concat())
    }

    fn call(
        &mut self,
        stage: &mut Stage,
        state: &mut State,
        caller: Caller<'_>,
        call: &FunctionCall,
        ready: &mut Ready,
    ) -> Result<Value> {
        let Some(function) = call.library.functions.get(call.place) else { return Ok(Value::Null) };
        if !function.flags.no_writes() && refuses_writes(state) {
            return Ok(SCRIPT_UNSAVED.into());
        }
        if is_out(state) && !function.flags.may_run_out_of_memory() {
            return Ok(SCRIPT_OUT_OF_MEMORY.into());
        }
        self.prepare(state.settings.script_time_limit_ms, state.script_random);
        let callback = match stage.callback(self, call) {
            Ok(Some(callback)) => callback,
            Ok(None) => return Ok(Value::Null),
            Err(line) => return Ok(Value::Error(convert::error_line(&[b"ERR ", line.as_slice()].concat()))),
        };
        let lua = &self.sandbox.lua;
        let (keys, args) = (strings(lua, &call.keys)?, strings(lua, &call.args)?);
        let running = RunningFunction { name: function.name.clone(), command: call.command.clone() };
        let mut session = Session::start(state, caller, Some(running), ready, &self.sandbox.budget);
        session.read_only(call.read_only || function.flags.no_writes());
        session.allow_oom(function.flags.may_run_out_of_memory());
        let session = RefCell::new(session);
        let outcome = lua.scope(|scope| {
            redis::bind(lua, scope, &self.sandbox.redis.of_functions, &session)?;
            self.sandbox.call(&callback, keys, args)
        })?;
        Ok(match outcome {
            Ok(value) => convert::to_reply(&value, session.borrow().protocol()),
            Err(error) => Value::Error(error_line(&error, &String::from_utf8_lossy(&function.name))),
        })
    }
}
