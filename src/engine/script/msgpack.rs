//! The library `cmsgpack`: MessagePack, as lua-cmsgpack 0.4 writes and reads it.

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::raise;

/// Tables nested deeper are packed as nil, so that one that contains itself has an end.
const DEEPEST: usize = 16;
/// Values nested deeper are refused when they are read, where the original overflows its stack.
const DEEPEST_READ: usize = 100;

/// The library.
pub fn table(lua: &Lua) -> Result<Table> {
    let library = lua.create_table()?;
    library.raw_set("_NAME", "cmsgpack")?;
    library.raw_set("_VERSION", "lua-cmsgpack 0.4.0")?;
    library.raw_set("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo")?;
    library.raw_set("_DESCRIPTION", "MessagePack C implementation for Lua")?;
    library.raw_set("pack", lua.create_function(|lua, args| pack(lua, &args))?)?;
    library.raw_set("unpack", lua.create_function(|lua, args| unpack(lua, &args, 0.0, 0.0))?)?;
    let one = |lua: &Lua, args: MultiValue| {
        let offset = optional(lua, &args, 1)?;
        unpack(lua, &args, 1.0, offset)
    };
    library.raw_set("unpack_one", lua.create_function(one)?)?;
    let limit = |lua: &Lua, args: MultiValue| {
        let limit = raise::number(lua, &args, 1)?.trunc();
        let offset = optional(lua, &args, 2)?;
        unpack(lua, &args, limit, offset)
    };
    library.raw_set("unpack_limit", lua.create_function(limit)?)?;
    Ok(library)
}

fn optional(lua: &Lua, args: &MultiValue, index: usize) -> Result<f64> {
    match args.get(index) {
        None | Some(Value::Nil) => Ok(0.0),
        Some(_) => Ok(raise::number(lua, args, index)?.trunc()),
    }
}

fn pack(lua: &Lua, args: &MultiValue) -> Result<mlua::LuaString> {
    if args.is_empty() {
        return Err(raise::argument(lua, 0, "MessagePack pack needs input."));
    }
    let mut out = Vec::new();
    for value in args {
        write(value, 0, &mut out)?;
    }
    lua.create_string(out)
}

fn write(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::String(text) => write_string(&text.as_bytes(), out),
        Value::Boolean(b) => out.push(if *b { 0xc3 } else { 0xc2 }),
        Value::Integer(n) => write_integer(*n, out),
        Value::Number(n) => write_number(*n, out),
        Value::Table(table) if depth < DEEPEST => write_table(table, depth, out)?,
        _ => out.push(0xc0),
    }
    Ok(())
}

