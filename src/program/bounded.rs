//! The parts of the expression language that could make something huge out of something small, each with its limit.
//!
//! One evaluation may make values of so many bytes; whatever multiplies draws on that before it makes anything.

use std::borrow::Cow;
use std::fmt::Write;

use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, filters, functions};

use super::tokens::{Kind, Token, tokens};

/// So many bytes may the multiplying parts of one evaluation make.
pub const MOST_MADE: usize = 16 << 20;

/// The most multiplications in one expression.
const MOST_PRODUCTS: usize = 64;

/// What an item of a list takes beside its own bytes.
const ITEM: usize = 32;

/// The name of multiplication as a function: `a * b` is compiled as a call of it.
const PRODUCT: &str = "__product";

/// The name of the unlimited `format`, which the limited one calls.
const PLAIN_FORMAT: &str = "__format";

/// Puts the limited parts in the place of the unlimited ones, and takes out what nothing here needs.
pub fn limit(language: &mut Environment<'static>) {
    for name in ["escape", "e", "safe", "indent", "pprint"] {
        language.remove_filter(name);
    }
    language.add_filter("replace", replace);
    language.add_filter("join", join);
    language.add_filter("format", format);
    language.add_filter(PLAIN_FORMAT, filters::format);
    language.add_filter("batch", batch);
    language.add_filter("slice", slice);
    language.add_filter("default", default);
    language.add_filter("d", default);
    language.add_function("range", range);
    language.add_function(PRODUCT, product);
}

/// What is left of what one evaluation may make.
struct Left(usize);

/// Draws on what this evaluation may make.
fn draw(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let left = state.get_or_insert_extension(Left(MOST_MADE));
    match left.0.checked_sub(bytes) {
        Some(rest) => {
            left.0 = rest;
            Ok(())
        }
        None => Err(Error::new(ErrorKind::InvalidOperation, "this makes a value that is too large")),
    }
}

/// About how many bytes a value takes if nothing in it is shared; stops counting once it is more than can be made.
fn weight(value: &Value) -> usize {
    let mut open = vec![value.clone()];
    let mut sum = 0usize;
    while let Some(value) = open.pop() {
        sum += ITEM + value.as_bytes().map_or(0, <[u8]>::len);
        if sum > MOST_MADE {
            return sum;
        }
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => open.extend(value.try_iter().into_iter().flatten()),
            ValueKind::Map => {
                let keys = value.try_iter().into_iter().flatten();
                open.extend(keys.filter_map(|key| value.get_item(&key).ok()));
            }
            _ => {}
        }
    }
    sum
}

fn replace(state: &mut State, text: Cow<'_, str>, from: Cow<'_, str>, to: Cow<'_, str>) -> Result<String, Error> {
    let times = text.matches(&*from).count();
    draw(state, times.saturating_mul(to.len()).saturating_add(text.len()))?;
    Ok(text.replace(&*from, &to))
}

fn join(state: &mut State, list: Value, between: Option<Cow<'_, str>>, named: Kwargs) -> Result<String, Error> {
    let between = match between {
        Some(between) => between,
        None => named.get::<Option<Cow<'_, str>>>("d")?.unwrap_or_default(),
    };
    let attribute = named.get::<Option<&str>>("attribute")?;
    named.assert_all_used()?;
    let mut text = String::new();
    for (n, item) in list.try_iter()?.enumerate() {
        let item = match attribute {
            Some(name) => item.get_attr(name)?,
            None => item,
        };
        if item.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        draw(state, weight(&item) + between.len())?;
        if n > 0 {
            text.push_str(&between);
        }
        match item.as_str() {
            Some(part) => text.push_str(part),
            // Writing to a string cannot fail.
            None => drop(write!(text, "{item}")),
        }
    }
    Ok(text)
}

fn format(state: &mut State, pattern: &Value, values: Rest<Value>) -> Result<Value, Error> {
    let text = pattern.as_str().unwrap_or_default();
    // Each number in a pattern may be a width; a width that is an argument could be any.
    let widths = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let wide: usize = widths.map(|digits| digits.parse::<usize>().unwrap_or(MOST_MADE).min(MOST_MADE)).sum();
    let given = if text.contains('*') { MOST_MADE + 1 } else { 0 };
    let inside: usize = values.iter().map(weight).sum();
    let places = text.matches('%').count().max(1);
    draw(state, wide.saturating_add(given).saturating_add(inside.saturating_mul(places)).saturating_add(text.len()))?;
    state
        .apply_filter(PLAIN_FORMAT, &std::iter::once(pattern.clone()).chain(values.iter().cloned()).collect::<Vec<_>>())
}

