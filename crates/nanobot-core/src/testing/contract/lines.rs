//! The promises of [`LineQueue`]. Rows come in as they do in earnest: by closing a turn.
#![expect(clippy::unwrap_used, clippy::panic, reason = "contract suites are test code")]

use crate::ids::SessionKey;
use crate::ports::{Journal, LineQueue, PendingAppend, SessionWrite};
use crate::testing::journal::{closing, write};

/// Checks order, the end of a session, and the way from waiting over written to settled.
///
/// # Panics
/// When a promise is broken.
pub async fn line_queue_contract<L: Journal + LineQueue>(make: impl AsyncFn() -> L) {
    lines_wait_in_the_order_of_their_closing(&make().await).await;
    a_session_sees_only_its_own_lines(&make().await).await;
    what_is_written_waits_no_more(&make().await).await;
    the_end_is_that_of_the_last_unsettled_row(&make().await).await;
    only_what_was_written_is_settled(&make().await).await;
    many_sessions_are_settled_at_once_each_up_to_its_own_row(&make().await).await;
    a_second_closing_adds_no_line(&make().await).await;
    a_row_comes_back_as_it_was(&make().await).await;
}

async fn fill(journal: &impl Journal, turn: &str, writes: &[SessionWrite]) {
    let mut closed = closing(turn);
    closed.sessions = writes.to_vec();
    journal.close(&closed).await.unwrap();
}

async fn waiting(lines: &impl LineQueue) -> Vec<PendingAppend> {
    lines.waiting(100).await.unwrap()
}

fn texts(rows: &[PendingAppend]) -> Vec<&str> {
    rows.iter().map(|row| row.write.text.trim_end()).collect()
}

fn session(key: &str) -> SessionKey {
    SessionKey::new(key).unwrap()
}

async fn lines_wait_in_the_order_of_their_closing(lines: &(impl Journal + LineQueue)) {
    assert!(waiting(lines).await.is_empty(), "a fresh journal owes no lines");
    fill(lines, "t1", &[write("cli:a", "one", 0), write("cli:b", "two", 0)]).await;
    fill(lines, "t2", &[write("cli:a", "three", 4)]).await;
    let rows = waiting(lines).await;
    assert_eq!(texts(&rows), ["one", "two", "three"], "lines wait in the order in which they were closed");
    assert_eq!(texts(&lines.waiting(2).await.unwrap()), ["one", "two"], "a limit keeps the oldest");
    assert!(lines.waiting(0).await.unwrap().is_empty(), "a limit of nothing gives nothing");
}

async fn a_session_sees_only_its_own_lines(lines: &(impl Journal + LineQueue)) {
    fill(lines, "t1", &[write("cli:a", "one", 0), write("cli:b", "two", 0)]).await;
    let rows = lines.waiting_in(&session("cli:b")).await.unwrap();
    assert_eq!(texts(&rows), ["two"], "lines of another session are no part of this history");
    assert!(lines.waiting_in(&session("cli:c")).await.unwrap().is_empty());
}

async fn what_is_written_waits_no_more(lines: &(impl Journal + LineQueue)) {
    fill(lines, "t1", &[write("cli:a", "one", 0), write("cli:b", "two", 0)]).await;
    assert!(lines.unsettled(10).is_empty(), "what only waits is not on its way to the disk");
    let rows = waiting(lines).await;
    let first = rows.first().unwrap();
    lines.written(first.id, first.write.end());
    assert_eq!(texts(&waiting(lines).await), ["two"], "a written row does not wait");
    assert!(lines.waiting_in(&session("cli:a")).await.unwrap().is_empty());
    assert_eq!(lines.unsettled(10), [(session("cli:a"), first.id)], "it waits for the disk");
    assert!(lines.unsettled(0).is_empty(), "a limit of nothing gives nothing");
}

