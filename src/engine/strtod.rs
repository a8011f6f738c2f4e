//! C's `strtod`: what Redis reads doubles with.

/// The double at the start of `text` and how many bytes were read; `None` if there is none.
///
/// Leading white space, a sign, decimal and hexadecimal digits, an exponent, `inf`, `infinity` and `nan` are read.
/// What is too large is infinite, what is too small is 0.
pub fn strtod(text: &[u8]) -> Option<(f64, usize)> {
    let blank = text.iter().take_while(|b| matches!(b, b' ' | b'\t'..=b'\r')).count();
    let signed = &text[blank..];
    let sign = usize::from(matches!(signed.first(), Some(b'+' | b'-')));
    let body = &signed[sign..];
    let (value, read) = special(body).or_else(|| hexadecimal(body)).or_else(|| decimal(body))?;
    let value = if signed[0] == b'-' { -value } else { value };
    Some((value, blank + sign + read))
}

fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

fn special(text: &[u8]) -> Option<(f64, usize)> {
    let words = [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)];
    words.into_iter().find(|(word, _)| starts_with(text, word)).map(|(word, value)| (value, word.len()))
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// The length of an exponent that starts with `mark`, 0 if there is none.
fn exponent(text: &[u8], mark: u8) -> usize {
    if !text.first().is_some_and(|b| b.eq_ignore_ascii_case(&mark)) {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'+' | b'-')));
    match digits(&text[1 + sign..]) {
        0 => 0,
        count => 1 + sign + count,
    }
}

fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let whole = digits(text);
    let mut read = whole;
    if text.get(whole) == Some(&b'.') {
        let fraction = digits(&text[whole + 1..]);
        if whole + fraction == 0 {
            return None;
        }
        read += 1 + fraction;
    }
    if read == 0 {
        return None;
    }
    read += exponent(&text[read..], b'e');
    let number = std::str::from_utf8(&text[..read]).ok()?;
    Some((number.parse().ok()?, read))
}

fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    if !starts_with(text, "0x") {
        return None;
    }
    let (mut value, mut read, mut scale, mut any, mut fraction) = (0.0f64, 2, 0i32, false, false);
    while let Some(&byte) = text.get(read) {
        match char::from(byte).to_digit(16) {
            Some(digit) => {
                any = true;
                value = value * 16.0 + f64::from(digit);
                scale -= if fraction { 4 } else { 0 };
            }
            None if byte == b'.' && !fraction => fraction = true,
            None => break,
        }
        read += 1;
    }
    if !any {
        return None;
    }
    let power = exponent(&text[read..], b'p');
    if power > 0 {
        let text = std::str::from_utf8(&text[read + 1..read + power]).ok()?;
        let wide: i64 = text.parse().unwrap_or(if text.starts_with('-') { -100_000 } else { 100_000 });
        scale = scale.saturating_add(i32::try_from(wide.clamp(-100_000, 100_000)).ok()?);
    }
    Some((value * 2f64.powi(scale), read + power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_c_reads() {
        for (text, expected) in [
            ("1", Some((1.0, 1))),
            (" \t-1.5e3x", Some((-1500.0, 8))),
            ("1e", Some((1.0, 1))),
            ("1e+", Some((1.0, 1))),
            (".5", Some((0.5, 2))),
            ("5.", Some((5.0, 2))),
            (".", None),
            ("", None),
            ("-", None),
            ("+inf", Some((f64::INFINITY, 4))),
            ("-Infinity!", Some((f64::NEG_INFINITY, 9))),
            ("0x1F", Some((31.0, 4))),
            ("0x1.8p1", Some((3.0, 7))),
            ("0x", Some((0.0, 1))),
            ("1e999", Some((f64::INFINITY, 5))),
        ] {
            assert_eq!(strtod(text.as_bytes()), expected, "{text:?}");
        }
    }
}
