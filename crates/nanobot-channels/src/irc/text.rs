//! What somebody said, as plain words: formatting codes off, actions told, other client-to-client requests
//! ignored.

use super::names::{CaseMapping, is_nick_char};

/// The mark around a client-to-client request (CTCP).
const CTCP: char = '\u{1}';

/// The words of a `PRIVMSG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    /// What was said, without formatting; never blank.
    pub(super) words: String,
    /// It is an action: "waves".
    pub(super) is_action: bool,
}

impl Spoken {
    /// Reads the text of a `PRIVMSG`; none when nothing was said, or when it was for the client and not for us.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (body, is_action) = match text.strip_prefix(CTCP) {
            Some(request) => {
                let request = request.strip_suffix(CTCP).unwrap_or(request);
                (request.strip_prefix("ACTION ")?, true)
            }
            None => (text, false),
        };
        let words = without_formatting(body);
        let words = words.trim();
        (!words.is_empty()).then(|| Self { words: words.to_owned(), is_action })
    }

    /// The words as they are handed on: an action tells who acts.
    pub(super) fn told(&self, nick: &str) -> String {
        if self.is_action { format!("* {nick} {}", self.words) } else { self.words.clone() }
    }
}

/// Takes out colours and other formatting (modern.ircdocs.horse/formatting) and every other control character.
fn without_formatting(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{3}' => skip_colours(&mut rest, 2, char::is_ascii_digit),
            '\u{4}' => skip_colours(&mut rest, 6, char::is_ascii_hexdigit),
            '\t' => plain.push(' '),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

/// Skips `foreground[,background]`, each of at most `digits` characters.
fn skip_colours(rest: &mut std::str::Chars<'_>, digits: usize, is_digit: fn(&char) -> bool) {
    if skip_up_to(rest, digits, is_digit) == 0 {
        return;
    }
    let mut ahead = rest.clone();
    if ahead.next() == Some(',') && skip_up_to(&mut ahead, digits, is_digit) > 0 {
        *rest = ahead;
    }
}

fn skip_up_to(rest: &mut std::str::Chars<'_>, most: usize, is_digit: fn(&char) -> bool) -> usize {
    let found = rest.clone().take(most).take_while(is_digit).count();
    for _ in 0..found {
        rest.next();
    }
    found
}

/// Whether a nick stands in the words, as a word of its own.
pub(super) fn mentions(words: &str, nick: &str, case: CaseMapping) -> bool {
    let (words, nick) = (case.fold(words), case.fold(nick));
    if nick.is_empty() {
        return false;
    }
    words.match_indices(&nick).any(|(at, found)| {
        let before = words.get(..at).and_then(|text| text.chars().next_back());
        let after = words.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_nick_char) && !after.is_some_and(is_nick_char)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Option<String> {
        Spoken::read(text).map(|spoken| spoken.told("dimi"))
    }

    #[test]
    fn formatting_is_taken_out() {
        for (text, plain) in [
            (
                "\u{2}bold\u{f} \u{1d}it\u{1d} \u{1f}un\u{1f} \u{1e}st\u{1e} \u{16}re \u{11}mono",
                "bold it un st re mono",
            ),
            ("\u{3}04red\u{3} \u{3}4,12both\u{3}, comma", "red both, comma"),
            ("\u{3}12345", "345"),
            ("\u{3}4,x \u{3},y", ",x ,y"),
            ("\u{4}ff0000hex \u{4}ff0000,00ff00both", "hex both"),
            ("a\tb\u{7}\u{0}c", "a bc"),
        ] {
            assert_eq!(words(text).as_deref(), Some(plain), "{text:?}");
        }
    }

    #[test]
    fn an_action_tells_who_acts() {
        assert_eq!(words("\u{1}ACTION waves\u{1}").as_deref(), Some("* dimi waves"));
        assert_eq!(words("\u{1}ACTION waves").as_deref(), Some("* dimi waves"));
    }

    #[test]
    fn requests_to_the_client_are_ignored() {
        for text in
            ["\u{1}VERSION\u{1}", "\u{1}PING 1\u{1}", "\u{1}DCC SEND x\u{1}", "\u{1}", "\u{1}ACTION\u{1}"]
        {
            assert_eq!(Spoken::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_said_is_nothing() {
        for text in ["", "  ", "\u{2}\u{3}04\u{f}", "\u{1}ACTION  \u{1}"] {
            assert_eq!(Spoken::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_mention_is_a_word_of_its_own() {
        let case = CaseMapping::Rfc1459;
        for text in [
            "nanobot: hi",
            "NanoBot, hi",
            "hi nanobot!",
            "(nanobot)",
            "is nanobot's dog",
            "nanobot",
            "ü nanobot ü",
        ] {
            assert!(mentions(text, "nanobot", case), "{text}");
        }
        for text in ["nanobots", "nanobot_: hi", "nano bot", "xnanobot", "nanobot-like", "übernanobot", ""] {
            assert!(!mentions(text, "nanobot", case), "{text}");
        }
        assert!(
            mentions("hey bot|x", "bot\\x", case) && !mentions("hey bot|x", "bot\\x", CaseMapping::Ascii)
        );
        assert!(!mentions("anything", "", case));
    }

    proptest! {
        #[test]
        fn words_hold_no_control_character(text in any::<String>()) {
            if let Some(spoken) = Spoken::read(&text) {
                prop_assert!(!spoken.words.chars().any(char::is_control));
                prop_assert!(!spoken.words.trim().is_empty());
            }
        }

        #[test]
        fn any_text_mentions_or_not(words in any::<String>(), nick in ".{0,5}") {
            let _ = mentions(&words, &nick, CaseMapping::Rfc1459);
        }
    }
}
