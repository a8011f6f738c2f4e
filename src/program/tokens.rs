//! The words and signs of an expression, with their places: what Jinja's own reader does not tell.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a word of the language.
    Name,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// An operator or a bracket.
    Sign,
}

/// A token: what it is, and its byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'s> {
    /// What it is.
    pub kind: Kind,
    /// As it is written.
    pub text: &'s str,
    /// Where it starts.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this sign.
    pub fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// Whether it is this word.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text == word
    }
}

/// Signs of two characters; all others have one.
const LONG: &[&str] = &["**", "//", "==", "!=", "<=", ">="];

/// The tokens of an expression. Whatever is no token of the language is a sign of its own.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let rest = &source[at..];
        let (kind, length) = match c {
            '"' | '\'' => (Kind::Text, text_length(rest, c)),
            c if c.is_ascii_digit() => (Kind::Number, number_length(rest)),
            c if c == '_' || c.is_alphabetic() => (Kind::Name, while_length(rest, |c| c == '_' || c.is_alphanumeric())),
            c => (Kind::Sign, LONG.iter().find(|sign| rest.starts_with(**sign)).map_or(c.len_utf8(), |s| s.len())),
        };
        found.push(Token { kind, text: &rest[..length], start: at });
        at += length;
    }
    found
}

fn while_length(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !part(c)).unwrap_or(text.len())
}

fn text_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Digits, letters (of `0x` and of exponents), and a point that digits follow: `1.5`, but of `1.x` only `1`.
fn number_length(text: &str) -> usize {
    let mut length = while_length(text, |c| c == '_' || c.is_ascii_alphanumeric());
    if text[length..].starts_with('.') && text[length + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        length += 1 + while_length(&text[length + 1..], |c| c == '_' || c.is_ascii_alphanumeric());
    }
    let exponent = text[..length].ends_with(['e', 'E']) && !text.starts_with("0x");
    if exponent && text[length..].starts_with(['+', '-']) {
        length += 1 + while_length(&text[length + 1..], |c| c.is_ascii_digit());
    }
    length
}

/// The names that an expression reads, each time it does, with their places: not what stands after a point or a bar,
/// and no key of an argument.
pub fn names(source: &str) -> Vec<Token<'_>> {
    let all = tokens(source);
    let is_name = |n: usize| {
        let before = n.checked_sub(1).and_then(|n| all.get(n));
        all[n].kind == Kind::Name && !before.is_some_and(|before| before.is(".") || before.is("|"))
    };
    (0..all.len()).filter(|n| is_name(*n)).map(|n| all[n]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_fall_into_tokens() {
        let split = |source| tokens(source).iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
        assert_eq!(split("a.b|int+1.5e-3**2!=x['it\\'s']"), "a . b | int + 1.5e-3 ** 2 != x [ 'it\\'s' ]");
        assert_eq!(split("1.x // 0xff ~ \"ä\" * é_1"), "1 . x // 0xff ~ \"ä\" * é_1");
        assert_eq!(split("'never closed"), "'never closed");
        assert_eq!(split(""), "");
        let read = names("n.n|n + ' n ' + n").iter().map(|token| token.start).collect::<Vec<_>>();
        assert_eq!(read, [0, 16]);
    }
}
