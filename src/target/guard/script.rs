//! What a Lua script may do, as far as its text tells. In doubt the guard asks.

use crate::engine::{self, Begin, Find, Row};

use super::danger;

/// Why a script is asked about; `None`: each of its calls names a known command, and only keys that were declared.
pub fn doubt(source: &[u8]) -> Option<String> {
    let source = String::from_utf8_lossy(source);
    let mut rest: &str = &source;
    if ["loadstring", "load(", "_G", "getfenv", "setfenv", "rawget"].iter().any(|word| source.contains(word)) {
        return Some("its script runs code that it makes itself".into());
    }
    while let Some(at) = rest.find("redis") {
        let inside_word = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        rest = &rest[at + "redis".len()..];
        if inside_word || rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        if let Some(reason) = use_of_redis(rest) {
            return Some(reason);
        }
    }
    None
}

/// Why what follows the word `redis` is doubtful.
fn use_of_redis(rest: &str) -> Option<String> {
    const HARMLESS: &[&str] =
        &["error_reply", "status_reply", "sha1hex", "log", "LOG_", "setresp", "breakpoint", "debug", "REDIS_VERSION"];
    let indirect = || Some("its script reaches Redis in a way that cannot be followed".into());
    let Some(member) = rest.trim_start().strip_prefix('.') else {
        // A word of a string or a comment, such as "redis is great", is no use of it.
        let next = rest.trim_start().chars().next();
        return if next.is_some_and(|c| "[=)},;".contains(c)) { indirect() } else { None };
    };
    let member = member.trim_start();
    if HARMLESS.iter().any(|name| member.starts_with(name)) {
        return None;
    }
    let Some(call) = member.strip_prefix("call").or_else(|| member.strip_prefix("pcall")) else { return indirect() };
    let Some(arguments) = call.trim_start().strip_prefix('(') else { return indirect() };
    judge_call(&arguments_of(arguments))
}

fn judge_call(arguments: &[&str]) -> Option<String> {
    let Some(name) = arguments.first().and_then(|first| literal(first)) else {
        return Some("its script calls a command whose name is computed".into());
    };
    if danger::is_asked_about(name) {
        return Some(format!("its script calls {}", name.to_ascii_uppercase()));
    }
    let Some(row) = engine::lookup(name.as_bytes()) else {
        return Some(format!(
            "its script calls {}, which redlab does not know",
            crate::resp::printable(name.as_bytes(), 40)
        ));
    };
    let declared = keys_declared(row, arguments);
    (!declared).then(|| format!("its script calls {} on keys that are not all declared as KEYS", row.name))
}

/// Whether each argument that is a key of the command is an element of `KEYS`.
fn keys_declared(row: &Row, arguments: &[&str]) -> bool {
    let is_key = |argument: &&str| argument.trim_start().starts_with("KEYS[");
    row.keys.iter().all(|spec| match (spec.begin, spec.find) {
        (Begin::Index(first), Find::Range { last, step, .. }) => {
            let step = usize::try_from(step).unwrap_or(1).max(1);
            let end = match usize::try_from(last) {
                Ok(offset) => first + offset,
                Err(_) => arguments.len().saturating_sub(usize::try_from(-last).unwrap_or(1)),
            };
            let unpacked = arguments.iter().any(|argument| argument.contains("unpack"));
            !unpacked && (first..=end).step_by(step).all(|at| arguments.get(at).is_some_and(is_key))
        }
        // Keys whose places depend on other arguments: a constant there, and the rest in KEYS, is too much to follow.
        _ => arguments.iter().skip(1).all(|argument| is_key(argument) || literal(argument).is_some_and(is_small_word)),
    })
}

/// A number or an option, as they stand between keys.
fn is_small_word(word: &str) -> bool {
    word.parse::<f64>().is_ok() || word.chars().all(|c| c.is_ascii_uppercase())
}

/// The text of a string or a number that is written out.
fn literal(argument: &str) -> Option<&str> {
    let argument = argument.trim();
    let inside =
        |quote: char| argument.strip_prefix(quote)?.strip_suffix(quote).filter(|text| !text.contains(['\\', quote]));
    inside('\'').or_else(|| inside('"')).or_else(|| argument.parse::<f64>().is_ok().then_some(argument))
}

/// The arguments of a call, up to its closing parenthesis.
fn arguments_of(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut quote, mut escaped) = (0usize, 0, None, false);
    let mut arguments = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')') if depth == 0 => {
                arguments.push(text[start..at].trim());
                return arguments;
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                arguments.push(text[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    // It does not end: the server will say so.
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_on_declared_keys_pass() {
        for source in [
            "return 1",
            "-- redis is great\nreturn redis.call('GET', KEYS[1])",
            "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0",
            "return redis.pcall(\"SET\", KEYS[1], ARGV[1], 'PX', ARGV[2])",
            "redis.call('RENAME', KEYS[1], KEYS[2]) return redis.status_reply('OK')",
            "return redis.call('PING')",
        ] {
            assert_eq!(doubt(source.as_bytes()), None, "{source}");
        }
    }

    #[test]
    fn scripts_that_could_do_more_are_doubted() {
        for source in [
            "redis.call('FLUSHALL')",
            "redis.call('flush' .. 'all')",
            "local c = 'DEL' return redis.call(c, KEYS[1])",
            "return redis.call('SET', 'user:1', 'x')",
            "redis.call('RENAME', KEYS[1], ARGV[1])",
            "redis.call('DEL', unpack(ARGV))",
            "local call = redis.call return call('FLUSHALL')",
            "local r = redis; r.call('FLUSHALL')",
            "redis['call']('FLUSHALL')",
            "loadstring('redis.call([[FLUSHALL]])')()",
            "return redis.call('NOSUCH', KEYS[1])",
            "redis.call('CONFIG', 'SET', 'a', 'b')",
        ] {
            assert!(doubt(source.as_bytes()).is_some(), "{source}");
        }
    }
}
