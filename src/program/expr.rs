//! Expressions: Jinja's, compiled once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value};

use crate::prompt::nearest;

use super::bounded::{self, MOST_MADE};
use super::datum::{Datum, Size};
use super::tokens::{self, Token};

/// How many instructions one evaluation may take.
const FUEL: u64 = 100_000;

/// The longest expression, bytes.
const LONGEST: usize = 4096;

/// The language: filters, tests and functions. It is constant; registers and the world come with each evaluation.
static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.remove_global("debug");
    bounded::limit(&mut environment);
    environment
});

/// The filters that there are. A test compares the list with the language.
const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The tests that there are.
const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Where an expression's names get their values from.
pub trait Scope {
    /// The value of a name; `None`: it has none.
    fn value(&self, name: &str) -> Option<Datum>;
}

impl<F: Fn(&str) -> Option<Datum>> Scope for F {
    fn value(&self, name: &str) -> Option<Datum> {
        self(name)
    }
}

impl Scope for BTreeMap<String, Datum> {
    fn value(&self, name: &str) -> Option<Datum> {
        self.get(name).cloned()
    }
}

/// Why an expression cannot be read, or has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// What is wrong.
    pub message: String,
    /// Where in the expression: byte offsets.
    pub range: Option<(usize, usize)>,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

/// A compiled expression. Cheap to clone.
#[derive(Clone)]
pub struct Expr {
    source: Arc<str>,
    compiled: Arc<Expression<'static, 'static>>,
    names: Arc<[Arc<str>]>,
    /// How often each name is read.
    times: Arc<[usize]>,
}

impl Expr {
    /// Compiles an expression.
    pub fn parse(source: &str) -> Result<Expr, ExprError> {
        let fail = |message: &str| Err(ExprError { message: message.into(), range: None });
        if source.trim().is_empty() {
            return fail("an expression is missing here");
        }
        if source.len() > LONGEST {
            return fail("this expression is longer than 4096 bytes");
        }
        check_words(source)?;
        let compiled = compile(source)?;
        let globals: Vec<&str> = LANGUAGE.globals().map(|(name, _)| name).collect();
        let mut names: Vec<Arc<str>> = compiled.undeclared_variables(false).into_iter().map(Into::into).collect();
        names.retain(|name| !globals.contains(&&**name));
        names.sort();
        let read = tokens::names(source);
        let times = names.iter().map(|name| read.iter().filter(|token| token.text == &**name).count().max(1)).collect();
        Ok(Expr { source: source.into(), compiled: Arc::new(compiled), names: names.into(), times })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names that it reads, sorted; of `alice.n`, `alice`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The names with what is read from them: `alice.n`, `sent`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.compiled.undeclared_variables(true).into_iter().collect();
        paths.retain(|path| self.names().any(|name| path.split('.').next() == Some(name)));
        paths.sort();
        paths
    }

    /// Its value.
    pub fn eval(&self, scope: &dyn Scope) -> Result<Datum, ExprError> {
        let value = self.value(scope)?;
        let mut room = Size::of_a_register();
        let fail = |message: String| ExprError { message, range: None };
        from_value(&value, &mut room).map_err(|unfit| match unfit {
            Unfit::Kind => fail(format!("`{}` gives {}, which no register can hold", self.source.trim(), value.kind())),
            Unfit::Size => fail(format!("`{}` gives a value that is too large for a register", self.source.trim())),
        })
    }

    /// Whether it is true.
    pub fn is_true(&self, scope: &dyn Scope) -> Result<bool, ExprError> {
        Ok(self.value(scope)?.is_true())
    }

    /// Its value as part of an argument, byte for byte. Nothing is what `none` says (the empty string in a command,
    /// NULL in a statement); true and false are 1 and 0, as Redis writes them; a list or map is refused, since it is
    /// no one argument.
    pub fn argument(&self, scope: &dyn Scope, none: &[u8], out: &mut Vec<u8>) -> Result<(), ExprError> {
        let value = self.value(scope)?;
        match value.kind() {
            ValueKind::None => out.extend_from_slice(none),
            ValueKind::Bool => out.push(if value.is_true() { b'1' } else { b'0' }),
            ValueKind::Number => out.extend_from_slice(value.to_string().as_bytes()),
            ValueKind::String | ValueKind::Bytes => out.extend_from_slice(value.as_bytes().unwrap_or_default()),
            kind => {
                return Err(ExprError {
                    message: format!("`{}` gives {kind}, which cannot be one argument", self.source.trim()),
                    range: None,
                });
            }
        }
        Ok(())
    }

