//! Code in tones. Loading takes a while: nobody makes a [`Highlighter`] before the first frame, or on the thread that draws.

use syntect::easy::ScopeRegionIterator;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxDefinition, SyntaxReference, SyntaxSet};

use crate::resp::printable;

use super::line::{Line, Span, Tone};

/// Our own: nobody bundles one for Redis.
const REDIS: &str = include_str!("../../assets/redis.sublime-syntax");
/// Lines longer than this are not worth a parser's time.
const LONG: usize = 2_000;

/// What parts of a scope's name mean, the narrower before the wider.
const TONES: [(&str, Tone); 25] = [
    ("comment", Tone::Comment),
    ("constant.character.escape", Tone::Number),
    ("punctuation.definition.string", Tone::Str),
    ("punctuation.separator.prompt.redis", Tone::Dim),
    ("punctuation.definition.reply", Tone::Dim),
    ("string", Tone::Str),
    ("constant.numeric", Tone::Number),
    ("constant.language.ok", Tone::Plain),
    ("constant.language.redis", Tone::Nil),
    ("constant", Tone::Number),
    ("variable.other.template", Tone::Keyword),
    ("entity.name.function", Tone::Command),
    ("entity.name.tag.key", Tone::Key),
    ("entity.name.type", Tone::Strong),
    ("entity.name.class", Tone::Strong),
    ("entity.name.tag", Tone::Command),
    ("support.function", Tone::Command),
    ("variable.function", Tone::Command),
    ("keyword.operator.logical", Tone::Keyword),
    ("keyword.operator.word", Tone::Keyword),
    ("keyword.operator", Tone::Plain),
    ("keyword", Tone::Keyword),
    ("storage", Tone::Keyword),
    ("invalid.error.redis", Tone::Bad),
    ("support.type", Tone::Keyword),
];

/// The syntaxes that lessons use, Redis among them.
pub struct Highlighter {
    set: SyntaxSet,
    tones: Vec<(Scope, Tone)>,
}

impl Highlighter {
    /// Loads the syntaxes: some milliseconds. The first lines of each language take some more.
    pub fn load() -> Highlighter {
        let mut builder = SyntaxSet::load_defaults_newlines().into_builder();
        // The asset is part of the program and a test loads it; were it broken, its code would be plain.
        if let Ok(redis) = SyntaxDefinition::load_from_str(REDIS, true, None) {
            builder.add(redis);
        }
        let tones = TONES.iter().filter_map(|(name, tone)| Some((Scope::new(name).ok()?, *tone))).collect();
        Highlighter { set: builder.build(), tones }
    }

    /// The lines of a piece of code. What is in a language that nobody knows has the tone of code.
    pub fn lines(&self, language: &str, code: &str) -> Vec<Line> {
        match self.syntax(language) {
            Some(syntax) => self.parse(syntax, code),
            None => plain(code),
        }
    }

    /// The tone of each byte of one line.
    pub fn tones(&self, language: &str, line: &str) -> Vec<Tone> {
        let mut tones = Vec::with_capacity(line.len());
        let Some(syntax) = self.syntax(language).filter(|_| line.len() <= LONG) else { return tones };
        let mut stack = ScopeStack::new();
        let line = format!("{line}\n");
        let Ok(ops) = ParseState::new(syntax).parse_line(&line, &self.set) else { return tones };
        for (text, op) in ScopeRegionIterator::new(&ops, &line) {
            if stack.apply(op).is_err() {
                break;
            }
            tones.resize(tones.len() + text.len(), self.tone(&stack));
        }
        tones
    }

    fn syntax(&self, language: &str) -> Option<&SyntaxReference> {
        let name = language.split([' ', ',', '{']).next().unwrap_or("").to_lowercase();
        let name = match name.as_str() {
            "" | "text" | "txt" | "plain" => return None,
            "redis-cli" | "resp" => "redis",
            "shell" | "console" => "sh",
            "node" | "javascript" | "typescript" | "ts" => "js",
            "golang" => "go",
            other => other,
        };
        self.set.find_syntax_by_token(name)
    }

