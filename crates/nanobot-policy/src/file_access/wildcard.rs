//! Shell wildcards as the original's language matches them: `*` for anything, also across `/`; `?` for one character;
//! `[abc]`, `[a-z]`, `[!a-z]` for one of a set. Case counts, and nothing is escaped.
//!
//! Matching takes at most the length of the pattern times the length of the text; there is no backtracking beyond
//! the last `*`.

use std::ops::RangeInclusive;

/// A pattern, made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Any number of characters.
    Run,
    /// One character, whichever.
    One,
    Char(char),
    /// One character of these; of all others when negated.
    Set {
        is_negated: bool,
        members: Vec<RangeInclusive<char>>,
    },
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Run | Self::One => true,
            Self::Char(own) => *own == c,
            Self::Set { is_negated, members } => {
                members.iter().any(|range| range.contains(&c)) != *is_negated
            }
        }
    }
}

impl Wildcard {
    pub(super) fn new(pattern: &str) -> Self {
        let pattern: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::new();
        let mut rest = pattern.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            let (token, behind) = match first {
                '*' => (Token::Run, behind),
                '?' => (Token::One, behind),
                '[' => match split_set(behind) {
                    Some((inside, behind)) => (set(inside), behind),
                    // Nothing closes it: it stands for itself.
                    None => (Token::Char('['), behind),
                },
                other => (Token::Char(*other), behind),
            };
            tokens.push(token);
            rest = behind;
        }
        Self(tokens)
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (mut tokens, mut text) = (self.0.as_slice(), text.chars());
        // Behind the last `*`: its tokens, and the text from which they are tried.
        let mut last_run = None;
        loop {
            let before = text.clone();
            match (tokens.split_first(), text.next()) {
                (Some((Token::Run, behind)), _) => {
                    (tokens, text) = (behind, before);
                    last_run = Some((tokens, text.clone()));
                    continue;
                }
                (Some((token, behind)), Some(c)) if token.takes(c) => {
                    tokens = behind;
                    continue;
                }
                (None, None) => return true,
                (Some(_) | None, _) => {}
            }
            // The `*` takes one character more.
            let Some((behind, from)) = &mut last_run else { return false };
            if from.next().is_none() {
                return false;
            }
            (tokens, text) = (behind, from.clone());
        }
    }
}

/// What stands in the brackets, and what stands behind them. A `]` at once is a member.
fn split_set(behind: &[char]) -> Option<(&[char], &[char])> {
    let start = usize::from(behind.first() == Some(&'!'));
    let start = start + usize::from(behind.get(start) == Some(&']'));
    let end = start + behind.get(start..)?.iter().position(|c| *c == ']')?;
    Some((behind.get(..end)?, behind.get(end + 1..)?))
}

/// The set of what stands in brackets. A range that runs backwards holds nothing, and its ends are no members.
fn set(inside: &[char]) -> Token {
    let mut pieces = pieces(inside);
    for right in (1..pieces.len()).rev() {
        let is_backwards = match pieces.get(right - 1..=right) {
            Some([left, right]) => left.last() > right.first(),
            _ => false,
        };
        if is_backwards {
            let removed = pieces.remove(right);
            if let Some(left) = pieces.get_mut(right - 1) {
                left.pop();
                left.extend(removed.into_iter().skip(1));
            }
        }
    }
    let is_negated = pieces.first().and_then(|piece| piece.first()) == Some(&'!');
    if is_negated && let Some(first) = pieces.first_mut() {
        first.remove(0);
    }
    let mut members: Vec<RangeInclusive<char>> = pieces.iter().flatten().map(|c| *c..=*c).collect();
    for pair in pieces.windows(2) {
        if let [left, right] = pair {
            match (left.last(), right.first()) {
                (Some(from), Some(to)) => members.push(*from..=*to),
                // Only the `!` stood before it: the hyphen is a member.
                _ => members.push('-'..='-'),
            }
        }
    }
    Token::Set { is_negated, members }
}

