//! A command's syntax line as a tree, and what of it is still to come after some arguments.

/// One element of a syntax line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A word that is typed as it stands: `EX`.
    Literal(String),
    /// A word that stands for a value: `seconds`.
    Value(String),
    /// `<LEFT | RIGHT>`: one of these.
    OneOf(Vec<Vec<Item>>),
    /// `[NX | XX]`: one of these, or nothing.
    Optional(Vec<Vec<Item>>),
    /// `[key value ...]`: this, as often as wanted, or nothing.
    Repeated(Vec<Item>),
}

/// What is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// It as text.
    pub text: String,
    /// The literal words that may come next.
    pub literals: Vec<String>,
    /// The values that may come next, by their names in the syntax: `field`, `member`.
    pub values: Vec<String>,
}

/// Parses what follows a command's name in its syntax line.
pub fn parse(line: &str) -> Vec<Item> {
    let spaced =
        line.replace('[', " [ ").replace(']', " ] ").replace('<', " < ").replace('>', " > ").replace('|', " | ");
    let mut words = spaced.split_whitespace().peekable();
    alternatives(&mut words, "").into_iter().next().unwrap_or_default()
}

fn alternatives<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>, close: &str) -> Vec<Vec<Item>> {
    let mut all = vec![Vec::new()];
    while let Some(word) = words.next() {
        let item = match word {
            _ if word == close => break,
            "|" => {
                all.push(Vec::new());
                continue;
            }
            "[" => {
                let mut inner = alternatives(words, "]");
                let dots = Some(&Item::Value("...".into()));
                match inner.as_mut_slice() {
                    [only] if only.last() == dots => {
                        only.pop();
                        Item::Repeated(std::mem::take(only))
                    }
                    _ => Item::Optional(inner),
                }
            }
            "<" => Item::OneOf(alternatives(words, ">")),
            _ if word.chars().any(char::is_lowercase) || word == "..." => Item::Value(word.into()),
            _ => Item::Literal(word.into()),
        };
        if let Some(current) = all.last_mut() {
            current.push(item);
        }
    }
    all
}

/// What may follow after `arguments`; `None` where they do not fit the syntax.
pub fn rest(items: &[Item], arguments: &[&str]) -> Option<Rest> {
    let mut arguments = arguments;
    let left = walk(items, &mut arguments)?;
    arguments.is_empty().then(|| Rest {
        text: show_all(&left),
        literals: firsts(&left, true),
        values: firsts(&left, false),
    })
}

/// Takes the arguments that `items` account for; the items still to come.
fn walk(items: &[Item], arguments: &mut &[&str]) -> Option<Vec<Item>> {
    let mut at = 0;
    while at < items.len() {
        let run = items[at..].iter().take_while(|item| is_optional(item)).count();
        if run > 0 {
            let mut left = options(&items[at..at + run], arguments)?;
            if arguments.is_empty() {
                left.extend_from_slice(&items[at + run..]);
                return Some(left);
            }
            at += run;
            continue;
        }
        let Some((word, tail)) = arguments.split_first() else { return Some(items[at..].to_vec()) };
        match &items[at] {
            Item::Literal(literal) if !literal.eq_ignore_ascii_case(word) => return None,
            Item::OneOf(alternatives) => {
                let chosen = choose(alternatives, word)?;
                let mut left = walk(chosen, arguments)?;
                if arguments.is_empty() {
                    left.extend_from_slice(&items[at + 1..]);
                    return Some(left);
                }
            }
            _ => *arguments = tail,
        }
        at += 1;
    }
    Some(Vec::new())
}

fn is_optional(item: &Item) -> bool {
    matches!(item, Item::Optional(_) | Item::Repeated(_))
}

