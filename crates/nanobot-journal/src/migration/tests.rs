//! A journal of an earlier version becomes one of the newest version, or stays what it is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{
    BreakerState as _, BudgetLedger as _, BudgetScope, ChainHead, ChainHeads as _, InboundId, Journal as _,
    LineQueue as _, Outbox as _,
};
use nanobot_core::time::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;
use crate::testing::{
    Home, VERSION_1, VERSION_2, break_pages_of, expense, home_of, home_of_version_1, now, paid, turn,
};
use crate::{JournalReader, SqliteJournal};

/// A journal of each earlier version.
const SAMPLES: [(i64, &[u8]); 2] = [(1, VERSION_1), (2, VERSION_2)];

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.unwrap()
}

async fn run(path: &Path, script: &'static str) {
    let mut connection = raw(path).await;
    sqlx::raw_sql(script).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Every object, whatever the order in which they were made, and what stands in the header.
async fn schema_of(connection: &mut SqliteConnection) -> Vec<String> {
    let query = "SELECT coalesce(sql, type || ' ' || name) FROM sqlite_schema UNION ALL \
                 SELECT 'user_version ' || user_version FROM pragma_user_version UNION ALL \
                 SELECT 'application_id ' || application_id FROM pragma_application_id UNION ALL \
                 SELECT 'auto_vacuum ' || auto_vacuum FROM pragma_auto_vacuum ORDER BY 1";
    sqlx::query_scalar(query).fetch_all(connection).await.unwrap()
}

/// Every row of the tables of earlier versions, as far as they are there and hold some.
async fn rows_of(path: &Path) -> Vec<String> {
    let mut connection = raw(path).await;
    let mut all = Vec::new();
    let has_heads = schema::version(&mut connection).await.unwrap() >= schema::WITH_CHAIN_HEADS;
    let tables = ["turns", "words", "records", "lines", "outbox"];
    for table in tables.into_iter().chain(has_heads.then_some("chain_heads")) {
        let columns = format!(
            "SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info('{table}')"
        );
        let columns: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_one(&mut connection).await.unwrap();
        let query = format!("SELECT '{table} ' || {columns} AS row FROM {table} ORDER BY row");
        all.extend(
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(query))
                .fetch_all(&mut connection)
                .await
                .unwrap(),
        );
    }
    connection.close().await.unwrap();
    all
}

async fn version_of(path: &Path) -> i64 {
    let mut connection = raw(path).await;
    let version = schema::version(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    version
}

async fn refusal(home: &Home) -> JournalError {
    SqliteJournal::open(home.options()).await.err().expect("it is refused")
}

/// A fresh journal of some version.
async fn fresh(home: &Home, version: i64) -> SqliteConnection {
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    let options = SqliteConnectOptions::new().filename(home.path()).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("PRAGMA auto_vacuum = INCREMENTAL").execute(&mut connection).await.unwrap();
    schema::advance(&mut connection, 0, version).await.unwrap();
    connection
}

#[tokio::test]
async fn the_steps_make_what_the_programs_of_their_time_made() {
    for (version, sample) in SAMPLES {
        let (old, new) = (home_of(sample), Home::new());
        let made = schema_of(&mut fresh(&new, version).await).await;
        assert!(made.len() > 15, "{made:?}");
        assert_eq!(made, schema_of(&mut raw(&old.path()).await).await, "version {version}");
    }
    assert!(
        SAMPLES.iter().map(|(version, _)| *version).eq(1..schema::VERSION),
        "each earlier version has a sample"
    );
}

#[tokio::test]
async fn a_new_journal_and_a_migrated_one_have_the_same_schema() {
    let new = Home::new();
    new.open().await.shut_down().await;
    let made = schema_of(&mut raw(&new.path()).await).await;
    assert!(made.contains(&format!("user_version {}", schema::VERSION)), "{made:?}");
    for (version, sample) in SAMPLES {
        let old = home_of(sample);
        old.open().await.shut_down().await;
        assert_eq!(made, schema_of(&mut raw(&old.path()).await).await, "from version {version}");
    }
}

/// What waits is found, and the writer goes on from it.
async fn loses_nothing(home: &Home) {
    let before = rows_of(&home.path()).await;
    let journal = home.open().await;
    assert_eq!(rows_of(&home.path()).await, before);
    let open = journal.open_turns(InboundId(0), 10).await.unwrap();
    assert_eq!(open.iter().map(|open| open.turn.as_str()).collect::<Vec<_>>(), ["open", "stored"]);
    let due = journal.due(now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.delivery.turn.as_str()).collect::<Vec<_>>(), ["waiting"]);
    let waiting = journal.waiting_in(&SessionKey::new("whatsapp:a").unwrap()).await.unwrap();
    assert_eq!(
        waiting.iter().map(|row| row.write.text.as_str()).collect::<Vec<_>>(),
        ["very well\n", "more\n"]
    );
    let report = JournalReader::open(home.path()).await.unwrap().check().await.unwrap();
    assert_eq!((report.schema_version, report.problems), (schema::VERSION, Vec::<String>::new()));
    assert_eq!((report.open, report.waiting, report.parked, report.lines), (2, 1, 1, 4));
    // The writer goes on from what it found.
    journal.delivered(&due[0].delivery.key).await.unwrap();
    journal.hand_back(open[0].inbound).await.unwrap();
}

