//! A user: passwords, and selectors that say what they may do.

use super::catalogue::Catalogue;
use super::password;
use super::rule::RuleError;
use super::selector::Selector;
use crate::resp::split_bytes;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Whether one can authenticate as this user.
    pub enabled: bool,
    /// Whether any password will do.
    pub no_password: bool,
    /// `sanitize-payload` or `skip-sanitize-payload`, once one was chosen.
    pub sanitizes: Option<bool>,
    /// SHA-256 of each password.
    pub passwords: Vec<String>,
    /// What the user may do outside of other selectors.
    pub root: Selector,
    /// Further selectors.
    pub others: Vec<Selector>,
}

impl User {
    /// A user who may do nothing, and cannot come in.
    pub fn new(all_channels: bool) -> User {
        User {
            enabled: false,
            no_password: false,
            sanitizes: None,
            passwords: Vec::new(),
            root: Selector::new(all_channels),
            others: Vec::new(),
        }
    }

    /// The user that every connection has at first: anybody, who may do anything.
    pub fn everybody() -> User {
        let mut user = User::new(true);
        (user.enabled, user.no_password) = (true, true);
        user.root.all_keys = true;
        user.root.set_all_commands(true);
        user
    }

    /// The selectors, the root first.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.others)
    }

    /// Whether the user is refused nothing.
    pub fn is_unlimited(&self) -> bool {
        self.selectors().any(Selector::is_unlimited)
    }

    /// Whether this password lets one in as this user.
    pub fn lets_in(&self, given: &[u8]) -> bool {
        self.enabled && (self.no_password || self.passwords.contains(&password::hash(given)))
    }

    /// Takes all passwords away and sets this one; an empty one means that none is asked for.
    pub fn set_only_password(&mut self, given: &[u8]) {
        self.no_password = given.is_empty();
        self.passwords.clear();
        if !given.is_empty() {
            self.passwords.push(password::hash(given));
        }
    }

    /// Obeys one rule; `all_channels` is what `reset` leaves of channels.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, rule: &[u8], all_channels: bool, catalogue: &Catalogue) -> Result<(), RuleError> {
        match rule {
            [] => return Ok(()),
            [b'>', given @ ..] => self.add_password(password::hash(given)),
            [b'#', hash @ ..] => self.add_password(password::checked(hash).ok_or(RuleError::NoHash)?),
            [b'<', given @ ..] => return self.remove_password(&password::hash(given)),
            [b'!', hash @ ..] => return self.remove_password(&password::checked(hash).ok_or(RuleError::NoHash)?),
            [b'(', within @ .., b')'] => self.others.push(selector(within, all_channels, catalogue)?),
            _ => {
                // C reads a word up to its first zero byte, but patterns are looked at as a whole.
                let word = if has_pattern(rule) { rule } else { rule.split(|b| *b == 0).next().unwrap_or_default() };
                return self.set_word(word, all_channels, catalogue);
            }
        }
        Ok(())
    }

    fn set_word(&mut self, word: &[u8], all_channels: bool, catalogue: &Catalogue) -> Result<(), RuleError> {
        match word.to_ascii_lowercase().as_slice() {
            b"on" => self.enabled = true,
            b"off" => self.enabled = false,
            b"skip-sanitize-payload" => self.sanitizes = Some(false),
            b"sanitize-payload" => self.sanitizes = Some(true),
            b"nopass" => (self.no_password, self.passwords) = (true, Vec::new()),
            b"resetpass" => (self.no_password, self.passwords) = (false, Vec::new()),
            b"clearselectors" => self.others.clear(),
            b"reset" => *self = User { sanitizes: Some(true), ..User::new(all_channels) },
            _ => return self.root.set(word, catalogue),
        }
        Ok(())
    }

    fn add_password(&mut self, hash: String) {
        self.no_password = false;
        if !self.passwords.contains(&hash) {
            self.passwords.push(hash);
        }
    }

    fn remove_password(&mut self, hash: &str) -> Result<(), RuleError> {
        let place = self.passwords.iter().position(|known| known == hash).ok_or(RuleError::NoSuchPassword)?;
        self.passwords.remove(place);
        Ok(())
    }
}

fn has_pattern(rule: &[u8]) -> bool {
    matches!(rule.first(), Some(b'~' | b'%' | b'&'))
}

/// The rules between parentheses. Where quotes do not match, Redis takes none of them.
fn selector(rules: &[u8], all_channels: bool, catalogue: &Catalogue) -> Result<Selector, RuleError> {
    let mut selector = Selector::new(all_channels);
    for rule in split_bytes(rules).unwrap_or_default() {
        selector.set(&rule.bytes, catalogue)?;
    }
    Ok(selector)
}
