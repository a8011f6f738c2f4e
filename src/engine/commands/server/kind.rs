//! What a parameter may be set to, and why not.

use super::super::super::settings::Settings;

/// A way to read a number out of the settings, and to write it.
type Number = (fn(&Settings) -> i64, fn(&mut Settings, i64));
/// The same for an amount of memory.
type Memory = (fn(&Settings) -> u64, fn(&mut Settings, u64));

/// What a parameter may be set to, and what setting it does.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A number that the engine heeds, with its limits.
    Number(i64, i64, Number),
    /// An amount of memory that the engine heeds, with its limits in bytes.
    Memory(u64, u64, Memory),
    /// A text that the engine heeds; setting it may be refused with a reason.
    Text(fn(&Settings) -> String, fn(&mut Settings, &str) -> Result<(), String>),
    /// Shown, but never set.
    Immutable(fn(&Settings) -> String),
    /// The same for what is always so here.
    Always(&'static str),
    /// Shown, and set only where a server's file allows it (`enable-protected-configs`), which is nowhere here.
    Protected(fn(&Settings) -> String),
    /// A number with its limits that has nothing to govern here: it is kept and shown.
    KeptNumber(i64, i64, &'static str),
    /// The same for an amount of memory.
    KeptMemory(u64, u64, &'static str),
    /// The same for yes or no.
    KeptSwitch(&'static str),
    /// The same for one of some words.
    KeptWord(&'static [&'static str], &'static str),
    /// The same for any text.
    KeptText(&'static str),
    /// The same for what has a form of its own: from what it was and what it is to be comes what is kept.
    KeptForm(fn(&str, &str) -> Result<String, String>, &'static str),
    /// What the engine does not do: it can be set to what it is, and to nothing else, for this reason.
    Fixed(&'static str, &'static str),
    /// The same for a number with its limits, as the settings have it.
    FixedNumber(i64, i64, fn(&Settings) -> i64, &'static str),
}

/// A parameter.
pub struct Parameter {
    /// Its names, the usual one first.
    pub names: &'static [&'static str],
    /// What it may be.
    pub kind: Kind,
}

/// A row of a table of parameters.
pub const fn parameter(names: &'static [&'static str], kind: Kind) -> Parameter {
    Parameter { names, kind }
}

/// The largest C `int`.
pub const INT: i64 = i32::MAX as i64;
/// The largest C `unsigned int`.
pub const UINT: i64 = u32::MAX as i64;
/// The largest C `long`.
pub const LONG: i64 = i64::MAX;
/// The same as an amount of memory.
pub const MOST: u64 = LONG as u64;

impl Parameter {
    /// Its value as CONFIG GET shows it.
    pub fn get(&self, settings: &Settings) -> String {
        let kept = |default: &str| settings.kept.get(self.names[0]).cloned().unwrap_or_else(|| default.into());
        match self.kind {
            Kind::Number(_, _, (get, _)) => get(settings).to_string(),
            Kind::Memory(_, _, (get, _)) => get(settings).to_string(),
            Kind::FixedNumber(_, _, get, _) => get(settings).to_string(),
            Kind::Text(get, _) | Kind::Immutable(get) | Kind::Protected(get) => get(settings),
            Kind::Fixed(value, _) | Kind::Always(value) => value.into(),
            Kind::KeptNumber(_, _, value) | Kind::KeptMemory(_, _, value) => kept(value),
            Kind::KeptSwitch(value) | Kind::KeptWord(_, value) => kept(value),
            Kind::KeptText(value) | Kind::KeptForm(_, value) => kept(value),
        }
    }

    /// Why it can never be set, where that is so.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Immutable(_) | Kind::Always(_) => Some("can't set immutable config"),
            Kind::Protected(_) => Some("can't set protected config"),
            _ => None,
        }
    }

    /// Why a value that [`Parameter::set`] took has no effect, where that is so: to be asked once all are set.
    pub fn failure(&self, settings: &Settings, text: &str) -> Option<&'static str> {
        match self.kind {
            Kind::Fixed(_, why) | Kind::FixedNumber(_, _, _, why) => {
                (!text.eq_ignore_ascii_case(&self.get(settings))).then_some(why)
            }
            _ => None,
        }
    }

    /// Sets it.
    ///
    /// # Errors
    /// Why not, in Redis's words where Redis has them.
    pub fn set(&self, settings: &mut Settings, text: &str) -> Result<(), String> {
        if let Some(why) = self.refusal() {
            return Err(why.into());
        }
        let value = match self.kind {
            Kind::Immutable(_) | Kind::Always(_) | Kind::Protected(_) => return Ok(()),
            Kind::Text(_, set) => return set(settings, text),
            Kind::Number(least, most, (_, set)) => return number(text, least, most).map(|n| set(settings, n)),
            Kind::Memory(least, most, (_, set)) => return memory(text, least, most).map(|n| set(settings, n)),
            Kind::Fixed(..) => return Ok(()),
            Kind::FixedNumber(least, most, _, _) => return number(text, least, most).map(|_| ()),
            Kind::KeptNumber(least, most, _) => number(text, least, most)?.to_string(),
            Kind::KeptMemory(least, most, _) => memory(text, least, most)?.to_string(),
            Kind::KeptSwitch(_) => one_of(&["yes", "no"], text).ok_or("argument must be 'yes' or 'no'")?.into(),
            Kind::KeptWord(words, _) => word(words, text)?.into(),
            Kind::KeptText(_) => text.into(),
            Kind::KeptForm(form, _) => form(&self.get(settings), text)?,
        };
        settings.kept.insert(self.names[0], value);
        Ok(())
    }
}

/// A number within limits.
pub fn number(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number = super::super::super::types::parse_integer(text.as_bytes())
        .ok_or("argument couldn't be parsed into an integer")?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("argument must be between {least} and {most} inclusive"))
}

/// An amount of memory within limits.
pub fn memory(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let bytes = amount(text).ok_or("argument must be a memory value")?;
    if (least..=most).contains(&bytes) {
        return Ok(bytes);
    }
    Err(format!("argument must be between {least} and {most} inclusive"))
}

/// An amount of memory as redis.conf writes it: `1gb` is 1024 times `1mb`, `1g` is 1000 times `1m`.
pub fn amount(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    if digits.is_empty() {
        // C reads no digits as zero.
        return Some(0);
    }
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(unit)
}

/// The word that a text is, in any case.
pub fn one_of(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
}

/// The word that a text has to be.
pub fn word(words: &[&'static str], text: &str) -> Result<&'static str, String> {
    one_of(words, text).ok_or_else(|| format!("argument(s) must be one of the following: {}", words.join(", ")))
}

/// A switch.
pub fn yes_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("argument must be 'yes' or 'no'".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_units() {
        assert_eq!((amount("100"), amount("1kb"), amount("2G")), (Some(100), Some(1024), Some(2_000_000_000)));
        assert_eq!((amount("x"), amount("1.5mb"), amount("1tb"), amount("-1")), (None, None, None, None));
        assert_eq!((amount(""), amount("+1")), (Some(0), None));
    }
}
