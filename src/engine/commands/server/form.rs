//! Parameters whose values have a form of their own.

use super::super::super::args::parse_float;
use super::kind::{INT, MOST, amount, memory, number, one_of, word};

/// The classes of `client-output-buffer-limit`, as CONFIG GET names them.
const CLASSES: [&str; 3] = ["normal", "slave", "pubsub"];
/// The words of `shutdown-on-sigint`, in Redis's order.
const SHUTDOWN: &[&str] = &["default", "save", "nosave", "now", "force"];

fn split(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split(' ').collect() }
}

/// `client-output-buffer-limit`: class, hard limit, soft limit, seconds; classes that are not named keep theirs.
pub fn output_buffer_limits(old: &str, new: &str) -> Result<String, String> {
    let words = split(new);
    if !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    let mut limits: Vec<String> = split(old).chunks(4).map(|limit| limit[1..].join(" ")).collect();
    for limit in words.chunks(4) {
        let class = if limit[0].eq_ignore_ascii_case("replica") { "slave" } else { limit[0] };
        let place = CLASSES.iter().position(|known| known.eq_ignore_ascii_case(class));
        let place = place.ok_or("Invalid client class specified in buffer limit configuration.")?;
        let (hard, soft, seconds) = (amount(limit[1]), amount(limit[2]), limit[3].parse::<i64>());
        match (hard, soft, seconds) {
            (Some(hard), Some(soft), Ok(seconds)) if seconds >= 0 => limits[place] = format!("{hard} {soft} {seconds}"),
            _ => return Err("Error in hard, soft or soft_seconds setting in buffer limit configuration.".into()),
        }
    }
    let shown = CLASSES.iter().zip(limits).map(|(class, limit)| format!("{class} {limit}"));
    Ok(shown.collect::<Vec<String>>().join(" "))
}

/// `save`: pairs of seconds and changes.
pub fn save_points(_: &str, new: &str) -> Result<String, String> {
    let numbers: Option<Vec<i64>> = split(new).iter().map(|word| word.parse().ok()).collect();
    let numbers = numbers.filter(|all| all.len() % 2 == 0 && all.chunks(2).all(|pair| pair[0] >= 1 && pair[1] >= 0));
    let numbers = numbers.ok_or("Invalid save parameters")?;
    Ok(numbers.iter().map(i64::to_string).collect::<Vec<String>>().join(" "))
}

/// `oom-score-adj-values`: three numbers.
pub fn oom_scores(_: &str, new: &str) -> Result<String, String> {
    let words = split(new);
    if words.len() != 3 {
        return Err("wrong number of arguments".into());
    }
    let numbers: Option<Vec<i64>> = words.iter().map(|word| word.parse().ok()).collect();
    let numbers = numbers.filter(|all| all.iter().all(|n| (-2000..=2000).contains(n)));
    let numbers = numbers.ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
    Ok(numbers.iter().map(i64::to_string).collect::<Vec<String>>().join(" "))
}

/// `oom-score-adj`: `relative` is `yes` by another name.
pub fn oom_score(_: &str, new: &str) -> Result<String, String> {
    let word = word(&["no", "yes", "relative", "absolute"], new)?;
    Ok(if word == "relative" { "yes" } else { word }.into())
}

/// `latency-tracking-info-percentiles`: numbers from 0 to 100.
pub fn percentiles(_: &str, new: &str) -> Result<String, String> {
    let mut shown = Vec::new();
    for word in split(new) {
        let number = parse_float(word.as_bytes()).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]".into());
        }
        let text = format!("{number:.6}");
        shown.push(text.trim_end_matches('0').trim_end_matches('.').to_string());
    }
    Ok(shown.join(" "))
}

/// `cluster-announce-hostname`
pub fn hostname(_: &str, new: &str) -> Result<String, String> {
    if new.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".into());
    }
    if !new.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
    }
    Ok(new.into())
}

/// `repl-backlog-size`: at least 16 KB.
pub fn backlog(_: &str, new: &str) -> Result<String, String> {
    memory(new, 1, MOST).map(|bytes| bytes.max(16 << 10).to_string())
}

/// `hz`: what is out of range is brought into it.
pub fn ticks(_: &str, new: &str) -> Result<String, String> {
    number(new, 0, INT).map(|number| number.clamp(1, 500).to_string())
}

/// `shutdown-on-sigint` and `shutdown-on-sigterm`: some of the words.
pub fn shutdown_options(_: &str, new: &str) -> Result<String, String> {
    let words: Option<Vec<&str>> = new.split(' ').map(|text| one_of(SHUTDOWN, text)).collect();
    let words = words.ok_or_else(|| format!("argument(s) must be one of the following: {}", SHUTDOWN.join(", ")))?;
    if words.contains(&"save") && words.contains(&"nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    let chosen: Vec<&str> = SHUTDOWN[1..].iter().copied().filter(|word| words.contains(word)).collect();
    Ok(if chosen.is_empty() { "default".into() } else { chosen.join(" ") })
}

/// `maxmemory-clients`: an amount of memory, or a part of `maxmemory`.
pub fn memory_of_clients(_: &str, new: &str) -> Result<String, String> {
    if let Some(bytes) = amount(new) {
        return Ok(bytes.to_string());
    }
    match new.strip_suffix('%').and_then(|part| part.parse::<i64>().ok()).filter(|part| *part >= 0) {
        Some(part) if part <= 100 => Ok(format!("{part}%")),
        Some(_) => Err("percentage argument must be less or equal to 100".into()),
        None => Err("argument must be a memory or percent value".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";

    #[test]
    fn a_class_that_is_not_named_keeps_its_limits() {
        assert_eq!(
            output_buffer_limits(LIMITS, "normal 1mb 2kb 3 replica 1 2 3"),
            Ok("normal 1048576 2048 3 slave 1 2 3 pubsub 33554432 8388608 60".into())
        );
        for wrong in ["normal 1 2", "master 1 2 3", "normal 1 2 -3", "normal x 2 3"] {
            assert!(output_buffer_limits(LIMITS, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn forms_are_brought_into_one_shape() {
        assert_eq!(save_points("", "3600 1 300 100"), Ok("3600 1 300 100".into()));
        assert!(save_points("", "0 1").is_err() && save_points("", "1").is_err());
        assert_eq!(percentiles("", "50 99.90 100"), Ok("50 99.9 100".into()));
        assert_eq!(shutdown_options("", "force now"), Ok("now force".into()));
        assert!(shutdown_options("", "save nosave").is_err());
        assert_eq!((ticks("", "0"), ticks("", "9999")), (Ok("1".into()), Ok("500".into())));
        assert_eq!((memory_of_clients("", "5%"), memory_of_clients("", "1k")), (Ok("5%".into()), Ok("1000".into())));
        assert!(memory_of_clients("", "101%").is_err());
    }
}
