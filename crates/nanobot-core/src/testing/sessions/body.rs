//! One session of the fake: what stands behind the first line of a file that is not there. It knows no failure and
//! no other session.

use std::collections::BTreeMap;

use crate::intent::SessionLine;
use crate::ports::{Found, Placed, SessionEnd, SessionWrite};

/// The words of a session.
#[derive(Debug, Default)]
pub(super) struct Body {
    text: String,
    /// What each line that was ever to be written here says; any other line is somebody else's.
    said: BTreeMap<String, SessionLine>,
}

impl Body {
    /// The whole lines that say something, in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = &SessionLine> {
        let whole = self.text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.filter_map(|line| self.said.get(line))
    }

    pub(super) fn end(&self) -> SessionEnd {
        SessionEnd { offset: self.text.len() as u64, torn: self.is_torn() }
    }

    /// The body of a session that begins with these lines, wherever they were to stand.
    pub(super) fn begin(write: &SessionWrite) -> (Self, Placed) {
        let mut body = Self::default();
        body.place(&SessionWrite { offset: 0, ..write.clone() });
        let placed = Placed { end: body.text.len() as u64, found: Found::Nothing };
        (body, placed)
    }

    /// As the port says.
    pub(super) fn place(&mut self, write: &SessionWrite) -> Placed {
        self.said.extend(write.append.lines.iter().map(|line| (render(line), line.clone())));
        let text = write.text.as_str();
        let there = usize::try_from(write.offset).ok().and_then(|offset| self.text.get(offset..));
        let found = match there {
            Some("") => Found::Nothing,
            Some(there) if there.starts_with(text) => Found::All,
            Some(there) if text.starts_with(there) => Found::Part,
            Some(_) | None => Found::Foreign,
        };
        match found {
            Found::Nothing => self.text.push_str(text),
            Found::Part => self.text.push_str(text.strip_prefix(there.unwrap_or_default()).unwrap_or(text)),
            Found::All => {}
            Found::Foreign => self.add(text.strip_prefix('\n').unwrap_or(text)),
        }
        Placed { end: self.text.len() as u64, found }
    }

    /// Adds lines at the end, unless they stand somewhere already.
    fn add(&mut self, lines: &str) {
        if format!("\n{}", self.text).contains(&format!("\n{lines}")) {
            return;
        }
        if self.is_torn() {
            self.text.push('\n');
        }
        self.text.push_str(lines);
    }

    fn is_torn(&self) -> bool {
        !self.text.is_empty() && !self.text.ends_with('\n')
    }
}

/// A line as the fake writes it: everything that is in it, on one line.
pub(super) fn render(line: &SessionLine) -> String {
    format!("{line:?}\n")
}
