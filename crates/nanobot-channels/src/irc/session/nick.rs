//! Our nick: the wanted one, its substitutes while somebody else has it, and the way back to it.

use crate::irc::names::CaseMapping;
use crate::irc::wire::OutLine;

/// Most substitutes that are tried: one more underscore each.
const MAX_SUBSTITUTES: usize = 4;

/// Seconds before the first try to get the wanted nick back; doubled with each, up to the longest.
const FIRST_RECLAIM: u32 = 30;
const LONGEST_RECLAIM: u32 = 600;

/// Which nick we have and which we want.
#[derive(Debug)]
pub(super) struct Nick {
    wanted: String,
    current: String,
    substitutes: usize,
    wait: u32,
    pause: u32,
}

impl Nick {
    /// Begins with the wanted one.
    pub(super) fn new(wanted: &str) -> Self {
        let wanted = wanted.to_owned();
        Self { current: wanted.clone(), wanted, substitutes: 0, wait: FIRST_RECLAIM, pause: FIRST_RECLAIM }
    }

    /// The one that we have, or have asked for.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    /// The most bytes that it can come to have.
    pub(super) fn longest(&self) -> usize {
        self.current.len().max(self.wanted.len() + MAX_SUBSTITUTES)
    }

    /// The server has given us this one.
    pub(super) fn is_now(&mut self, nick: &str) {
        nick.clone_into(&mut self.current);
        (self.wait, self.pause) = (FIRST_RECLAIM, FIRST_RECLAIM);
    }

    /// The one that we asked for cannot be had, and we have none: asks for the next. None after the last.
    pub(super) fn next(&mut self) -> Option<OutLine> {
        self.substitutes += 1;
        if self.substitutes > MAX_SUBSTITUTES {
            return None;
        }
        self.current = format!("{}{}", self.wanted, "_".repeat(self.substitutes));
        OutLine::new("NICK", &[&self.current], None)
    }

    /// A second has passed.
    pub(super) fn tick(&mut self, case: CaseMapping) -> Option<OutLine> {
        if case.same(&self.current, &self.wanted) {
            return None;
        }
        self.wait = self.wait.saturating_sub(1);
        if self.wait > 0 {
            return None;
        }
        self.pause = self.pause.saturating_mul(2).min(LONGEST_RECLAIM);
        self.wait = self.pause;
        self.reclaim()
    }

    /// Somebody has given up a nick.
    pub(super) fn freed(&self, nick: &str, case: CaseMapping) -> Option<OutLine> {
        let is_ours_to_have = case.same(nick, &self.wanted) && !case.same(&self.current, &self.wanted);
        if is_ours_to_have { self.reclaim() } else { None }
    }

    fn reclaim(&self) -> Option<OutLine> {
        OutLine::new("NICK", &[&self.wanted], None)
    }
}
