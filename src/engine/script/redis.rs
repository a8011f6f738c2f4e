//! The table `redis`.

use std::cell::RefCell;

use bytes::Bytes;
use mlua::{Function, Lua, MultiValue, Result, Scope, Table, Value as LuaValue};

use super::convert;
use super::library::{self, Shelf};
use super::raise;
use super::session::Session;
use crate::resp::{Protocol, Value, format_g17};

/// The tables `redis`, with what is the same for every run.
#[derive(Debug)]
pub struct Tables {
    /// Of scripts.
    pub of_scripts: Table,
    /// Of functions.
    pub of_functions: Table,
    /// Of libraries while they are loaded.
    pub of_libraries: Table,
}

impl Tables {
    /// New tables; libraries register their functions on this shelf.
    pub fn new(lua: &Lua, shelf: &Shelf) -> Result<Tables> {
        let (of_scripts, of_functions) = (running(lua)?, running(lua)?);
        of_scripts.raw_set("replicate_commands", lua.create_function(|_, _: MultiValue| Ok(true))?)?;
        of_scripts.raw_set("breakpoint", lua.create_function(|_, _: MultiValue| Ok(false))?)?;
        of_scripts.raw_set("debug", lua.create_function(|_, _: MultiValue| Ok(()))?)?;
        let of_libraries = basic(lua)?;
        of_libraries.raw_set("register_function", library::register(lua, shelf)?)?;
        Ok(Tables { of_scripts, of_functions, of_libraries })
    }
}

/// What every table has.
fn basic(lua: &Lua) -> Result<Table> {
    let redis = lua.create_table()?;
    let levels = [("LOG_DEBUG", 0), ("LOG_VERBOSE", 1), ("LOG_NOTICE", 2), ("LOG_WARNING", 3)];
    for (name, number) in levels {
        redis.raw_set(name, number)?;
    }
    redis.raw_set("REDIS_VERSION", "7.0.15")?;
    redis.raw_set("REDIS_VERSION_NUM", 0x0007_000f)?;
    redis.raw_set("log", lua.create_function(|lua, args| log(lua, &args))?)?;
    Ok(redis)
}

/// What the tables of running code have.
fn running(lua: &Lua) -> Result<Table> {
    let redis = basic(lua)?;
    let targets = [("REPL_NONE", 0), ("REPL_AOF", 1), ("REPL_REPLICA", 2), ("REPL_SLAVE", 2), ("REPL_ALL", 3)];
    for (name, number) in targets {
        redis.raw_set(name, number)?;
    }
    redis.raw_set("sha1hex", lua.create_function(|lua, args| sha1hex(lua, &args))?)?;
    redis.raw_set("error_reply", lua.create_function(|lua, args| error_reply(lua, &args))?)?;
    redis.raw_set("status_reply", lua.create_function(|lua, args| status_reply(lua, &args))?)?;
    redis.raw_set("set_repl", lua.create_function(|lua, args| set_repl(lua, &args))?)?;
    Ok(redis)
}

/// The name of the function that says whether a run goes on, where no script finds it.
const MAY_GO_ON: &str = "redlab.may_go_on";

/// Whether the run goes on, as its session says.
pub fn may_go_on(lua: &Lua) -> Result<bool> {
    lua.named_registry_value::<Function>(MAY_GO_ON)?.call(())
}

/// The functions that work on the server: they exist as long as a script runs.
pub fn bind<'scope, 'env, 'run: 'scope>(
    lua: &Lua,
    scope: &'scope Scope<'scope, 'env>,
    redis: &Table,
    session: &'scope RefCell<Session<'run>>,
) -> Result<()> {
    let call = |raises: bool| scope.create_function(move |lua, args| call(lua, session, &args, raises));
    if session.borrow().is_asked() {
        // No script runs while the session is borrowed.
        let may_go_on = move |_: &Lua, ()| Ok(session.try_borrow_mut().map_or(true, |mut session| session.may_go_on()));
        lua.set_named_registry_value(MAY_GO_ON, scope.create_function(may_go_on)?)?;
    }
    redis.raw_set("call", call(true)?)?;
    redis.raw_set("pcall", call(false)?)?;
    redis.raw_set("acl_check_cmd", scope.create_function(move |_, args| acl_check_cmd(session, &args))?)?;
    redis.raw_set("setresp", scope.create_function(move |lua, args| setresp(lua, session, &args))?)
}