/// A length in the shortest form: within `fix` (if it is below `few`), in 16 or in 32 bits.
fn write_length(len: usize, fix: u8, few: usize, wide: u8, out: &mut Vec<u8>) {
    match (u16::try_from(len), u32::try_from(len)) {
        _ if len < few => out.push(fix | len as u8),
        (Ok(short), _) => {
            out.push(wide);
            out.extend(short.to_be_bytes());
        }
        (_, long) => {
            out.push(wide + 1);
            out.extend(long.unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}

fn write_string(text: &[u8], out: &mut Vec<u8>) {
    match u8::try_from(text.len()) {
        Ok(len) if len >= 32 => out.extend([0xd9, len]),
        _ => write_length(text.len(), 0xa0, 32, 0xda, out),
    }
    out.extend_from_slice(text);
}

fn write_number(n: f64, out: &mut Vec<u8>) {
    if n.is_finite() && n.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&n) {
        return write_integer(n as i64, out);
    }
    let short = n as f32;
    if f64::from(short) == n {
        out.push(0xca);
        out.extend(short.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend(n.to_be_bytes());
    }
}

fn write_integer(n: i64, out: &mut Vec<u8>) {
    let bytes = n.to_be_bytes();
    let (mark, width) = match n {
        -32..=127 => {
            out.push(n as u8);
            return;
        }
        128..=0xff => (0xcc, 1),
        0x100..=0xffff => (0xcd, 2),
        0x1_0000..=0xffff_ffff => (0xce, 4),
        0x1_0000_0000.. => (0xcf, 8),
        -128.. => (0xd0, 1),
        -32_768.. => (0xd1, 2),
        -2_147_483_648.. => (0xd2, 4),
        _ => (0xd3, 8),
    };
    out.push(mark);
    out.extend_from_slice(&bytes[8 - width..]);
}

/// Tables whose keys are 1 to n are arrays, all others maps.
fn write_table(table: &Table, depth: usize, out: &mut Vec<u8>) -> Result<()> {
    // Pair by pair, since the interpreter has room for some thousands of values in hand.
    let (mut count, mut highest, mut is_array) = (0, 0, true);
    for pair in table.pairs::<Value, Value>() {
        match pair?.0 {
            Value::Integer(n) if n >= 1 => highest = highest.max(n),
            _ => is_array = false,
        }
        count += 1;
    }
    if is_array && usize::try_from(highest) == Ok(count) {
        write_length(count, 0x90, 16, 0xdc, out);
        for index in 1..=count {
            write(&table.raw_get(index)?, depth + 1, out)?;
        }
        return Ok(());
    }
    write_length(count, 0x80, 16, 0xde, out);
    for pair in table.pairs() {
        let (key, value): (Value, Value) = pair?;
        write(&key, depth + 1, out)?;
        write(&value, depth + 1, out)?;
    }
    Ok(())
}

fn unpack(lua: &Lua, args: &MultiValue, limit: f64, offset: f64) -> Result<MultiValue> {
    let text = raise::string(lua, args, 0)?;
    let text = text.as_bytes();
    if limit < 0.0 || offset < 0.0 {
        let message = format!("Invalid request to unpack with offset of {offset} and limit of {}.", text.len());
        return Err(raise::text(lua, message));
    }
    if offset > text.len() as f64 {
        let message = format!("Start offset {offset} greater than input length {}.", text.len());
        return Err(raise::text(lua, message));
    }
    let everything = limit == 0.0 && offset == 0.0;
    let most = if everything { usize::MAX } else { limit as usize };
    let mut reader = Reader { lua, rest: &text[offset as usize..], depth: 0 };
    let mut values = Vec::new();
    while !reader.rest.is_empty() && values.len() < most {
        values.push(reader.value().map_err(|fault| fault.raise(lua))?);
    }
    if !everything {
        let next = if reader.rest.is_empty() { -1.0 } else { (text.len() - reader.rest.len()) as f64 };
        values.insert(0, Value::Number(next));
    }
    Ok(values.into_iter().collect())
}

enum Fault {
    Short,
    Bad,
    Lua(mlua::Error),
}

impl Fault {
    fn raise(self, lua: &Lua) -> mlua::Error {
        match self {
            Fault::Short => raise::text(lua, "Missing bytes in input."),
            Fault::Bad => raise::text(lua, "Bad data format in input."),
            Fault::Lua(error) => error,
        }
    }
}

impl From<mlua::Error> for Fault {
    fn from(error: mlua::Error) -> Fault {
        Fault::Lua(error)
    }
}

struct Reader<'a> {
    lua: &'a Lua,
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> std::result::Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Fault::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn unsigned(&mut self, width: usize) -> std::result::Result<u64, Fault> {
        Ok(self.take(width)?.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    fn signed(&mut self, width: usize) -> std::result::Result<f64, Fault> {
        let unused = 64 - 8 * width;
        Ok((((self.unsigned(width)? << unused) as i64) >> unused) as f64)
    }

    fn length(&mut self, width: usize) -> std::result::Result<usize, Fault> {
        Ok(usize::try_from(self.unsigned(width)?).unwrap_or(usize::MAX))
    }

    fn value(&mut self) -> std::result::Result<Value, Fault> {
        let mark = self.take(1)?[0];
        Ok(match mark {
            0x00..=0x7f => Value::Number(f64::from(mark)),
            0xe0..=0xff => Value::Number(f64::from(mark as i8)),
            0xc0 => Value::Nil,
            0xc2 | 0xc3 => Value::Boolean(mark == 0xc3),
            0xcc..=0xcf => Value::Number(self.unsigned(1 << (mark - 0xcc))? as f64),
            0xd0..=0xd3 => Value::Number(self.signed(1 << (mark - 0xd0))?),
            0xca => Value::Number(f64::from(f32::from_bits(self.unsigned(4)? as u32))),
            0xcb => Value::Number(f64::from_bits(self.unsigned(8)?)),
            0xa0..=0xbf => self.string(usize::from(mark & 0x1f))?,
            0xd9..=0xdb => {
                let len = self.length(1 << (mark - 0xd9))?;
                self.string(len)?
            }
            0x90..=0x9f => self.nested(usize::from(mark & 0xf), false)?,
            0x80..=0x8f => self.nested(usize::from(mark & 0xf), true)?,
            0xdc | 0xdd => {
                let len = self.length(if mark == 0xdc { 2 } else { 4 })?;
                self.nested(len, false)?
            }
            0xde | 0xdf => {
                let len = self.length(if mark == 0xde { 2 } else { 4 })?;
                self.nested(len, true)?
            }
            _ => return Err(Fault::Bad),
        })
    }

    fn string(&mut self, len: usize) -> std::result::Result<Value, Fault> {
        let bytes = self.take(len)?;
        Ok(Value::String(self.lua.create_string(bytes)?))
    }

    fn nested(&mut self, len: usize, is_map: bool) -> std::result::Result<Value, Fault> {
        if self.depth >= DEEPEST_READ {
            return Err(Fault::Bad);
        }
        self.depth += 1;
        let table = self.lua.create_table()?;
        for index in 0..len {
            let key = if is_map { self.value()? } else { Value::Number((index + 1) as f64) };
            let value = self.value()?;
            table.raw_set(key, value)?;
        }
        self.depth -= 1;
        Ok(Value::Table(table))
    }
}
