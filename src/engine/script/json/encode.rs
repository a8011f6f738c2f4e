//! Lua values as JSON.

use mlua::{Function, Lua, Result, Table, Value};

use super::super::raise;
use super::settings::Settings;

/// Writes a value.
pub fn encode(lua: &Lua, value: &Value, settings: &Settings) -> Result<Vec<u8>> {
    let mut writer = Writer { lua, next: lua.globals().raw_get("next")?, settings, out: Vec::new() };
    writer.document(value.clone())?;
    Ok(writer.out)
}

struct Writer<'a> {
    lua: &'a Lua,
    /// Lua's own `next`: a table is walked pair by pair, since the interpreter has room for some thousands of values
    /// in hand.
    next: Function,
    settings: &'a Settings,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn refuse(&self, value: &Value, why: &str) -> mlua::Error {
        raise::text(self.lua, format!("Cannot serialise {}: {why}", raise::type_name(value)))
    }

    fn scalar(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            value if value.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(b) => self.out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Integer(n) => self.number(*n as f64, value)?,
            Value::Number(n) => self.number(*n, value)?,
            Value::String(text) => self.string(&text.as_bytes()),
            _ => return Err(self.refuse(value, "type not supported")),
        }
        Ok(())
    }

    fn number(&mut self, number: f64, value: &Value) -> Result<()> {
        if !number.is_finite() {
            match self.settings.encode_invalid {
                0 => return Err(self.refuse(value, "must not be NaN or Inf")),
                1 => {}
                _ => {
                    self.out.extend_from_slice(b"null");
                    return Ok(());
                }
            }
        }
        let precision = usize::try_from(self.settings.precision).unwrap_or(14);
        self.out.extend_from_slice(general(number, precision).as_bytes());
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for &byte in text {
            let escape = match byte {
                b'"' | b'\\' | b'/' => byte,
                8 => b'b',
                9 => b't',
                10 => b'n',
                12 => b'f',
                13 => b'r',
                0..32 | 127 => {
                    self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                    continue;
                }
                _ => {
                    self.out.push(byte);
                    continue;
                }
            };
            self.out.extend([b'\\', escape]);
        }
        self.out.push(b'"');
    }

    /// A value with all that is in it. Tables that are open lie on a stack of their own: they may be nested deeper than
    /// this program's stack allows.
    fn document(&mut self, mut value: Value) -> Result<()> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            match &value {
                Value::Table(table) => {
                    let depth = open.len() + 1;
                    if i64::try_from(depth).is_ok_and(|depth| depth > self.settings.encode_depth) {
                        let message = format!("Cannot serialise, excessive nesting ({depth})");
                        return Err(raise::text(self.lua, message));
                    }
                    open.push(self.open(table)?);
                }
                scalar => self.scalar(scalar)?,
            }
            value = loop {
                let Some(innermost) = open.last_mut() else { return Ok(()) };
                match self.item(innermost)? {
                    Some(item) => break item,
                    None => drop(open.pop()),
                }
            };
        }
    }

    fn open(&mut self, table: &Table) -> Result<Open> {
        let length = self.array_length(table)?;
        if length > 0 {
            self.out.push(b'[');
            return Ok(Open::Array { table: table.clone(), next: 1, length });
        }
        self.out.push(b'{');
        Ok(Open::Object { table: table.clone(), last: Value::Nil })
    }

    /// The next value of an open table, after what has to stand before it; at the end its bracket.
    fn item(&mut self, open: &mut Open) -> Result<Option<Value>> {
        match open {
            Open::Array { next, length, .. } if *next > *length => self.out.push(b']'),
            Open::Array { table, next, .. } => {
                if *next > 1 {
                    self.out.push(b',');
                }
                *next += 1;
                return table.raw_get(*next - 1).map(Some);
            }
            Open::Object { table, last } => {
                let (key, value): (Value, Value) = self.next.call((&*table, &*last))?;
                if key.is_nil() {
                    self.out.push(b'}');
                    return Ok(None);
                }
                if !last.is_nil() {
                    self.out.push(b',');
                }
                *last = key.clone();
                self.key(&key)?;
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn key(&mut self, key: &Value) -> Result<()> {
        match key {
            Value::String(text) => self.string(&text.as_bytes()),
            Value::Integer(_) | Value::Number(_) => {
                self.out.push(b'"');
                self.scalar(key)?;
                self.out.push(b'"');
            }
            _ => return Err(self.refuse(key, "table key must be a number or string")),
        }
        self.out.push(b':');
        Ok(())
    }

    /// The length of a table that is an array; 0 for one that is an object, or empty.
    fn array_length(&self, table: &Table) -> Result<i64> {
        let (mut highest, mut items) = (0i64, 0i64);
        for pair in table.pairs::<Value, Value>() {
            match pair?.0 {
                Value::Integer(n) if n >= 1 => {
                    highest = highest.max(n);
                    items += 1;
                }
                _ => return Ok(0),
            }
        }
        let Settings { sparse_ratio, sparse_safe, sparse_convert, .. } = *self.settings;
        if sparse_ratio > 0 && highest > items.saturating_mul(sparse_ratio) && highest > sparse_safe {
            if !sparse_convert {
                return Err(raise::text(self.lua, "Cannot serialise table: excessively sparse array"));
            }
            return Ok(0);
        }
        Ok(highest)
    }
}

/// A table that is being written.
enum Open {
    Array { table: Table, next: i64, length: i64 },
    Object { table: Table, last: Value },
}

/// C's `%.{precision}g`.
fn general(number: f64, precision: usize) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if number == 0.0 {
        return if number.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    let digits = precision.max(1) - 1;
    let scientific = format!("{number:.digits$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let last = i32::try_from(digits).unwrap_or(13);
    if (-4..=last).contains(&exponent) {
        let decimals = usize::try_from(last - exponent).unwrap_or(0);
        return trimmed(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text.into() }
}