    fn value(&self, scope: &dyn Scope) -> Result<Value, ExprError> {
        let mut context: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        let mut large = 0usize;
        for (name, times) in self.names.iter().zip(self.times.iter()) {
            let Some(value) = scope.value(name) else { continue };
            large = large.saturating_add(value.bytes().saturating_mul(*times));
            if large > MOST_MADE {
                let message = format!("`{}` computes with values that are too large", self.source.trim());
                return Err(ExprError { message, range: None });
            }
            context.insert(name.clone(), to_value(&value));
        }
        let value = self.compiled.eval(Value::from_pairs(context)).map_err(|error| self.explained(&error, scope))?;
        if value.is_undefined() {
            return Err(self.unset(scope));
        }
        Ok(value)
    }

    fn explained(&self, error: &Error, scope: &dyn Scope) -> ExprError {
        let undefined = error.kind() == ErrorKind::UndefinedError
            || error.detail().is_some_and(|detail| detail.contains("undefined"));
        if undefined && self.names.iter().any(|name| scope.value(name).is_none()) {
            return self.unset(scope);
        }
        let found = in_words(error);
        ExprError { message: format!("`{}`: {}", self.source.trim(), found.message), range: found.range }
    }

    fn unset(&self, scope: &dyn Scope) -> ExprError {
        let missing = self.names.iter().find(|name| scope.value(name).is_none());
        let message = match missing {
            Some(name) => format!("`{}`: `{name}` has no value yet", self.source.trim()),
            None => format!("`{}` has no value", self.source.trim()),
        };
        ExprError { message, range: None }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.source)
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.source == other.source
    }
}

impl Eq for Expr {}

/// Compiles an expression with the limited parts of the language.
fn compile(source: &str) -> Result<Expression<'static, 'static>, ExprError> {
    let products = bounded::with_products(source).map_err(|why| ExprError { message: why.into(), range: None })?;
    let Some(products) = products else {
        return LANGUAGE.compile_expression_owned(source.to_string()).map_err(|error| in_words(&error));
    };
    LANGUAGE.compile_expression_owned(products).map_err(|error| {
        // The original is what the author knows, and has the places.
        let told = LANGUAGE.compile_expression_owned(source.to_string()).map(drop);
        in_words(&told.err().unwrap_or(error))
    })
}

/// Filters and tests that nobody knows: the language itself would notice only when they are used.
fn check_words(source: &str) -> Result<(), ExprError> {
    let all = tokens::tokens(source);
    for (n, token) in all.iter().enumerate() {
        let Some(before) = n.checked_sub(1).and_then(|n| all.get(n)) else { continue };
        let after_not = token_is_test_after_not(&all, n);
        if token.kind != tokens::Kind::Name || token.text == "not" {
            continue;
        }
        let (what, known) = match () {
            () if before.is("|") => ("filter", FILTERS),
            () if before.is_word("is") || after_not => ("test", TESTS),
            () => continue,
        };
        if !known.contains(&token.text) {
            let meant = nearest(token.text, known.iter().copied()).first().copied();
            let help = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
            let message = format!("there is no {what} `{}`{help}", token.text);
            return Err(ExprError { message, range: Some((token.start, token.end())) });
        }
    }
    Ok(())
}

/// Whether a token is the test of `is not …`.
fn token_is_test_after_not(all: &[Token<'_>], n: usize) -> bool {
    n >= 2 && all[n - 1].is_word("not") && all[n - 2].is_word("is")
}

/// What minijinja says, without what only its authors need.
fn in_words(error: &Error) -> ExprError {
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "this takes too long to compute".into(),
        (ErrorKind::InvalidOperation, Some(detail)) if by_zero(detail) => "division by zero".into(),
        (_, Some(detail)) => detail.to_string(),
        (kind, None) => kind.to_string(),
    };
    let range = error.range().map(|range| (range.start, range.end));
    ExprError { message, range }
}

/// Whether a failed operation divided by zero: `unable to calculate 1 / 0`.
fn by_zero(detail: &str) -> bool {
    let Some(operation) = detail.strip_prefix("unable to calculate ") else { return false };
    let divides = [" / ", " // ", " % "].iter().any(|operator| operation.contains(operator));
    let divisor = operation.rsplit(' ').next().unwrap_or_default();
    divides && divisor.parse::<f64>().is_ok_and(|n| n == 0.0)
}