fn batch(state: &mut State, list: Value, count: usize, fill: Option<Value>) -> Result<Value, Error> {
    draw(state, fill.as_ref().map_or(0, |fill| count.saturating_mul(weight(fill))))?;
    filters::batch(state, list, count, fill)
}

fn slice(state: &mut State, list: Value, count: usize, fill: Option<Value>) -> Result<Value, Error> {
    draw(state, count.saturating_mul(ITEM + fill.as_ref().map_or(0, weight)))?;
    filters::slice(state, list, count, fill)
}

fn default(state: &mut State, value: &Value, other: Option<Value>, also_false: Option<bool>) -> Result<Value, Error> {
    let empty = value.is_undefined() || also_false.unwrap_or(false) && !value.is_true();
    let chosen = if empty { other.unwrap_or_else(|| Value::from("")) } else { value.clone() };
    draw(state, weight(&chosen))?;
    Ok(chosen)
}

fn range(state: &mut State, lower: isize, upper: Option<isize>, step: Option<isize>) -> Result<Value, Error> {
    let range = functions::range(lower, upper, step)?;
    draw(state, range.len().unwrap_or(0).saturating_mul(ITEM))?;
    Ok(range)
}

/// `a * b`: numbers are multiplied; a text or a list is repeated.
fn product(state: &mut State, a: Value, b: Value) -> Result<Value, Error> {
    let repeats = |value: &Value| matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Iterable);
    match (number(&a), number(&b)) {
        (Some(Number::Whole(a)), Some(Number::Whole(b))) => a
            .checked_mul(b)
            .map(Value::from)
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("unable to calculate {a} * {b}"))),
        (Some(a), Some(b)) => Ok(Value::from(a.float() * b.float())),
        (None, Some(times)) if repeats(&a) => repeat(state, &a, times),
        (Some(times), None) if repeats(&b) => repeat(state, &b, times),
        _ if a.is_undefined() || b.is_undefined() => Err(ErrorKind::UndefinedError.into()),
        _ => {
            let message = format!("tried to use * operator on unsupported types {} and {}", a.kind(), b.kind());
            Err(Error::new(ErrorKind::InvalidOperation, message))
        }
    }
}

fn repeat(state: &mut State, value: &Value, times: Number) -> Result<Value, Error> {
    let times = match times {
        Number::Whole(n) => usize::try_from(n).ok(),
        Number::Float(n) => (n >= 0.0 && n.fract() == 0.0).then_some(n as usize),
    };
    let times = times.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "texts and lists can only be multiplied with integers from 0")
    })?;
    if let Some(text) = value.as_str() {
        draw(state, text.len().saturating_mul(times))?;
        return Ok(Value::from(text.repeat(times)));
    }
    draw(state, weight(value).saturating_mul(times))?;
    let items: Vec<Value> = value.try_iter()?.collect();
    let all: Vec<Value> = std::iter::repeat_n(items, times).flatten().collect();
    Ok(Value::from(all))
}

#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn float(self) -> f64 {
        match self {
            // Where a whole number has no float of its own, the nearest is what is wanted.
            Number::Whole(n) => n as f64,
            Number::Float(n) => n,
        }
    }
}

fn number(value: &Value) -> Option<Number> {
    match value.kind() {
        ValueKind::Bool => Some(Number::Whole(i128::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Number::Whole),
        ValueKind::Number => f64::try_from(value.clone()).ok().map(Number::Float),
        _ => None,
    }
}

/// The expression with each `a * b` as a call of the limited multiplication; `None` where there is none to be replaced.
/// The error says why it cannot be done.
pub fn with_products(source: &str) -> Result<Option<String>, &'static str> {
    let mut text = source.to_string();
    for round in 0.. {
        let all = tokens(&text);
        let Some(at) = (1..all.len()).find(|n| all[*n].is("*") && ends_operand(&all, *n - 1)) else {
            return Ok((round > 0).then_some(text));
        };
        if round == MOST_PRODUCTS {
            return Err("this expression multiplies more than 64 times");
        }
        let (start, end) = (all[left(&all, at)].start, all[right(&all, at)].end());
        let (a, b) = (&text[start..all[at].start], &text[all[at].end()..end]);
        text = format!("{}{PRODUCT}(({a}), ({b})){}", &text[..start], &text[end..]);
    }
    Ok(None)
}

