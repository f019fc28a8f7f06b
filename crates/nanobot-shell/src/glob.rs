//! Patterns of the shell against names. `*` also stands for dots and slashes here: whoever asks cuts names first.

use std::str::Chars;

/// Longest pattern that is compared, in signs; a longer one matches nothing.
const LONGEST: usize = 1024;

/// A pattern, ready to compare.
#[derive(Debug, Clone)]
pub struct Pattern {
    signs: Vec<Sign>,
    literals: usize,
}

#[derive(Debug, Clone)]
enum Sign {
    Exactly(char),
    One,
    Any,
    Class { members: Vec<(char, char)>, is_negated: bool },
}

impl Pattern {
    /// Reads a pattern; what is no pattern in it stands for itself.
    pub fn new(text: &str) -> Self {
        let mut signs = Vec::new();
        let mut literals = 0;
        let mut rest = text.chars();
        while let Some(sign) = rest.next() {
            if signs.len() >= LONGEST {
                return Self { signs: Vec::new(), literals: 0 };
            }
            match sign {
                '*' => {
                    if !matches!(signs.last(), Some(Sign::Any)) {
                        signs.push(Sign::Any);
                    }
                }
                '?' => signs.push(Sign::One),
                '[' => match class(rest.as_str()) {
                    Some((class, length)) => {
                        signs.push(class);
                        rest = rest.as_str().get(length..).unwrap_or("").chars();
                        literals += 1;
                    }
                    None => signs.push(Sign::Exactly('[')),
                },
                _ => {
                    signs.push(Sign::Exactly(sign));
                    literals += 1;
                }
            }
        }
        Self { signs, literals }
    }

    /// How many of its signs say which character they want: `*` says nothing, `.e*v` says three.
    pub fn literals(&self) -> usize {
        self.literals
    }

    /// Whether the whole name matches. Takes at most the product of both lengths.
    pub fn matches(&self, name: &str) -> bool {
        self.may_match(name) && self.walk(name)
    }

    /// What its ends alone say: most names end here.
    fn may_match(&self, name: &str) -> bool {
        let fits = |sign: Option<&Sign>, here: Option<char>| match sign {
            Some(Sign::Exactly(wanted)) => here == Some(*wanted),
            _ => true,
        };
        fits(self.signs.first(), name.chars().next()) && fits(self.signs.last(), name.chars().next_back())
    }

    /// The classic walk: one place to come back to, the last `*`.
    fn walk(&self, name: &str) -> bool {
        let (mut rest, mut sign) = (name.chars(), 0);
        let mut back: Option<(usize, Chars<'_>)> = None;
        loop {
            let mut behind = rest.clone();
            let Some(here) = behind.next() else { break };
            match self.signs.get(sign) {
                Some(Sign::Any) => {
                    back = Some((sign, rest.clone()));
                    sign += 1;
                    continue;
                }
                Some(wanted) if wanted.takes(here) => {
                    rest = behind;
                    sign += 1;
                    continue;
                }
                _ => {}
            }
            let Some((star, mut from)) = back else { return false };
            from.next();
            rest = from.clone();
            back = Some((star, from));
            sign = star + 1;
        }
        self.signs.get(sign..).is_some_and(|rest| rest.iter().all(|sign| matches!(sign, Sign::Any)))
    }
}

impl Sign {
    fn takes(&self, here: char) -> bool {
        match self {
            Self::Exactly(sign) => *sign == here,
            Self::One | Self::Any => true,
            Self::Class { members, is_negated } => {
                members.iter().any(|(from, to)| (*from..=*to).contains(&here)) != *is_negated
            }
        }
    }
}

/// The class behind `[`, and how many bytes it takes.
fn class(text: &str) -> Option<(Sign, usize)> {
    // Most often there is no end at all: that is told in one look, however many begin.
    let near = text.get(..text.floor_char_boundary(2 * LONGEST)).unwrap_or(text);
    if !near.contains(']') {
        return None;
    }
    let mut members = Vec::new();
    let mut chars = text.char_indices().peekable();
    let is_negated = chars.next_if(|(_, sign)| matches!(sign, '!' | '^')).is_some();
    let mut is_first = true;
    while let Some((at, sign)) = chars.next() {
        if sign == ']' && !is_first {
            return Some((Sign::Class { members, is_negated }, at + 1));
        }
        if at > LONGEST {
            return None;
        }
        is_first = false;
        let mut ahead = chars.clone();
        if ahead.next().is_some_and(|(_, sign)| sign == '-')
            && let Some((_, last)) = ahead.next().filter(|(_, sign)| *sign != ']')
        {
            members.push((sign, last));
            chars = ahead;
        } else {
            members.push((sign, sign));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, matches) in [
            (".e*v", ".env", true),
            ("pass??", "passwd", true),
            ("pass?", "passwd", false),
            ("[.]env", ".env", true),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "bx", false),
            ("*a*b*", "xxaybzz", true),
            ("*", "", true),
            ("[", "[", true),
            ("[]a]", "]", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), matches, "{pattern} and {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let pattern = Pattern::new(&"*a".repeat(500));
        assert!(!pattern.matches(&"a".repeat(499)));
    }
}
