//! Trouble that lasts: told when it begins, and not at every look.

use nanobot_core::ports::{StoreError, StoreErrorKind};

/// What was wrong at the last look.
#[derive(Debug, Default)]
pub(crate) struct Standing(Option<StoreErrorKind>);

impl Standing {
    /// It is wrong. Whether that is news: it was not so before, or in another way.
    pub(crate) fn is_news(&mut self, error: &StoreError) -> bool {
        self.0.replace(error.kind) != Some(error.kind)
    }

    /// It works. Whether that is news.
    pub(crate) fn is_over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_news_until_it_is_known_and_again_when_it_changes_or_was_over() {
        let (busy, full) = (StoreErrorKind::Busy, StoreErrorKind::Full);
        let mut standing = Standing::default();
        let mut is_news = |kind| standing.is_news(&StoreError::new(kind, "reading"));
        assert_eq!([busy, busy, full, full, busy].map(&mut is_news), [true, false, true, false, true]);
        assert_eq!((standing.is_over(), standing.is_over()), (true, false));
        assert!(standing.is_news(&StoreError::new(busy, "reading")));
    }
}
