//! In which form replies are printed.

/// redis-cli's forms of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people: types are named, strings quoted, elements numbered.
    Formatted,
    /// The bytes themselves.
    Raw,
    /// One line of values with commas between them.
    Csv,
    /// One line of JSON; bytes that are no text stay as they are.
    Json,
    /// One line of JSON, strings escaped twice so that they are ASCII.
    QuotedJson,
}

/// How replies are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// The form.
    pub form: Form,
    /// What stands between the elements of a raw reply.
    pub between: Vec<u8>,
    /// What ends a raw reply.
    pub after: Vec<u8>,
    /// Whether text that is printed as it came is kept from moving a terminal: its control bytes are escaped. This is
    /// the one thing in which a reply looks different from redis-cli's, and only on a terminal.
    pub guarded: bool,
}

impl Style {
    /// A form with redis-cli's own delimiters.
    pub fn new(form: Form, guarded: bool) -> Style {
        Style { form, between: b"\n".to_vec(), after: b"\n".to_vec(), guarded }
    }

    /// The form that nobody asked for: for people on a terminal, raw elsewhere.
    pub fn usual(to_terminal: bool) -> Style {
        Style::new(if to_terminal { Form::Formatted } else { Form::Raw }, to_terminal)
    }
}

/// Appends text as it is, or with its control bytes escaped. Line ends and tabs stay.
pub fn push_text(text: &[u8], guarded: bool, out: &mut Vec<u8>) {
    if !guarded {
        out.extend_from_slice(text);
        return;
    }
    let (mut lines, mut first) = (text.split(|byte| *byte == b'\n').peekable(), true);
    while let Some(line) = lines.next() {
        if !first {
            out.push(b'\n');
        }
        first = false;
        // A carriage return is harmless only where a new line follows it.
        let (line, end) = match line.strip_suffix(b"\r") {
            Some(line) if lines.peek().is_some() => (line, &b"\r"[..]),
            _ => (line, &b""[..]),
        };
        for (at, piece) in line.split(|byte| *byte == b'\t').enumerate() {
            if at > 0 {
                out.push(b'\t');
            }
            out.extend_from_slice(crate::resp::printable(piece, usize::MAX).as_bytes());
        }
        out.extend_from_slice(end);
    }
}