fn to_value(datum: &Datum) -> Value {
    match datum {
        Datum::None => Value::from(()),
        Datum::Bool(yes) => Value::from(*yes),
        Datum::Int(n) => Value::from(*n),
        Datum::Float(n) => Value::from(*n),
        Datum::Str(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::from(text),
            Err(_) => Value::from_bytes(bytes.to_vec()),
        },
        Datum::List(items) => Value::from(items.iter().map(to_value).collect::<Vec<_>>()),
        Datum::Map(pairs) => Value::from_pairs(pairs.iter().map(|(key, value)| (key.clone(), to_value(value)))),
    }
}

/// Why a value is nothing that a register can hold.
enum Unfit {
    Kind,
    Size,
}

fn from_value(value: &Value, room: &mut Size) -> Result<Datum, Unfit> {
    let bytes = value.as_bytes().map_or(0, <[u8]>::len);
    room.enter(bytes).ok_or(Unfit::Size)?;
    let datum = match value.kind() {
        ValueKind::None => Datum::None,
        ValueKind::Bool => Datum::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => Datum::Int(i64::try_from(value.clone()).map_err(|_| Unfit::Kind)?),
        ValueKind::Number => Datum::Float(f64::try_from(value.clone()).map_err(|_| Unfit::Kind)?),
        ValueKind::String | ValueKind::Bytes => {
            Datum::Str(Bytes::copy_from_slice(value.as_bytes().unwrap_or_default()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|_| Unfit::Kind)?;
            Datum::list(items.map(|item| from_value(&item, room)).collect::<Result<Vec<_>, _>>()?)
        }
        ValueKind::Map => {
            let keys = value.try_iter().map_err(|_| Unfit::Kind)?;
            let pair = |key: Value| {
                let inner = value.get_item(&key).map_err(|_| Unfit::Kind)?;
                Ok((key.to_string(), from_value(&inner, room)?))
            };
            Datum::map(keys.map(pair).collect::<Result<Vec<_>, _>>()?)
        }
        _ => return Err(Unfit::Kind),
    };
    room.leave();
    Ok(datum)
}

/// `none|int` is 0; a string is read as a number; what is no number is an error.
fn int(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => Ok(Value::from(0)),
        ValueKind::Bool => Ok(Value::from(i64::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => Ok(value.clone()),
        ValueKind::Number => whole(f64::try_from(value.clone())?),
        ValueKind::String | ValueKind::Bytes => {
            let text = value.to_str().unwrap_or_default();
            let digits = text.trim();
            match (digits.parse::<i128>(), digits.parse::<f64>()) {
                (Ok(n), _) => Ok(Value::from(n)),
                (_, Ok(n)) => whole(n),
                _ => Err(no_number(&text)),
            }
        }
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("{kind} cannot be made a number"))),
    }
}

fn whole(n: f64) -> Result<Value, Error> {
    if n.is_finite() && n.abs() < 1e18 {
        // Between -1e18 and 1e18 every truncated float fits.
        return Ok(Value::from(n.trunc() as i64));
    }
    Err(Error::new(ErrorKind::InvalidOperation, format!("{n} is no whole number")))
}

fn float(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => Ok(Value::from(0.0)),
        ValueKind::Bool => Ok(Value::from(f64::from(u8::from(value.is_true())))),
        ValueKind::Number => Ok(Value::from(f64::try_from(value.clone())?)),
        ValueKind::String | ValueKind::Bytes => {
            let text = value.to_str().unwrap_or_default();
            text.trim().parse::<f64>().map(Value::from).map_err(|_| no_number(&text))
        }
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("{kind} cannot be made a number"))),
    }
}

