//! Bytes made safe for a terminal.

/// Bytes in double quotes as redis-cli prints them: what is not printable ASCII becomes `\n`, `\x00`, ….
pub fn quoted(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    push_quoted(bytes, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends what [`quoted`] answers, which is ASCII.
pub fn push_quoted(bytes: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            other => {
                let (high, low) = (HEX[usize::from(other >> 4)], HEX[usize::from(other & 15)]);
                out.extend_from_slice(&[b'\\', b'x', high, low]);
            }
        }
    }
    out.push(b'"');
}

/// Text without quotes, at most `most` characters: letters of any script stay, control and format characters and
/// bytes that are no UTF-8 become `\x1b`, `\u{202e}`, …; a cut is shown by `…`.
pub fn printable(bytes: &[u8], most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if count >= most {
                out.push('…');
                return out;
            }
            count += 1;
            push_safe(c, &mut out);
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
            count += 4;
        }
    }
    out
}

fn push_safe(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        // Marks that reorder, hide or join text could make a screen say what is not there.
        c if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}') =>
        {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_could_move_it() {
        assert_eq!(quoted(b"a\x1b[2J\"\n\xff"), r#""a\x1b[2J\"\n\xff""#);
        assert_eq!(printable("é\u{202e}x\x1b[0m".as_bytes(), 100), "é\\u{202e}x\\x1b[0m");
        assert_eq!(printable(b"abcdef", 3), "abc…");
        assert_eq!(printable(b"\xffa", 10), "\\xffa");
    }
}
