//! An interpreter as scripts find it.

use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, LuaString, MultiValue, Result, StdLib, Table, Value, VmState};

use super::budget::Budget;
use super::library::{Registered, Shelf};
use super::random::Generator;
use super::redis::{self, Tables};
use super::{bits, convert, json, msgpack, raise, random, structs};

/// Instructions between two looks at the budget.
const STEP: u32 = 10_000;
/// Most memory that a script's values may take, in bytes. Redis has no such limit, and runs out of memory instead.
const MEMORY: usize = 128 << 20;
const PRELUDE: &str = include_str!("prelude.lua");

/// An interpreter that is ready to run scripts, and that no script can change for the next one.
#[derive(Debug)]
pub struct Sandbox {
    pub lua: Lua,
    pub budget: Budget,
    pub generator: Generator,
    /// What the script chose of `cjson`.
    pub json: json::Shared,
    /// Where libraries put their functions.
    pub shelf: Shelf,
    /// The libraries `redis` behind their stand-ins.
    pub redis: Tables,
    /// The global variables themselves.
    pub world: Table,
    /// The global variables as scripts see them.
    env: Table,
    /// The same for functions.
    function_env: Table,
    run: Function,
    clean: Function,
    load_library: Function,
    call: Function,
}

impl Sandbox {
    /// A new interpreter.
    pub fn new() -> Result<Sandbox> {
        let lua = Lua::new_with(StdLib::TABLE | StdLib::STRING | StdLib::MATH, LuaOptions::default())?;
        let (budget, generator, json) = (Budget::default(), Generator::default(), json::Shared::default());
        let left = budget.clone();
        let triggers = HookTriggers { every_nth_instruction: Some(STEP), ..HookTriggers::default() };
        lua.set_global_hook(triggers, move |lua, _| {
            if left.spend(STEP) && (!left.asks() || redis::may_go_on(lua)?) {
                return Ok(VmState::Continue);
            }
            left.end();
            Err(raise::spent())
        })?;
        random::install(&lua, &lua.globals().raw_get::<Table>("math")?, &generator)?;
        let shelf = Shelf::default();
        let tables = Tables::new(&lua, &shelf)?;
        let libraries = lua.create_table()?;
        libraries.raw_set("bit", bits::table(&lua)?)?;
        libraries.raw_set("cjson", json::table(&lua, &json)?)?;
        libraries.raw_set("cmsgpack", msgpack::table(&lua)?)?;
        libraries.raw_set("redis", &tables.of_scripts)?;
        libraries.raw_set("struct", structs::table(&lua)?)?;
        let rust = helpers(&lua, &budget)?;
        rust.raw_set("function_redis", &tables.of_functions)?;
        rust.raw_set("load_redis", &tables.of_libraries)?;
        let prelude = lua.load(PRELUDE).set_name(raise::PRELUDE).set_mode(ChunkMode::Text);
        let made: Table = prelude.call((&rust, libraries))?;
        let env: Table = made.raw_get("env")?;
        lua.set_memory_limit(MEMORY)?;
        Ok(Sandbox {
            lua,
            budget,
            generator,
            json,
            shelf,
            redis: tables,
            world: made.raw_get("world")?,
            env,
            function_env: made.raw_get("function_env")?,
            run: made.raw_get("run")?,
            clean: made.raw_get("clean")?,
            load_library: made.raw_get("load_library")?,
            call: made.raw_get("call")?,
        })
    }

    /// Compiles the body of a script. An error is Lua's text.
    pub fn compile(&self, body: &[u8]) -> std::result::Result<Function, Vec<u8>> {
        compile(&self.lua, &self.env, body, "@user_script")
    }

    /// Compiles the body of a library. An error is Lua's text.
    pub fn compile_library(&self, body: &[u8]) -> std::result::Result<Function, Vec<u8>> {
        compile(&self.lua, &self.function_env, body, "@user_function")
    }

    /// Runs a compiled library: the functions that it registers, or what it raised.
    pub fn load_library(&self, library: &Function) -> Result<std::result::Result<Vec<Registered>, Value>> {
        self.shelf.open();
        let outcome: Result<(bool, Value)> = self.load_library.call(library);
        let registered = self.shelf.close();
        let (ok, failure) = outcome?;
        if ok { Ok(Ok(registered)) } else { raise::caught(&self.lua, failure).map(Err) }
    }

    /// Calls a function: what it returned, or the table that describes its error.
    pub fn call(&self, callback: &Function, keys: Table, args: Table) -> Result<std::result::Result<Value, Value>> {
        let (ok, value): (bool, Value) = self.call.call((callback, keys, args))?;
        Ok(if ok { Ok(value) } else { Err(value) })
    }

    /// Runs a compiled script: what it returned, or the table that describes its error.
    pub fn run(&self, script: &Function) -> Result<std::result::Result<Value, Value>> {
        let (ok, value): (bool, Value) = self.run.call(script)?;
        Ok(if ok { Ok(value) } else { Err(value) })
    }

    /// Whether the script used up its instructions.
    pub fn is_spent(&self) -> bool {
        self.budget.is_spent()
    }

    /// Whether functions may go on to run here: nothing was changed that they must not change, and memory is left.
    pub fn may_go_on(&self) -> bool {
        self.lua.used_memory() < MEMORY - MEMORY / 4 && self.clean.call::<bool>(()).unwrap_or(false)
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
    rust.raw_set("caller", lua.create_function(|lua, ()| Ok(raise::place_of_caller(lua)))?)?;
    rust.raw_set("is_native", lua.create_function(|_, run: Function| Ok(run.info().what == "C"))?)?;
    rust.raw_set("caught", lua.create_function(raise::caught)?)?;
    rust.raw_set("compile", lua.create_function(compile_text)?)?;
    rust.raw_set("describe", lua.create_function(describe)?)?;
    let left = budget.clone();
    let check = move |_: &Lua, _: ()| if left.is_spent() { Err(raise::spent()) } else { Ok(()) };
    rust.raw_set("check", lua.create_function(check)?)?;
    let left = budget.clone();
    rust.raw_set("is_spent", lua.create_function(move |_, ()| Ok(left.is_spent()))?)?;
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
        mlua::Error::SyntaxError { message, .. } => {
            raw_complaint(lua, source, name).unwrap_or_else(|| message.into_bytes())
        }
        other => convert::c_string(other.to_string().as_bytes()).to_vec(),
    })
}

/// What Lua says of a source that it cannot compile, byte for byte: mlua makes it UTF-8.
fn raw_complaint(lua: &Lua, source: &[u8], name: &str) -> Option<Vec<u8>> {
    let loadstring: Function = lua.globals().raw_get("loadstring").ok()?;
    let source = lua.create_string(source).ok()?;
    let (_, message): (Value, LuaString) = loadstring.call((source, name)).ok()?;
    Some(message.as_bytes().to_vec())
}

/// `loadstring` and `load`: the function, or nil and why not.
fn compile_text(lua: &Lua, (source, name, env): (LuaString, LuaString, Table)) -> Result<(Value, Value)> {
    let name = String::from_utf8_lossy(convert::c_string(&name.as_bytes())).into_owned();
    match compile(lua, &env, &source.as_bytes(), &name) {
        Ok(function) => Ok((Value::Function(function), Value::Nil)),
        Err(message) => Ok((Value::Nil, Value::String(lua.create_string(message)?))),
    }
}
