//! Giving back the space of blank words, without touching a page on which others stand.
//!
//! Rows are deleted at the front of their table only, and a run of blank rows is left between the last deleted one
//! and the first live one. SQLite joins a page that has become empty with its two neighbours, and never looks
//! further; so all that it copies about is blank. A few live rows in the way are moved to the end.

use async_trait::async_trait;

use super::batch::Batch;
use super::work::{Halt, Work};

/// Rows that are looked at in one transaction.
const WINDOW: i64 = 2_000;

/// Blank bytes that are left before the first live row: five pages, where three would do.
const MARGIN: i64 = 5 * 4_096;

/// A row has at least so many bytes of its body on a page of its own tree, if it has them; the rest may be elsewhere
/// (<https://sqlite.org/fileformat2.html>, "M", read 2026-02).
const LEAST_LOCAL: i64 = 400;

/// One live row in so many is in the way of the others, and is moved.
const MOVED_SHARE: usize = 10;

/// Deletes blank rows at the front. Answers how many.
pub(crate) struct Reclaim;

#[async_trait]
impl Work for Reclaim {
    type Answer = u64;

    fn doing(&self) -> String {
        "giving back the space of forgotten words".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        batch.flush().await?;
        let query = "SELECT id, live, octet_length(body) FROM words ORDER BY id LIMIT ?1";
        let rows: Vec<(i64, bool, i64)> =
            sqlx::query_as(query).bind(WINDOW).fetch_all(&mut *batch.connection).await?;
        let rows: Vec<Row> =
            rows.into_iter().map(|(id, is_live, bytes)| Row { id, is_live, bytes }).collect();
        let plan = plan(&rows);
        let Some(front) = plan.delete_up_to else { return Ok(0) };
        for id in plan.moved {
            move_to_end(batch, id).await?;
        }
        let deleted = sqlx::query("DELETE FROM words WHERE id <= ?1")
            .bind(front)
            .execute(&mut *batch.connection)
            .await?;
        Ok(deleted.rows_affected())
    }
}

/// A row of words, as far as it matters here.
#[derive(Debug, Clone, Copy)]
struct Row {
    id: i64,
    is_live: bool,
    bytes: i64,
}

/// What is to be done with the front of the table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Live rows that go to the end, and leave a blank behind.
    moved: Vec<i64>,
    /// Rows up to this one go.
    delete_up_to: Option<i64>,
}

/// The plan for the first rows of the table.
fn plan(rows: &[Row]) -> Plan {
    let live: Vec<i64> = rows.iter().filter(|row| row.is_live).map(|row| row.id).collect();
    // Only of a full window: what is moved in a small table would be moved again and again.
    let is_worth_it =
        rows.len() >= usize::try_from(WINDOW).unwrap_or(usize::MAX) && live.len() * MOVED_SHARE <= rows.len();
    let moved = if is_worth_it { live } else { Vec::new() };
    let blank: Vec<&Row> = rows.iter().take_while(|row| !row.is_live || !moved.is_empty()).collect();
    let mut kept = 0;
    let last = blank.iter().rposition(|row| {
        let is_enough = kept >= MARGIN;
        kept += row.bytes.min(LEAST_LOCAL);
        is_enough
    });
    let delete_up_to = last.and_then(|last| blank.get(last)).map(|row| row.id);
    if delete_up_to.is_none() { Plan::default() } else { Plan { moved, delete_up_to } }
}

async fn move_to_end(batch: &mut Batch<'_>, id: i64) -> Result<(), sqlx::Error> {
    let script = "
        INSERT INTO words (turn, kind, place, body) SELECT turn, kind, place, body FROM words WHERE id = ?1;
        UPDATE records SET words = last_insert_rowid()
            WHERE (turn, kind, place) IN (SELECT turn, kind, place FROM words WHERE id = ?1);
        UPDATE words SET live = 0, body = substr(printf('%.*c', octet_length(body), '0'), 1, octet_length(body))
            WHERE id = ?1";
    sqlx::query(script).bind(id).execute(&mut *batch.connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(live: impl Fn(i64) -> bool) -> Vec<Row> {
        (1..=WINDOW).map(|id| Row { id, is_live: live(id), bytes: 1_000 }).collect()
    }

    #[test]
    fn a_run_of_blank_rows_is_left_before_the_first_live_one() {
        let plan = plan(&rows(|id| id > 500));
        let left = 500 - plan.delete_up_to.unwrap();
        assert!(left * LEAST_LOCAL >= MARGIN && (left - 1) * LEAST_LOCAL < MARGIN, "{left} rows are left");
        assert_eq!(plan.moved, Vec::<i64>::new());
    }

    #[test]
    fn a_front_without_enough_blank_rows_stays() {
        assert_eq!(plan(&rows(|id| id > 40)), Plan::default());
        assert_eq!(plan(&rows(|_| true)), Plan::default());
        assert_eq!(plan(&[]), Plan::default());
    }

    #[test]
    fn few_live_rows_in_the_way_are_moved() {
        let plan = plan(&rows(|id| id == 3 || id == 1_999));
        assert_eq!(plan.moved, [3, 1_999]);
        assert!(plan.delete_up_to.unwrap() > 1_900);
    }

    #[test]
    fn a_small_table_has_nothing_moved() {
        let few: Vec<Row> = rows(|id| id == 300).into_iter().take(400).collect();
        let plan = plan(&few);
        assert_eq!(plan.moved, Vec::<i64>::new());
        assert!(plan.delete_up_to.unwrap() < 300);
    }
}
