//! Splits a Rust file into code and comments, line by line, and tells tests from the rest.
//!
//! No parser: it knows comments, literals and braces, which is enough to look for words without being fooled
//! by text in strings. What a literal holds is dropped.

use super::walk::TextFile;

/// A Rust file as the rules want it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) lines: Vec<Line>,
}

/// One line, split.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Without comments; literals are empty.
    pub(super) code: String,
    /// Of all comments on the line, documentation too.
    pub(super) comment: String,
    /// Whether it is compiled for tests only.
    pub(super) is_test: bool,
}

impl<'a> Source<'a> {
    pub(super) fn read(file: &'a TextFile) -> Self {
        let mut lines = split(&file.text);
        if is_test_file(file) {
            for line in &mut lines {
                line.is_test = true;
            }
        } else {
            mark_test_modules(&mut lines);
        }
        Self { path: &file.path, text: &file.text, lines }
    }

    /// Lines with their numbers, counted from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        (1..).zip(&self.lines)
    }
}

fn is_test_file(file: &TextFile) -> bool {
    file.name() == "tests.rs" || file.folder().split('/').any(|folder| folder == "tests")
}

/// Marks each `#[cfg(test)] mod … { … }` and `#[cfg(test)] mod …;` that stands at the left margin.
fn mark_test_modules(lines: &mut [Line]) {
    let mut rest = lines.iter_mut();
    while let Some(line) = rest.next() {
        if !line.code.starts_with("#[cfg(test)]") {
            continue;
        }
        let mut attributes = vec![line];
        for line in rest.by_ref() {
            if !is_attribute_or_blank(&line.code) {
                if is_module(&line.code) {
                    for line in attributes {
                        line.is_test = true;
                    }
                    mark_item(line, &mut rest);
                }
                break;
            }
            attributes.push(line);
        }
    }
}

fn is_attribute_or_blank(code: &str) -> bool {
    code.is_empty() || code.starts_with([' ', '#', ')', ']'])
}

fn is_module(code: &str) -> bool {
    code.split_whitespace().take(2).any(|word| word == "mod")
}

fn mark_item<'a>(first: &'a mut Line, rest: &mut impl Iterator<Item = &'a mut Line>) {
    let mut open = braces(&first.code);
    first.is_test = true;
    while open > 0 {
        let Some(line) = rest.next() else { break };
        open += braces(&line.code);
        line.is_test = true;
    }
}

fn braces(code: &str) -> i64 {
    code.chars().map(|c| i64::from(c == '{') - i64::from(c == '}')).sum()
}

/// Splits all of `text`. A file that does not end in a line break loses nothing.
fn split(text: &str) -> Vec<Line> {
    let mut out = Lines(vec![Line::default()]);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(after) = rest.strip_prefix("//") {
            out.line_comment(after)
        } else if let Some(after) = rest.strip_prefix("/*") {
            out.block_comment(after)
        } else if let Some((hashes, after)) = raw_string(rest).filter(|_| out.may_start_raw_string()) {
            out.raw_string(hashes, after)
        } else if let Some(after) = rest.strip_prefix('"') {
            out.string(after)
        } else if let Some(after) = rest.strip_prefix('\'') {
            out.char_or_lifetime(after)
        } else {
            out.code(first);
            skip_chars(rest, 1)
        };
    }
    if text.ends_with('\n') {
        out.0.pop();
    }
    out.0
}

/// The lines so far. Each method takes what follows its opening mark and returns what follows its end.
struct Lines(Vec<Line>);

impl Lines {
    fn code(&mut self, c: char) {
        self.put(c, |line| Some(&mut line.code));
    }

    fn comment(&mut self, c: char) {
        self.put(c, |line| Some(&mut line.comment));
    }

