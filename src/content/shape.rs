//! What a map of a file may hold, as tables. The readers take keys by these tables, and the JSON Schema for editors is
//! written from them: neither can know a key that the other does not.

/// A map with known keys.
#[derive(Debug)]
pub struct Record {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, for a person at an editor.
    pub about: &'static str,
    /// Its keys, in the order in which one writes them.
    pub keys: &'static [Key],
    /// What is true of several keys together.
    pub rules: &'static [Rule],
}

/// A key of a [`Record`].
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// What its value is.
    pub form: Form,
    /// What it means, for a person at an editor.
    pub about: &'static str,
}

/// What is true of several keys of a [`Record`] together.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// No two of them.
    AtMostOne(&'static [&'static str]),
    /// One or more of them.
    AtLeastOne(&'static [&'static str]),
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Text.
    Text,
    /// Text that is not empty.
    Filled,
    /// Text, a number, true or false: what stands there counts as text.
    Scalar,
    /// A whole number within bounds.
    Int(i64, i64),
    /// True or false.
    Bool,
    /// True.
    True,
    /// A number with its unit: `40ms`.
    Duration,
    /// An expression.
    Expr,
    /// A plain value of the author's choice: text, a number, true, false, null, or a list of them.
    Literal,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A map with known keys.
    Of(&'static Record),
    /// One of several, which has a name of its own in the schema.
    Choice(&'static Choice),
    /// One of several.
    Any(&'static [Form]),
    /// A list with at least so many of these.
    List(usize, &'static Form),
    /// A map whose keys are the author's names.
    Map(&'static Form),
}

/// Several forms under one name.
#[derive(Debug)]
pub struct Choice {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The forms.
    pub forms: &'static [Form],
}

impl Key {
    /// A key that has to be there.
    pub const fn must(name: &'static str, form: Form, about: &'static str) -> Key {
        Key { name, required: true, form, about }
    }

    /// A key that may be there.
    pub const fn may(name: &'static str, form: Form, about: &'static str) -> Key {
        Key { name, required: false, form, about }
    }
}

impl Record {
    /// The key of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