/// Neighbouring options may come in any order. Takes what matches them; those that are still to come.
fn options(run: &[Item], arguments: &mut &[&str]) -> Option<Vec<Item>> {
    let mut unused: Vec<Item> = run.to_vec();
    while let Some(word) = arguments.first() {
        let Some(at) = unused.iter().position(|item| starts(item, word)) else { break };
        let (chosen, again) = match &unused[at] {
            Item::Repeated(inner) => (inner.clone(), true),
            Item::Optional(alternatives) => (choose(alternatives, word)?.to_vec(), false),
            _ => return None,
        };
        let before = arguments.len();
        let mut left = walk(&chosen, arguments)?;
        if arguments.len() == before {
            break;
        }
        if !again {
            unused.remove(at);
        }
        if arguments.is_empty() && !left.is_empty() {
            left.append(&mut unused);
            return Some(left);
        }
    }
    Some(unused)
}

/// Whether an option can begin with `word`. Options that begin with a value accept anything.
fn starts(item: &Item, word: &str) -> bool {
    match item {
        Item::Literal(literal) => literal.eq_ignore_ascii_case(word),
        Item::Value(_) => true,
        Item::OneOf(alternatives) | Item::Optional(alternatives) => choose(alternatives, word).is_some(),
        Item::Repeated(inner) => inner.first().is_some_and(|first| starts(first, word)),
    }
}

fn choose<'a>(alternatives: &'a [Vec<Item>], word: &str) -> Option<&'a [Item]> {
    let literal = |items: &&Vec<Item>| matches!(items.first(), Some(Item::Literal(_)));
    let fits = |items: &&Vec<Item>| items.first().is_some_and(|first| starts(first, word));
    // A literal that matches is meant before a value that would match anything.
    let exact = alternatives.iter().filter(literal).find(fits);
    exact.or_else(|| alternatives.iter().find(fits)).map(Vec::as_slice)
}

/// What may come first: the literal words, or the names of the values.
fn firsts(items: &[Item], literals: bool) -> Vec<String> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Literal(word) if literals => found.push(word.clone()),
            Item::Value(word) if !literals => found.push(word.clone()),
            Item::Literal(_) | Item::Value(_) => {}
            Item::OneOf(all) | Item::Optional(all) => all.iter().for_each(|one| found.extend(firsts(one, literals))),
            Item::Repeated(inner) => found.extend(firsts(inner, literals)),
        }
        if !is_optional(item) {
            break;
        }
    }
    found
}

fn show_all(items: &[Item]) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn show(item: &Item) -> String {
    let either = |all: &[Vec<Item>]| all.iter().map(|one| show_all(one)).collect::<Vec<_>>().join(" | ");
    match item {
        Item::Literal(word) | Item::Value(word) => word.clone(),
        Item::OneOf(all) => format!("<{}>", either(all)),
        Item::Optional(all) => format!("[{}]", either(all)),
        Item::Repeated(inner) => format!("[{} ...]", show_all(inner)),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, rest};

    fn after(syntax: &str, arguments: &[&str]) -> Option<String> {
        rest(&parse(syntax), arguments).map(|rest| rest.text)
    }

    #[test]
    fn what_is_still_to_come() {
        let set = "key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]";
        assert_eq!(after(set, &[]).as_deref(), Some(set));
        assert_eq!(
            after(set, &["k", "v", "get"]).as_deref(),
            Some("[NX | XX] [EX seconds | PX milliseconds | KEEPTTL]")
        );
        assert_eq!(after(set, &["k", "v", "EX"]).as_deref(), Some("seconds [NX | XX] [GET]"));
        assert_eq!(after(set, &["k", "v", "EX", "5", "nx"]).as_deref(), Some("[GET]"));
        assert_eq!(after(set, &["k", "v", "what"]), None);
        let zadd = "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]";
        assert_eq!(after(zadd, &["k", "CH", "1"]).as_deref(), Some("member [score member ...]"));
        assert_eq!(after(zadd, &["k", "1", "a", "2"]).as_deref(), Some("member [score member ...]"));
        let lmove = "source destination <LEFT | RIGHT> <LEFT | RIGHT>";
        assert_eq!(after(lmove, &["a", "b", "left"]).as_deref(), Some("<LEFT | RIGHT>"));
    }
}
