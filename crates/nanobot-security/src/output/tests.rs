//! What the output stage replaces, what it leaves alone, and that a stream lets the same bytes leave however it is cut.

#![expect(clippy::string_slice, reason = "the places are borders of characters, or the test is wrong")]

use std::collections::BTreeSet;
use std::io::Read as _;

use nanobot_core::testing::contract::OUTPUT_CORPUS;
use proptest::prelude::*;

use super::*;

const PLACEHOLDER: &str = "[REDACTED]";

fn rules() -> Arc<OutputRules> {
    Arc::new(OutputRules::load(PLACEHOLDER).expect("the packs are in order"))
}

fn scan(rules: &OutputRules, text: &str) -> Redacted {
    rules.scan(text).expect("the stage answers")
}

/// Every piece that leaves, and the hits.
fn stream<'text>(
    rules: &Arc<OutputRules>,
    chunks: impl IntoIterator<Item = &'text str>,
) -> (Vec<String>, Vec<Hit>) {
    let mut stream = rules.open();
    let mut left: Vec<String> = chunks.into_iter().map(|chunk| stream.push(chunk)).collect();
    let (rest, hits) = stream.finish();
    left.push(rest);
    (left, hits)
}

fn chars(text: &str) -> Vec<&str> {
    text.split_inclusive(|_: char| true).collect()
}

