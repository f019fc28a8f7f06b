//! Which of the words that there are somebody meant who wrote another one. It knows no settings.

/// The known word that differs from `word` by a slip of the pen: one letter left out, doubled, changed or swapped with
/// its neighbour, two of them in a long word. None where no word is that near; of several, the first of the nearest.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let slips = match length {
        // Any other short word is as near.
        0..=3 => return None,
        4..=6 => 1,
        _ => 2,
    };
    // What differs more in length differs more in all, and somebody's key may be a page long.
    let candidates = known.into_iter().filter(|known| known.chars().count().abs_diff(length) <= slips);
    let measured = candidates.map(|known| (strsim::osa_distance(word, known), known));
    measured
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["day_dollars", "month_dollars", "tasks", "api", "cached_input"];

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        for (slip, meant) in [
            ("day_dolars", "day_dollars"),
            ("day_dollar", "day_dollars"),
            ("cached_inptu", "cached_input"),
            ("task", "tasks"),
            ("tasks", "tasks"),
        ] {
            assert_eq!(nearest(slip, KNOWN), Some(meant), "{slip}");
        }
    }

    #[test]
    fn another_word_is_not_taken_for_one() {
        for other in ["day", "app", "week_dollars", "year_dolls", "", &"d".repeat(1_000_000)] {
            assert_eq!(nearest(other, KNOWN), None);
        }
    }
}
