//! Pieces of a file in messages for people: on one line, and not long.

/// A piece of the file in quotes, cut after so many characters, without line ends and other control characters.
pub(crate) fn quoted(text: &str, most: usize) -> String {
    format!("\"{}\"", shown(text, most))
}

/// The same without quotes.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut rest = text.chars();
    for character in rest.by_ref().take(most) {
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}
