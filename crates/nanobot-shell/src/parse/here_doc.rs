//! The texts of here-documents. They start behind the line that asks for them.

use crate::ast::{FaultKind, Part, Word};
use crate::cursor::{Cursor, Pending};

/// Reads every text that was asked for on the line before.
pub(crate) fn read_pending(cursor: &mut Cursor<'_>) {
    for pending in std::mem::take(&mut cursor.pending) {
        let at = cursor.position();
        let text = lines(cursor, &pending);
        let word = if pending.is_quoted {
            Word { parts: vec![Part::Literal { text, quoted: true }], span: at..cursor.position() }
        } else {
            expanding(cursor, &text, at)
        };
        if let Some(place) = cursor.shared.here_docs.get_mut(pending.index) {
            *place = word;
        }
    }
}

fn lines(cursor: &mut Cursor<'_>, pending: &Pending) -> String {
    let mut text = String::new();
    loop {
        let rest = cursor.rest();
        if rest.is_empty() {
            cursor.fault(FaultKind::Unclosed);
            return text;
        }
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        cursor.skip(line.len());
        let mut bare = line.strip_suffix('\n').unwrap_or(line);
        if pending.strips_tabs {
            bare = bare.trim_start_matches('\t');
        }
        if bare == pending.delimiter {
            return text;
        }
        text.push_str(bare);
        text.push('\n');
    }
}

/// The text as the inside of double quotes.
fn expanding(cursor: &mut Cursor<'_>, text: &str, at: usize) -> Word {
    if !text.contains(['$', '`', '\\']) {
        let parts = vec![Part::Literal { text: text.to_owned(), quoted: true }];
        return Word { parts, span: at..cursor.position() };
    }
    let mut parts = Vec::new();
    if cursor.enter() {
        let mut inner = Cursor::of_copy(text, at, cursor.shared);
        super::word::read_quoted(&mut inner, None, &mut parts);
        cursor.leave();
    }
    Word { parts, span: at..cursor.position() }
}