/// Cut at each hyphen that makes a range: such a range runs from the end of one piece to the beginning of the next.
fn pieces(inside: &[char]) -> Vec<Vec<char>> {
    let mut pieces: Vec<Vec<char>> = Vec::new();
    let mut start = 0;
    // The first character (behind a `!`) begins no range by being a hyphen; nor does one that ends a range.
    let mut from = if inside.first() == Some(&'!') { 2 } else { 1 };
    while let Some(found) = inside.get(from..).and_then(|rest| rest.iter().position(|c| *c == '-')) {
        let hyphen = from + found;
        pieces.push(inside.get(start..hyphen).unwrap_or_default().to_vec());
        (start, from) = (hyphen + 1, hyphen + 3);
    }
    match (inside.get(start..), pieces.last_mut()) {
        (Some([]) | None, Some(last)) => last.push('-'),
        (rest, _) => pieces.push(rest.unwrap_or_default().to_vec()),
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_the_original() {
        for (pattern, matching, other) in [
            ("", &[""][..], &["a"][..]),
            ("*", &["", "a", "/a/b", "a\nb"], &[]),
            ("*.pem", &["key.pem", "/a/b/key.pem", ".pem"], &["key.PEM", "key.pem "]),
            ("*/secret/*", &["/a/secret/f", "/secret/"], &["/a/secrets/f", "secret/f"]),
            ("?.log", &["1.log", "ß.log", "/.log"], &[".log", "12.log"]),
            ("[ab].txt", &["a.txt", "b.txt"], &["c.txt", "[ab].txt", "A.txt"]),
            ("[!a].md", &["b.md", "!.md"], &["a.md", ".md"]),
            ("[a-c]x", &["ax", "bx", "cx"], &["dx", "-x"]),
            ("[a-]x", &["ax", "-x"], &["bx"]),
            ("[]a]", &["]", "a"], &["[", "[]a]"]),
            ("[!]a]", &["b", "!"], &["]", "a"]),
            ("[^a]", &["^", "a"], &["b"]),
            ("a[", &["a["], &["a"]),
            ("[!]", &["[!]"], &["a"]),
            (r"[\d]", &["\\", "d"], &["1"]),
            ("a*b*c", &["abc", "axxbyybc"], &["ab", "axc"]),
            // Backwards: nothing, and negated anything.
            ("[z-a]", &[], &["z", "a", "m", "-"]),
            ("[!z-a]", &["z", "a", "m", "-"], &["", "zz"]),
            ("[z-ab]", &["b"], &["z", "a"]),
            ("[a-c-e]", &["a", "b", "c", "-", "e"], &["d"]),
            ("[z-a!-b]", &["a", "!", "c"], &["-", "b"]),
        ] {
            let wildcard = Wildcard::new(pattern);
            for text in matching {
                assert!(wildcard.matches(text), "{pattern} and {text}");
            }
            for text in other {
                assert!(!wildcard.matches(text), "{pattern} but not {text}");
            }
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let wildcard = Wildcard::new(&"a*".repeat(200));
        assert!(!wildcard.matches(&format!("{}b", "x".repeat(4_000))));
        assert!(!Wildcard::new(&format!("{}b", "*a".repeat(200))).matches(&"a".repeat(4_000)));
    }

    proptest! {
        #[test]
        fn a_text_without_wildcards_matches_itself_only(text in "[a-z/.]{0,12}", other in "[a-z/.]{0,12}") {
            prop_assert!(Wildcard::new(&text).matches(&text));
            prop_assert_eq!(Wildcard::new(&text).matches(&other), text == other);
        }

        #[test]
        fn stars_around_a_word_find_it(before in "\\PC{0,8}", word in "[a-z]{1,5}", behind in "\\PC{0,8}") {
            let text = format!("{before}{word}{behind}");
            let wildcard = Wildcard::new(&["*", &word, "*"].concat());
            prop_assert!(wildcard.matches(&text));
        }

        #[test]
        fn no_pattern_fails(pattern in "[\\[\\]!*?a-c^-]{0,16}", text in "[a-c!-]{0,8}") {
            let _ = Wildcard::new(&pattern).matches(&text);
        }
    }
}