    fn parse(&self, syntax: &SyntaxReference, code: &str) -> Vec<Line> {
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        code.lines()
            .map(|line| {
                if line.len() > LONG {
                    return code_line(vec![span(line, Tone::Code)]);
                }
                self.parse_line(&mut state, &mut stack, &format!("{line}\n"))
                    .unwrap_or_else(|| code_line(vec![span(line, Tone::Code)]))
            })
            .collect()
    }

    fn parse_line(&self, state: &mut ParseState, stack: &mut ScopeStack, line: &str) -> Option<Line> {
        let ops = state.parse_line(line, &self.set).ok()?;
        let mut spans: Vec<Span> = Vec::new();
        for (text, op) in ScopeRegionIterator::new(&ops, line) {
            stack.apply(op).ok()?;
            let text = text.trim_end_matches('\n');
            if text.is_empty() {
                continue;
            }
            let tone = self.tone(stack);
            match spans.last_mut() {
                Some(last) if last.tone == tone => last.text.push_str(&safe(text)),
                _ => spans.push(span(text, tone)),
            }
        }
        Some(code_line(spans))
    }

    /// The innermost scope that means something decides.
    fn tone(&self, stack: &ScopeStack) -> Tone {
        let meaning = |scope: &Scope| self.tones.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope));
        stack.as_slice().iter().rev().find_map(meaning).map_or(Tone::Plain, |(_, tone)| *tone)
    }
}

/// Code without a language.
pub(super) fn plain(code: &str) -> Vec<Line> {
    code.lines().map(|line| code_line(vec![span(line, Tone::Code)])).collect()
}

fn code_line(spans: Vec<Span>) -> Line {
    Line { spans, hang: 0, wrap: false }
}

fn span(text: &str, tone: Tone) -> Span {
    Span { text: safe(text), tone }
}

fn safe(text: &str) -> String {
    printable(text.replace('\t', "    ").as_bytes(), LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(language: &str, code: &str) -> Vec<(String, Tone)> {
        let lines = Highlighter::load().lines(language, code);
        lines.into_iter().flat_map(|line| line.spans).map(|s| (s.text.trim().to_string(), s.tone)).collect()
    }

    fn tone_of(found: &[(String, Tone)], text: &str) -> Option<Tone> {
        found.iter().find(|(t, _)| t == text).map(|(_, tone)| *tone)
    }

    #[test]
    fn the_redis_syntax_loads_and_knows_its_words() {
        let found = tones("redis", "> SET user:1 \"a\\n\" EX 300\n# why\n1) \"x\"\n(nil)\n(integer) 3");
        assert_eq!(tone_of(&found, ">"), Some(Tone::Dim));
        assert_eq!(tone_of(&found, "SET"), Some(Tone::Command));
        assert_eq!(tone_of(&found, "user:1"), Some(Tone::Key));
        assert_eq!(tone_of(&found, "\"a"), Some(Tone::Str));
        assert_eq!(tone_of(&found, "\\n"), Some(Tone::Number));
        assert_eq!(tone_of(&found, "EX"), Some(Tone::Keyword));
        assert_eq!(tone_of(&found, "300"), Some(Tone::Number));
        assert_eq!(tone_of(&found, "# why"), Some(Tone::Comment));
        assert_eq!(tone_of(&found, "(nil)"), Some(Tone::Nil));
        assert_eq!(tone_of(&found, "3"), Some(Tone::Number));
    }

    #[test]
    fn the_languages_of_lessons_are_known_and_code_is_safe() {
        let highlighter = Highlighter::load();
        for language in ["redis", "sql", "lua", "js", "python", "rust", "go", "json", "yaml", "sh", "java"] {
            assert!(highlighter.syntax(language).is_some(), "{language}");
        }
        assert_eq!(tone_of(&tones("sql", "SELECT 1"), "SELECT"), Some(Tone::Keyword));
        let lines = highlighter.lines("nothing", "\ta\x1b[31m\u{202e}");
        assert_eq!(lines[0].text(), "    a\\x1b[31m\\u{202e}");
    }
}
