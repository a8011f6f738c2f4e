//! `redis.register_function`: what a library does while it is loaded.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use mlua::{Function, Lua, MultiValue, Result, Table, Value};

use super::super::header::{BAD_NAME, is_name};
use super::super::libraries::{FunctionInfo, ScriptFlags};
use super::raise;

/// A function that a library has registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What FUNCTION LIST shows of it.
    pub info: FunctionInfo,
    /// What runs.
    pub callback: Function,
}

/// Where functions are put while a library is loaded; `None` at all other times.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Arc<Mutex<Option<Vec<Registered>>>>);

impl Shelf {
    /// Starts to take functions.
    pub fn open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// Takes no more, and gives what was registered.
    pub fn close(&self) -> Vec<Registered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    fn add(&self, new: Registered) -> std::result::Result<(), &'static [u8]> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = shelf.as_mut() else { return Err(CLOSED) };
        if !is_name(&new.info.name) {
            return Err(BAD_NAME);
        }
        if known.iter().any(|other| other.info.name == new.info.name) {
            return Err(b"Function already exists in the library");
        }
        known.push(new);
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

const CLOSED: &[u8] = b"redis.register_function can only be called on FUNCTION LOAD command";

/// `register_function`, which puts functions on the shelf.
pub fn register(lua: &Lua, shelf: &Shelf) -> Result<Function> {
    let shelf = shelf.clone();
    lua.create_function(move |lua, args: MultiValue| {
        if !shelf.is_open() {
            return Err(refusal(CLOSED));
        }
        let new = read(lua, &args).map_err(|line| refusal(line.as_bytes()))?;
        shelf.add(new).map_err(refusal)
    })
}

/// An error with its code, which `redis.…` functions give all of theirs.
fn refusal(line: &[u8]) -> mlua::Error {
    raise::reply([b"ERR ", line].concat())
}

type Read<T> = std::result::Result<T, &'static str>;

fn read(lua: &Lua, args: &MultiValue) -> Read<Registered> {
    match (args.len(), args.front(), args.get(1)) {
        (1, Some(Value::Table(named)), _) => by_name(lua, named),
        (1, ..) => Err("calling redis.register_function with a single argument is only applicable to Lua table \
                        (representing named arguments)."),
        (2, name, callback) => {
            let name = text(lua, name).ok_or("first argument to redis.register_function must be a string")?;
            let Some(Value::Function(callback)) = callback else {
                return Err("second argument to redis.register_function must be a function");
            };
            let info = FunctionInfo { name, description: None, flags: ScriptFlags::default() };
            Ok(Registered { info, callback: callback.clone() })
        }
        _ => Err("wrong number of arguments to redis.register_function"),
    }
}

/// A string, or a number as Lua spells it.
fn text(lua: &Lua, value: Option<&Value>) -> Option<Bytes> {
    let text = lua.coerce_string(value?.clone()).ok().flatten()?;
    Some(Bytes::copy_from_slice(&text.as_bytes()))
}

fn by_name(lua: &Lua, named: &Table) -> Read<Registered> {
    let (mut name, mut description, mut callback, mut flags) = (None, None, None, ScriptFlags::default());
    for pair in named.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|_| "unknown argument given to redis.register_function")?;
        let key = text(lua, Some(&key)).ok_or("named argument key given to redis.register_function is not a string")?;
        match key.to_ascii_lowercase().as_slice() {
            b"function_name" => {
                let given = text(lua, Some(&value));
                name = Some(given.ok_or("function_name argument given to redis.register_function must be a string")?);
            }
            b"description" => {
                let given = text(lua, Some(&value));
                let given = given.ok_or("description argument given to redis.register_function must be a string")?;
                description = Some(given);
            }
            b"callback" => match value {
                Value::Function(given) => callback = Some(given),
                _ => return Err("callback argument given to redis.register_function must be a function"),
            },
            b"flags" => match &value {
                Value::Table(given) => flags = read_flags(lua, given).ok_or("unknown flag given")?,
                _ => {
                    return Err(
                        "flags argument to redis.register_function must be a table representing function flags",
                    );
                }
            },
            _ => return Err("unknown argument given to redis.register_function"),
        }
    }
    let name = name.ok_or("redis.register_function must get a function name argument")?;
    let callback = callback.ok_or("redis.register_function must get a callback argument")?;
    Ok(Registered { info: FunctionInfo { name, description, flags }, callback })
}

fn read_flags(lua: &Lua, given: &Table) -> Option<ScriptFlags> {
    let mut flags = ScriptFlags::default();
    for at in 1.. {
        let value: Value = given.raw_get(at).ok()?;
        if value.is_nil() {
            break;
        }
        if !flags.add_any_case(&text(lua, Some(&value))?) {
            return None;
        }
    }
    Some(flags)
}