/// Whether an operand may end with this token.
fn ends_operand(all: &[Token<'_>], n: usize) -> bool {
    let token = &all[n];
    match token.kind {
        Kind::Sign => [")", "]", "}"].iter().any(|sign| token.is(sign)),
        Kind::Name => !divides(all, n),
        Kind::Number | Kind::Text => true,
    }
}

/// Whether this token ends the operands on both its sides, because it binds more weakly than multiplication.
fn divides(all: &[Token<'_>], n: usize) -> bool {
    let token = &all[n];
    match token.kind {
        // `not` belongs to a test where it comes after `is`.
        Kind::Name => {
            ["and", "or", "in", "if", "else"].contains(&token.text)
                || token.text == "not" && !n.checked_sub(1).is_some_and(|before| all[before].is_word("is"))
        }
        Kind::Sign => match token.text {
            "+" | "-" => n.checked_sub(1).is_some_and(|before| ends_operand(all, before)),
            sign => {
                ["~", "==", "!=", "<", ">", "<=", ">=", ",", ":", "=", "(", "[", "{", ")", "]", "}"].contains(&sign)
            }
        },
        _ => false,
    }
}

/// The first token of what stands to the left of a multiplication.
fn left(all: &[Token<'_>], at: usize) -> usize {
    let mut n = at;
    let mut depth = 0usize;
    while let Some(before) = n.checked_sub(1) {
        let token = &all[before];
        if [")", "]", "}"].iter().any(|sign| token.is(sign)) {
            depth += 1;
        } else if depth > 0 && ["(", "[", "{"].iter().any(|sign| token.is(sign)) {
            depth -= 1;
        } else if depth == 0 && divides(all, before) {
            break;
        }
        n = before;
    }
    n
}

/// The last token of what stands to its right.
fn right(all: &[Token<'_>], at: usize) -> usize {
    let mut n = at;
    let mut depth = 0usize;
    while let Some(token) = all.get(n + 1) {
        if ["(", "[", "{"].iter().any(|sign| token.is(sign)) {
            depth += 1;
        } else if depth > 0 && [")", "]", "}"].iter().any(|sign| token.is(sign)) {
            depth -= 1;
        } else if depth == 0 && (divides(all, n + 1) || ["*", "/", "//", "%"].iter().any(|sign| token.is(sign))) {
            break;
        }
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_become_calls() {
        let made = |source: &str| with_products(source).map(|made| made.unwrap_or_default());
        assert_eq!(made("a + b * c"), Ok("a + __product((b ), ( c))".into()));
        assert_eq!(made("f(*list) ** 2"), Ok(String::new()));
        assert_eq!(made("'a * b'"), Ok(String::new()));
        assert!(made(&"2 * ".repeat(70)).is_err());
    }

    /// What is computed is what the language itself computes.
    #[test]
    fn the_limited_language_computes_the_same() {
        let plain = Environment::new();
        let mut limited = Environment::new();
        limit(&mut limited);
        let context =
            minijinja::context! { n => 7, x => 2.5, s => "ab", l => vec![1, 2], m => minijinja::context! { k => 3 } };
        let operands = [
            "1",
            "n",
            "x",
            "-2",
            "-n",
            "(n + 1)",
            "l[0]",
            "m.k",
            "n|abs",
            "s",
            "l|length",
            "l",
            "-n|abs",
            "2 ** 2",
            "s|upper",
            "range(3)|sum",
            "[n * 2, 3][0]",
            "{'a': n * 2}.a",
            "true",
            "(l|join('*'))",
            "(n is odd)",
            "(n is not odd)",
        ];
        let operators =
            ["*", "*", "*", "+", "-", "/", "//", "%", "~", "==", "<", "and", "or", "in", "not in", "if n else"];
        let mut random = fastrand::Rng::with_seed(5);
        let mut products = 0;
        for _ in 0..4000 {
            let mut source = operands[random.usize(0..operands.len())].to_string();
            for _ in 0..random.usize(1..6) {
                let operator = operators[random.usize(0..operators.len())];
                source = format!("{source} {operator} {}", operands[random.usize(0..operands.len())]);
            }
            let Ok(theirs) = plain.compile_expression(&source) else { continue };
            let rewritten = with_products(&source).expect("few products").unwrap_or_else(|| source.clone());
            products += usize::from(rewritten.contains(PRODUCT));
            let ours = limited.compile_expression(&rewritten).unwrap_or_else(|e| panic!("{source}: {rewritten}: {e}"));
            let (theirs, ours) = (theirs.eval(&context), ours.eval(&context));
            let shown = |value: &Result<Value, Error>| value.as_ref().map(|value| value.to_string()).ok();
            assert_eq!(shown(&ours), shown(&theirs), "{source}: {ours:?} {theirs:?}");
        }
        assert!(products > 1000, "{products}");
    }
}
