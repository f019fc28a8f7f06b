//! The promises of [`SessionStore`], [`InboundArchive`], [`SeenChats`] and [`Workspace`]. How lines come to stand
//! in their file has a file of its own.
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::{ChannelName, ChatId, MessageId, SessionKey};
use crate::intent::{SessionAppend, SessionRole};
use crate::label::{Label, Labels};
use crate::ports::{
    ArchivedMessage, HistoryRole, InboundArchive, SeenChats, SessionStore, StoreErrorKind, Workspace,
};
use crate::testing::journal::{append, line};
use crate::testing::sessions::archived;
use crate::time::civil;

mod placing;

/// Checks order, limits, separation of sessions, the list, forgetting and asking for one; and that lines which are
/// placed stand there once, whatever was there before and however often they are placed.
///
/// # Panics
/// When a promise is broken.
pub async fn session_store_contract<S: SessionStore>(make: impl AsyncFn() -> S) {
    history_is_the_end_in_order(&make().await).await;
    what_was_said_comes_back_as_it_was(&make().await).await;
    the_list_is_most_recently_used_first(&make().await).await;
    a_reset_forgets_the_messages_and_keeps_the_session(&make().await).await;
    refreshing_changes_no_message(&make().await).await;
    a_session_is_there_once_it_was_spoken_in(&make().await).await;
    placing::lines_stand_once_in_their_place(make).await;
}

fn key(text: &str) -> SessionKey {
    SessionKey::new(text).unwrap()
}

fn minute(minute: i8) -> civil::DateTime {
    civil::date(2026, 2, 22).at(12, minute, 0, 0)
}

async fn say(store: &impl SessionStore, session: &str, text: &str, at: civil::DateTime) {
    let mut append = append(session, text);
    for line in &mut append.lines {
        line.at = at;
    }
    store.append(&append, at).await.unwrap();
}

async fn contents(store: &impl SessionStore, session: &str, limit: usize) -> Vec<String> {
    let messages = store.history(&key(session), limit).await.unwrap();
    messages.into_iter().map(|message| message.content).collect()
}

async fn history_is_the_end_in_order(store: &impl SessionStore) {
    assert!(contents(store, "whatsapp:a", 10).await.is_empty(), "an unknown session has no messages");
    for text in ["one", "two", "three"] {
        say(store, "whatsapp:a", text, minute(0)).await;
    }
    say(store, "whatsapp:b", "elsewhere", minute(1)).await;
    assert_eq!(contents(store, "whatsapp:a", 10).await, ["one", "two", "three"], "oldest first");
    assert_eq!(contents(store, "whatsapp:a", 2).await, ["two", "three"], "a limit keeps the last messages");
    assert!(contents(store, "whatsapp:a", 0).await.is_empty(), "a limit of nothing gives nothing");
    assert_eq!(contents(store, "whatsapp:b", 10).await, ["elsewhere"], "sessions do not mix");
}

async fn what_was_said_comes_back_as_it_was(store: &impl SessionStore) {
    let mut user = line(SessionRole::User, "zwölf\nBoxkämpfer \"🥊\"\u{2028}\\ end");
    user.labels = Labels::from(Label::Stranger).join(Label::Web.into());
    let mut assistant = line(SessionRole::Assistant, "  kept as it is  ");
    assistant.labels = Label::Owner.into();
    let lines = vec![user.clone(), assistant.clone()];
    store.append(&SessionAppend { session: key("cli:default"), lines }, minute(0)).await.unwrap();

    let back = store.history(&key("cli:default"), 10).await.unwrap();
    let roles: Vec<_> = back.iter().map(|message| message.role).collect();
    assert_eq!(roles, [HistoryRole::User, HistoryRole::Assistant]);
    let words: Vec<_> = back.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(words, [user.content.as_str(), assistant.content.as_str()], "no character changes");
    let labels: Vec<_> = back.iter().map(|message| message.labels).collect();
    assert_eq!(labels, [Some(user.labels), Some(assistant.labels)], "labels never fall off, also on disk");
}

async fn the_list_is_most_recently_used_first(store: &impl SessionStore) {
    assert!(store.list().await.unwrap().is_empty(), "a fresh store lists nothing");
    say(store, "whatsapp:a", "one", minute(0)).await;
    say(store, "whatsapp:b", "two", minute(1)).await;
    say(store, "whatsapp:a", "three", minute(2)).await;
    store.refresh().await.unwrap();
    let list = store.list().await.unwrap();
    let listed: Vec<_> = list.iter().map(|summary| (summary.session.as_str(), summary.messages)).collect();
    assert_eq!(listed, [("whatsapp:a", 2), ("whatsapp:b", 1)]);
}

