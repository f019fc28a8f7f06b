//! Whatever somebody sends: no panic, no more views than there is room for, and no pass over and over the same text.

use proptest::prelude::*;

use super::super::{MOST_GROWTH, MOST_VIEWS, SHORT, effort, plain, views};

/// Beginnings without ends, runs, and whatever else makes a reader go back.
const HOSTILE: &[&str] = &[
    "a",
    "a ",
    "<a",
    "<",
    "/*",
    "<!--",
    "%4",
    "%69",
    "i.",
    "1 ",
    "1.",
    "a1",
    "a\u{301}",
    "\u{301}\u{316}",
    "aB",
    "aB3= ",
    "аb ",
    "&#",
    "&#1",
    "69 ",
    "69",
    "0x69,",
    "'a",
    "a'",
    ".- ",
    ". ",
    "\u{fdfa}",
    "=69",
    "\\u",
    "\\u{",
    "U+",
    "a-",
    "-",
    "\"",
    "((",
    "[a](",
    "\u{e0041}",
    "\u{fe01}",
    "🇮",
    "ǝ",
    "@a",
    "a@b ",
    "x x ",
    "ABCDEFGH234567",
    "010",
    "/",
    "_a_",
];

#[test]
fn twice_the_text_is_at_most_little_more_than_twice_the_work() {
    for pattern in HOSTILE {
        let small = pattern.repeat(4_096 / pattern.len());
        let large = pattern.repeat(4 * 4_096 / pattern.len());
        let effort = |text: &str| effort::of(|| drop(views(text)));
        let (few, many) = (effort(&small), effort(&large));
        assert!(many <= 5 * few + 4_096, "{pattern:?}: {few} for one, {many} for four");
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let views = views(text);
    let all: usize = views.iter().map(|view| view.text.len()).sum();
    prop_assert!(!views.is_empty() && views.len() <= MOST_VIEWS);
    prop_assert!(all <= MOST_GROWTH * text.len().max(SHORT));
    prop_assert_eq!(views[0].name, "plain");
    for view in &views[1..] {
        prop_assert!(!view.text.is_empty() && view.text != views[0].text || view.is_glued);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_has_its_readings(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn hostile_texts_have_their_readings(pieces in proptest::collection::vec(0..HOSTILE.len(), 0..60)) {
        check(&pieces.into_iter().map(|at| HOSTILE[at]).collect::<String>())?;
    }

    #[test]
    fn the_plain_reading_of_a_plain_reading_is_itself(text in any::<String>()) {
        let once = plain::plain(&plain::shaped(&text));
        prop_assert_eq!(plain::plain(&plain::shaped(&once)), once);
    }
}
