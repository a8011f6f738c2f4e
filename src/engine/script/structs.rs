//! The library `struct`: values as bytes of a fixed layout, as Redis's version of Roberto Ierusalimschy's library.

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::raise;

/// The library.
pub fn table(lua: &Lua) -> Result<Table> {
    let library = lua.create_table()?;
    library.raw_set("pack", lua.create_function(|lua, args| pack(lua, &args))?)?;
    library.raw_set("unpack", lua.create_function(|lua, args| unpack(lua, &args))?)?;
    library.raw_set("size", lua.create_function(|lua, args| size(lua, &args))?)?;
    Ok(library)
}

/// Largest integer, in bytes.
const WIDEST: usize = 32;
/// Largest alignment that `!` alone asks for.
const MOST_ALIGNED: usize = 8;

/// A format, read option by option.
struct Format<'a> {
    lua: &'a Lua,
    name: &'static str,
    rest: &'a [u8],
    big_endian: bool,
    align: usize,
}

impl<'a> Format<'a> {
    fn new(lua: &'a Lua, name: &'static str, text: &'a [u8]) -> Format<'a> {
        let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
        Format { lua, name, rest: &text[..end], big_endian: false, align: 1 }
    }

    fn number(&mut self, default: usize) -> Result<usize> {
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return Ok(default);
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<i32>().ok());
        let number = number.ok_or_else(|| raise::text(self.lua, "integral size overflow"))?;
        Ok(usize::try_from(number).unwrap_or(0))
    }

    /// The next option that stands for a value or a filler, and its size; options about the layout are obeyed here.
    fn next(&mut self) -> Result<Option<(u8, usize)>> {
        while let Some((&option, rest)) = self.rest.split_first() {
            self.rest = rest;
            let size = match option {
                b'B' | b'b' | b'x' => 1,
                b'H' | b'h' => 2,
                b'L' | b'l' | b'T' | b'd' => 8,
                b'f' => 4,
                b's' => 0,
                b'c' => self.number(1)?,
                b'i' | b'I' => self.integer_size()?,
                b' ' => continue,
                b'>' | b'<' => {
                    self.big_endian = option == b'>';
                    continue;
                }
                b'!' => {
                    let align = self.number(MOST_ALIGNED)?;
                    if !align.is_power_of_two() {
                        return Err(raise::text(self.lua, format!("alignment {align} is not a power of 2")));
                    }
                    self.align = align;
                    continue;
                }
                // The original's `size` passes over letters and digits that it does not know.
                _ if self.name == "size" && option.is_ascii_alphanumeric() => continue,
                _ => {
                    let name = raise::called_name(self.lua);
                    let start = format!("bad argument #1 to '{name}' (invalid format option '");
                    return Err(raise::text(self.lua, [start.as_bytes(), &[option], b"')"].concat()));
                }
            };
            return Ok(Some((option, size)));
        }
        Ok(None)
    }

    fn integer_size(&mut self) -> Result<usize> {
        let size = self.number(4)?;
        if size > WIDEST {
            return Err(raise::text(self.lua, format!("integral size {size} is larger than limit of {WIDEST}")));
        }
        Ok(size)
    }

    /// The filler before a value of this size that would start at `at`.
    fn padding(&self, at: usize, option: u8, size: usize) -> usize {
        if size == 0 || option == b'c' {
            return 0;
        }
        let size = size.min(self.align);
        if size > 1 { (size - (at & (size - 1))) & (size - 1) } else { 0 }
    }

    /// Bytes in the order that was asked for, given the lowest first.
    fn ordered(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }
}