async fn a_reset_forgets_the_messages_and_keeps_the_session(store: &impl SessionStore) {
    let unknown = store.reset(&key("whatsapp:a"), minute(0)).await.unwrap_err();
    assert_eq!(unknown.kind, StoreErrorKind::NotFound, "there is nothing to reset");
    say(store, "whatsapp:a", "one", minute(0)).await;
    say(store, "whatsapp:a", "two", minute(0)).await;
    say(store, "whatsapp:b", "elsewhere", minute(0)).await;
    assert_eq!(
        store.reset(&key("whatsapp:a"), minute(1)).await.unwrap(),
        2,
        "it says how many were forgotten"
    );
    assert!(contents(store, "whatsapp:a", 10).await.is_empty(), "they are forgotten");
    assert_eq!(contents(store, "whatsapp:b", 10).await, ["elsewhere"], "nothing else is");
    let listed = store.list().await.unwrap();
    let kept = listed.iter().find(|summary| summary.session == key("whatsapp:a"));
    assert_eq!(kept.map(|summary| summary.messages), Some(0), "the session itself stays");
    say(store, "whatsapp:a", "anew", minute(2)).await;
    assert_eq!(contents(store, "whatsapp:a", 10).await, ["anew"], "and goes on");
}

async fn refreshing_changes_no_message(store: &impl SessionStore) {
    store.refresh().await.unwrap();
    say(store, "whatsapp:a", "one", minute(0)).await;
    store.refresh().await.unwrap();
    store.refresh().await.unwrap();
    say(store, "whatsapp:a", "two", minute(1)).await;
    store.refresh().await.unwrap();
    assert_eq!(contents(store, "whatsapp:a", 10).await, ["one", "two"]);
}

async fn a_session_is_there_once_it_was_spoken_in(store: &impl SessionStore) {
    let contains = async |session: &str| store.contains(&key(session)).await.unwrap();
    assert!(!contains("whatsapp:a_b").await, "nothing was said");
    assert!(contents(store, "whatsapp:a_b", 10).await.is_empty());
    assert!(!contains("whatsapp:a_b").await, "neither asking nor reading makes one");
    assert!(store.list().await.unwrap().is_empty(), "and none is listed");
    say(store, "whatsapp:a_b", "one", minute(0)).await;
    assert!(contains("whatsapp:a_b").await, "something was said");
    assert!(!contains("whatsapp:a:b").await, "another session is none");
    store.refresh().await.unwrap();
    store.reset(&key("whatsapp:a_b"), minute(1)).await.unwrap();
    assert!(contains("whatsapp:a_b").await, "a session without messages is one");
    assert!(!contains("whatsapp:a:b").await);
}

/// Checks repeats, separation of chats and the window before a message. Storage order and order by time agree
/// in the messages that it uses.
///
/// # Panics
/// When a promise is broken.
pub async fn inbound_archive_contract<A: InboundArchive>(make: impl AsyncFn() -> A) {
    the_first_message_under_a_key_stays(&make().await).await;
    another_chat_is_never_searched(&make().await).await;
    the_window_ends_before_its_anchor(&make().await).await;
}

async fn find(archive: &impl InboundArchive, message: &ArchivedMessage) -> Option<ArchivedMessage> {
    archive.find(&message.channel, &message.chat, &message.message_id).await.unwrap()
}

async fn the_first_message_under_a_key_stays(archive: &impl InboundArchive) {
    let mut message = archived("a", "m1", "zwölf\nBoxkämpfer 🥊");
    assert_eq!(find(archive, &message).await, None, "a fresh archive holds nothing");
    message.participant = message.sender.clone();
    archive.record(&message).await.unwrap();
    archive.record(&archived("a", "m1", "other words")).await.unwrap();
    assert_eq!(find(archive, &message).await.as_ref(), Some(&message), "a second message is ignored");
    let mut quote = archived("a", "m2", "known as a quote only");
    quote.sender = None;
    archive.record(&quote).await.unwrap();
    assert_eq!(find(archive, &quote).await.as_ref(), Some(&quote), "a quote has no sender");
}

