//! Writing values and commands as bytes.

use bytes::Bytes;

use super::value::{Protocol, Value};

/// Appends `value` as a connection that speaks `protocol` receives it.
#[inline]
pub fn encode_value(value: &Value, protocol: Protocol, out: &mut Vec<u8>) {
    match value {
        Value::Null if protocol == Protocol::Resp2 => out.extend_from_slice(b"$-1\r\n"),
        Value::Simple(text) if **text == *b"OK" => out.extend_from_slice(b"+OK\r\n"),
        _ => encode_any(value, protocol, out),
    }
}

/// Appends an integer, which is the same in both protocols.
#[inline]
pub fn encode_integer(n: i64, out: &mut Vec<u8>) {
    number(b':', n, out);
}

fn encode_any(value: &Value, protocol: Protocol, out: &mut Vec<u8>) {
    let resp3 = protocol == Protocol::Resp3;
    match value {
        Value::Simple(text) => line(b'+', text, out),
        Value::Error(text) => line(b'-', text, out),
        Value::Integer(n) => number(b':', *n, out),
        Value::Bulk(bytes) => bulk(b'$', bytes, out),
        Value::Null if resp3 => out.extend_from_slice(b"_\r\n"),
        Value::NullArray if resp3 => out.extend_from_slice(b"_\r\n"),
        Value::Null => out.extend_from_slice(b"$-1\r\n"),
        Value::NullArray => out.extend_from_slice(b"*-1\r\n"),
        Value::Array(items) => aggregate(b'*', items, protocol, out),
        Value::Set(items) => aggregate(if resp3 { b'~' } else { b'*' }, items, protocol, out),
        Value::Push(items) => aggregate(if resp3 { b'>' } else { b'*' }, items, protocol, out),
        Value::Attribute(pairs) => {
            if resp3 {
                number(b'|', pairs.len() as i64, out);
                for (key, value) in pairs {
                    encode_value(key, protocol, out);
                    encode_value(value, protocol, out);
                }
            }
        }
        Value::Map(pairs) => {
            let (mark, count) = if resp3 { (b'%', pairs.len()) } else { (b'*', pairs.len() * 2) };
            number(mark, count as i64, out);
            for (key, value) in pairs {
                encode_value(key, protocol, out);
                encode_value(value, protocol, out);
            }
        }
        Value::Double(d) if resp3 => line(b',', format_double(*d).as_bytes(), out),
        Value::Double(d) => bulk(b'$', format_double(*d).as_bytes(), out),
        Value::Boolean(b) if resp3 => line(b'#', if *b { b"t" } else { b"f" }, out),
        Value::Boolean(b) => number(b':', i64::from(*b), out),
        Value::BigNumber(digits) if resp3 => line(b'(', digits, out),
        Value::BigNumber(digits) => bulk(b'$', digits, out),
        Value::Verbatim { format, text } if resp3 => {
            number(b'=', text.len() as i64 + 4, out);
            out.extend_from_slice(format);
            out.push(b':');
            out.extend_from_slice(text);
            out.extend_from_slice(b"\r\n");
        }
        Value::Verbatim { text, .. } => bulk(b'$', text, out),
    }
}

/// Appends what stands before the elements of an array (`*`), a set (`~`) or a map (`%`).
pub fn encode_head(mark: u8, count: usize, out: &mut Vec<u8>) {
    number(mark, count as i64, out);
}

/// Appends a bulk string, which is the same in both protocols.
#[inline]
pub fn encode_bulk(bytes: &[u8], out: &mut Vec<u8>) {
    bulk(b'$', bytes, out);
}

/// Appends a command as an array of bulk strings, the form in which every client sends one.
pub fn encode_command(argv: &[Bytes], out: &mut Vec<u8>) {
    number(b'*', argv.len() as i64, out);
    for argument in argv {
        bulk(b'$', argument, out);
    }
}

