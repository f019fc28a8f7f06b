//! The head of a chain moves on.

use async_trait::async_trait;

use super::batch::Batch;
use super::work::{Halt, Work};

/// Replaces the head of a chain.
pub(crate) struct SetChainHead {
    pub(crate) chain: String,
    pub(crate) rows: i64,
    pub(crate) hash: String,
}

#[async_trait]
impl Work for SetChainHead {
    type Answer = ();

    fn doing(&self) -> String {
        format!("setting the head of chain {}", self.chain)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let query = "INSERT INTO chain_heads (chain, rows, hash) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (chain) DO UPDATE SET rows = excluded.rows, hash = excluded.hash";
        sqlx::query(query)
            .bind(&self.chain)
            .bind(self.rows)
            .bind(&self.hash)
            .execute(&mut *batch.connection)
            .await?;
        Ok(())
    }
}
