//! Any bytes as a message that comes in, and as an answer that leaves, whole and in pieces.

use nanobot_core::Labels;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{SecurityContext, SecurityGate as _};

use super::{Broken, Shape, gate, holds_together, must};
use crate::{Action, Report, RuleGate, StageName};

/// A text of more bytes is cut in fewer ways: each way judges all of it.
const SHORT: usize = 4_096;

/// The longest piece of a way of cutting that is made from the seed.
const LONGEST_PIECE: usize = 64;

/// Reads the bytes as a text, its first one as the seed of a way to cut it. What leaves is the same wherever the text
/// is cut, and at no time more than that.
///
/// That nothing would be replaced if it came once more is no promise: where a value is gone, the next word can stand
/// beside the key.
///
/// # Errors
/// When something does not hold.
pub fn scan(bytes: &[u8]) -> Result<Shape, Broken> {
    let (seed, text) = bytes.split_first().map_or((0, bytes), |(seed, text)| (*seed, text));
    let text = String::from_utf8_lossy(text);
    let gate = gate()?;
    let input = gate.input(&text);
    holds_together(&input, StageName::Input, Some(&text))?;
    must(!matches!(input.action, Action::Sanitize), || "a message was rewritten".to_owned())?;
    must(text.len() > SHORT || input == gate.input(&text), || "the input stage changed its mind".to_owned())?;
    let output = gate.output(&text);
    holds_together(&output, StageName::Output, Some(&text))?;
    must(matches!(output.action, Action::Allow | Action::Sanitize), || {
        format!("the output stage says {}", output.action.name())
    })?;
    let leaves = output.text.as_deref().unwrap_or(&text);
    must((leaves == text) == output.hits.is_empty(), || {
        "a hit replaced nothing, or something was replaced without a hit".to_owned()
    })?;
    in_pieces(gate, &text, &output, leaves, seed)?;
    Ok(format!("{}: {}; {}", input.action.name(), input.reason, output.tags.join(", ")))
}

/// The text cut by the seed, and a short one after each character as well.
fn in_pieces(gate: &RuleGate, text: &str, whole: &Report, leaves: &str, seed: u8) -> Result<(), Broken> {
    streamed(gate, pieces(text, usize::from(seed)), whole, leaves)?;
    if text.len() > SHORT {
        return Ok(());
    }
    let mut piece = [0; 4];
    let mut guard = gate.open_output(&context()?);
    let mut left = String::new();
    for sign in text.chars() {
        left.push_str(&guard.push(sign.encode_utf8(&mut piece)));
    }
    let end = guard.finish();
    left.push_str(&end.rest);
    must(left == leaves && end.verdict == whole.clone().verdict(), || {
        "the stream of single characters and the whole text differ".to_owned()
    })
}

fn streamed<'t>(
    gate: &RuleGate,
    pieces: impl Iterator<Item = &'t str>,
    whole: &Report,
    leaves: &str,
) -> Result<(), Broken> {
    let mut guard = gate.open_output(&context()?);
    let mut left = String::new();
    for piece in pieces {
        left.push_str(&guard.push(piece));
        must(leaves.starts_with(left.as_str()), || "something left that should not have".to_owned())?;
    }
    let end = guard.finish();
    left.push_str(&end.rest);
    must(left == leaves, || "the stream lets something else leave than the whole text does".to_owned())?;
    must(end.verdict == whole.clone().verdict(), || "the stream has another verdict".to_owned())
}

/// The text in pieces whose lengths come from the seed: of up to so many bytes, an empty one among them.
fn pieces(text: &str, seed: usize) -> impl Iterator<Item = &str> {
    let (mut rest, mut state) = (text, seed);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Any sequence will do that the seed decides (Numerical Recipes' factors).
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wanted = (state >> 16) % (1 + LONGEST_PIECE.min(1 + seed));
        let (piece, behind) = rest.split_at_checked(rest.ceil_char_boundary(wanted)).unwrap_or((rest, ""));
        rest = behind;
        Some(piece)
    })
}

fn context() -> Result<SecurityContext, Broken> {
    let channel = ChannelName::new("fuzz").map_err(|error| Broken(error.to_string()))?;
    Ok(SecurityContext { channel, labels: Labels::NONE, path: "turn" })
}