    fn drop(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c, |_| None));
    }

    fn put(&mut self, c: char, part: impl Fn(&mut Line) -> Option<&mut String>) {
        if c == '\n' {
            self.0.push(Line::default());
        } else if let Some(part) = self.0.last_mut().and_then(part) {
            part.push(c);
        }
    }

    fn line_comment<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text.find('\n').unwrap_or(text.len());
        let (comment, rest) = text.split_at(end);
        comment.chars().for_each(|c| self.comment(c));
        rest
    }

    fn block_comment<'t>(&mut self, text: &'t str) -> &'t str {
        let (mut rest, mut depth) = (text, 1);
        while depth > 0 {
            if let Some(after) = rest.strip_prefix("/*") {
                (rest, depth) = (after, depth + 1);
            } else if let Some(after) = rest.strip_prefix("*/") {
                (rest, depth) = (after, depth - 1);
            } else {
                let Some(c) = rest.chars().next() else { break };
                self.comment(c);
                rest = skip_chars(rest, 1);
            }
        }
        rest
    }

    fn raw_string<'t>(&mut self, hashes: usize, text: &'t str) -> &'t str {
        let (content, rest) = text.split_once(&format!("\"{}", "#".repeat(hashes))).unwrap_or((text, ""));
        self.literal(content);
        rest
    }

    fn string<'t>(&mut self, text: &'t str) -> &'t str {
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let (content, rest) = text.split_at(end.unwrap_or(text.len()));
        self.literal(content);
        skip_chars(rest, 1)
    }

    fn char_or_lifetime<'t>(&mut self, text: &'t str) -> &'t str {
        let after = if text.starts_with('\\') {
            skip_chars(text, 2).split_once('\'').map(|(_, after)| after)
        } else {
            skip_chars(text, 1).strip_prefix('\'')
        };
        self.code('\'');
        after.unwrap_or(text)
    }

    fn literal(&mut self, content: &str) {
        self.code('"');
        self.drop(content);
        self.code('"');
    }

    /// An `r` starts a raw string when it starts a word, or follows the `b` or `c` that does.
    fn may_start_raw_string(&self) -> bool {
        let code = self.0.last().map_or("", |line| line.code.as_str());
        let before_word = code.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        matches!(code.strip_prefix(before_word), Some("" | "b" | "c"))
    }
}

/// For text that starts like a raw string: how many `#` it has, and what follows the opening quote.
fn raw_string(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix('r')?;
    let after_hashes = text.trim_start_matches('#');
    Some((text.len() - after_hashes.len(), after_hashes.strip_prefix('"')?))
}

fn skip_chars(text: &str, n: usize) -> &str {
    let mut chars = text.chars();
    chars.by_ref().take(n).for_each(drop);
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        split(text).into_iter().map(|line| line.code).collect()
    }

    #[test]
    fn comments_are_kept_apart_from_code() {
        let lines = split("let a = 1; // one\n/* two /* nested */\nthree */ let b;");
        let comments: Vec<_> = lines.iter().map(|line| line.comment.as_str()).collect();
        assert_eq!(comments, [" one", " two  nested ", "three "]);
        assert_eq!(code("let a = 1; // one\n/* two */ let b;"), ["let a = 1; ", " let b;"]);
    }

    #[test]
    fn what_literals_hold_is_no_code() {
        assert_eq!(code(r#"f("a // \" b", 'x', '\'', '"', b'"')"#), [r#"f("", ', ', ', b')"#]);
        assert_eq!(code("r#\"a \" // b\"# + br\"c\\\" + c\"d\""), ["\"\" + b\"\" + c\"\""]);
        assert_eq!(code("let s = \"two\nlines\";"), ["let s = \"", "\";"]);
    }

    #[test]
    fn lifetimes_and_raw_names_start_no_literal() {
        assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str"), ["fn f<'a>(x: &'a str) -> &'a str"]);
        assert_eq!(code("r#type + var\"x\""), ["r#type + var\"\""]);
    }

    #[test]
    fn test_modules_are_told_from_the_rest() {
        let text = "a;\n#[cfg(test)]\n#[expect(\n    x\n)]\nmod tests {\n    b { }\n}\nc;\n#[cfg(test)]\nmod more;\n\
                    #[cfg(test)]\nfn helper() {}\nd;";
        let mut lines = split(text);
        mark_test_modules(&mut lines);
        let rest: Vec<_> = lines.iter().filter(|line| !line.is_test).map(|line| line.code.as_str()).collect();
        assert_eq!(rest, ["a;", "c;", "#[cfg(test)]", "fn helper() {}", "d;"]);
    }

    #[test]
    fn text_that_breaks_off_is_read_to_its_end() {
        for text in ["\"open", "/* open", "r#\"open", "'\\", "'", "//"] {
            assert_eq!(split(text).len(), 1, "{text}");
        }
        assert_eq!(split(""), [Line::default()]);
    }
}
