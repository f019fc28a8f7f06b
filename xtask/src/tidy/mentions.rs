//! Lists the paths (`std::fs::read`) that Rust code names, with `use` trees written out.
//!
//! Names are not resolved: a path comes out as it is written, and a renamed import under its old name.

use super::source::Line;

/// A path at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// Counted from 1; of the first word.
    pub(super) line: usize,
    /// At least one word; the last may be `*`.
    pub(super) path: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Open,
    Close,
    Comma,
    Star,
    Other,
}

/// The paths in the code of these numbered lines.
pub(super) fn mentions<'a>(lines: impl Iterator<Item = (usize, &'a Line)>) -> Vec<Mention> {
    let tokens =
        lines.flat_map(|(number, line)| tokens(&line.code).into_iter().map(move |token| (number, token)));
    let mut tokens = tokens.peekable();
    let mut found = Vec::new();
    while let Some((line, token)) = tokens.next() {
        let Token::Word(word) = token else { continue };
        if word == "use" {
            use_tree(line, &[], &mut tokens, &mut found);
        } else {
            found.push(Mention { line, path: path(word, &mut tokens) });
        }
    }
    found
}

type Tokens<I> = std::iter::Peekable<I>;

fn path(first: String, tokens: &mut Tokens<impl Iterator<Item = (usize, Token)>>) -> Vec<String> {
    let mut path = vec![first];
    while tokens.next_if(|(_, token)| *token == Token::Separator).is_some() {
        match tokens.next_if(|(_, token)| matches!(token, Token::Word(_))) {
            Some((_, Token::Word(word))) => path.push(word),
            _ => break,
        }
    }
    path
}

/// Reads one branch below `prefix`, up to and without the comma, brace or other mark that ends it.
fn use_tree(
    mut line: usize,
    prefix: &[String],
    tokens: &mut Tokens<impl Iterator<Item = (usize, Token)>>,
    found: &mut Vec<Mention>,
) {
    let mut path = prefix.to_vec();
    while let Some((at, token)) =
        tokens.next_if(|(_, token)| !matches!(token, Token::Comma | Token::Close | Token::Other))
    {
        line = at;
        match token {
            Token::Word(word) if word == "as" => drop(tokens.next()),
            Token::Word(word) if word == "self" && !path.is_empty() => {}
            Token::Word(word) => path.push(word),
            Token::Star => path.push("*".to_owned()),
            Token::Open => return use_branches(line, &path, tokens, found),
            Token::Separator | Token::Close | Token::Comma | Token::Other => {}
        }
    }
    if path.len() > prefix.len() || !prefix.is_empty() {
        found.push(Mention { line, path });
    }
}

fn use_branches(
    line: usize,
    prefix: &[String],
    tokens: &mut Tokens<impl Iterator<Item = (usize, Token)>>,
    found: &mut Vec<Mention>,
) {
    loop {
        if tokens.next_if(|(_, token)| *token == Token::Close).is_some() {
            return;
        }
        use_tree(line, prefix, tokens, found);
        if tokens.next_if(|(_, token)| *token == Token::Comma).is_none() {
            tokens.next_if(|(_, token)| *token == Token::Close);
            return;
        }
    }
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '{' => Token::Open,
            '}' => Token::Close,
            ',' => Token::Comma,
            '*' => Token::Star,
            ':' if chars.next_if_eq(&':').is_some() => Token::Separator,
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|&c| is_word(c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            c if c.is_whitespace() => continue,
            _ => Token::Other,
        });
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(code: &str) -> Vec<String> {
        let lines: Vec<Line> =
            code.lines().map(|code| Line { code: code.to_owned(), ..Line::default() }).collect();
        mentions((1..).zip(&lines))
            .iter()
            .map(|found| format!("{} {}", found.line, found.path.join("::")))
            .collect()
    }

    #[test]
    fn a_use_tree_is_written_out_branch_by_branch() {
        let code = "pub use std::{\n    fs::{self, File as F},\n    time::*,\n};\nuse a::b as c;";
        let expected = ["1 pub", "2 std::fs", "2 std::fs::File", "3 std::time::*", "5 a::b"];
        assert_eq!(listed(code), expected);
    }

    #[test]
    fn paths_in_expressions_are_found_where_they_stand() {
        assert_eq!(listed("let x =\n ::std::fs::read(p);"), ["1 let", "1 x", "2 std::fs::read", "2 p"]);
        assert_eq!(listed("Vec::<u8>::new()"), ["1 Vec", "1 u8", "1 new"]);
    }

    #[test]
    fn captured_lifetimes_are_no_import() {
        assert_eq!(listed("impl X + use<'a> { std::env::var }"), ["1 impl", "1 X", "1 a", "1 std::env::var"]);
    }
}