fn pack(lua: &Lua, args: &MultiValue) -> Result<mlua::LuaString> {
    // The original marks the end of the arguments with a nil, which an error about a missing one then names.
    let text = raise::string(lua, args, 0)?;
    let args = &args.iter().cloned().chain([Value::Nil]).collect();
    let text = text.as_bytes();
    let mut format = Format::new(lua, "pack", &text);
    let (mut out, mut next) = (Vec::new(), 1);
    while let Some((option, size)) = format.next()? {
        out.resize(out.len() + format.padding(out.len(), option, size), 0);
        match option {
            b'x' => out.push(0),
            b'f' => {
                let number = raise::number(lua, args, next)? as f32;
                out.extend(format.ordered(number.to_le_bytes().to_vec()));
            }
            b'd' => {
                let number = raise::number(lua, args, next)?;
                out.extend(format.ordered(number.to_le_bytes().to_vec()));
            }
            b'c' | b's' => {
                let text = raise::string(lua, args, next)?;
                let text = text.as_bytes();
                let size = if size == 0 { text.len() } else { size };
                // Redis counts the argument after this one; so do we.
                let bytes = text.get(..size).ok_or_else(|| raise::argument(lua, next + 2, "string too short"))?;
                out.extend_from_slice(bytes);
                out.extend((option == b's').then_some(0));
            }
            _ => {
                let number = raise::number(lua, args, next)?;
                let value = if number < 9_223_372_036_854_775_808.0 { number as i64 as u64 } else { number as u64 };
                let bytes = (0..size).map(|at| if at < 8 { (value >> (8 * at)) as u8 } else { 0 }).collect();
                out.extend(format.ordered(bytes));
            }
        }
        next += usize::from(option != b'x');
    }
    lua.create_string(out)
}

fn unpack(lua: &Lua, args: &MultiValue) -> Result<MultiValue> {
    let text = raise::string(lua, args, 0)?;
    let data = raise::string(lua, args, 1)?;
    let (text, data) = (text.as_bytes(), data.as_bytes());
    let start = if args.len() > 2 { raise::number(lua, args, 2)? } else { 1.0 };
    let too_short = || raise::argument(lua, 2, "data string too short");
    if start < 1.0 {
        return Err(too_short());
    }
    let mut format = Format::new(lua, "unpack", &text);
    let (mut at, mut values) = (start as usize - 1, Vec::new());
    while let Some((option, size)) = format.next()? {
        at = at.saturating_add(format.padding(at, option, size));
        let bytes = data.get(at..at.saturating_add(size)).ok_or_else(too_short)?;
        let mut size = size;
        match option {
            b'x' => {}
            b'f' => {
                let mut wide = [0; 4];
                wide.copy_from_slice(&format.ordered(bytes.to_vec()));
                values.push(Value::Number(f64::from(f32::from_le_bytes(wide))));
            }
            b'd' => {
                let mut wide = [0; 8];
                wide.copy_from_slice(&format.ordered(bytes.to_vec()));
                values.push(Value::Number(f64::from_le_bytes(wide)));
            }
            b'c' => {
                if size == 0 {
                    let length = values.pop().and_then(|value| lua.coerce_number(value).ok().flatten());
                    let length = length.ok_or_else(|| raise::text(lua, "format 'c0' needs a previous size"))?;
                    size = length as usize;
                }
                let bytes = data.get(at..at.saturating_add(size)).ok_or_else(too_short)?;
                values.push(Value::String(lua.create_string(bytes)?));
            }
            b's' => {
                let rest = data.get(at..).ok_or_else(too_short)?;
                let end = rest.iter().position(|b| *b == 0);
                let end = end.ok_or_else(|| raise::text(lua, "unfinished string in data"))?;
                values.push(Value::String(lua.create_string(&rest[..end])?));
                size = end + 1;
            }
            _ => values.push(Value::Number(integer(&format.ordered(bytes.to_vec()), option.is_ascii_lowercase()))),
        }
        at += size;
    }
    values.push(Value::Number((at + 1) as f64));
    Ok(values.into_iter().collect())
}

/// An integer, its lowest byte first.
fn integer(bytes: &[u8], signed: bool) -> f64 {
    let value = bytes.iter().take(8).enumerate().fold(0u64, |value, (at, byte)| value | (u64::from(*byte) << (8 * at)));
    if !signed {
        return value as f64;
    }
    let unused = 64 - 8 * bytes.len().clamp(1, 8);
    (((value << unused) as i64) >> unused) as f64
}

fn size(lua: &Lua, args: &MultiValue) -> Result<f64> {
    let text = raise::string(lua, args, 0)?;
    let text = text.as_bytes();
    let mut format = Format::new(lua, "size", &text);
    let mut total = 0usize;
    while let Some((option, size)) = format.next()? {
        if option == b's' {
            return Err(raise::argument(lua, 1, "option 's' has no fixed size"));
        }
        if option == b'c' && size == 0 {
            return Err(raise::argument(lua, 1, "option 'c0' has no fixed size"));
        }
        total += format.padding(total, option, size) + size;
    }
    Ok(total as f64)
}
