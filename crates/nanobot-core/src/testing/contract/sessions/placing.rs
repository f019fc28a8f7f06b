//! The promises of `render`, `end`, `place` and `sync`: lines stand in their place once, whoever wrote there before
//! and however often they are placed. Somebody else is played by placing a text that is not what was rendered.

use super::{contents, key, minute};
use crate::intent::{SessionAppend, SessionRole};
use crate::ports::{Found, Placed, SessionEnd, SessionStore, SessionWrite};
use crate::testing::journal::line;

/// Checks all of it.
pub(super) async fn lines_stand_once_in_their_place<S: SessionStore>(make: impl AsyncFn() -> S) {
    asking_stores_nothing(&make().await).await;
    lines_go_to_the_end_that_was_told(&make().await).await;
    placing_twice_writes_once(&make().await).await;
    a_part_is_completed(&make().await).await;
    foreign_words_are_kept(&make().await).await;
    a_torn_line_of_others_stays_by_itself(&make().await).await;
    an_unknown_end_is_the_end(&make().await).await;
    syncing_changes_no_message(&make().await).await;
}

/// A turn of two lines, a second of its own.
fn turn(session: &str, number: i8) -> SessionAppend {
    let mut lines = vec![
        line(SessionRole::User, &format!("question {number} \"zwölf\"\n🥊")),
        line(SessionRole::Assistant, &format!("answer {number}")),
    ];
    for line in &mut lines {
        line.at = minute(number);
    }
    SessionAppend { session: key(session), lines }
}

/// A turn as it would be placed now.
async fn next(store: &impl SessionStore, session: &str, number: i8) -> SessionWrite {
    let append = turn(session, number);
    let text = store.render(&append).unwrap();
    store.end(&key(session)).await.unwrap().write(append, text)
}

async fn place(store: &impl SessionStore, write: &SessionWrite) -> Placed {
    let placed = store.place(write, minute(0)).await.unwrap();
    let end = store.end(&write.append.session).await.unwrap();
    assert_eq!(placed.end, end.offset, "where the file ends is told as it is");
    placed
}

/// Somebody else, who writes this at the end.
async fn meddle(store: &impl SessionStore, session: &str, text: &str) {
    let end = store.end(&key(session)).await.unwrap();
    let append = SessionAppend { session: key(session), lines: Vec::new() };
    place(store, &SessionWrite { append, text: text.to_owned(), offset: end.offset }).await;
}

async fn assert_turns(store: &impl SessionStore, session: &str, numbers: &[i8], why: &str) {
    let turns = numbers.iter().flat_map(|number| turn(session, *number).lines);
    let expected: Vec<String> = turns.map(|line| line.content).collect();
    assert_eq!(contents(store, session, 100).await, expected, "{why}");
}

async fn asking_stores_nothing(store: &impl SessionStore) {
    let text = store.render(&turn("cli:a", 1)).unwrap();
    assert_eq!(store.render(&turn("cli:a", 1)).unwrap(), text, "the same lines are written the same");
    assert_eq!(text.matches('\n').count(), 2, "a line is a line");
    assert!(text.ends_with('\n'), "the last one has its end");
    assert_eq!(store.end(&key("cli:a")).await.unwrap(), SessionEnd::default(), "there is no file");
    store.sync(&key("cli:a")).await.unwrap();
    let nothing = SessionAppend { session: key("cli:a"), lines: Vec::new() };
    let write = SessionEnd::default().write(nothing, String::new());
    assert_eq!(place(store, &write).await.end, 0, "nothing takes no room");
    assert!(!store.contains(&key("cli:a")).await.unwrap(), "none of this makes a session");
}

async fn lines_go_to_the_end_that_was_told(store: &impl SessionStore) {
    for number in 1..4 {
        let write = next(store, "cli:a", number).await;
        let placed = place(store, &write).await;
        assert_eq!(placed, Placed { end: write.end(), found: Found::Nothing });
        let end = store.end(&key("cli:a")).await.unwrap();
        assert_eq!(end, SessionEnd { offset: write.end(), torn: false });
        place(store, &next(store, "cli:b", number).await).await;
    }
    assert_turns(store, "cli:a", &[1, 2, 3], "each turn behind the one before").await;
    let begins_late = SessionWrite { offset: 1000, ..next(store, "cli:c", 1).await };
    assert_eq!(place(store, &begins_late).await.found, Found::Nothing, "a session that is gone is begun");
    assert_turns(store, "cli:c", &[1], "wherever it ended").await;
}

