//! Expressions: Jinja's, compiled once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value};

use super::datum::Datum;

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
    environment
});

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
        let compiled = LANGUAGE.compile_expression_owned(source.to_string()).map_err(|error| in_words(&error))?;
        let globals: Vec<&str> = LANGUAGE.globals().map(|(name, _)| name).collect();
        let mut names: Vec<Arc<str>> = compiled.undeclared_variables(false).into_iter().map(Into::into).collect();
        names.retain(|name| !globals.contains(&&**name));
        names.sort();
        Ok(Expr { source: source.into(), compiled: Arc::new(compiled), names: names.into() })
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
        from_value(&value).ok_or_else(|| ExprError {
            message: format!("`{}` gives {}, which no register can hold", self.source, value.kind()),
            range: None,
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
                    message: format!("`{}` gives {kind}, which cannot be one argument", self.source),
                    range: None,
                });
            }
        }
        Ok(())
    }

    fn value(&self, scope: &dyn Scope) -> Result<Value, ExprError> {
        let context: BTreeMap<Arc<str>, Value> =
            self.names.iter().filter_map(|name| Some((name.clone(), to_value(&scope.value(name)?)))).collect();
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
        ExprError { message: format!("`{}`: {}", self.source, found.message), range: found.range }
    }

    fn unset(&self, scope: &dyn Scope) -> ExprError {
        let missing = self.names.iter().find(|name| scope.value(name).is_none());
        let message = match missing {
            Some(name) => format!("`{}`: `{name}` has no value yet", self.source),
            None => format!("`{}` has no value", self.source),
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

fn from_value(value: &Value) -> Option<Datum> {
    match value.kind() {
        ValueKind::None => Some(Datum::None),
        ValueKind::Bool => Some(Datum::Bool(value.is_true())),
        ValueKind::Number if value.is_integer() => i64::try_from(value.clone()).ok().map(Datum::Int),
        ValueKind::Number => f64::try_from(value.clone()).ok().map(Datum::Float),
        ValueKind::String | ValueKind::Bytes => value.as_bytes().map(|bytes| Datum::Str(Bytes::copy_from_slice(bytes))),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().ok()?.map(|item| from_value(&item)).collect::<Option<Vec<_>>>().map(Datum::list)
        }
        ValueKind::Map => value
            .try_iter()
            .ok()?
            .map(|key| Some((key.to_string(), from_value(&value.get_item(&key).ok()?)?)))
            .collect::<Option<Vec<_>>>()
            .map(Datum::map),
        _ => None,
    }
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
    fn names_are_known() {
        let expr = Expr::parse("alice.n + sent == range(3)|length").expect("an expression");
        assert_eq!(expr.names().collect::<Vec<_>>(), ["alice", "sent"]);
        assert_eq!(expr.paths(), ["alice.n", "sent"]);
    }
}
