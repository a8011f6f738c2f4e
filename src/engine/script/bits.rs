//! The library `bit`: operations on 32-bit integers, as LuaBitOp 1.0 has them.

use mlua::{Lua, MultiValue, Result, Table};

use super::raise;

type Unary = fn(u32) -> u32;
type Binary = fn(u32, u32) -> u32;

/// The library.
pub fn table(lua: &Lua) -> Result<Table> {
    let bit = lua.create_table()?;
    let one: [(&str, Unary); 3] = [("tobit", |b| b), ("bnot", |b| !b), ("bswap", u32::swap_bytes)];
    for (name, op) in one {
        let function = move |lua: &Lua, args: MultiValue| Ok(signed(op(argument(lua, &args, 0)?)));
        bit.raw_set(name, lua.create_function(function)?)?;
    }
    let many: [(&str, Binary); 3] = [("band", |a, b| a & b), ("bor", |a, b| a | b), ("bxor", |a, b| a ^ b)];
    for (name, op) in many {
        let function = move |lua: &Lua, args: MultiValue| {
            let mut bits = argument(lua, &args, 0)?;
            for index in 1..args.len() {
                bits = op(bits, argument(lua, &args, index)?);
            }
            Ok(signed(bits))
        };
        bit.raw_set(name, lua.create_function(function)?)?;
    }
    let shifts: [(&str, Binary); 5] = [
        ("lshift", |b, n| b << n),
        ("rshift", |b, n| b >> n),
        ("arshift", |b, n| (b as i32 >> n) as u32),
        ("rol", u32::rotate_left),
        ("ror", u32::rotate_right),
    ];
    for (name, op) in shifts {
        let function = move |lua: &Lua, args: MultiValue| {
            let (bits, count) = (argument(lua, &args, 0)?, argument(lua, &args, 1)?);
            Ok(signed(op(bits, count & 31)))
        };
        bit.raw_set(name, lua.create_function(function)?)?;
    }
    bit.raw_set("tohex", lua.create_function(|lua, args| tohex(lua, &args))?)?;
    Ok(bit)
}

fn signed(bits: u32) -> f64 {
    f64::from(bits as i32)
}

/// The low 32 bits of a number, rounded to the nearest integer, halves to even.
fn argument(lua: &Lua, args: &MultiValue, index: usize) -> Result<u32> {
    // Adding 2^52 + 2^51 moves the integer part of a double into its low bits.
    let number = raise::number(lua, args, index)? + 6_755_399_441_055_744.0;
    Ok(number.to_bits() as u32)
}

/// The last digits of a number: 8 unless the second argument says how many, in capitals where that is negative.
fn tohex(lua: &Lua, args: &MultiValue) -> Result<String> {
    let bits = argument(lua, args, 0)?;
    let wanted = if args.len() < 2 { 8 } else { argument(lua, args, 1)? as i32 };
    let digits = if wanted < 0 { format!("{bits:08X}") } else { format!("{bits:08x}") };
    let count = usize::try_from(wanted.unsigned_abs()).unwrap_or(8).min(8);
    Ok(digits[8 - count..].to_string())
}
