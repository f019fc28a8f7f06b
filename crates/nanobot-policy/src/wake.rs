//! Wake phrases: a voice note in a group that holds one of them counts as a mention.

use std::collections::BTreeSet;

use nanobot_core::text::collapse;

use crate::unicode::is_alphanumeric;

/// The phrases of a chat, in the form in which they are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WakePhrases(BTreeSet<String>);

impl WakePhrases {
    /// Of these, as they stand in a policy. What holds neither letter nor number is no phrase.
    pub(crate) fn of(phrases: &[String]) -> Self {
        Self(phrases.iter().map(|phrase| plain(phrase)).filter(|phrase| !phrase.is_empty()).collect())
    }

    /// Whether one of them is said, as whole words.
    pub(crate) fn are_in(&self, said: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let said = format!(" {} ", plain(said));
        self.0.iter().any(|phrase| said.contains(&format!(" {phrase} ")))
    }

    /// They.
    pub(crate) fn phrases(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// Lower case; all that is neither letter nor number is a blank; blanks do not follow each other.
fn plain(text: &str) -> String {
    let blanked = |c| if is_alphanumeric(c) { c } else { ' ' };
    collapse(&text.to_lowercase().chars().map(blanked).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(phrase: &str, said: &str) -> bool {
        WakePhrases::of(&[phrase.to_owned()]).are_in(said)
    }

    #[test]
    fn a_phrase_is_heard_whatever_stands_around_its_words() {
        for said in ["hey nano", "Well, HEY – Nano! What now?", "hey\nnano"] {
            assert!(heard(" Hey,  NANO! ", said), "{said}");
        }
        for said in ["heynano", "they nano", "hey nanobot", "nano hey", ""] {
            assert!(!heard("hey nano", said), "{said}");
        }
    }

    #[test]
    fn a_phrase_without_a_letter_is_none() {
        assert_eq!(WakePhrases::of(&["?!".to_owned(), String::new()]), WakePhrases::default());
        assert!(!heard("🐙", "🐙"));
    }

    #[test]
    fn quirk_marks_split_words() {
        // "naam" in Devanagari is two consonants and a vowel sign; only the consonants are left.
        assert_eq!(WakePhrases::of(&["ना ना".to_owned()]).phrases().iter().collect::<Vec<_>>(), ["न न"]);
        assert!(heard("ना ना", "न न"), "so it matches more than it should, as in the original");
        assert!(!heard("nono", "no\u{301}no"), "an accent that is a character of its own splits a word");
    }
}
