//! JSON as Lua values.

use mlua::{Lua, Result, Table, Value};

use super::super::super::strtod::strtod;
use super::super::raise;
use super::settings::Settings;

/// Reads a text.
pub fn decode(lua: &Lua, text: &[u8], settings: &Settings) -> Result<Value> {
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(raise::text(lua, "JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut parser = Parser { lua, settings, text, at: 0 };
    let value = parser.document()?;
    let (end, at) = parser.next();
    match end {
        Token::End => Ok(value),
        token => Err(parser.unexpected("the end", &token, at)),
    }
}

enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Text(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl Token {
    fn name(&self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::Text(_) => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Error(what) => what,
        }
    }
}

/// A token, and where it stands (an error: where reading stopped).
type Placed = (Token, usize);

struct Parser<'a> {
    lua: &'a Lua,
    settings: &'a Settings,
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn unexpected(&self, expected: &str, found: &Token, at: usize) -> mlua::Error {
        let message = format!("Expected {expected} but found {} at character {}", found.name(), at + 1);
        raise::text(self.lua, message)
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Placed {
        while matches!(self.byte(0), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        let start = self.at;
        let single = match self.byte(0) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            0 => return (Token::End, start),
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        (single, start)
    }

    fn word(&mut self) -> Placed {
        let start = self.at;
        let rest = &self.text[start..];
        let words = [("true", Token::Boolean(true)), ("false", Token::Boolean(false)), ("null", Token::Null)];
        for (word, token) in words {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return (token, start);
            }
        }
        if self.settings.decode_invalid
            && matches!(rest[0], b'i' | b'I' | b'n' | b'N' | b'+')
            && self.is_invalid_number()
        {
            return self.number();
        }
        (Token::Error("invalid token"), start)
    }

    /// What C reads as a number but JSON does not know: signs in front, leading zeros, hexadecimal, inf and nan.
    fn is_invalid_number(&self) -> bool {
        let minus = usize::from(self.byte(0) == b'-');
        match self.byte(minus) {
            _ if self.byte(0) == b'+' => true,
            b'0' => matches!(self.byte(minus + 1), b'x' | b'X' | b'0'..=b'9'),
            0..=b'9' => false,
            _ => {
                let word = self.text.get(self.at + minus..self.at + minus + 3).unwrap_or_default();
                word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")
            }
        }
    }

    fn number(&mut self) -> Placed {
        let start = self.at;
        if !self.settings.decode_invalid && self.is_invalid_number() {
            return (Token::Error("invalid number"), start);
        }
        match strtod(&self.text[start..]) {
            Some((number, read)) => {
                self.at += read;
                (Token::Number(number), start)
            }
            None => (Token::Error("invalid number"), start),
        }
    }

    fn string(&mut self) -> Placed {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.byte(0) {
                b'"' => break,
                0 => return (Token::Error("unexpected end of string"), self.at),
                b'\\' => {
                    let plain = match self.byte(1) {
                        escaped @ (b'"' | b'\\' | b'/') => escaped,
                        b'b' => 8,
                        b't' => b'\t',
                        b'n' => b'\n',
                        b'f' => 12,
                        b'r' => b'\r',
                        b'u' => {
                            let Some((letter, read)) = self.unicode() else {
                                return (Token::Error("invalid unicode escape code"), self.at);
                            };
                            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                            self.at += read;
                            continue;
                        }
                        _ => return (Token::Error("invalid escape code"), self.at),
                    };
                    text.push(plain);
                    self.at += 2;
                }
                other => {
                    text.push(other);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        (Token::Text(text), start)
    }

    /// `\uXXXX`, or two of them that are a surrogate pair; the letter and how many bytes it took.
    fn unicode(&self) -> Option<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.text.get(self.at + at..self.at + at + 4)?;
            digits.iter().try_fold(0u32, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
        };
        let first = unit(2)?;
        if first & 0xf800 != 0xd800 {
            return Some((char::from_u32(first)?, 6));
        }
        if first & 0x400 != 0 || self.byte(6) != b'\\' || self.byte(7) != b'u' {
            return None;
        }
        let second = unit(8).filter(|unit| unit & 0xfc00 == 0xdc00)?;
        Some((char::from_u32(0x1_0000 + ((first & 0x3ff) << 10) + (second & 0x3ff))?, 12))
    }

    /// A value with all that is in it. Containers that are open lie on a stack of their own: JSON may be nested deeper
    /// than this program's stack allows.
    fn document(&mut self) -> Result<Value> {
        let mut open: Vec<Open> = Vec::new();
        let mut token = self.next();
        loop {
            let mut value = match token {
                (Token::Text(text), _) => Value::String(self.lua.create_string(text)?),
                (Token::Number(number), _) => Value::Number(number),
                (Token::Boolean(b), _) => Value::Boolean(b),
                (Token::Null, _) => Value::NULL,
                (begin @ (Token::ObjectBegin | Token::ArrayBegin), _) => {
                    self.check_depth(open.len() + 1)?;
                    let is_object = matches!(begin, Token::ObjectBegin);
                    let mut container = Open { table: self.lua.create_table()?, key: Value::Nil, index: 0, is_object };
                    let first = self.next();
                    if container.is_closed_by(&first.0) {
                        Value::Table(container.table)
                    } else {
                        token = self.item(&mut container, first)?;
                        open.push(container);
                        continue;
                    }
                }
                (token, at) => return Err(self.unexpected("value", &token, at)),
            };
            // The value goes into the innermost container, which may end with it, and so on outwards.
            token = loop {
                let Some(mut container) = open.pop() else { return Ok(value) };
                container.table.raw_set(&container.key, value)?;
                match self.next() {
                    (next, _) if container.is_closed_by(&next) => value = Value::Table(container.table),
                    (Token::Comma, _) => {
                        let next = self.next();
                        let token = self.item(&mut container, next)?;
                        open.push(container);
                        break token;
                    }
                    (next, at) => {
                        let kind = if container.is_object { "object" } else { "array" };
                        return Err(self.unexpected(&format!("comma or {kind} end"), &next, at));
                    }
                }
            };
        }
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        if i64::try_from(depth).is_ok_and(|depth| depth <= self.settings.decode_depth) {
            return Ok(());
        }
        let message = format!("Found too many nested data structures ({depth}) at character {}", self.at);
        Err(raise::text(self.lua, message))
    }

    /// The key of the next item of a container; the token with which its value starts.
    fn item(&mut self, container: &mut Open, token: Placed) -> Result<Placed> {
        if !container.is_object {
            container.index += 1;
            container.key = Value::Integer(container.index);
            return Ok(token);
        }
        match token {
            (Token::Text(key), _) => container.key = Value::String(self.lua.create_string(key)?),
            (token, at) => return Err(self.unexpected("object key string", &token, at)),
        }
        match self.next() {
            (Token::Colon, _) => Ok(self.next()),
            (token, at) => Err(self.unexpected("colon", &token, at)),
        }
    }
}

/// An object or array that has not ended yet.
struct Open {
    table: Table,
    /// Where the next value goes.
    key: Value,
    index: i64,
    is_object: bool,
}

impl Open {
    fn is_closed_by(&self, token: &Token) -> bool {
        matches!((self.is_object, token), (true, Token::ObjectEnd) | (false, Token::ArrayEnd))
    }
}
