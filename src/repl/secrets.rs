//! What may go into the history file.

use crate::resp::split_bytes;

/// Whether a line may be remembered: never one that may hold a password, nor one that starts with a space.
pub fn may_remember(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(' ') && line.lines().all(|line| !holds_secret(line))
}

fn holds_secret(line: &str) -> bool {
    // A line that cannot be split is judged by what stands between its spaces and quotes.
    let words: Vec<String> = match split_bytes(line.as_bytes()) {
        Ok(words) => words.iter().map(|word| String::from_utf8_lossy(&word.bytes).to_uppercase()).collect(),
        Err(_) => line.split([' ', '\t', '"', '\'']).filter(|it| !it.is_empty()).map(str::to_uppercase).collect(),
    };
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    // `5 AUTH …` and `:both AUTH …` run what stands behind the first words.
    while words.first().is_some_and(|it| it.starts_with(':') || it.parse::<u64>().is_ok()) {
        words.remove(0);
    }
    match words.as_slice() {
        ["AUTH", ..] => true,
        ["HELLO" | "MIGRATE", rest @ ..] => rest.iter().any(|word| word.starts_with("AUTH")),
        ["ACL", "SETUSER", ..] => true,
        ["CONFIG", "SET", rest @ ..] => {
            rest.iter().any(|word| ["PASS", "AUTH", "TLS-"].iter().any(|secret| word.contains(secret)))
        }
        ["SENTINEL", rest @ ..] => rest.iter().any(|word| word.contains("AUTH") || word.contains("PASS")),
        ["CONNECT", rest @ ..] => rest.iter().any(|word| word.contains('@')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::may_remember;

    #[test]
    fn passwords_are_not_remembered() {
        for line in [
            "AUTH secret",
            "auth u p",
            "\"AUTH\" secret",
            "5 AUTH secret",
            ":both AUTH secret",
            "AUTH \"secret",
            "HELLO 3 AUTH u p",
            "ACL SETUSER a >p",
            "CONFIG SET requirepass x",
            "config set maxmemory 1mb masterauth x",
            "MIGRATE h 6379 k 0 100 AUTH p",
            "migrate h 6379 k 0 100 auth2 u p",
            "SET a 1\nAUTH secret",
            " GET a",
            " ",
        ] {
            assert!(!may_remember(line), "{line}");
        }
        for line in ["SET author x", "HELLO 3", "CONFIG SET maxmemory 1mb", "GET AUTH"] {
            assert!(may_remember(line), "{line}");
        }
    }
}
