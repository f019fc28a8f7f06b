//! Halves of surrogate pairs. Python keeps one that stands alone in a string; a Rust string cannot. Here each stands
//! for itself as one of the 2048 last private-use characters, and the document remembers that it holds some: it can
//! be judged, and not written, as with the original.

/// The character for half a pair; none for a code point that is no half.
pub(super) fn stand_in(half: u32) -> Option<char> {
    (0xD800..=0xDFFF).contains(&half).then(|| char::from_u32(half - 0xD800 + 0x0010_F800)).flatten()
}

/// Whether a text may hold such a character.
pub(crate) fn is_in(text: &str) -> bool {
    text.chars().any(|character| character >= '\u{10F800}')
}