#[test]
fn every_rule_finds_its_examples_and_leaves_look_alikes_alone() {
    let rules = rules();
    let mut wrong = Vec::new();
    for rule in rules.rules() {
        for text in &rule.hits {
            let found: BTreeSet<String> = scan(&rules, text).hits.into_iter().map(|hit| hit.rule).collect();
            if found.is_empty() || (!found.contains(&rule.id) && !rule.id.starts_with("key.")) {
                wrong.push(format!("{} misses {text:?} ({found:?})", rule.id));
            }
        }
        for text in &rule.misses {
            let clean = scan(&rules, text);
            if clean.text != *text || !clean.hits.is_empty() {
                wrong.push(format!("{} takes {text:?} for a secret: {:?}", rule.id, clean.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rule_names_are_unique() {
    let rules = rules();
    let names: BTreeSet<String> = rules.rules().map(|rule| rule.id).collect();
    assert_eq!(names.len(), rules.rules().count(), "each rule has a name of its own");
}

/// A row of the original's recorded decisions.
#[derive(serde::Deserialize)]
struct Row {
    id: String,
    stage: String,
    text: Option<String>,
    sanitized_text: Option<String>,
    ideal: Option<String>,
}

fn recorded() -> Vec<Row> {
    let packed = include_bytes!("../../../../tests/fixtures/compat/security/cases.jsonl.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).expect("the cases unpack");
    text.lines()
        .map(|line| serde_json::from_str::<Row>(line).expect("a row"))
        .filter(|row| row.stage == "output")
        .collect()
}

/// The runs of a text that are long and mixed enough to be (part of) a secret.
fn runs(text: &str) -> Vec<&str> {
    text.split(|each: char| !(each.is_ascii_alphanumeric() || "_-+/=".contains(each)))
        .filter(|run| {
            run.len() >= 16
                && run.bytes().any(|b| b.is_ascii_digit())
                && run.bytes().any(|b| b.is_ascii_alphabetic())
        })
        .collect()
}

#[test]
fn recorded_answers_are_decided_as_they_should_be() {
    let rules = rules();
    let mut wrong = Vec::new();
    let rows = recorded();
    assert!(rows.len() > 140, "the recorded rows are there");
    for row in rows {
        let text = row.text.unwrap_or_default();
        let clean = scan(&rules, &text);
        match row.ideal.as_deref() {
            Some("sanitize") => {
                // What the original leaves, in order, tells what it removes.
                let removed: Vec<&str> = match &row.sanitized_text {
                    Some(left) => {
                        let kept: Vec<&str> =
                            left.split(PLACEHOLDER).flat_map(|part| part.split(CONFIG_PLACEHOLDER)).collect();
                        let mut rest = text.as_str();
                        let mut removed = Vec::new();
                        for (place, part) in kept.iter().enumerate() {
                            let is_last = place + 1 == kept.len();
                            let at = if is_last {
                                rest.len() - part.len()
                            } else {
                                rest.find(part).expect("kept")
                            };
                            removed.push(&rest[..at]);
                            rest = &rest[at + part.len()..];
                        }
                        removed
                    }
                    None => runs(&text),
                };
                let left = removed.into_iter().find(|part| part.len() > 3 && clean.text.contains(part));
                if clean.hits.is_empty() || left.is_some() {
                    wrong.push(format!("{}: {text:?} left as {:?} ({left:?})", row.id, clean.text));
                }
            }
            _ if clean.text != text || !clean.hits.is_empty() => {
                wrong.push(format!("{}: {text:?} changed to {:?}", row.id, clean.text));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_of_an_example_that_looks_like_a_secret_is_left() {
    let rules = rules();
    let mut wrong = Vec::new();
    for rule in rules.rules().filter(|rule| rule.tag == pack::SECRET_TAG) {
        for text in &rule.hits {
            let clean = scan(&rules, text).text;
            let left: Vec<&str> = runs(text).into_iter().filter(|run| clean.contains(run)).collect();
            if !left.is_empty() {
                wrong.push(format!("{}: {text:?} left as {clean:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples leak:\n{}", wrong.len(), wrong.join("\n"));
}

/// Cuts that depend on the numbers alone.
fn cut<'text>(text: &'text str, sizes: &[usize]) -> Vec<&'text str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    for size in sizes.iter().cycle().take(text.len() + 1) {
        let at = rest.ceil_char_boundary((*size).min(rest.len()));
        let (head, tail) = rest.split_at(at);
        chunks.push(head);
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    chunks.push(rest);
    chunks
}

fn agrees(rules: &Arc<OutputRules>, text: &str, chunks: &[&str]) {
    let whole = scan(rules, text);
    let (left, hits) = stream(rules, chunks.iter().copied());
    assert_eq!(left.concat(), whole.text, "{text:?} cut as {chunks:?}");
    assert_eq!(hits, whole.hits, "{text:?} cut as {chunks:?}");
}

#[test]
fn every_example_leaves_the_same_wherever_it_is_cut() {
    let rules = rules();
    let examples: Vec<String> = rules.rules().flat_map(|rule| [rule.hits, rule.misses].concat()).collect();
    for text in examples.iter().map(String::as_str).chain(OUTPUT_CORPUS.iter().copied()) {
        agrees(&rules, text, &chars(text));
        let stride = 1 + text.len() / 24;
        for (at, _) in text.char_indices().filter(|(at, _)| at % stride == 0) {
            let (head, tail) = text.split_at(at);
            agrees(&rules, text, &[head, tail]);
        }
    }
}

#[test]
fn no_prefix_of_a_secret_leaves_before_it_is_known_to_be_none() {
    let rules = rules();
    for rule in rules.rules() {
        for text in &rule.hits {
            let whole = scan(&rules, text);
            let mut stream = rules.open();
            let mut left = String::new();
            for chunk in chars(text) {
                left.push_str(&stream.push(chunk));
                assert!(whole.text.starts_with(&left), "{text:?}: {left:?} left early");
            }
        }
    }
}

/// Texts that mix pieces of every example with words, cut at random.
fn mixture() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize, usize)>)> {
    let pieces = prop::collection::vec((0..10_000_usize, 0..400_usize, 0..9_usize), 1..8);
    (prop::collection::vec(0..40_usize, 1..12), pieces)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn mixtures_of_examples_leave_the_same_however_they_are_cut((sizes, pieces) in mixture()) {
        thread_local! {
            static RULES: Arc<OutputRules> = rules();
            static EXAMPLES: Vec<String> = rules().rules().flat_map(|rule| [rule.hits, rule.misses].concat()).collect();
        }
        let text = EXAMPLES.with(|examples| {
            let glue = [" ", "\n", "", "  ", "\n\n", "----", " password: ", "密码", "\""];
            pieces.iter().fold(String::new(), |mut text, (example, len, between)| {
                let example = &examples[example % examples.len()];
                text.push_str(&example[..example.floor_char_boundary(*len)]);
                text.push_str(glue[*between]);
                text
            })
        });
        let sizes: Vec<usize> = sizes.iter().map(|size| size + 1).collect();
        RULES.with(|rules| agrees(rules, &text, &cut(&text, &sizes)));
    }

    #[test]
    fn any_text_leaves_the_same_however_it_is_cut(text in "(?s).{0,200}", size in 1..9_usize) {
        thread_local! {
            static RULES: Arc<OutputRules> = rules();
        }
        RULES.with(|rules| agrees(rules, &text, &cut(&text, &[size])));
    }
}

#[test]
fn prose_leaves_word_by_word() {
    let rules = rules();
    let text = "Der Hai schwimmt durch das Wasser, and nobody knows why: 鱼在水里游。 It costs 12.50 € or https://example.org/a?b=c to read.\n";
    let mut stream = rules.open();
    let mut held = 0;
    for chunk in chars(text) {
        held += chunk.len();
        held -= stream.push(chunk).len();
        assert!(held <= "https://example.org/a?b=c".len(), "more than a word is held back");
    }
    assert_eq!(held, 0, "a finished line leaves at once");
}

#[test]
fn a_word_without_end_is_cut_and_a_long_secret_goes_as_a_whole() {
    let rules = rules();
    let token = "aB3".repeat(10_000);
    for text in [format!("Bearer {token} end"), format!("sk-{token} end"), format!("a {token} end")] {
        agrees(&rules, &text, &cut(&text, &[61]));
        let clean = scan(&rules, &text).text;
        let is_plain = text.starts_with('a');
        assert_eq!(clean.contains("aB3aB3"), is_plain, "{} … became {} bytes", &text[..12], clean.len());
        assert!(clean.ends_with(" end"));
    }
    let mut stream = rules.open();
    let left: usize = std::iter::repeat_n("abcdefghij", 10_000).map(|chunk| stream.push(chunk).len()).sum();
    assert!(left + unit::WORD_LIMIT >= 100_000, "no more than the limit is held back");
}

#[test]
fn a_key_without_end_is_cut_and_prose_behind_it_leaves() {
    let rules = rules();
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
    let prose = "and this is how it goes on and on and on, word after word after word, until nobody listens any more \
                 because there is nothing to be learned from it at all.";
    let text = format!("-----BEGIN RSA PRIVATE KEY-----\n{}{prose}", line.repeat(20));
    agrees(&rules, &text, &chars(&text));
    assert_eq!(scan(&rules, &text).text, format!("{PLACEHOLDER}\n{prose}"));
    let huge = format!("-----BEGIN RSA PRIVATE KEY-----\n{}", line.repeat(1_200));
    agrees(&rules, &huge, &cut(&huge, &[997]));
    assert!(scan(&rules, &huge).text.len() < huge.len() - 60_000);
}

#[test]
fn tags_say_what_matched() {
    let rules = rules();
    let tags =
        |text: &str| -> Vec<String> { scan(&rules, text).hits.into_iter().map(|hit| hit.tag).collect() };
    assert_eq!(tags("see SOUL.md"), ["config_exposure"]);
    assert_eq!(tags("sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ["output_redaction"]);
    let other = Arc::new(OutputRules::load("<X>").expect("the packs are in order"));
    let text = "k sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in SOUL.md";
    assert_eq!(scan(&other, text).text, "k <X> in interne Konfiguration");
}

#[test]
fn a_hit_names_the_place_in_the_text_that_came_in() {
    let rules = rules();
    let text = "Grüße! Es ist sk-\u{200b}abcdefghijklmnopqrstuvwxyz0123 und sonst nichts.";
    let hits = scan(&rules, text).hits;
    let span = hits[0].span.clone().expect("it can be said");
    assert_eq!(&text[span], "sk-\u{200b}abcdefghijklmnopqrstuvwxyz0123");
    assert_eq!(hits[0].view, "folded");
}
