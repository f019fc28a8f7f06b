//! Who owns the assistant: masks over `nick!user@host`, and names of services accounts.
//!
//! A nick alone proves nothing, since whoever comes first has it; so a mask must say something about the host.
//! `nanobot-config` refuses the same masks when settings are loaded; a test of the workspace holds both together.

use super::names::CaseMapping;
use super::wire::Source;

/// Longest mask, in bytes: longer than any source that fits into a line.
const MAX_MASK_BYTES: usize = 200;

/// What an owner is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A source that fits: `*` is any text, `?` any character.
    Mask(String),
    /// Whoever is logged in to this account, if the server says so.
    Account(String),
}

impl Owner {
    /// Reads `nick!user@host` with `*` and `?`, or `account:<name>`.
    ///
    /// # Errors
    /// The reason, when everybody or nobody could be meant.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_MASK_BYTES || text.chars().any(|c| c == ' ' || c.is_control()) {
            return Err("it is longer than 200 bytes or holds a space");
        }
        if let Some(account) = text.strip_prefix("account:") {
            return match account {
                "" => Err("it names no account"),
                name if name.contains(['*', '?']) => Err("an account has no wildcards"),
                name => Ok(Self::Account(name.to_owned())),
            };
        }
        let parts = text.split_once('!').and_then(|(nick, rest)| Some((nick, rest.split_once('@')?)));
        let Some((nick, (user, host))) = parts else {
            return Err("it is neither nick!user@host nor account:<name>; a nick alone is no identity");
        };
        if [nick, user, host].contains(&"") {
            return Err("a part of nick!user@host is empty");
        }
        if host.chars().all(|c| matches!(c, '*' | '?' | '.' | ':' | '/' | '@' | '!')) {
            return Err("its host is only wildcards, so it would match everybody");
        }
        Ok(Self::Mask(text.to_owned()))
    }

    /// Whether this is who speaks. `account` is what the server says, if it does.
    pub(super) fn is(&self, source: &Source, account: Option<&str>, case: CaseMapping) -> bool {
        match self {
            Self::Mask(mask) => source.is_full() && fits(&case.fold(mask), &case.fold(source.as_str())),
            Self::Account(name) => account.is_some_and(|account| case.same(name, account)),
        }
    }
}

/// Whether a text fits a pattern. Goes back to the last `*` only, so the work is at most the product of the two
/// lengths.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(c) = text.get(seen) {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => {
                at += 1;
                seen += 1;
            }
            _ => match &mut retry {
                Some((after_star, from)) => {
                    *from += 1;
                    (at, seen) = (*after_star, *from);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::wire::Message;
    use proptest::prelude::*;

    fn source(text: &str) -> Source {
        Message::parse(&format!(":{text} PING")).unwrap().source.unwrap()
    }

    fn owns(mask: &str, who: &str) -> bool {
        Owner::read(mask).unwrap().is(&source(who), None, CaseMapping::Rfc1459)
    }

    #[test]
    fn a_mask_that_would_match_everybody_is_refused() {
        for mask in ["*!*@*", "dimi!*@*", "*!*@**", "*!*@?*", "*!*@*.*", "*!~me@*:*", "d!u@*.*.*", "x!y@*/*"]
        {
            let refused = Owner::read(mask).unwrap_err();
            assert!(refused.contains("only wildcards"), "{mask}: {refused}");
        }
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        for mask in
            ["", "dimi", "dimi@host", "dimi!user", "!u@h", "n!@h", "n!u@", "account:", "account:*", "a b!c@d"]
        {
            assert!(Owner::read(mask).is_err(), "{mask}");
        }
    }

    #[test]
    fn a_mask_fits_as_a_whole_and_in_any_case() {
        assert!(owns("dimi!*@*.example.org", "Dimi!~d@home.Example.ORG"));
        assert!(owns("*!*@127.0.0.?", "x!y@127.0.0.1"));
        assert!(owns("d[x]!u@h", "D{X}!u@h"));
        for who in ["dimi!d@home.example.org.evil", "xdimi!d@home.example.org", "dimi!d@example.org"] {
            assert!(!owns("dimi!*@*.example.org", who), "{who}");
        }
        for nobody in ["irc.example", "n!@irc.example", "!u@irc.example"] {
            assert!(!owns("*!*@irc.example", nobody), "{nobody}");
        }
    }

    #[test]
    fn an_account_counts_only_when_the_server_tells_it() {
        let owner = Owner::read("account:Dimi").unwrap();
        let (somebody, case) = (source("dimi!u@h"), CaseMapping::Ascii);
        assert!(owner.is(&somebody, Some("dimi"), case));
        assert!(!owner.is(&somebody, None, case));
        assert!(!owner.is(&somebody, Some(""), case));
        assert!(!owner.is(&somebody, Some("dimi2"), case));
    }

    /// The same question, asked the slow way.
    fn fits_slowly(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| fits_slowly(rest, &text[skip..])),
            Some((wanted, rest)) => text
                .split_first()
                .is_some_and(|(c, after)| (*wanted == '?' || wanted == c) && fits_slowly(rest, after)),
        }
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_slow_one(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(fits(&pattern, &text), fits_slowly(&p, &t));
        }

        #[test]
        fn no_accepted_mask_matches_two_different_hosts_of_nowhere(mask in "[a*?]{1,3}![u*?]{1,3}@[h.*?]{1,5}") {
            if let Ok(owner) = Owner::read(&mask) {
                let case = CaseMapping::Ascii;
                let is = |who: &str| owner.is(&source(who), None, case);
                prop_assert!(!is("a!u@zz.zz") && !is("a!u@192.0.2.1"), "{}", mask);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Owner::read(&text);
        }
    }
}
