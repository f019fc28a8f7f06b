//! From a session key to the names of files and back. Pure; it does not know which files exist.
//!
//! The original's mapping loses information: `a:b` and `a_b` share a file name. Whoever comes second gets a
//! name with a piece of the key's hash in it.

use std::borrow::Cow;

use nanobot_core::ids::SessionKey;
use sha2::{Digest, Sha256};

/// What every session file's name ends in.
pub(crate) const EXTENSION: &str = ".jsonl";

/// What the name of a kept older file ends in, but for a number.
const OLDER: &str = ".older";

/// Longest file name that Linux file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// How many hex digits of the hash a name gets. The short form is enough unless somebody chose a chat id so
/// as to collide with it.
const HASH_DIGITS: [usize; 3] = [8, 16, 64];

/// The file name that the original uses for a key: each of `: < > " / \ | ? *` becomes `_`, and white space
/// at both ends is dropped.
pub fn file_name(key: &str) -> String {
    let safe = key.replace([':', '<', '>', '"', '/', '\\', '|', '?', '*'], "_");
    format!("{}{EXTENSION}", strip(&safe))
}

/// White space at both ends removed, by Python's idea of white space.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}'))
}

/// The names that a key may use, best first: the original's, unless it is too long for a file system, then
/// names that carry 8, 16 and all 64 hex digits of the key's SHA-256.
pub(crate) fn candidates(key: &SessionKey) -> Vec<String> {
    let plain = file_name(key.as_str());
    let stem = plain.strip_suffix(EXTENSION).unwrap_or(&plain);
    let hash = format!("{:x}", Sha256::digest(key.as_str()));
    let hashed = HASH_DIGITS.iter().filter_map(|digits| {
        let piece = hash.get(..*digits)?;
        let room = MAX_NAME_BYTES - EXTENSION.len() - 1 - digits;
        let cut = stem.get(..stem.floor_char_boundary(room))?;
        Some(format!("{cut}-{piece}{EXTENSION}"))
    });
    Some(plain.clone()).filter(|name| name.len() <= MAX_NAME_BYTES).into_iter().chain(hashed).collect()
}

/// The name under which a replaced file is kept: `<name>.older`, then `<name>.older-2` and so on. A name that
/// leaves no room for that is cut, and told apart by a piece of its hash.
pub(crate) fn older_name(name: &str, number: u32) -> String {
    let stem = older_stem(name);
    if number > 1 { format!("{stem}{OLDER}-{number}") } else { format!("{stem}{OLDER}") }
}

/// Whether `other` is a name that [`older_name`] gives for `name`.
pub(crate) fn is_older_name(name: &str, other: &str) -> bool {
    let number = other.strip_prefix(older_stem(name).as_ref()).and_then(|rest| rest.strip_prefix(OLDER));
    number.is_some_and(|number| {
        let digits = number.strip_prefix('-');
        number.is_empty() || digits.is_some_and(|digits| digits.parse::<u32>().is_ok_and(|number| number > 1))
    })
}

fn older_stem(name: &str) -> Cow<'_, str> {
    let room = MAX_NAME_BYTES - OLDER.len() - "-4294967295".len();
    if name.len() <= room {
        return name.into();
    }
    let hash = format!("{:x}", Sha256::digest(name));
    let (digits, _) = hash.split_at_checked(16).unwrap_or((&hash, ""));
    let cut = name.split_at(name.floor_char_boundary(room - 1 - digits.len())).0;
    format!("{cut}-{digits}").into()
}

/// The key that the original reads out of a file name: every `_` was a `:`. Wrong for ids that contain `_`;
/// none when it is no key at all.
pub(crate) fn guess_key(file: &str) -> Option<SessionKey> {
    SessionKey::new(file.strip_suffix(EXTENSION)?.replace('_', ":")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> SessionKey {
        SessionKey::new(text).unwrap()
    }

    #[test]
    fn names_are_those_of_the_original() {
        assert_eq!(file_name("whatsapp:1203@g.us"), "whatsapp_1203@g.us.jsonl");
        assert_eq!(file_name(" \u{1f}x|y?*\"/\\<> \u{3000}"), "x_y_______.jsonl");
        assert_eq!(file_name(""), ".jsonl");
    }

    #[test]
    fn a_second_key_gets_a_piece_of_its_hash() {
        let names = candidates(&key("a_b"));
        assert_eq!(names.first().map(String::as_str), Some("a_b.jsonl"));
        assert_eq!(names.get(1).map(String::as_str), Some("a_b-648fa9b3.jsonl"));
        assert_eq!(names.len(), 4);
    }

    #[test]
    fn the_original_guesses_a_colon_for_every_underscore() {
        assert_eq!(guess_key("feishu_oc_1.jsonl"), Some(key("feishu:oc:1")));
        assert_eq!(guess_key(".jsonl"), None);
        assert_eq!(guess_key("notes.txt"), None);
    }

    #[test]
    fn older_files_are_told_from_sessions_of_such_names() {
        assert_eq!(older_name("a.jsonl", 1), "a.jsonl.older");
        assert_eq!(older_name("a.jsonl", 12), "a.jsonl.older-12");
        let others =
            ["a.jsonl.older-2.jsonl", "a.jsonl.older-", "a.jsonl.older-x", "a.jsonl.olderly", "a.jsonl"];
        assert!(others.iter().all(|other| !is_older_name("a.jsonl", other)));
    }

    proptest! {
        #[test]
        fn every_name_has_older_names_of_its_own(text in "[a-zü🎉]{1,80}", other in "[a-zü🎉]{1,80}", number in 1..u32::MAX) {
            let (name, other) = (format!("{text}{EXTENSION}"), format!("{other}{EXTENSION}"));
            let older = older_name(&name, number);
            prop_assert!(older.len() <= MAX_NAME_BYTES && is_older_name(&name, &older));
            prop_assert!(name == other || !is_older_name(&other, &older));
        }

        #[test]
        fn every_key_has_names_that_a_file_system_takes(text in "\\PC{1,300}") {
            prop_assume!(SessionKey::new(text.clone()).is_ok());
            let names = candidates(&key(&text));
            prop_assert!(names.len() >= 3);
            for name in names {
                prop_assert!(name.len() <= MAX_NAME_BYTES && name.ends_with(EXTENSION) && !name.contains('/'));
            }
        }
    }
}
