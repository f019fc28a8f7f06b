//! An answer as lines that fit: cut at line ends, then between sentences, then between words, and inside a word
//! only when there is no other way. No character is torn, and nothing but white space and control characters is
//! lost.

/// The characters that end a sentence.
const SENTENCE_ENDS: [char; 7] = ['.', '!', '?', '…', '。', '！', '？'];

/// Cuts a text into lines of at most `budget` bytes each; blank ones are dropped. Tabs become spaces; other
/// control characters go, since on IRC they are commands to the client. A character longer than the budget is
/// dropped; no budget of ours is that small.
pub(super) fn split(text: &str, budget: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let clean: String = line
            .chars()
            .filter(|c| *c == '\t' || !c.is_control())
            .map(|c| if c == '\t' { ' ' } else { c })
            .collect();
        cut(clean.trim_end(), budget, &mut lines);
    }
    lines
}

fn cut(line: &str, budget: usize, lines: &mut Vec<String>) {
    let mut rest = line;
    while rest.len() > budget {
        let Some((head, tail)) = rest.split_at_checked(border(rest, budget)) else { return };
        if head.is_empty() {
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
            continue;
        }
        push(head, lines);
        rest = tail.trim_start();
    }
    push(rest, lines);
}

fn push(line: &str, lines: &mut Vec<String>) {
    let line = line.trim_end();
    if !line.is_empty() {
        lines.push(line.to_owned());
    }
}

/// Where the first line of a text ends that is longer than the budget, in bytes.
fn border(text: &str, budget: usize) -> usize {
    // A sentence that ends early would leave a short line; then a longer one up to a word is easier to read.
    let worthwhile = budget / 2;
    let (mut whole, mut word, mut sentence) = (0, 0, 0);
    let mut last = None;
    for (at, c) in text.char_indices() {
        if at > budget {
            break;
        }
        whole = at;
        if c.is_whitespace() {
            word = at;
            if last.is_some_and(|c| SENTENCE_ENDS.contains(&c)) {
                sentence = at;
            }
        }
        last = Some(c);
    }
    if sentence > worthwhile {
        sentence
    } else if word > 0 && text.get(..word).is_some_and(|head| !head.trim().is_empty()) {
        word
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_text_is_one_line() {
        assert_eq!(split("zwölf Boxkämpfer 🥊", 400), ["zwölf Boxkämpfer 🥊"]);
    }

    #[test]
    fn line_ends_part_lines_and_blank_ones_are_dropped() {
        assert_eq!(split("a\r\n\r\n  b  \n\t\nc\rd\u{2028}e", 400), ["a", "  b", "c", "d", "e"]);
        assert_eq!(split(" \n\r\n", 400), [""; 0]);
    }

    #[test]
    fn a_long_line_is_cut_behind_a_sentence_then_behind_a_word_then_anywhere() {
        assert_eq!(split("One is here. Two comes.  Three", 20), ["One is here.", "Two comes.  Three"]);
        assert_eq!(split("A. bcd efg hij klm", 12), ["A. bcd efg", "hij klm"]);
        assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(split("    abcdefgh", 6), ["    ab", "cdefgh"]);
    }

    #[test]
    fn no_character_is_torn() {
        assert_eq!(split("ääääää", 5), ["ää", "ää", "ää"]);
        assert_eq!(split("🥊🥊", 7), ["🥊", "🥊"]);
    }

    #[test]
    fn commands_to_the_client_are_taken_out() {
        assert_eq!(split("\u{1}DCC SEND x\u{1}\u{0} a\tb\u{3}4", 400), ["DCC SEND x a b4"]);
    }

    fn letters(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
    }

    proptest! {
        #[test]
        fn every_line_fits_and_nothing_is_lost(
            text in proptest::collection::vec(
                prop_oneof![4 => any::<char>(), 2 => Just(' '), 1 => Just('.'), 1 => Just('\n'), 4 => Just('ä')],
                0..200),
            budget in 4_usize..60,
        ) {
            let text: String = text.into_iter().collect();
            let lines = split(&text, budget);
            for line in &lines {
                prop_assert!(line.len() <= budget && !line.trim().is_empty(), "{:?}", line);
                prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
            }
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn even_an_absurd_budget_comes_to_an_end(text in ".{0,40}", budget in 0_usize..4) {
            prop_assert!(split(&text, budget).iter().all(|line| line.len() <= budget));
        }
    }
}
