//! The table `cjson`.

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::super::raise;
use super::decode::decode;
use super::encode::encode;
use super::settings::{Settings, Shared};

/// The library; its functions share `settings`.
pub fn table(lua: &Lua, settings: &Shared) -> Result<Table> {
    let json = lua.create_table()?;
    json.raw_set("_NAME", "cjson")?;
    json.raw_set("_VERSION", "2.1.0")?;
    json.raw_set("null", Value::NULL)?;
    let shared = settings.clone();
    let write = move |lua: &Lua, args: MultiValue| {
        one_argument(lua, &args)?;
        let settings = *shared.get();
        lua.create_string(encode(lua, args.front().unwrap_or(&Value::Nil), &settings)?)
    };
    json.raw_set("encode", lua.create_function(write)?)?;
    let shared = settings.clone();
    let read = move |lua: &Lua, args: MultiValue| {
        one_argument(lua, &args)?;
        let settings = *shared.get();
        decode(lua, &raise::string(lua, &args, 0)?.as_bytes(), &settings)
    };
    json.raw_set("decode", lua.create_function(read)?)?;
    json.raw_set("new", lua.create_function(|lua, _: MultiValue| table(lua, &Shared::default()))?)?;
    choices(lua, &json, settings)?;
    Ok(json)
}

fn one_argument(lua: &Lua, args: &MultiValue) -> Result<()> {
    if args.len() == 1 { Ok(()) } else { Err(raise::argument(lua, 1, "expected 1 argument")) }
}

/// A function that changes choices where arguments say so, and answers them.
type Choice = fn(&Lua, &MultiValue, &mut Settings) -> Result<MultiValue>;

fn choices(lua: &Lua, json: &Table, settings: &Shared) -> Result<()> {
    let functions: [(&'static str, usize, Choice); 7] = [
        ("encode_sparse_array", 3, |lua, args, settings| {
            flag(lua, args, &mut settings.sparse_convert)?;
            integer(lua, args, 1, (0, i32::MAX.into()), &mut settings.sparse_ratio)?;
            integer(lua, args, 2, (0, i32::MAX.into()), &mut settings.sparse_safe)?;
            let numbers = [settings.sparse_ratio, settings.sparse_safe].map(Value::Integer);
            Ok(std::iter::once(Value::Boolean(settings.sparse_convert)).chain(numbers).collect())
        }),
        ("encode_max_depth", 1, |lua, args, settings| {
            integer(lua, args, 0, (1, i32::MAX.into()), &mut settings.encode_depth)?;
            Ok(single(Value::Integer(settings.encode_depth)))
        }),
        ("decode_max_depth", 1, |lua, args, settings| {
            integer(lua, args, 0, (1, i32::MAX.into()), &mut settings.decode_depth)?;
            Ok(single(Value::Integer(settings.decode_depth)))
        }),
        ("encode_number_precision", 1, |lua, args, settings| {
            integer(lua, args, 0, (1, 14), &mut settings.precision)?;
            Ok(single(Value::Integer(settings.precision)))
        }),
        ("encode_keep_buffer", 1, |lua, args, settings| {
            flag(lua, args, &mut settings.keep_buffer)?;
            Ok(single(Value::Boolean(settings.keep_buffer)))
        }),
        ("decode_invalid_numbers", 1, |lua, args, settings| {
            flag(lua, args, &mut settings.decode_invalid)?;
            Ok(single(Value::Boolean(settings.decode_invalid)))
        }),
        ("encode_invalid_numbers", 1, |lua, args, settings| {
            option(lua, args, &["off", "on", "null"], &mut settings.encode_invalid)?;
            Ok(single(match settings.encode_invalid {
                2 => Value::String(lua.create_string("null")?),
                other => Value::Boolean(other == 1),
            }))
        }),
    ];
    for (name, most, choice) in functions {
        let shared = settings.clone();
        let function = move |lua: &Lua, args: MultiValue| {
            if args.len() > most {
                return Err(raise::argument(lua, most + 1, "found too many arguments"));
            }
            choice(lua, &args, &mut shared.get())
        };
        json.raw_set(name, lua.create_function(function)?)?;
    }
    Ok(())
}

fn single(value: Value) -> MultiValue {
    std::iter::once(value).collect()
}

fn integer(lua: &Lua, args: &MultiValue, index: usize, (least, most): (i64, i64), choice: &mut i64) -> Result<()> {
    if args.get(index).is_none_or(Value::is_nil) {
        return Ok(());
    }
    let number = raise::number(lua, args, index)?;
    if number < least as f64 || number > most as f64 {
        let message = format!("expected integer between {least} and {most}");
        return Err(raise::argument(lua, 1, &message));
    }
    *choice = number as i64;
    Ok(())
}

/// One of some words, or a boolean that stands for the first or the second.
fn option(lua: &Lua, args: &MultiValue, words: &[&str], choice: &mut i64) -> Result<()> {
    match args.front() {
        None | Some(Value::Nil) => {}
        Some(Value::Boolean(b)) => *choice = i64::from(*b),
        Some(_) => {
            let word = raise::string(lua, args, 0)?.to_string_lossy();
            let found = words.iter().position(|known| *known == word);
            let found = found.ok_or_else(|| raise::argument(lua, 1, &format!("invalid option '{word}'")))?;
            *choice = found as i64;
        }
    }
    Ok(())
}

fn flag(lua: &Lua, args: &MultiValue, choice: &mut bool) -> Result<()> {
    let mut number = i64::from(*choice);
    option(lua, args, &["off", "on"], &mut number)?;
    *choice = number == 1;
    Ok(())
}
