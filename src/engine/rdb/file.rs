//! Whole files: what SAVE writes (`dump.rdb`).

use std::borrow::Cow;

use crate::resp::printable;

use super::super::keyspace::{Data, Keyspace};
use super::super::types::EncodingLimits;
use super::crc64::crc64;
use super::dump::early_function;
use super::kind;
use super::load::{is_value, read_value};
use super::reader::{Fault, Read, Reader, SHORT};
use super::save::{kind_of, version_of, write_value};
use super::writer::Writer;

/// What every file begins with.
const MAGIC: &[u8] = b"REDIS";
/// The digits of the version behind that.
const DIGITS: usize = 4;
/// What files of Valkey 9 and later begin with; three digits of a version follow.
const VALKEY_MAGIC: &[u8] = b"VALKEY";
/// From this version on, a checksum is behind the end.
const SUMMED: u16 = 5;

/// What a file is written of.
pub struct Content<'a> {
    /// The databases.
    pub keyspace: &'a Keyspace,
    /// The sources of libraries.
    pub functions: Vec<&'a [u8]>,
    /// What the file says of itself, by name.
    pub notes: Vec<(&'static str, String)>,
    /// The time in milliseconds since the Unix epoch: keys whose time has come are left out.
    pub now_ms: i64,
    /// The limits by which lists are cut into nodes.
    pub limits: EncodingLimits,
    /// `rdbcompression`
    pub compress: bool,
}

/// The bytes of a file, in the oldest version of the format that has room for everything: 10 (Redis 7.0), or 12 (Redis
/// 7.4) where fields of hashes expire.
pub fn write_file(content: &Content<'_>) -> Vec<u8> {
    let mut out = Writer::new(content.compress);
    out.bytes.extend_from_slice(MAGIC);
    let (mut version, digits) = (kind::VERSION, out.bytes.len());
    out.bytes.extend_from_slice(&[b'0'; DIGITS]);
    for (name, value) in &content.notes {
        out.byte(kind::AUX);
        out.string(name.as_bytes());
        out.string(value.as_bytes());
    }
    for source in &content.functions {
        out.byte(kind::FUNCTION2);
        out.string(source);
    }
    for db in 0..content.keyspace.databases() {
        version = version.max(write_database(db, content, &mut out));
    }
    out.bytes[digits..digits + DIGITS].copy_from_slice(format!("{version:04}").as_bytes());
    out.byte(kind::EOF);
    let sum = crc64(&out.bytes);
    out.bytes.extend(sum.to_le_bytes());
    out.bytes
}

/// Writes a database; the version of the format that it needs.
fn write_database(db: usize, content: &Content<'_>, out: &mut Writer) -> u16 {
    let (keyspace, mut version) = (content.keyspace, kind::VERSION);
    if keyspace.is_empty(db) {
        return version;
    }
    out.byte(kind::SELECTDB);
    out.length(db);
    out.byte(kind::RESIZEDB);
    out.length(keyspace.len(db));
    out.length(keyspace.volatile_len(db));
    for (key, entry) in keyspace.iter(db) {
        let expires_ms = keyspace.expiry_of(db, entry);
        if expires_ms.is_some_and(|at| at < content.now_ms) {
            continue;
        }
        if let Some(at) = expires_ms {
            out.byte(kind::EXPIRETIME_MS);
            out.little(at);
        }
        if keyspace.clock.counts() {
            out.byte(kind::FREQ);
            out.byte(keyspace.clock.frequency(entry.lru).min(255) as u8);
        }
        out.byte(kind_of(&entry.data));
        out.string(key);
        write_value(&entry.data, &content.limits, out);
        version = version.max(version_of(&entry.data));
    }
    version
}

/// A key of a file.
pub struct Key<'a> {
    /// Its database.
    pub db: u64,
    /// Its name.
    pub name: Cow<'a, [u8]>,
    /// Its value.
    pub data: Data,
    /// When it expires, in milliseconds since the Unix epoch; `None`: never.
    pub expires_ms: Option<i64>,
    /// For how many seconds it had not been used.
    pub idle_s: Option<u64>,
    /// How often it was used, 0 to 255.
    pub frequency: Option<u8>,
}

/// A part of a file.
pub enum Part<'a> {
    /// A key.
    Key(Box<Key<'a>>),
    /// The source of a library of functions.
    Function(Vec<u8>),
    /// What the file says of itself: a name and a value.
    Note(Cow<'a, [u8]>, Cow<'a, [u8]>),
    /// Something that cannot be kept here: the data of a module.
    LeftOut(String),
}

/// Reads a file part by part.
pub struct FileReader<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    version: u16,
    limits: EncodingLimits,
    db: u64,
}

