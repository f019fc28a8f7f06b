//! A session store that does not look where lines belong.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{
    HistoryMessage, Placed, SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError,
};
use nanobot_core::time::civil;

/// Appends at the end, whatever stands there already.
pub(super) struct Blind {
    pub(super) inner: Arc<dyn SessionStore>,
}

#[async_trait]
impl SessionStore for Blind {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        self.inner.history(session, limit).await
    }

    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        self.inner.render(append)
    }

    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        self.inner.end(session).await
    }

    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        let end = self.inner.end(&write.append.session).await?;
        self.inner.place(&SessionWrite { offset: end.offset, ..write.clone() }, now).await
    }

    async fn sync(&self, session: &SessionKey) -> Result<(), StoreError> {
        self.inner.sync(session).await
    }

    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError> {
        self.inner.contains(session).await
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        self.inner.list().await
    }

    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        self.inner.reset(session, now).await
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        self.inner.refresh().await
    }
}
