//! One reply in the form that is wanted.

use bytes::Bytes;

use crate::resp::{Part, Parts, Protocol, Value, encode_value};

use super::style::{Form, Style, push_text};
use super::{csv, json, people, raw};

/// Appends a reply, given as it came over the wire, as redis-cli prints it. `as_it_is` is for commands whose reply is
/// a text for people ([`raw_by_default`]).
pub fn print_reply(wire: &[u8], style: &Style, as_it_is: bool, out: &mut Vec<u8>) {
    let mut parts = Parts::new(wire);
    if as_it_is {
        return raw::push(
            &mut parts,
            &Style { between: style.between.clone(), ..Style::new(Form::Raw, style.guarded) },
            out,
        );
    }
    match style.form {
        Form::Formatted => return people::push(&mut parts, style.guarded, out),
        Form::Raw => {
            // Who asks for raw bytes on a terminal gets them.
            raw::push(&mut parts, style, out);
            out.extend_from_slice(&style.after);
            return;
        }
        Form::Csv => csv::push(&mut parts, out),
        Form::Json | Form::QuotedJson => json::push(&mut parts, style.form == Form::QuotedJson, out),
    }
    out.push(b'\n');
}

/// Appends a push that came by itself.
pub fn print_push(wire: &[u8], style: &Style, out: &mut Vec<u8>) {
    let mut parts = Parts::new(wire);
    let head = [parts.take(), parts.take(), parts.take()];
    match head {
        [Some(Part::Push(2)), Some(Part::Text(kind)), Some(Part::Array(count))]
            if style.form == Form::Formatted && kind.starts_with(b"invalidate") =>
        {
            out.extend_from_slice(b"-> invalidate: ");
            for at in 0..count {
                let Some(Part::Text(key)) = parts.take() else { break };
                out.extend_from_slice(if at > 0 { b", '" } else { b"'" });
                push_text(people::until_null(key), style.guarded, out);
                out.push(b'\'');
            }
            out.push(b'\n');
        }
        _ => print_reply(wire, style, false, out),
    }
}

/// The same for a value that came some other way.
pub fn printed(value: &Value, style: &Style, as_it_is: bool) -> Vec<u8> {
    let (mut wire, mut out) = (Vec::new(), Vec::new());
    encode_value(value, Protocol::Resp3, &mut wire);
    print_reply(&wire, style, as_it_is, &mut out);
    out
}

/// A push that came by itself, given as a value.
pub fn pushed(value: &Value, style: &Style) -> Vec<u8> {
    let (mut wire, mut out) = (Vec::new(), Vec::new());
    encode_value(value, Protocol::Resp3, &mut wire);
    print_push(&wire, style, &mut out);
    out
}

/// A value as it is shown to people on a terminal.
pub fn formatted(value: &Value) -> String {
    String::from_utf8_lossy(&printed(value, &Style::usual(true), false)).into_owned()
}

/// Whether a command's reply is a text for people, which redis-cli prints as it is in every form.
pub fn raw_by_default(argv: &[Bytes]) -> bool {
    let is = |at: usize, words: &[&str]| {
        argv.get(at).is_some_and(|given| words.iter().any(|word| given.eq_ignore_ascii_case(word.as_bytes())))
    };
    is(0, &["INFO", "LOLWUT"])
        || is(0, &["DEBUG"]) && is(1, &["HTSTATS", "HTSTATS-KEY", "CLIENT-EVICTION"])
        || is(0, &["MEMORY"]) && is(1, &["MALLOC-STATS", "DOCTOR"])
        || is(0, &["CLIENT"]) && is(1, &["LIST", "INFO"])
        || is(0, &["PROXY"]) && is(1, &["INFO"])
        || argv.len() == 2 && is(0, &["CLUSTER"]) && is(1, &["NODES", "INFO"])
        || argv.len() == 2 && is(0, &["LATENCY"]) && is(1, &["DOCTOR"])
        || argv.len() == 3 && is(0, &["LATENCY"]) && is(1, &["GRAPH"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(wire: &str, form: Form) -> String {
        let mut out = Vec::new();
        print_reply(wire.as_bytes(), &Style::new(form, false), false, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn nested_lists_are_numbered_as_redis_cli_numbers_them() {
        let wire = "*4\r\n+OK\r\n*2\r\n:1\r\n$2\r\nb\x1b\r\n$-1\r\n*0\r\n";
        let expected = "1) OK\n2) 1) (integer) 1\n   2) \"b\\x1b\"\n3) (nil)\n4) (empty array)\n";
        assert_eq!(shown(wire, Form::Formatted), expected);
        assert_eq!(shown(wire, Form::Raw), "OK\n1\nb\x1b\n\n\n");
        assert_eq!(shown(wire, Form::Csv), "\"OK\",1,\"b\\x1b\",NULL,\n");
        assert_eq!(shown(wire, Form::Json), "[\"OK\",[1,\"b\\u001b\"],null,[]]\n");
        assert_eq!(shown(wire, Form::QuotedJson), "[\"OK\",[1,\"b\\\\x1b\"],null,[]]\n");
    }

    #[test]
    fn values_of_maps_stand_below_where_they_need_lines() {
        let wire = "%2\r\n$1\r\nf\r\n~1\r\n$1\r\nm\r\n$1\r\ng\r\n*2\r\n,1.10\r\n#f\r\n";
        let expected = "1# \"f\" => 1~ \"m\"\n2# \"g\" => \n   1) (double) 1.10\n   2) (false)\n";
        assert_eq!(shown(wire, Form::Formatted), expected);
        assert_eq!(shown(wire, Form::Raw), "f m\ng 1.10\n(false)\n");
        assert_eq!(shown("%1\r\n:1\r\n_\r\n", Form::Json), "{\"1\":null}\n");
        assert_eq!(shown("-ERR \"x\"\r\n", Form::Json), "error:\"ERR \\\"x\\\"\"\n");
    }

    #[test]
    fn text_of_a_server_cannot_move_the_terminal() {
        let style = Style::usual(true);
        let error = printed(&Value::error("ERR \x1b[2J"), &style, false);
        assert_eq!(error, b"(error) ERR \\x1b[2J\n");
        let text = Value::text("a:1\r\nb\x1b\tc\rd\r\n");
        assert_eq!(printed(&text, &style, true), b"a:1\r\nb\\x1b\tc\\rd\r\n");
    }

    #[test]
    fn keys_that_are_no_longer_valid_have_a_line_of_their_own() {
        let mut out = Vec::new();
        let wire = b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
        print_push(wire, &Style::usual(true), &mut out);
        assert_eq!(out, b"-> invalidate: 'a', 'b'\n");
    }
}
