//! Errors that Rust functions raise in Lua.
//!
//! mlua carries a Rust error through Lua as an opaque value. Scripts must see what Redis raises: a text with its place,
//! or a table `{err = …}`. So a Rust function raises a [`Raised`], and whatever catches errors on behalf of a script
//! (the prelude's `pcall` and its kin, and the end of the script) asks [`caught`] what it stands for.

use std::fmt;

use mlua::{Error, ExternalError, Lua, LuaString, MultiValue, Result, Table, Value};

/// What a Rust function raised.
#[derive(Clone, Debug)]
pub enum Raised {
    /// A text, place included.
    Text(Vec<u8>),
    /// A table whose `err` is this line.
    Reply(Vec<u8>),
    /// The script used up its instructions. No script can catch that.
    Spent,
}

/// The name of the chunk that prepares the world of scripts. Errors that it passes on from C functions bear it, so it
/// looks like the script.
pub const PRELUDE: &str = "=user_script";

/// What Redis answers when a script is killed, which is what happens to one that runs too long.
const KILLED: &[u8] = b"ERR Script killed by user with SCRIPT KILL...";

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raised::Text(text) | Raised::Reply(text) => f.write_str(&String::from_utf8_lossy(text)),
            Raised::Spent => f.write_str(&String::from_utf8_lossy(KILLED)),
        }
    }
}

impl std::error::Error for Raised {}

/// The place of a function on the stack as `luaL_where` writes it; empty where it is no Lua function.
fn place(lua: &Lua, level: usize) -> String {
    let place = lua.inspect_stack(level, |debug| {
        let line = debug.current_line()?;
        Some(format!("{}:{line}: ", debug.source().short_src.unwrap_or_default()))
    });
    place.flatten().unwrap_or_default()
}

/// Raises a text with the place of whoever called the running Rust function: C's `luaL_error`.
pub fn text(lua: &Lua, message: impl AsRef<[u8]>) -> Error {
    Raised::Text([place(lua, 1).as_bytes(), message.as_ref()].concat()).into_lua_err()
}

/// The running Rust function's name as its caller wrote it: a field, a variable; `?` where it has none.
pub fn called_name(lua: &Lua) -> String {
    let name = lua.inspect_stack(0, |debug| debug.names().name.map(|name| name.into_owned()));
    name.flatten().unwrap_or_else(|| "?".into())
}

/// Raises `bad argument #n to 'name' (message)`: C's `luaL_argerror`.
pub fn argument(lua: &Lua, index: usize, message: &str) -> Error {
    let name = called_name(lua);
    text(lua, format!("bad argument #{index} to '{name}' ({message})"))
}

/// The place of whoever called the function of the prelude whose tail call has called the one that asks; empty where
/// that is no Lua function.
pub fn place_of_caller(lua: &Lua) -> String {
    place(lua, 3)
}

/// The place of the innermost function of the script as `luaL_where` writes it; empty where its last act was the call.
pub fn place_in_script(lua: &Lua) -> String {
    let short = |source: &str| source.trim_start_matches(['@', '=']).to_string();
    origin(lua).map_or(String::new(), |(source, line)| format!("{}:{line}: ", short(&source)))
}

/// Raises a table `{err = line}`.
pub fn reply(line: impl Into<Vec<u8>>) -> Error {
    Raised::Reply(line.into()).into_lua_err()
}

/// Ends a script that used up its instructions.
pub fn spent() -> Error {
    Raised::Spent.into_lua_err()
}

fn raised(error: &Error) -> Option<&Raised> {
    match error {
        Error::CallbackError { cause, .. } => raised(cause),
        Error::ExternalError(error) => error.downcast_ref(),
        _ => None,
    }
}

/// The text without the line ends around it.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] | [rest @ .., b'\r' | b'\n'] = text {
        text = rest;
    }
    text
}

/// The table of an error line: `err`, with a code in front if there is none.
pub fn table(lua: &Lua, line: &[u8]) -> Result<Table> {
    let table = lua.create_table()?;
    let (code, message) = match line.iter().position(|byte| *byte == b' ') {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (&b"ERR"[..], line),
    };
    table.raw_set("err", lua.create_string([code, b" ", trimmed(message)].concat())?)?;
    Ok(table)
}

/// What a script that catches `value` gets.
pub fn caught(lua: &Lua, value: Value) -> Result<Value> {
    let Value::Error(error) = value else { return Ok(value) };
    Ok(match raised(&error) {
        Some(Raised::Text(text)) => Value::String(lua.create_string(text)?),
        Some(Raised::Reply(line)) => Value::Table(table(lua, line)?),
        Some(Raised::Spent) => Value::Table(table(lua, KILLED)?),
        None => {
            let message = error.to_string();
            Value::String(lua.create_string(message.lines().next().unwrap_or_default())?)
        }
    })
}

/// Where an error came about: the source and the line of the innermost function of the script, past the Rust and C
/// functions and the prelude's that stand on top of it.
pub fn origin(lua: &Lua) -> Option<(String, usize)> {
    for level in 1..8 {
        let found = lua.inspect_stack(level, |debug| {
            let source = debug.source().source.map(|source| source.into_owned()).unwrap_or_default();
            let line = debug.current_line()?;
            (source != PRELUDE).then_some((source, line))
        })?;
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Argument `index` (from 0) of a function as a number: C's `luaL_checknumber`.
pub fn number(lua: &Lua, args: &MultiValue, index: usize) -> Result<f64> {
    let number = args.get(index).and_then(|value| lua.coerce_number(value.clone()).ok().flatten());
    number.ok_or_else(|| wrong_type(lua, args, index, "number"))
}

/// Argument `index` (from 0) of a function as a string: C's `luaL_checklstring`.
pub fn string(lua: &Lua, args: &MultiValue, index: usize) -> Result<LuaString> {
    let text = args.get(index).and_then(|value| lua.coerce_string(value.clone()).ok().flatten());
    text.ok_or_else(|| wrong_type(lua, args, index, "string"))
}

fn wrong_type(lua: &Lua, args: &MultiValue, index: usize, expected: &str) -> Error {
    let found = args.get(index).map_or("no value", type_name);
    argument(lua, index + 1, &format!("{expected} expected, got {found}"))
}

/// The type of a value as Lua 5.1 names it.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "number",
        Value::LightUserData(_) | Value::Error(_) => "userdata",
        other => other.type_name(),
    }
}