/// A double as Redis prints it in replies: the shortest of `%.17g`'s forms that reads back as the same number.
///
/// Integers come without a point, infinities as `inf` and `-inf`.
pub fn format_double(d: f64) -> String {
    if d.is_nan() {
        return "nan".into();
    }
    if d.is_infinite() {
        return if d > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if d == 0.0 {
        return if d.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    // Redis prints a double that is a "small" integer as one (ll2string), the rest with %.17g.
    if d.fract() == 0.0 && d.abs() < 4_503_599_627_370_496.0 {
        return format!("{}", d as i64);
    }
    format_g17(d)
}

/// C's `%.17g`.
pub fn format_g17(d: f64) -> String {
    if !d.is_finite() || d == 0.0 {
        return format_double(d);
    }

    let scientific = format!("{d:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..17).contains(&exponent) {
        let decimals = usize::try_from(16 - exponent).unwrap_or(0);
        return trim_zeros(&format!("{d:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs())
}

fn trim_zeros(text: &str) -> String {
    if !text.contains('.') {
        return text.into();
    }
    text.trim_end_matches('0').trim_end_matches('.').into()
}

fn aggregate(mark: u8, items: &[Value], protocol: Protocol, out: &mut Vec<u8>) {
    number(mark, items.len() as i64, out);
    for item in items {
        encode_value(item, protocol, out);
    }
}

/// A line of its own: an end of line within would be taken for its end, so it becomes a space, as in Redis's errors.
fn line(mark: u8, text: &[u8], out: &mut Vec<u8>) {
    out.push(mark);
    let from = out.len();
    out.extend_from_slice(text);
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        out[from..].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
    }
    out.extend_from_slice(b"\r\n");
}

#[inline]
fn bulk(mark: u8, bytes: &[u8], out: &mut Vec<u8>) {
    number(mark, bytes.len() as i64, out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

#[inline]
fn number(mark: u8, n: i64, out: &mut Vec<u8>) {
    match n {
        0..=9 => out.extend_from_slice(&[mark, b'0' + n as u8, b'\r', b'\n']),
        10..100_000_000 => short_number(mark, n as u64, out),
        _ => long_number(mark, n, out),
    }
}

/// A number from 1 to 99,999,999. Its digits come to lie in the bytes of one word, the first in the lowest: it is cut
/// into fours, these into pairs and these into digits, all at once.
fn short_number(mark: u8, n: u64, out: &mut Vec<u8>) {
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = (fours * 10_486) >> 20 & 0x7f_0000_007f;
    let pairs = hundreds | (fours - hundreds * 100) << 16;
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    let digits = tens | (pairs - tens * 10) << 8;
    let zeros = digits.trailing_zeros() / 8;
    let text = (digits | 0x3030_3030_3030_3030) >> (zeros * 8);
    let length = 9 - zeros as usize;
    let mut line = [mark; 16];
    line[1..9].copy_from_slice(&text.to_le_bytes());
    line[length..length + 2].copy_from_slice(b"\r\n");
    // All of it is appended, since so many bytes are copied in no time, and what is too much taken away again.
    let end = out.len() + length + 2;
    out.extend_from_slice(&line);
    out.truncate(end);
}

fn long_number(mark: u8, n: i64, out: &mut Vec<u8>) {
    // The mark, a sign, up to 19 digits and the line's end, written from the end.
    let mut line = [b'\n'; 23];
    let mut at = line.len() - 2;
    line[at] = b'\r';
    let mut rest = n.unsigned_abs();
    while rest > 0 {
        at -= 1;
        line[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if n < 0 {
        at -= 1;
        line[at] = b'-';
    }
    at -= 1;
    line[at] = mark;
    out.extend_from_slice(&line[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(value: &Value, protocol: Protocol) -> String {
        let mut out = Vec::new();
        encode_value(value, protocol, &mut out);
        String::from_utf8_lossy(&out).replace("\r\n", "|")
    }

    #[test]
    fn each_protocol_has_its_own_shape() {
        let map = Value::Map(vec![(Value::text("a"), Value::Double(1.5))]);
        assert_eq!(wire(&map, Protocol::Resp2), "*2|$1|a|$3|1.5|");
        assert_eq!(wire(&map, Protocol::Resp3), "%1|$1|a|,1.5|");
        assert_eq!(wire(&Value::NullArray, Protocol::Resp2), "*-1|");
        assert_eq!(wire(&Value::NullArray, Protocol::Resp3), "_|");
        assert_eq!(wire(&Value::Boolean(true), Protocol::Resp2), ":1|");
        assert_eq!(wire(&Value::Integer(i64::MIN), Protocol::Resp2), ":-9223372036854775808|");
    }

    #[test]
    fn integers_of_any_length_print() {
        let powers = (0..19).map(|n| 10i64.pow(n)).flat_map(|power| [power - 1, power, power + 1, power * 7 / 3]);
        let many = (0..200_000).chain((0..100_000_000).step_by(997));
        for n in powers.flat_map(|n| [n, -n]).chain([i64::MIN, i64::MAX]).chain(many) {
            let mut out = b"x".to_vec();
            encode_integer(n, &mut out);
            assert_eq!(out, format!("x:{n}\r\n").into_bytes());
        }
    }

    #[test]
    fn doubles_print_as_redis_prints_them() {
        for (d, text) in [
            (3.0, "3"),
            (0.1, "0.10000000000000001"),
            (1e21, "1e+21"),
            (1.5e-7, "1.4999999999999999e-07"),
            (f64::INFINITY, "inf"),
            (-0.0, "-0"),
        ] {
            assert_eq!(format_double(d), text);
        }
    }
}
