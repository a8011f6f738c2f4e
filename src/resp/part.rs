//! One reply read where it lies, part by part: nothing of it is changed on the way, not even how a number is written.

/// What stands at one place of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// `-ERR text` or its long form `!`.
    Error(&'a [u8]),
    /// `+OK`
    Status(&'a [u8]),
    /// `:1`, as digits.
    Integer(&'a [u8]),
    /// `,1.5`, as the server wrote it.
    Double(&'a [u8]),
    /// `(123…`, as digits.
    BigNumber(&'a [u8]),
    /// `$3\r\nfoo`
    Text(&'a [u8]),
    /// `=7\r\ntxt:foo`, without its format.
    Verbatim(&'a [u8]),
    /// Any of the three nulls.
    Nil,
    /// `#t`
    Boolean(bool),
    /// `*`: so many parts follow that belong to it.
    Array(usize),
    /// `~`: so many parts follow that belong to it.
    Set(usize),
    /// `>`: so many parts follow that belong to it.
    Push(usize),
    /// `%`: so many pairs follow that belong to it.
    Map(usize),
}

/// Reads the parts of replies one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    wire: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of whole replies.
    pub fn new(wire: &'a [u8]) -> Parts<'a> {
        Parts { wire }
    }

    /// The next part. What an attribute says about it is left out, as clients may. `None` at the end, and at bytes
    /// that are no reply.
    pub fn take(&mut self) -> Option<Part<'a>> {
        loop {
            let mark = *self.wire.first()?;
            let line = self.line()?;
            if mark != b'|' {
                return self.part(mark, line);
            }
            for _ in 0..number(line)?.checked_mul(2)? {
                self.skip()?;
            }
        }
    }

    /// Leaves one whole value out.
    pub fn skip(&mut self) -> Option<()> {
        let mut left: usize = 1;
        while left > 0 {
            left = left - 1 + self.take()?.inside();
        }
        Some(())
    }

    fn part(&mut self, mark: u8, line: &'a [u8]) -> Option<Part<'a>> {
        Some(match mark {
            b'-' => Part::Error(line),
            b'+' => Part::Status(line),
            b':' => Part::Integer(line),
            b',' => Part::Double(line),
            b'(' => Part::BigNumber(line),
            b'#' => Part::Boolean(matches!(line, b"t" | b"T")),
            b'_' => Part::Nil,
            b'$' | b'=' | b'!' | b'*' | b'~' | b'>' | b'%' if line.starts_with(b"-") => Part::Nil,
            b'$' => Part::Text(self.body(line)?),
            b'!' => Part::Error(self.body(line)?),
            b'=' => {
                let body = self.body(line)?;
                Part::Verbatim(body.get(4..).unwrap_or(body))
            }
            b'*' => Part::Array(number(line)?),
            b'~' => Part::Set(number(line)?),
            b'>' => Part::Push(number(line)?),
            b'%' => Part::Map(number(line)?),
            _ => return None,
        })
    }

    /// The line behind a mark; what stands behind it comes next.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.wire.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.wire.split_at(end + 1);
        self.wire = rest;
        line.get(1..line.len().checked_sub(2)?)
    }

    fn body(&mut self, length: &[u8]) -> Option<&'a [u8]> {
        let length = number(length)?;
        let body = self.wire.get(..length)?;
        self.wire = self.wire.get(length.checked_add(2)?..)?;
        Some(body)
    }
}

impl Part<'_> {
    /// How many parts follow that belong to this one.
    pub fn inside(self) -> usize {
        match self {
            Part::Array(count) | Part::Set(count) | Part::Push(count) => count,
            Part::Map(pairs) => pairs.saturating_mul(2),
            _ => 0,
        }
    }
}

fn number(line: &[u8]) -> Option<usize> {
    std::str::from_utf8(line).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_they_were_written() {
        let wire = b"%1\r\n+k\r\n*3\r\n,1.10\r\n$-1\r\n=7\r\ntxt:foo\r\n|1\r\n+ttl\r\n:1\r\n#t\r\n";
        let mut parts = Parts::new(wire);
        let mut seen = Vec::new();
        while let Some(part) = parts.take() {
            seen.push(part);
        }
        let inner = [Part::Double(b"1.10"), Part::Nil, Part::Verbatim(b"foo")];
        let expected =
            [&[Part::Map(1), Part::Status(b"k"), Part::Array(3)][..], &inner, &[Part::Boolean(true)]].concat();
        assert_eq!(seen, expected);
        let mut parts = Parts::new(wire);
        assert_eq!((parts.skip(), parts.take()), (Some(()), Some(Part::Boolean(true))));
    }

    #[test]
    fn bytes_that_are_no_reply_end_it() {
        for wire in [&b"$5\r\nab\r\n"[..], b"?\r\n", b"*\r\n", b"+O", b"|9\r\n+a\r\n", b"$99999999999999999999\r\n"] {
            assert_eq!(Parts::new(wire).take(), None, "{wire:?}");
        }
    }
}