fn call(lua: &Lua, session: &RefCell<Session<'_>>, args: &MultiValue, raises: bool) -> Result<LuaValue> {
    let argv = match arguments(args) {
        Err(line) if raises => return Err(raise::reply(line)),
        Err(line) => return raise::table(lua, line.as_bytes()).map(LuaValue::Table),
        Ok(argv) => argv,
    };
    let mut session = session.borrow_mut();
    let (reply, protocol) = (session.call(&argv), session.protocol());
    match reply {
        Value::Error(line) if raises => Err(raise::reply(line)),
        reply => convert::to_lua(lua, &reply, protocol),
    }
}

/// A command's arguments: strings, and numbers in the form of `%.17g`.
fn arguments(args: &MultiValue) -> std::result::Result<Vec<Bytes>, &'static str> {
    if args.is_empty() {
        return Err("ERR Please specify at least one argument for this redis lib call");
    }
    let argument = |value: &LuaValue| match value {
        LuaValue::String(text) => Some(Bytes::copy_from_slice(&text.as_bytes())),
        LuaValue::Integer(n) => Some(Bytes::from(format_g17(*n as f64))),
        LuaValue::Number(n) => Some(Bytes::from(format_g17(*n))),
        _ => None,
    };
    let argv: Option<Vec<Bytes>> = args.iter().map(argument).collect();
    argv.ok_or("ERR Lua redis lib command arguments must be strings or integers")
}

fn setresp(lua: &Lua, session: &RefCell<Session<'_>>, args: &MultiValue) -> Result<()> {
    if args.len() != 1 {
        return Err(raise::reply("ERR redis.setresp() requires one argument."));
    }
    let protocol = match number(lua, args.front()) {
        Some(2.0) => Protocol::Resp2,
        Some(3.0) => Protocol::Resp3,
        _ => return Err(raise::reply("ERR RESP version must be 2 or 3.")),
    };
    session.borrow_mut().set_protocol(protocol);
    Ok(())
}

fn number(lua: &Lua, value: Option<&LuaValue>) -> Option<f64> {
    lua.coerce_number(value?.clone()).ok().flatten().map(f64::trunc)
}

/// A string, or a number as Lua spells it.
fn string(lua: &Lua, value: Option<&LuaValue>) -> Vec<u8> {
    let text = value.and_then(|value| lua.coerce_string(value.clone()).ok().flatten());
    text.map_or(Vec::new(), |text| text.as_bytes().to_vec())
}

fn sha1hex(lua: &Lua, args: &MultiValue) -> Result<String> {
    if args.len() != 1 {
        return Err(raise::reply("ERR wrong number of arguments"));
    }
    Ok(sha1_smol::Sha1::from(string(lua, args.front())).digest().to_string())
}

/// The one argument of `error_reply` and `status_reply`, which must be a string and no number.
fn only_string(args: &MultiValue) -> Option<Vec<u8>> {
    match args.front() {
        Some(LuaValue::String(text)) if args.len() == 1 => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

const WRONG_ARGUMENT: &[u8] = b"ERR wrong number or type of arguments";

fn error_reply(lua: &Lua, args: &MultiValue) -> Result<Table> {
    let Some(line) = only_string(args) else { return raise::table(lua, WRONG_ARGUMENT) };
    let line = convert::c_string(&line);
    raise::table(lua, line.strip_prefix(b"-").unwrap_or(line))
}

fn status_reply(lua: &Lua, args: &MultiValue) -> Result<Table> {
    let Some(text) = only_string(args) else { return raise::table(lua, WRONG_ARGUMENT) };
    let table = lua.create_table()?;
    table.raw_set("ok", lua.create_string(text)?)?;
    Ok(table)
}

/// There is no log file: only the arguments are checked.
fn log(lua: &Lua, args: &MultiValue) -> Result<()> {
    if args.len() < 2 {
        return Err(raise::reply("ERR redis.log() requires two arguments or more."));
    }
    match number(lua, args.front()) {
        None => Err(raise::reply("ERR First argument must be a number (log level).")),
        Some(level) if !(0.0..=3.0).contains(&level) => Err(raise::reply("ERR Invalid debug level.")),
        Some(_) => Ok(()),
    }
}

/// There is no replica and no file: only the arguments are checked.
fn set_repl(lua: &Lua, args: &MultiValue) -> Result<()> {
    if args.len() != 1 {
        return Err(raise::reply("ERR redis.set_repl() requires two arguments."));
    }
    match number(lua, args.front()).unwrap_or(0.0) {
        flags if (0.0..=3.0).contains(&flags) => Ok(()),
        _ => Err(raise::reply("ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")),
    }
}

fn acl_check_cmd(session: &RefCell<Session<'_>>, args: &MultiValue) -> Result<bool> {
    let argv = arguments(args).map_err(raise::reply)?;
    match session.borrow().may(&argv) {
        Some(yes) => Ok(yes),
        None => Err(raise::reply("ERR Invalid command passed to redis.acl_check_cmd()")),
    }
}