impl<'a> FileReader<'a> {
    /// Begins to read.
    ///
    /// # Errors
    /// If this is no such file, or one of a later version.
    pub fn new(bytes: &'a [u8], limits: &EncodingLimits) -> Read<FileReader<'a>> {
        let mut reader = Reader::new(bytes);
        if bytes.starts_with(VALKEY_MAGIC) {
            return Err(later(bytes, VALKEY_MAGIC.len() + DIGITS - 1));
        }
        if reader.take(MAGIC.len()).ok() != Some(MAGIC) {
            return Err(Fault::new("this is no dump of Redis: it does not begin with REDIS"));
        }
        let version = version_in(reader.take(DIGITS)?).ok_or(Fault::new("the version behind REDIS is no number"))?;
        if !(1..=kind::NEWEST).contains(&version) {
            return Err(later(bytes, MAGIC.len() + DIGITS));
        }
        Ok(FileReader { bytes, reader, version, limits: *limits, db: 0 })
    }

    /// How many bytes were read.
    pub fn at(&self) -> usize {
        self.reader.at()
    }

    /// The next part; `None` behind the last.
    ///
    /// # Errors
    /// What is damaged, or unknown.
    pub fn next_part(&mut self) -> Read<Option<Part<'a>>> {
        let (mut expires_ms, mut idle_s, mut frequency) = (None, None, None);
        loop {
            let reader = &mut self.reader;
            match reader.byte()? {
                kind::EXPIRETIME => {
                    expires_ms = Some(i64::from(i32::from_le_bytes(reader.array()?)).saturating_mul(1000));
                }
                kind::EXPIRETIME_MS => expires_ms = Some(reader.little()?),
                kind::FREQ => frequency = Some(reader.byte()?),
                kind::IDLE => idle_s = Some(reader.length()?),
                kind::SELECTDB => self.db = reader.length()?,
                kind::RESIZEDB => {
                    // A hint about sizes, which is not believed.
                    reader.length()?;
                    reader.length()?;
                }
                kind::SLOT_INFO if self.version >= kind::VERSION_7_2 => {
                    // Sizes once more, of a slot of a cluster.
                    (0..3).try_for_each(|_| reader.length().map(drop))?;
                }
                kind::AUX => return Ok(Some(Part::Note(reader.string()?, reader.string()?))),
                kind::FUNCTION2 => return Ok(Some(Part::Function(reader.string()?.into_owned()))),
                kind::FUNCTION => return early_function(reader).map(|source| Some(Part::Function(source))),
                kind::MODULE_AUX => return module_aux(reader).map(|what| Some(Part::LeftOut(what))),
                kind::EOF => return self.end().map(|()| None),
                kind::MODULE_2 => {
                    let key = reader.string()?;
                    let module = module_value(reader)?;
                    let key = key.escape_ascii();
                    return Ok(Some(Part::LeftOut(format!("the key {key} of the module {module}"))));
                }
                kind::MODULE => return Err(Fault::new("it has a value that only a module can read")),
                number if is_value(number, self.version) => {
                    let name = reader.string()?;
                    // A collection without elements is no key.
                    if let Some(data) = read_value(number, reader, &self.limits)? {
                        let key = Key { db: self.db, name, data, expires_ms, idle_s, frequency };
                        return Ok(Some(Part::Key(Box::new(key))));
                    }
                    (expires_ms, idle_s, frequency) = (None, None, None);
                }
                number => return Err(Fault(format!("it has a part of an unknown kind ({number})").into())),
            }
        }
    }

    /// The checksum behind the end; 0: none was computed.
    fn end(&mut self) -> Read<()> {
        if self.version < SUMMED {
            return Ok(());
        }
        let content = self.bytes.get(..self.reader.at()).ok_or(SHORT)?;
        let sum = self.reader.array().map(u64::from_le_bytes)?;
        if sum != 0 && sum != crc64(content) {
            return Err(Fault::new("its checksum is wrong: it is damaged somewhere"));
        }
        Ok(())
    }
}

fn version_in(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Why a file of a later version cannot be read. Its notes stand at the front in every version, and say who has
/// written it.
fn later(bytes: &[u8], head: usize) -> Fault {
    let (magic, notes) = bytes.split_at_checked(head).unwrap_or((bytes, &[]));
    let writer = || {
        let mut reader = Reader::new(notes);
        while reader.byte().ok()? == kind::AUX {
            let (name, value) = (reader.string().ok()?, reader.string().ok()?);
            let product = match &*name {
                b"redis-ver" => "Redis",
                b"valkey-ver" => "Valkey",
                _ => continue,
            };
            return Some(format!(", which {product} {} has written", printable(&value, 40)));
        }
        None
    };
    let (format, writer) = (printable(magic, 9), writer().unwrap_or_default());
    let newest = kind::NEWEST;
    Fault(format!("it has the format {format}{writer}; REDIS0001 to REDIS00{newest} (Redis 8.0) can be read").into())
}

/// The name of a module's type: nine letters of 6 bits, and a version.
fn module_name(id: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |n: u32| char::from(LETTERS[(id >> (10 + 6 * n) & 63) as usize]);
    (0..9).rev().map(letter).collect()
}

fn module_aux(reader: &mut Reader<'_>) -> Read<String> {
    let name = module_name(reader.number()?);
    // When it is to be read: a number with its mark.
    reader.number()?;
    reader.number()?;
    skip_module(reader)?;
    Ok(format!("what the module {name} keeps beside the keys"))
}

fn module_value(reader: &mut Reader<'_>) -> Read<String> {
    let name = module_name(reader.number()?);
    skip_module(reader)?;
    Ok(name)
}

/// Skips what a module wrote: numbers and texts, each with a mark of its kind.
fn skip_module(reader: &mut Reader<'_>) -> Read<()> {
    loop {
        match reader.length()? {
            0 => return Ok(()),
            1 | 2 => drop(reader.number()?),
            3 => drop(reader.take(4)?),
            4 => drop(reader.take(8)?),
            5 => drop(reader.string()?),
            _ => return Err(Fault::new("the data of a module is damaged")),
        }
    }
}