async fn placing_twice_writes_once(store: &impl SessionStore) {
    let first = next(store, "cli:a", 1).await;
    place(store, &first).await;
    let second = next(store, "cli:a", 2).await;
    let end = place(store, &second).await.end;
    for write in [&second, &first, &second] {
        let again = place(store, write).await;
        assert_eq!(again, Placed { end, found: Found::All }, "placing twice writes once");
    }
    assert_turns(store, "cli:a", &[1, 2], "placing twice writes once").await;
}

async fn a_part_is_completed(store: &impl SessionStore) {
    for which in 0..5 {
        let session = format!("cli:part{which}");
        place(store, &next(store, &session, 1).await).await;
        let write = next(store, &session, 2).await;
        let (first_line, all) = (write.text.find('\n').unwrap(), write.text.len());
        let cuts = [1, first_line / 2, first_line, first_line + 1, all - 1];
        let cut = write.text.floor_char_boundary(cuts.into_iter().nth(which).unwrap());
        let text = write.text.split_at(cut).0.to_owned();
        place(store, &SessionWrite { text, ..write.clone() }).await;
        let completed = place(store, &write).await;
        assert_eq!(completed, Placed { end: write.end(), found: Found::Part }, "a part is completed");
        assert_eq!(place(store, &write).await.found, Found::All, "and whole from then on");
        assert_turns(store, &session, &[1, 2], "a part is completed").await;
    }
}

async fn foreign_words_are_kept(store: &impl SessionStore) {
    let (first, second) = (next(store, "cli:a", 1).await, next(store, "cli:a", 2).await);
    place(store, &first).await;
    assert_eq!(place(store, &second).await.found, Found::Foreign, "its place was taken");
    assert_turns(store, "cli:a", &[1, 2], "foreign words are kept").await;
    for (write, found) in [(&first, Found::All), (&second, Found::Foreign)] {
        assert_eq!(place(store, write).await.found, found);
    }
    assert_turns(store, "cli:a", &[1, 2], "what stands further on is not written again").await;
    let third = next(store, "cli:a", 3).await;
    store.reset(&key("cli:a"), minute(4)).await.unwrap();
    assert_eq!(place(store, &third).await.found, Found::Foreign, "its place is gone");
    assert_eq!(place(store, &third).await.found, Found::Foreign);
    assert_turns(store, "cli:a", &[3], "they stand at the end, once").await;
}

async fn a_torn_line_of_others_stays_by_itself(store: &impl SessionStore) {
    place(store, &next(store, "cli:a", 1).await).await;
    let second = next(store, "cli:a", 2).await;
    meddle(store, "cli:a", "<torn").await;
    assert!(store.end(&key("cli:a")).await.unwrap().torn);
    for _ in 0..2 {
        assert_eq!(place(store, &second).await.found, Found::Foreign);
        assert_turns(store, "cli:a", &[1, 2], "a torn line costs no other").await;
    }
    meddle(store, "cli:a", "<torn").await;
    let third = next(store, "cli:a", 3).await;
    assert_eq!(place(store, &third).await, Placed { end: third.end(), found: Found::Nothing });
    assert_eq!(place(store, &third).await.found, Found::All);
    assert_turns(store, "cli:a", &[1, 2, 3], "a torn line costs no other").await;
}

async fn an_unknown_end_is_the_end(store: &impl SessionStore) {
    place(store, &next(store, "cli:a", 1).await).await;
    let append = turn("cli:a", 2);
    let text = store.render(&append).unwrap();
    let write = SessionEnd::UNKNOWN.write(append, text);
    for _ in 0..2 {
        assert_eq!(place(store, &write).await.found, Found::Foreign);
        assert_turns(store, "cli:a", &[1, 2], "lines without a known end stand at the end, once").await;
    }
}

async fn syncing_changes_no_message(store: &impl SessionStore) {
    for number in 1..4 {
        place(store, &next(store, "cli:a", number).await).await;
        store.refresh().await.unwrap();
        store.sync(&key("cli:a")).await.unwrap();
        let end = store.end(&key("cli:a")).await.unwrap();
        store.refresh().await.unwrap();
        assert_eq!(store.end(&key("cli:a")).await.unwrap(), end, "a new first line moves nothing");
    }
    store.sync(&key("cli:a")).await.unwrap();
    store.sync(&key("cli:unknown")).await.unwrap();
    assert_turns(store, "cli:a", &[1, 2, 3], "syncing changes no message").await;
}