#[tokio::test]
async fn a_journal_of_version_1_loses_nothing() {
    loses_nothing(&home_of_version_1()).await;
}

#[tokio::test]
async fn a_journal_of_version_2_loses_nothing_and_gets_an_empty_book() {
    let home = home_of(VERSION_2);
    loses_nothing(&home).await;
    let journal = home.open().await;
    for (chain, rows, hash) in [("audit", 3, "0a"), ("admin", 7, "1b")] {
        let head = ChainHead { rows, hash: hash.repeat(32) };
        assert_eq!(journal.chain_head(chain).await.unwrap(), Some(head), "{chain}");
    }
    assert_eq!(journal.open_circuits().await.unwrap(), []);
    journal.book(&expense("a", 0), &paid(Some(7))).await.unwrap();
    assert_eq!(journal.counted(&expense("a", 0), BudgetScope::Month).await.unwrap().get(), 7);
}

#[tokio::test]
async fn the_backup_is_the_journal_as_it_was() {
    for (version, sample) in SAMPLES {
        let home = home_of(sample);
        let before = rows_of(&home.path()).await;
        home.open().await.shut_down().await;
        let backups = home.ending(".bak");
        assert_eq!((backups.len(), home.ending("").len()), (1, 2), "{backups:?}");
        assert!(backups[0].to_str().unwrap().contains(&format!("journal.db.v{version}-")), "{backups:?}");
        let mode = fs::metadata(&backups[0]).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let old = home_of(sample);
        let found = schema_of(&mut raw(&backups[0]).await).await;
        assert_eq!(found, schema_of(&mut raw(&old.path()).await).await);
        assert_eq!(rows_of(&backups[0]).await, before);

        // Who goes back puts it in the place of the journal, and may come again.
        fs::rename(&backups[0], home.path()).unwrap();
        assert_eq!(version_of(&home.path()).await, version);
        home.open().await.shut_down().await;
        assert_eq!((version_of(&home.path()).await, rows_of(&home.path()).await), (schema::VERSION, before));
        assert_eq!(home.ending(".bak").len(), 1);
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_a_journal_that_opens() {
    use Moment::{BackedUp, Changed, Committed, Copied, Locked, Rehearsed};
    for (version, sample) in SAMPLES {
        let home = home_of(sample);
        let before = rows_of(&home.path()).await;
        let mut images = Vec::new();
        let mut connection = raw(&home.path()).await;
        sqlx::raw_sql("PRAGMA journal_mode = WAL; PRAGMA cache_size = 1")
            .execute(&mut connection)
            .await
            .unwrap();
        let mut at = |moment| images.push((moment, home.killed()));
        migrate(&mut connection, &home.path(), &mut at).await.unwrap();
        let moments: Vec<Moment> = images.iter().map(|(moment, _)| *moment).collect();
        assert_eq!(moments, [Locked, Copied, Rehearsed, BackedUp, Changed, Committed]);
        for (moment, image) in images {
            let found = version_of(&image.killed().path()).await;
            let expected = if moment == Committed { schema::VERSION } else { version };
            assert_eq!(found, expected, "{moment:?}");
            image.open().await.shut_down().await;
            assert_eq!(rows_of(&image.path()).await, before, "{moment:?}");
            assert_eq!(version_of(&image.path()).await, schema::VERSION, "{moment:?}");
            assert_eq!((image.ending(".bak").len(), image.ending("").len()), (1, 2), "{moment:?}");
            assert_eq!(version_of(&image.ending(".bak")[0]).await, version, "{moment:?}");
        }
    }
}

#[tokio::test]
async fn a_journal_that_somebody_else_has_migrated_meanwhile_is_not_touched() {
    let home = home_of_version_1();
    home.open().await.shut_down().await;
    fs::remove_file(&home.ending(".bak")[0]).unwrap();
    let mut connection = raw(&home.path()).await;
    migrate(&mut connection, &home.path(), &mut |_| {}).await.unwrap();
    assert_eq!((home.ending(".bak").len(), version_of(&home.path()).await), (0, schema::VERSION));
    run(&home.path(), "PRAGMA user_version = 9").await;
    let error = migrate(&mut connection, &home.path(), &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, JournalError::FromTheFuture { found: 9, .. }), "{error}");
    assert_eq!((home.ending(".bak").len(), version_of(&home.path()).await), (0, 9));
}

#[tokio::test]
async fn a_copy_that_was_never_finished_is_made_anew() {
    let home = home_of_version_1();
    fs::write(home.path().with_file_name("journal.db.v1.part"), "half of a").unwrap();
    home.open().await.shut_down().await;
    assert_eq!((home.ending(".part").len(), home.ending(".bak").len()), (0, 1));
    assert_eq!(version_of(&home.ending(".bak")[0]).await, 1);
}

#[tokio::test]
async fn what_a_killed_program_of_version_1_left_in_its_log_is_taken_along() {
    let home = home_of_version_1();
    let mut connection = raw(&home.path()).await;
    let add = "PRAGMA journal_mode = WAL; INSERT INTO turns (turn, received) VALUES ('in-the-log', 7)";
    sqlx::raw_sql(add).execute(&mut connection).await.unwrap();
    let image = home.killed();
    assert!(fs::metadata(image.path().with_file_name("journal.db-wal")).unwrap().len() > 0);
    image.open().await.shut_down().await;
    for path in [image.path(), image.ending(".bak").remove(0)] {
        let rows = rows_of(&path).await;
        assert!(rows.iter().any(|row| row.contains("in-the-log")), "{}", path.display());
    }
}

/// Nothing of the journal was changed, and nothing stands beside it.
async fn is_untouched(home: &Home, before: &[String]) {
    assert_eq!((version_of(&home.path()).await, rows_of(&home.path()).await), (1, before.to_vec()));
    let left: Vec<_> = home.ending("").into_iter().filter(|path| path.is_file()).collect();
    assert_eq!(left, [home.path()]);
}

#[tokio::test]
async fn a_journal_that_somebody_writes_is_not_migrated() {
    let home = home_of_version_1();
    let before = rows_of(&home.path()).await;
    let mut other = raw(&home.path()).await;
    sqlx::raw_sql("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = refusal(&home).await;
    assert_eq!(error.kind(), StoreErrorKind::Busy, "{error}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    is_untouched(&home, &before).await;
    home.open().await;
}

#[tokio::test]
async fn a_journal_on_which_a_step_fails_stays_as_it_is() {
    let home = home_of_version_1();
    run(&home.path(), "CREATE TABLE chain_heads (of TEXT)").await;
    let before = rows_of(&home.path()).await;
    let error = refusal(&home).await;
    assert!(error.to_string().starts_with("trying the new version on a copy of the journal"), "{error}");
    is_untouched(&home, &before).await;
}

#[tokio::test]
async fn a_journal_that_cannot_be_copied_stays_as_it_is() {
    let home = home_of_version_1();
    let before = rows_of(&home.path()).await;
    fs::create_dir(home.path().with_file_name("journal.db.v1.part")).unwrap();
    let error = refusal(&home).await;
    assert!(error.to_string().starts_with("copying the journal"), "{error}");
    is_untouched(&home, &before).await;
}

#[tokio::test]
async fn a_broken_journal_is_not_migrated() {
    let home = home_of_version_1();
    break_pages_of(&home, "words", 0..4_096).await;
    let before = fs::read(home.path()).unwrap();
    let error = refusal(&home).await;
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert!(fs::read(home.path()).unwrap() == before, "it was changed");
    assert_eq!(home.ending("").len(), 1);
}

#[test]
fn a_full_disk_is_told_with_the_room_that_is_needed() {
    let home = home_of_version_1();
    let error = not_copied(&home.path(), io::ErrorKind::StorageFull.into());
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let bytes = format!("make room for {} bytes", VERSION_1.len());
    assert!(error.to_string().contains(&bytes), "{error}");
}

#[tokio::test]
async fn the_backup_goes_with_the_words_of_a_forgotten_session() {
    let home = home_of_version_1();
    let journal = home.open().await;
    let is_said = |home: &Home| home.bytes().windows(5).any(|bytes| bytes == b"hello");
    assert!(is_said(&home));
    journal.forget(&SessionKey::new("whatsapp:a").unwrap()).await.unwrap();
    assert_eq!(home.ending(".bak").len(), 0);
    assert!(!is_said(&home), "the words of a turn that is done with stand somewhere");
    assert!(journal.open_turns(InboundId(0), 10).await.unwrap().iter().any(|open| open.turn == turn("open")));
}

#[tokio::test]
async fn the_backup_goes_after_a_week() {
    let home = home_of_version_1();
    let journal = home.open().await;
    let made = fs::metadata(&home.ending(".bak")[0]).unwrap().modified().unwrap();
    let made = Timestamp::try_from(made).unwrap();
    let day = Duration::from_hours(24);
    journal.tidy(made + 6 * day).await.unwrap();
    assert_eq!(home.ending(".bak").len(), 1);
    journal.tidy(made + 8 * day).await.unwrap();
    assert_eq!(home.ending(".bak").len(), 0);
}
