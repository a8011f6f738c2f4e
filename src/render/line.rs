//! Neutral styled lines: what the REPL prints with escape codes and the TUI draws as cells.

/// What a piece of text is; the printer decides the colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// Past, or of little weight.
    Dim,
    /// Emphasised.
    Strong,
    /// In italics, where there are any.
    Italic,
    /// A heading.
    Heading,
    /// Code inside text.
    Code,
    /// A command's name.
    Command,
    /// An option or keyword of a language.
    Keyword,
    /// A key.
    Key,
    /// A string.
    Str,
    /// A number.
    Number,
    /// nil.
    Nil,
    /// A comment.
    Comment,
    /// Holds, met.
    Good,
    /// Violated, unmet, an error.
    Bad,
    /// To be noticed.
    Warning,
    /// The focus.
    Accent,
    /// One hue for each client.
    Client(u8),
}

/// A piece of text in one tone. It holds no control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// What it is.
    pub tone: Tone,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces.
    pub spans: Vec<Span>,
    /// Columns by which continuation lines are indented when the line is wrapped.
    pub hang: u16,
    /// Whether it may be wrapped; code is cut instead.
    pub wrap: bool,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line { spans: Vec::new(), hang: 0, wrap: true }
    }

    /// A line of one piece.
    pub fn of(text: impl Into<String>, tone: Tone) -> Line {
        Line::new().with(text, tone)
    }

    /// The line with one more piece.
    pub fn with(mut self, text: impl Into<String>, tone: Tone) -> Line {
        self.spans.push(Span { text: text.into(), tone });
        self
    }

    /// The text without tones.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}
