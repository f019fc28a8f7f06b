//! Session stores that break a promise, and the suite that finds them.

use async_trait::async_trait;

use crate::ids::SessionKey;
use crate::intent::SessionAppend;
use crate::ports::{
    HistoryMessage, Placed, SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError,
};
use crate::testing::MemorySessions;
use crate::testing::contract::session_store_contract;
use crate::time::civil;

/// A store with one fault.
struct Faulty {
    inner: MemorySessions,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Appends, wherever the lines were to stand.
    Doubles,
    /// Cuts off whatever stands at the offset.
    Overwrites,
    /// Knows no torn line.
    Glues,
}

#[async_trait]
impl SessionStore for Faulty {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        self.inner.history(session, limit).await
    }
    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        self.inner.render(append)
    }
    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        let end = self.inner.end(session).await?;
        Ok(SessionEnd { torn: end.torn && self.fault != Fault::Glues, ..end })
    }
    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        let session = &write.append.session;
        let offset = self.inner.end(session).await?.offset;
        match self.fault {
            Fault::Doubles => self.inner.place(&SessionWrite { offset, ..write.clone() }, now).await,
            Fault::Overwrites if offset > write.offset => {
                self.inner.reset(session, now).await?;
                self.inner.place(write, now).await
            }
            Fault::Overwrites | Fault::Glues => self.inner.place(write, now).await,
        }
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

async fn check(fault: Fault) {
    session_store_contract(async || Faulty { inner: MemorySessions::new(), fault }).await;
}

#[tokio::test]
#[should_panic(expected = "placing twice writes once")]
async fn a_store_that_only_appends_is_found() {
    check(Fault::Doubles).await;
}

#[tokio::test]
#[should_panic(expected = "placing twice writes once")]
async fn a_store_that_overwrites_is_found() {
    check(Fault::Overwrites).await;
}

#[tokio::test]
#[should_panic(expected = "torn")]
async fn a_store_that_glues_lines_together_is_found() {
    check(Fault::Glues).await;
}