async fn another_chat_is_never_searched(archive: &impl InboundArchive) {
    archive.record(&archived("a", "m1", "in chat a")).await.unwrap();
    let mut elsewhere = archived("a", "m2", "same chat name, other network");
    elsewhere.channel = ChannelName::TELEGRAM;
    archive.record(&elsewhere).await.unwrap();

    assert_eq!(find(archive, &archived("b", "m1", "")).await, None, "another chat is not searched");
    assert_eq!(find(archive, &archived("a", "m2", "")).await, None, "another network is not searched");
    archive.record(&archived("b", "m1", "in chat b")).await.unwrap();
    archive.record(&archived("b", "m3", "last in chat b")).await.unwrap();
    let window = before(archive, "b", "m3", 10).await;
    assert_eq!(window, ["in chat b"], "a window never crosses chats");
    assert!(before(archive, "b", "m2", 10).await.is_empty(), "an anchor of another chat anchors nothing");
}

async fn before(archive: &impl InboundArchive, chat: &str, anchor: &str, limit: usize) -> Vec<String> {
    let (chat, anchor) = (ChatId::new(chat).unwrap(), MessageId::new(anchor).unwrap());
    let window = archive.before(&ChannelName::WHATSAPP, &chat, &anchor, limit).await.unwrap();
    window.into_iter().map(|message| message.text).collect()
}

async fn the_window_ends_before_its_anchor(archive: &impl InboundArchive) {
    for (second, id) in (0_i64..).zip(["m1", "m2", "m3", "m4"]) {
        let mut message = archived("a", id, id);
        let later = std::time::Duration::from_secs(second.unsigned_abs());
        message.at = message.at.checked_add(later).unwrap();
        archive.record(&message).await.unwrap();
    }
    assert_eq!(before(archive, "a", "m4", 10).await, ["m1", "m2", "m3"], "oldest first, without the anchor");
    assert_eq!(
        before(archive, "a", "m4", 2).await,
        ["m2", "m3"],
        "a limit keeps those nearest to the anchor"
    );
    assert_eq!(before(archive, "a", "m2", 10).await, ["m1"], "what came later is left out");
    assert!(before(archive, "a", "m1", 10).await.is_empty(), "nothing was before the first");
    assert!(before(archive, "a", "unknown", 10).await.is_empty(), "an unknown anchor anchors nothing");
}

/// Checks that chats are remembered one by one.
///
/// # Panics
/// When a promise is broken.
pub async fn seen_chats_contract<S: SeenChats>(make: impl AsyncFn() -> S) {
    let seen = make().await;
    let (garden, harbour) = (ChatId::new("#garden").unwrap(), ChatId::new("#harbour").unwrap());
    let contains = async |channel: &ChannelName, chat: &ChatId| seen.contains(channel, chat).await.unwrap();
    assert!(!contains(&ChannelName::WHATSAPP, &garden).await, "a fresh list knows no chat");
    seen.remember(&ChannelName::WHATSAPP, &garden).await.unwrap();
    seen.remember(&ChannelName::WHATSAPP, &garden).await.unwrap();
    assert!(contains(&ChannelName::WHATSAPP, &garden).await, "it was remembered");
    assert!(!contains(&ChannelName::WHATSAPP, &harbour).await, "another chat was not");
    assert!(!contains(&ChannelName::TELEGRAM, &garden).await, "nor was the same name on another network");
    seen.remember(&ChannelName::WHATSAPP, &harbour).await.unwrap();
    assert!(contains(&ChannelName::WHATSAPP, &garden).await, "the first is still known");
}

/// Checks names, order and size of the bootstrap files, whichever exist.
///
/// # Panics
/// When a promise is broken.
pub async fn workspace_contract<W: Workspace>(make: impl AsyncFn() -> W) {
    const ORDER: [&str; 5] = ["AGENTS", "SOUL", "USER", "TOOLS", "IDENTITY"];
    const MAX_BYTES: usize = 64 * 1024;
    let workspace = make().await;
    assert!(!workspace.path().trim().is_empty(), "the model is told where the workspace is");
    let files = workspace.bootstrap().await.unwrap();
    let place = |name: &str| ORDER.iter().position(|known| name.strip_suffix(".md") == Some(known));
    let places: Vec<_> = files.iter().map(|file| place(&file.name)).collect();
    assert!(places.iter().all(Option::is_some), "only bootstrap files belong into the prompt");
    assert!(places.is_sorted_by(|a, b| a < b), "they come in their order, each once");
    assert!(files.iter().all(|file| file.text.len() <= MAX_BYTES), "each file is cut at 64 KiB");
    assert_eq!(workspace.bootstrap().await.unwrap(), files, "reading does not change them");
}