async fn the_end_is_that_of_the_last_unsettled_row(lines: &(impl Journal + LineQueue)) {
    let key = session("cli:a");
    assert_eq!(lines.end_of(&key).await.unwrap(), None, "nobody but the file knows");
    fill(lines, "t1", &[write("cli:a", "one", 100), write("cli:a", "two", 104)]).await;
    assert_eq!(lines.end_of(&key).await.unwrap(), Some(108), "the last row ends there once it is written");
    let rows = waiting(lines).await;
    for row in &rows {
        lines.written(row.id, row.write.end() + 50);
    }
    assert_eq!(lines.end_of(&key).await.unwrap(), Some(158), "where it was written counts");
    lines.settle(&[(key.clone(), rows.last().unwrap().id)]).await.unwrap();
    assert_eq!(lines.end_of(&key).await.unwrap(), None, "what is settled is in the file");
}

async fn only_what_was_written_is_settled(lines: &(impl Journal + LineQueue)) {
    fill(lines, "t1", &[write("cli:a", "one", 0), write("cli:a", "two", 4), write("cli:b", "other", 0)])
        .await;
    fill(lines, "t2", &[write("cli:a", "three", 8)]).await;
    let rows = waiting(lines).await;
    let [one, two, other, three] = rows.as_slice() else { panic!("four rows wait, not {}", rows.len()) };
    for row in [one, other, three] {
        lines.written(row.id, row.write.end());
    }
    lines.settle(&[(session("cli:a"), two.id)]).await.unwrap();
    assert_eq!(texts(&waiting(lines).await), ["two"], "a row that was not written waits on");
    let unsettled = lines.unsettled(10);
    assert!(unsettled.contains(&(session("cli:a"), three.id)), "a row behind the last one is not settled");
    assert!(unsettled.contains(&(session("cli:b"), other.id)), "another session is not settled");
    lines.settle(&[(session("cli:a"), three.id)]).await.unwrap();
    lines.settle(&[(session("cli:a"), three.id)]).await.unwrap();
    assert_eq!(lines.unsettled(10), [(session("cli:b"), other.id)], "settling twice is harmless");
}

async fn many_sessions_are_settled_at_once_each_up_to_its_own_row(lines: &(impl Journal + LineQueue)) {
    fill(lines, "t1", &[write("cli:a", "one", 0), write("cli:b", "two", 0), write("cli:a", "three", 4)])
        .await;
    let rows = waiting(lines).await;
    for row in &rows {
        lines.written(row.id, row.write.end());
    }
    let [one, two, three] = rows.as_slice() else { panic!("three rows wait, not {}", rows.len()) };
    lines.settle(&[(session("cli:b"), two.id), (session("cli:a"), one.id)]).await.unwrap();
    assert_eq!(lines.unsettled(10), [(session("cli:a"), three.id)], "each session up to its own row");
    lines.settle(&[]).await.unwrap();
    lines.settle(&[(session("cli:c"), three.id)]).await.unwrap();
    assert_eq!(lines.unsettled(10).len(), 1, "a session with nothing to settle changes nothing");
}

async fn a_second_closing_adds_no_line(lines: &(impl Journal + LineQueue)) {
    fill(lines, "t1", &[write("cli:a", "one", 0)]).await;
    fill(lines, "t1", &[write("cli:a", "one", 0)]).await;
    assert_eq!(texts(&waiting(lines).await), ["one"], "a turn closed twice says it once");
    let row = waiting(lines).await.remove(0);
    lines.written(row.id, 4);
    lines.settle(&[(session("cli:a"), row.id)]).await.unwrap();
    fill(lines, "t1", &[write("cli:a", "one", 0)]).await;
    assert!(waiting(lines).await.is_empty(), "a late second closing revives nothing");
}

async fn a_row_comes_back_as_it_was(lines: &(impl Journal + LineQueue)) {
    let mut closed = closing("t1");
    let plain = write("whatsapp:1@g.us", "zwölf \"Boxkämpfer\" 🥊\u{2028}", u64::MAX / 4);
    let odd = SessionWrite { text: "\n{\"a\":1}\r\n".to_owned(), ..plain };
    closed.sessions = vec![odd.clone()];
    lines.close(&closed).await.unwrap();
    let row = waiting(lines).await.remove(0);
    assert_eq!(row.write, odd, "nothing of a row is lost on the way");
    assert_eq!(row.at, closed.at, "a row keeps the time of its closing");
}
