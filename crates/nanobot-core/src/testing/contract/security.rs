//! The promises of [`SecurityGate`] and its streaming guard.

use crate::ids::ChannelName;
use crate::label::{Label, Labels};
use crate::ports::{SecurityContext, SecurityGate};
use crate::verdict::SecurityVerdict;

/// Texts that are awkward to cut: multi-byte characters, repeated beginnings, blank ends, key shapes.
pub const OUTPUT_CORPUS: &[&str] = &[
    "",
    " ",
    "\n\n",
    "plain words",
    "zwölf Boxkämpfer 🥊 👩‍👩‍👧‍👦",
    "aaaaaaaaaaaaab",
    "ssecretsecretsecre",
    "the key is sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG and no other",
    "sk-\nabcdefghijklmnopqrstuvwxyz",
    "Authorization: Bearer abcdefghijklmnop.qrstuvwxyz",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n",
    "\u{feff}byte order mark and \u{202e}reversed",
    "e\u{301} combines, so does a\u{308}",
];

/// How many random ways of cutting are tried per text.
const RANDOM_CUTS: u64 = 24;

/// Up to this length in bytes, a text is cut once at every place.
const CUT_EVERYWHERE_BYTES: usize = 512;

/// Checks that a streamed answer leaves exactly what [`SecurityGate::check_output`] lets leave, wherever the
/// chunks are cut. Give it [`OUTPUT_CORPUS`], and texts that your rules object to.
///
/// # Panics
/// When a promise is broken.
pub fn security_gate_contract<G: SecurityGate>(make: impl Fn() -> G, corpus: &[&str]) {
    let gate = make();
    assert!(!gate.name().trim().is_empty(), "a gate has a name for the status report");
    let fingerprint = gate.fingerprint();
    assert!((1..=64).contains(&fingerprint.len()), "{fingerprint:?} is no fingerprint");
    assert_eq!(fingerprint, make().fingerprint(), "the same gate has the same fingerprint");
    assert!(!gate.block_message().trim().is_empty(), "a chat is told something when a text is blocked");
    for text in corpus {
        let verdict = gate.check_output(text, &context());
        assert_eq!(verdict, gate.check_output(text, &context()), "the same text gets the same verdict");
        let input = gate.check_input(text, &context());
        assert_eq!(input, gate.check_input(text, &context()), "the same input gets the same verdict");

        let whole = [*text];
        let single: Vec<&str> = text.split_inclusive(|_: char| true).collect();
        check_stream(&gate, text, &whole, &verdict);
        check_stream(&gate, text, &single, &verdict);
        check_stream(&gate, text, &["", text, ""], &verdict);
        if text.len() <= CUT_EVERYWHERE_BYTES {
            for (at, _) in text.char_indices() {
                let (head, tail) = text.split_at(at);
                check_stream(&gate, text, &[head, tail], &verdict);
            }
        }
        for seed in 0..RANDOM_CUTS {
            check_stream(&gate, text, &random_cuts(text, seed), &verdict);
        }
    }
}

fn context() -> SecurityContext {
    let labels = Labels::NONE.join(Label::Stranger.into());
    SecurityContext { channel: ChannelName::WHATSAPP, labels, path: "turn" }
}

fn check_stream(gate: &impl SecurityGate, text: &str, chunks: &[&str], verdict: &SecurityVerdict) {
    let mut guard = gate.open_output(&context());
    let mut left: String = chunks.iter().map(|chunk| guard.push(chunk)).collect();
    let end = guard.finish();
    left.push_str(&end.rest);
    let expected = match verdict {
        SecurityVerdict::Allow | SecurityVerdict::Warn(_) => text,
        SecurityVerdict::Block(_) => "",
        SecurityVerdict::Sanitize(_, clean) => clean,
    };
    assert_eq!(left, expected, "cut as {chunks:?}, the stream must leave what the whole text may");
    assert_eq!(end.verdict, *verdict, "cut as {chunks:?}, the verdict must be that of the whole text");
}

/// Cuts at character borders that depend on the seed alone: a small linear congruential generator
/// (multiplier and increment of Knuth's MMIX) decides after each character.
fn random_cuts(text: &str, seed: u64) -> Vec<&str> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    text.split_inclusive(|_: char| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33).is_multiple_of(3)
    })
    .collect()
}
