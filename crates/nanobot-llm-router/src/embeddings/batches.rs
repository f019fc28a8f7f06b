//! Which texts go into one request: pure.

/// Most texts of one request. The smallest limit of the vendors that tell one is 100 (Gemini, November 2026).
pub const BATCH_TEXTS: usize = 96;

/// Most bytes of all texts of one request: some 64,000 tokens of English, where OpenAI takes 300,000.
pub const BATCH_BYTES: usize = 256 * 1024;

/// The texts in order, cut into batches. A text that is longer than a batch gets one of its own.
pub(super) fn batches<'a>(texts: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    let mut batches = Vec::new();
    let mut rest = texts;
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fit = rest.iter().take(BATCH_TEXTS).take_while(|text| {
            bytes = bytes.saturating_add(text.len());
            bytes <= BATCH_BYTES
        });
        let (batch, behind) = rest.split_at(fit.count().max(1));
        batches.push(batch);
        rest = behind;
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_hold_all_texts_in_order_and_keep_their_limits(
            lengths in proptest::collection::vec(
                prop_oneof![0_usize..50, BATCH_BYTES / 3..BATCH_BYTES + 2], 0..250),
        ) {
            let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let cut = batches(&texts);
            prop_assert_eq!(&cut.concat(), &texts);
            for batch in cut {
                let bytes: usize = batch.iter().map(|text| text.len()).sum();
                prop_assert!((1..=BATCH_TEXTS).contains(&batch.len()));
                prop_assert!(bytes <= BATCH_BYTES || batch.len() == 1);
            }
        }
    }
}
