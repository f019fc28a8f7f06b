//! The heads of the chains that link the rows of logs. What a chain is, and whether it holds, is known elsewhere.

use async_trait::async_trait;
use nanobot_core::ports::{ChainHead, ChainHeads, StoreError, StoreErrorKind};
use sqlx::SqliteConnection;

use crate::SqliteJournal;
use crate::error::{corrupt, store_error};
use crate::writer::SetChainHead;

#[async_trait]
impl ChainHeads for SqliteJournal {
    async fn chain_head(&self, chain: &str) -> Result<Option<ChainHead>, StoreError> {
        let doing = "reading the head of a chain";
        let query = async { read(&mut *self.reader(doing).await?, chain).await };
        self.in_time(doing, query).await
    }

    async fn set_chain_head(&self, chain: &str, head: &ChainHead) -> Result<(), StoreError> {
        let chain = chain.to_owned();
        let doing = || format!("setting the head of chain {chain}");
        let rows = i64::try_from(head.rows).map_err(|_| StoreError::new(StoreErrorKind::Limit, doing()))?;
        self.write(SetChainHead { chain, rows, hash: head.hash.clone() }).await
    }
}

/// What is attempted, for errors.
pub(crate) fn reading(chain: &str) -> String {
    format!("reading the head of chain {chain}")
}

/// The head of a chain in a journal that has the table.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    chain: &str,
) -> Result<Option<ChainHead>, StoreError> {
    let query = "SELECT rows, hash FROM chain_heads WHERE chain = ?1";
    let found: Option<(i64, String)> = sqlx::query_as(query)
        .bind(chain)
        .fetch_optional(connection)
        .await
        .map_err(|error| store_error(reading(chain), error))?;
    let head = |(rows, hash): (i64, String)| {
        let rows = u64::try_from(rows).map_err(|error| corrupt(reading(chain), error))?;
        Ok(ChainHead { rows, hash })
    };
    found.map(head).transpose()
}