fn no_number(text: &str) -> Error {
    let shown = crate::resp::printable(text.as_bytes(), 40);
    Error::new(ErrorKind::InvalidOperation, format!("\"{shown}\" is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(source: &str) -> Result<Datum, String> {
        let scope = |name: &str| match name {
            "n" => Some(Datum::text("41")),
            "nothing" => Some(Datum::None),
            "list" => Some(Datum::list([Datum::Int(1), Datum::text("a")])),
            "raw" => Some(Datum::Str(Bytes::from_static(b"\xff\x00"))),
            "alice" => Some(Datum::map([("n", Datum::Int(7))])),
            _ => None,
        };
        Expr::parse(source).and_then(|expr| expr.eval(&scope)).map_err(|error| error.message)
    }

    #[test]
    fn expressions_compute_with_replies() {
        assert_eq!(eval("n|int + 1"), Ok(Datum::Int(42)));
        assert_eq!(eval("nothing|int"), Ok(Datum::Int(0)));
        assert_eq!(eval("nothing is none and n is not none"), Ok(Datum::Bool(true)));
        assert_eq!(eval("list[1] ~ '!'"), Ok(Datum::text("a!")));
        assert_eq!(eval("alice.n"), Ok(Datum::Int(7)));
        assert_eq!(eval("raw"), Ok(Datum::Str(Bytes::from_static(b"\xff\x00"))));
        assert_eq!(eval("n|float / 2"), Ok(Datum::Float(20.5)));
        assert_eq!(eval("range(3)|list"), Ok(Datum::list([0, 1, 2].map(Datum::Int))));
    }

    #[test]
    fn faults_are_told_in_words() {
        assert_eq!(eval("1 / 0"), Err("`1 / 0`: division by zero".into()));
        assert_eq!(eval("1 % (n|int - 41)"), Err("`1 % (n|int - 41)`: division by zero".into()));
        assert_eq!(eval("m + 1"), Err("`m + 1`: `m` has no value yet".into()));
        assert_eq!(eval("m"), Err("`m`: `m` has no value yet".into()));
        assert_eq!(eval("'x'|int"), Err("`'x'|int`: \"x\" is no number".into()));
        assert!(eval("1 +").is_err());
        assert!(eval("n|nofilter").is_err());
        assert!(eval("").is_err());
        assert!(eval("9223372036854775807 * 9223372036854775807").is_err());
        assert!(eval(&"(".repeat(3000)).is_err());
    }

    #[test]
    fn the_words_of_the_language_are_all_known() {
        for (word, sources) in
            FILTERS.iter().map(|f| (f, format!("1|{f}"))).chain(TESTS.iter().map(|t| (t, format!("1 is {t}"))))
        {
            if let Err(told) = eval(&sources) {
                assert!(!told.contains("unknown") && !told.contains("there is no"), "{word}: {told}");
            }
        }
        assert_eq!(eval("n|itn"), Err("there is no filter `itn`: did you mean `int`?".into()));
        assert_eq!(eval("n is not defind"), Err("there is no test `defind`: did you mean `defined`?".into()));
        assert_eq!(eval("n is not none and nothing is none and n in '41' and n is in ['41']"), Ok(Datum::Bool(true)));
    }

    #[test]
    fn nothing_huge_comes_out_of_something_small() {
        for source in [
            "'a' * 100000000",
            "'a' * 10000000",
            "([1] * 100000000)|list",
            "[[1] * 1000] * 1000000",
            "['a' * 1000000] * 100000 ~ ''",
            "('a' * 100000)|replace('a', 'b' * 100000)",
            "'%1000000000d'|format(1)",
            "'%*d'|format(1000000000, 1)",
            "([0] * 10000)|map('default', 'a' * 10000, true)|string",
            "([0] * 100000)|join('a' * 100000)",
            "[1]|batch(1000000000, 0)",
            "[1]|slice(1000000000, 0)",
            "range(99999)|map('string')|map('replace', '', 'a' * 10000)|list",
            "big ~ big",
            "big * 20",
            "range(100000)|list + range(99999)|list",
        ] {
            let scope = |name: &str| (name == "big").then(|| Datum::text("x".repeat(1_000_000)));
            let found = Expr::parse(source).and_then(|expr| expr.eval(&scope)).map_err(|error| error.message);
            let told = found.expect_err(source);
            assert!(told.contains("too large"), "{source}: {told}");
        }
        let deep = (0..40).fold("1".to_string(), |inner, _| format!("[{inner}]"));
        assert!(eval(&deep).is_err_and(|told| told.contains("too large")));
        assert_eq!(eval("'ab' * 3 ~ '-' * n|int|abs"), Ok(Datum::text("ababab".to_string() + &"-".repeat(41))));
        assert_eq!(eval("[1, 2] * 2"), Ok(Datum::list([1, 2, 1, 2].map(Datum::Int))));
        assert_eq!(eval("1.5 * 2 ** 2 / 3 * -1 - 2 * (1 + 1)"), Ok(Datum::Float(-6.0)));
        assert_eq!(eval("'%05d|%s'|format(7, 'a')"), Ok(Datum::text("00007|a")));
        assert_eq!(eval("['a', 1]|join(', ')"), Ok(Datum::text("a, 1")));
        assert_eq!(eval("m|default(3) + 1"), Ok(Datum::Int(4)));
        assert!(eval("m * 2").is_err_and(|told| told.contains("`m` has no value yet")));
    }

    #[test]
    fn names_are_known() {
        let expr = Expr::parse("alice.n + sent == range(3)|length").expect("an expression");
        assert_eq!(expr.names().collect::<Vec<_>>(), ["alice", "sent"]);
        assert_eq!(expr.paths(), ["alice.n", "sent"]);
    }
}
