//! Replies as Lua values, and Lua values as replies. Source: Redis's `script_lua.c`.

use bytes::Bytes;
use mlua::{Lua, Result, Table, Value as LuaValue};

use super::raise;
use crate::resp::{Protocol, Value};

/// How deep a script's reply may be nested. Redis's limit is the size of the Lua stack, about 8000.
const DEEPEST: usize = 128;

/// A reply as `redis.call` gives it back; `protocol` is what the script chose with `redis.setresp`.
pub fn to_lua(lua: &Lua, value: &Value, protocol: Protocol) -> Result<LuaValue> {
    let string = |bytes: &[u8]| lua.create_string(bytes).map(LuaValue::String);
    let resp3 = protocol == Protocol::Resp3;
    match value {
        Value::Simple(text) => single(lua, "ok", string(text)?),
        Value::Error(line) => {
            let table = raise::table(lua, line)?;
            table.raw_set("ignore_error_stats_update", true)?;
            Ok(LuaValue::Table(table))
        }
        Value::Integer(n) => Ok(LuaValue::Number(*n as f64)),
        Value::Bulk(bytes) => string(bytes),
        Value::Null | Value::NullArray if resp3 => Ok(LuaValue::Nil),
        Value::Null | Value::NullArray => Ok(LuaValue::Boolean(false)),
        Value::Double(d) if resp3 => single(lua, "double", LuaValue::Number(*d)),
        Value::Boolean(b) if resp3 => Ok(LuaValue::Boolean(*b)),
        Value::Map(pairs) if resp3 => {
            let map = lua.create_table()?;
            for (key, value) in pairs {
                map.raw_set(to_lua(lua, key, protocol)?, to_lua(lua, value, protocol)?)?;
            }
            single(lua, "map", LuaValue::Table(map))
        }
        Value::Set(items) if resp3 => {
            let set = lua.create_table()?;
            for item in items {
                set.raw_set(to_lua(lua, item, protocol)?, true)?;
            }
            single(lua, "set", LuaValue::Table(set))
        }
        Value::BigNumber(digits) if resp3 => single(lua, "big_number", string(digits)?),
        Value::Verbatim { format, text } if resp3 => {
            let parts = lua.create_table()?;
            parts.raw_set("string", string(text)?)?;
            parts.raw_set("format", string(format)?)?;
            single(lua, "verbatim_string", LuaValue::Table(parts))
        }
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            let array = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.iter().enumerate() {
                array.raw_set(index + 1, to_lua(lua, item, protocol)?)?;
            }
            Ok(LuaValue::Table(array))
        }
        other => to_lua(lua, &other.clone().into_resp2(), protocol),
    }
}

fn single(lua: &Lua, field: &str, value: LuaValue) -> Result<LuaValue> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(field, value)?;
    Ok(LuaValue::Table(table))
}

/// C's cast of a double to a 64-bit integer on x86: what does not fit is the smallest integer.
fn truncated(number: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) { number as i64 } else { i64::MIN }
}

/// What a script returned as the reply to its caller; `protocol` is what the script chose with `redis.setresp`.
pub fn to_reply(value: &LuaValue, protocol: Protocol) -> Value {
    nested(value, protocol, 0)
}

fn nested(value: &LuaValue, protocol: Protocol, depth: usize) -> Value {
    match value {
        LuaValue::String(text) => Value::Bulk(Bytes::copy_from_slice(&text.as_bytes())),
        LuaValue::Boolean(b) if protocol == Protocol::Resp3 => Value::Boolean(*b),
        LuaValue::Boolean(true) => Value::Integer(1),
        LuaValue::Integer(n) => Value::Integer(*n),
        LuaValue::Number(n) => Value::Integer(truncated(*n)),
        LuaValue::Table(_) if depth >= DEEPEST => Value::error("ERR reached lua stack limit"),
        LuaValue::Table(table) => {
            let within = |value: &LuaValue| nested(value, protocol, depth + 1);
            typed(table, &within).unwrap_or_else(|| Value::Array(sequence(table).map(|item| within(&item)).collect()))
        }
        _ => Value::Null,
    }
}

/// The items of a table from 1 on, up to the first that is nil.
fn sequence(table: &Table) -> impl Iterator<Item = LuaValue> {
    (1i64..).map_while(|index| table.raw_get::<LuaValue>(index).ok().filter(|item| !item.is_nil()))
}

fn field(table: &Table, name: &str) -> LuaValue {
    table.raw_get(name).unwrap_or(LuaValue::Nil)
}

/// A table that is no array: one of its fields says what it is. Redis looks for them in this order.
fn typed(table: &Table, within: &dyn Fn(&LuaValue) -> Value) -> Option<Value> {
    if let LuaValue::String(line) = field(table, "err") {
        return Some(Value::Error(error_line(&line.as_bytes())));
    }
    if let LuaValue::String(text) = field(table, "ok") {
        return Some(Value::Simple(one_line(c_string(&text.as_bytes()))));
    }
    match field(table, "double") {
        LuaValue::Number(d) => return Some(Value::Double(d)),
        LuaValue::Integer(n) => return Some(Value::Double(n as f64)),
        _ => {}
    }
    if let LuaValue::Table(map) = field(table, "map") {
        let pairs = map.pairs::<LuaValue, LuaValue>().flatten();
        return Some(Value::Map(pairs.map(|(key, value)| (within(&key), within(&value))).collect()));
    }
    if let LuaValue::Table(set) = field(table, "set") {
        let members = set.pairs::<LuaValue, LuaValue>().flatten();
        return Some(Value::Set(members.map(|(member, _)| within(&member)).collect()));
    }
    if let LuaValue::String(digits) = field(table, "big_number") {
        return Some(Value::BigNumber(one_line(&digits.as_bytes())));
    }
    let LuaValue::Table(verbatim) = field(table, "verbatim_string") else { return None };
    match (field(&verbatim, "format"), field(&verbatim, "string")) {
        (LuaValue::String(format), LuaValue::String(text)) => {
            let mut letters = [b' '; 3];
            letters.iter_mut().zip(format.as_bytes().iter()).for_each(|(letter, byte)| *letter = *byte);
            Some(Value::Verbatim { format: letters, text: Bytes::copy_from_slice(&text.as_bytes()) })
        }
        _ => None,
    }
}

/// What C sees of a string: the part before its first zero byte.
pub fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// Line ends as spaces.
fn one_line(bytes: &[u8]) -> Bytes {
    bytes.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }).collect()
}

/// An error line as Redis sends one: no zero byte, no line end within or at its end.
pub fn error_line(bytes: &[u8]) -> Bytes {
    let text = c_string(bytes);
    let end = text.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |at| at + 1);
    one_line(&text[..end])
}
