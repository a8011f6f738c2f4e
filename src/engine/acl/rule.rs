//! Rules: what they allow of keys, and what can be wrong with them.

/// What is done to a key: it is read, or written, or both, or neither (EXISTS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Its value is read.
    pub read: bool,
    /// It is changed.
    pub write: bool,
}

impl Access {
    /// Reading and writing.
    pub const BOTH: Access = Access { read: true, write: true };
    /// Reading alone.
    pub const READ: Access = Access { read: true, write: false };

    /// Both together.
    pub fn and(self, other: Access) -> Access {
        Access { read: self.read || other.read, write: self.write || other.write }
    }

    /// Whether this allows all that `wanted` asks for.
    pub fn covers(self, wanted: Access) -> bool {
        (self.read || !wanted.read) && (self.write || !wanted.write)
    }

    /// `~pattern` or `%RW~pattern`: what it allows, and the pattern. `None`: it makes no sense.
    pub fn of_rule(rule: &[u8]) -> Option<(Access, &[u8])> {
        let Some(letters) = rule.strip_prefix(b"%") else { return Some((Access::BOTH, rule.get(1..)?)) };
        let end = letters.iter().position(|byte| *byte == b'~');
        let (letters, pattern) = end.map_or((letters, &[][..]), |at| (&letters[..at], &letters[at + 1..]));
        let mut access = Access::default();
        for letter in letters {
            let part = match letter.to_ascii_uppercase() {
                b'R' => &mut access.read,
                b'W' => &mut access.write,
                _ => return None,
            };
            if std::mem::replace(part, true) {
                return None;
            }
        }
        // Redis takes a pattern without letters, and ends itself when it has to show it.
        (access != Access::default()).then_some((access, pattern))
    }

    /// What stands before a pattern that allows this.
    pub fn prefix(self) -> &'static str {
        match (self.read, self.write) {
            (true, false) => "%R~",
            (false, true) => "%W~",
            _ => "~",
        }
    }
}

/// What is wrong with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// There is no such command or category.
    Unknown,
    /// It makes no sense.
    Syntax,
    /// A pattern of keys after `~*`.
    AllKeysAlready,
    /// A pattern of channels after `&*`.
    AllChannelsAlready,
    /// The user has no such password to take away.
    NoSuchPassword,
    /// It is no SHA-256.
    NoHash,
    /// `+config|get|x`
    ArgumentOfSubcommand,
}

impl RuleError {
    /// Redis's words for it.
    pub fn text(self) -> &'static str {
        match self {
            RuleError::Unknown => "Unknown command or category name in ACL",
            RuleError::Syntax => "Syntax error",
            RuleError::AllKeysAlready => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any \
                 effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            RuleError::AllChannelsAlready => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any \
                 effect. Try 'resetchannels' to start with an empty list of channels"
            }
            RuleError::NoSuchPassword => "The password you are trying to remove from the user does not exist",
            RuleError::NoHash => {
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            }
            RuleError::ArgumentOfSubcommand => "Allowing first-arg of a subcommand is not supported",
        }
    }
}

/// Whether a name or a pattern holds white space or a zero byte, which rules could not show.
pub fn has_spaces(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0))
}
