//! A condition in its parts: what has to hold, and which part of it does not.

use super::words::{Kind, Word, words};

/// A condition in its parts. Each part's text can be evaluated on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All of these.
    All(Vec<Condition>),
    /// At least one of these.
    Any(Vec<Condition>),
    /// A part that is not divided further.
    Leaf(String),
}

/// How deep parentheses are followed.
const MOST_DEEP: usize = 20;

impl Condition {
    /// Divides an expression.
    pub fn parse(text: &str) -> Condition {
        divide(text, 0)
    }

    /// All leaves, in order.
    pub fn leaves(&self) -> Vec<&str> {
        match self {
            Condition::Leaf(text) => vec![text],
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(Condition::leaves).collect(),
        }
    }

    /// The leaves that keep the condition from holding, as told by `holds`; empty where it holds.
    ///
    /// Parts are asked in order, and after the first part of an `and` that fails no further one is asked: a later part
    /// may only make sense where the earlier one holds. Of several alternatives the one that fails last is the nearest.
    pub fn failing<'a>(&'a self, holds: &mut dyn FnMut(&str) -> bool) -> Vec<&'a str> {
        match self {
            Condition::Leaf(text) => {
                if holds(text) {
                    Vec::new()
                } else {
                    vec![text]
                }
            }
            Condition::All(parts) => {
                parts.iter().map(|part| part.failing(holds)).find(|failing| !failing.is_empty()).unwrap_or_default()
            }
            Condition::Any(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    let failing = part.failing(holds);
                    if failing.is_empty() {
                        return failing;
                    }
                    all.extend(failing);
                }
                all
            }
        }
    }
}

fn divide(text: &str, depth: usize) -> Condition {
    let text = text.trim();
    let words = words(text);
    if depth < MOST_DEEP {
        // `a if b else c` binds more loosely than `or`: it stays whole.
        let top = top_level(&words);
        if !top.iter().any(|word| word.text == "if") {
            for (keyword, make) in [("or", Condition::Any as fn(_) -> _), ("and", Condition::All as fn(_) -> _)] {
                let cuts: Vec<&Word<'_>> = top.iter().copied().filter(|word| word.text == keyword).collect();
                if !cuts.is_empty() {
                    return make(pieces(text, &cuts).into_iter().map(|piece| divide(piece, depth + 1)).collect());
                }
            }
            if let Some(inner) = inside_parentheses(text, &words) {
                return divide(inner, depth + 1);
            }
        }
    }
    Condition::Leaf(text.to_string())
}

fn top_level<'w, 'a>(words: &'w [Word<'a>]) -> Vec<&'w Word<'a>> {
    let mut depth = 0usize;
    let mut found = Vec::new();
    for word in words {
        match word.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Name if depth == 0 => found.push(word),
            _ => {}
        }
    }
    found
}

fn pieces<'a>(text: &'a str, cuts: &[&Word<'_>]) -> Vec<&'a str> {
    let mut start = 0;
    let mut found = Vec::new();
    for cut in cuts {
        found.push(&text[start..cut.start]);
        start = cut.end();
    }
    found.push(&text[start..]);
    found
}

/// What stands in the parentheses, where one pair encloses the whole text.
fn inside_parentheses<'a>(text: &'a str, words: &[Word<'_>]) -> Option<&'a str> {
    let (first, last) = (words.first()?, words.last()?);
    if first.text != "(" || last.text != ")" {
        return None;
    }
    let mut depth = 0usize;
    for word in words {
        match word.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && word.start != last.start {
            return None;
        }
    }
    text.get(1..text.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(text: &str, false_ones: &[&str]) -> Vec<String> {
        let condition = Condition::parse(text);
        let mut holds = |leaf: &str| !false_ones.contains(&leaf);
        condition.failing(&mut holds).into_iter().map(str::to_string).collect()
    }

    #[test]
    fn the_part_that_fails_is_found() {
        assert_eq!(failing("reply is none and cached == 0", &["cached == 0"]), ["cached == 0"]);
        assert_eq!(failing("a == 1 and (b == 'x and y' or c)", &["b == 'x and y'", "c"]), ["b == 'x and y'", "c"]);
        assert_eq!(failing("a or b and c", &["a", "c"]), ["a", "c"]);
        assert_eq!(failing("a or b and c", &["c"]), Vec::<String>::new());
        assert_eq!(failing("not (a and b)", &["not (a and b)"]), ["not (a and b)"]);
        assert_eq!(failing("(a) and ((b))", &["b"]), ["b"]);
    }

    #[test]
    fn what_cannot_be_divided_stays_whole() {
        for text in ["a if b and c else d", "(a) == (b)", "f(a and b)", "", "((((", "x)"] {
            assert_eq!(Condition::parse(text).leaves(), [text], "{text}");
        }
    }

    #[test]
    fn later_parts_are_not_asked() {
        let mut asked = Vec::new();
        let condition = Condition::parse("a and b and c");
        condition.failing(&mut |leaf| {
            asked.push(leaf.to_string());
            leaf != "b"
        });
        assert_eq!(asked, ["a", "b"]);
    }
}
