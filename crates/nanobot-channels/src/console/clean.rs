//! Making text from elsewhere harmless for a terminal: control characters become visible signs.
//!
//! Models, tools and daemons of other versions are not trusted with the operator's terminal: an escape
//! sequence could move the cursor, rewrite what stands there, or answer a question in the operator's name.
//! Each character is judged alone, so that a text cut into pieces comes out the same.

/// The text with every control character but line feed and tab replaced: C0 and DEL by their picture
/// (`␛`), C1 by `�`. Carriage returns vanish, so that Windows line ends stay line ends.
pub fn clean(text: &str) -> String {
    text.chars().filter(|found| *found != '\r').map(harmless).collect()
}

/// [`clean`], on one line: line feeds and tabs become blanks.
pub fn clean_line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

fn harmless(found: char) -> char {
    match found {
        '\n' | '\t' => found,
        // The block "control pictures" of Unicode mirrors C0 from U+2400 on.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(found)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_is_shown_and_not_carried_out() {
        assert_eq!(clean("a\x1b[2Jb\x07\u{9b}31m"), "a␛[2Jb␇\u{fffd}31m");
        assert_eq!(clean("one\r\ntwo\tthree\r"), "one\ntwo\tthree");
        assert_eq!(clean_line("tool\n\x1b]0;x"), "tool ␛]0;x");
    }

    proptest! {
        #[test]
        fn no_control_character_survives(text in any::<String>()) {
            prop_assert!(clean(&text).chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert!(clean_line(&text).chars().all(|c| !c.is_control()));
        }

        #[test]
        fn pieces_come_out_like_the_whole(head in any::<String>(), tail in any::<String>()) {
            prop_assert_eq!(clean(&head) + &clean(&tail), clean(&(head + &tail)));
        }
    }
}
