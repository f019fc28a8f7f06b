//! Session lines that are in their file, on the disk.

use async_trait::async_trait;

use super::batch::Batch;
use super::erase::erase;
use super::work::{Halt, Work};

/// These rows are done with. Their text stays for a replay, until their turn is emptied.
pub(crate) struct Settle(pub(crate) Vec<u64>);

#[async_trait]
impl Work for Settle {
    type Answer = ();

    fn doing(&self) -> String {
        "settling session lines".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        batch.flush().await?;
        // Lines of a turn that was forgotten while they waited go at once.
        let script = concat!(
            "UPDATE lines SET settled = 1 WHERE id IN (SELECT value FROM json_each(?1)); ",
            erase!(
                "r.kind IN ('lines', 'text') AND (r.turn, r.place) IN ( \
                 SELECT l.turn, l.place FROM lines l JOIN turns t ON t.id = l.turn \
                 WHERE l.id IN (SELECT value FROM json_each(?1)) AND t.emptied = 1)"
            ),
            "DELETE FROM lines WHERE id IN ( \
             SELECT l.id FROM lines l JOIN turns t ON t.id = l.turn \
             WHERE l.id IN (SELECT value FROM json_each(?1)) AND t.emptied = 1)"
        );
        sqlx::query(script).bind(crate::rows::json_ids(&self.0)).execute(&mut *batch.connection).await?;
        batch.lines_settled(self.0.clone());
        Ok(())
    }
}
