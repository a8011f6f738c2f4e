//! An interpreter as scripts find it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, LuaString, MultiValue, Result, StdLib, Table, Value, VmState};

use super::random::Generator;
use super::{bits, convert, json, msgpack, raise, random, redis, structs};

/// Instructions between two looks at the budget.
const STEP: u32 = 10_000;
/// Most memory that a script's values may take, in bytes. Redis has no such limit, and runs out of memory instead.
const MEMORY: usize = 128 << 20;
const PRELUDE: &str = include_str!("prelude.lua");

/// How many instructions a script may still use.
pub type Budget = Arc<AtomicI64>;

/// An interpreter that is ready to run scripts, and that no script can change for the next one.
#[derive(Debug)]
pub struct Sandbox {
    pub lua: Lua,
    pub budget: Budget,
    pub generator: Generator,
    /// What the script chose of `cjson`.
    pub json: json::Shared,
    /// The library `redis` behind its stand-in.
    pub redis: Table,
    /// The global variables themselves.
    pub world: Table,
    /// The global variables as scripts see them.
    env: Table,
    run: Function,
    clean: Function,
}

impl Sandbox {
    /// A new interpreter.
    pub fn new() -> Result<Sandbox> {
        let lua = Lua::new_with(StdLib::TABLE | StdLib::STRING | StdLib::MATH, LuaOptions::default())?;
        let (budget, generator, json) = (Budget::default(), Generator::default(), json::Shared::default());
        let left = Arc::clone(&budget);
        let triggers = HookTriggers { every_nth_instruction: Some(STEP), ..HookTriggers::default() };
        lua.set_global_hook(triggers, move |_, _| {
            let before = left.fetch_sub(i64::from(STEP), Ordering::Relaxed);
            if before > 0 { Ok(VmState::Continue) } else { Err(raise::spent()) }
        })?;
        random::install(&lua, &lua.globals().raw_get::<Table>("math")?, &generator)?;
        let redis = redis::table(&lua)?;
        let libraries = lua.create_table()?;
        libraries.raw_set("bit", bits::table(&lua)?)?;
        libraries.raw_set("cjson", json::table(&lua, &json)?)?;
        libraries.raw_set("cmsgpack", msgpack::table(&lua)?)?;
        libraries.raw_set("redis", &redis)?;
        libraries.raw_set("struct", structs::table(&lua)?)?;
        let rust = helpers(&lua, &budget)?;
        let prelude = lua.load(PRELUDE).set_name(raise::PRELUDE).set_mode(ChunkMode::Text);
        let (env, world, run, clean): (Table, Table, Function, Function) = prelude.call((&rust, libraries))?;
        let home = env.clone();
        rust.raw_set("compile", lua.create_function(move |lua, args| compile_text(lua, &home, args))?)?;
        lua.set_memory_limit(MEMORY)?;
        Ok(Sandbox { lua, budget, generator, json, redis, world, env, run, clean })
    }

    /// Compiles the body of a script. An error is Lua's text.
    pub fn compile(&self, body: &[u8]) -> std::result::Result<Function, Vec<u8>> {
        compile(&self.lua, &self.env, body, "@user_script")
    }

    /// Runs a compiled script: what it returned, or the table that describes its error.
    pub fn run(&self, script: &Function) -> Result<std::result::Result<Value, Value>> {
        let (ok, value): (bool, Value) = self.run.call(script)?;
        Ok(if ok { Ok(value) } else { Err(value) })
    }

    /// Whether the next script may use this interpreter.
    pub fn is_clean(&self) -> bool {
        self.lua.used_memory() < MEMORY / 16 && self.clean.call::<bool>(()).unwrap_or(false)
    }
}

/// What the prelude needs of Rust.
fn helpers(lua: &Lua, budget: &Budget) -> Result<Table> {
    let rust = lua.create_table()?;
    let refuse = |lua: &Lua, _: MultiValue| Err::<(), _>(raise::text(lua, "Attempt to modify a readonly table"));
    rust.raw_set("refuse", lua.create_function(refuse)?)?;
    rust.raw_set("missing", lua.create_function(|lua, (_, name): (Value, Value)| missing(lua, name))?)?;
    rust.raw_set("place", lua.create_function(|lua, ()| Ok(raise::place_in_script(lua)))?)?;
    rust.raw_set("caught", lua.create_function(raise::caught)?)?;
    rust.raw_set("describe", lua.create_function(describe)?)?;
    let left = Arc::clone(budget);
    let check = move |_: &Lua, _: ()| if left.load(Ordering::Relaxed) > 0 { Ok(()) } else { Err(raise::spent()) };
    rust.raw_set("check", lua.create_function(check)?)?;
    let left = Arc::clone(budget);
    rust.raw_set("is_spent", lua.create_function(move |_, ()| Ok(left.load(Ordering::Relaxed) <= 0))?)?;
    Ok(rust)
}

fn missing(lua: &Lua, name: Value) -> Result<()> {
    let name = lua.coerce_string(name)?.map_or(Vec::new(), |name| name.as_bytes().to_vec());
    let message = [b"Script attempted to access nonexistent global variable '".as_slice(), &name, b"'"].concat();
    Err(raise::text(lua, message))
}

/// Turns an error into a table with `err`, and with `source` and `line` where they are known.
fn describe(lua: &Lua, error: Value) -> Result<Table> {
    let origin = raise::origin(lua);
    let table = match raise::caught(lua, error)? {
        Value::Table(table) => table,
        other => {
            let text = match &other {
                Value::Nil => b"nil".to_vec(),
                Value::Boolean(b) => b.to_string().into_bytes(),
                value => match lua.coerce_string(value.clone())? {
                    Some(text) => text.as_bytes().to_vec(),
                    None => value.type_name().as_bytes().to_vec(),
                },
            };
            let table = lua.create_table()?;
            table.raw_set("err", lua.create_string([b"ERR ", text.as_slice()].concat())?)?;
            table
        }
    };
    if let Some((source, line)) = origin {
        table.raw_set("source", source)?;
        table.raw_set("line", line)?;
    }
    Ok(table)
}

fn compile(lua: &Lua, env: &Table, source: &[u8], name: &str) -> std::result::Result<Function, Vec<u8>> {
    let chunk = lua.load(source).set_name(name).set_mode(ChunkMode::Text).set_environment(env.clone());
    chunk.into_function().map_err(|error| match error {
        mlua::Error::SyntaxError { message, .. } => message.into_bytes(),
        other => convert::c_string(other.to_string().as_bytes()).to_vec(),
    })
}

/// `loadstring` and `load`: the function, or nil and why not.
fn compile_text(lua: &Lua, env: &Table, (source, name): (LuaString, LuaString)) -> Result<(Value, Value)> {
    let name = String::from_utf8_lossy(convert::c_string(&name.as_bytes())).into_owned();
    match compile(lua, env, &source.as_bytes(), &name) {
        Ok(function) => Ok((Value::Function(function), Value::Nil)),
        Err(message) => Ok((Value::Nil, Value::String(lua.create_string(message)?))),
    }
}
