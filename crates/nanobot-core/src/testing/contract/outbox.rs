//! The promises of [`Outbox`]. Rows come in as they do in earnest: by closing a turn.
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::time::Duration;

use crate::ids::{ChannelName, DeliveryKey};
use crate::message::Reaction;
use crate::ports::{Delivery, Journal, Outbox, Outgoing, StoreErrorKind};
use crate::testing::event::SENT_AT;
use crate::testing::journal::{closing, delivery};
use crate::time::Timestamp;

/// Checks order per chat, postponing, parking, confirming and repeats.
///
/// # Panics
/// When a promise is broken.
pub async fn outbox_contract<O: Journal + Outbox>(make: impl AsyncFn() -> O) {
    each_chat_is_served_in_order(&make().await).await;
    a_postponed_head_blocks_only_its_chat(&make().await).await;
    parking_frees_the_rows_behind(&make().await).await;
    what_was_delivered_never_comes_again(&make().await).await;
    a_second_closing_adds_no_row(&make().await).await;
    limits_cut_at_the_young_end(&make().await).await;
    chats_of_one_name_on_two_networks_are_two(&make().await).await;
    a_released_row_is_served_again(&make().await).await;
    what_was_discarded_is_gone(&make().await).await;
    a_delivery_comes_back_as_it_was(&make().await).await;
}

fn now() -> Timestamp {
    SENT_AT.parse().unwrap()
}

fn later(seconds: u64) -> Timestamp {
    now().checked_add(Duration::from_secs(seconds)).unwrap()
}

async fn fill(outbox: &impl Journal, turn: &str, rows: &[(&str, &str)]) -> Vec<DeliveryKey> {
    let mut closed = closing(turn);
    let row = |(index, (chat, text)): (usize, &(&str, &str))| delivery(turn, index, chat, text);
    closed.deliveries = rows.iter().enumerate().map(row).collect();
    outbox.close(&closed).await.unwrap();
    closed.deliveries.into_iter().map(|delivery| delivery.key).collect()
}

fn text(delivery: &Delivery) -> String {
    match &delivery.outgoing {
        Outgoing::Message(message) => message.text.clone(),
        Outgoing::Reaction(reaction) => reaction.emoji.clone(),
    }
}

async fn due(outbox: &impl Outbox, at: Timestamp) -> Vec<String> {
    let rows = outbox.due(at, 100).await.unwrap();
    assert!(rows.iter().all(|row| row.parked.is_none()), "a parked row is never due");
    rows.iter().map(|row| text(&row.delivery)).collect()
}

async fn listed(outbox: &impl Outbox, limit: usize) -> Vec<String> {
    outbox.list(limit).await.unwrap().iter().map(|row| text(&row.delivery)).collect()
}

async fn each_chat_is_served_in_order(outbox: &(impl Journal + Outbox)) {
    assert!(due(outbox, now()).await.is_empty(), "a fresh outbox owes nothing");
    let keys = fill(outbox, "t1", &[("a", "a1"), ("b", "b1"), ("a", "a2")]).await;
    fill(outbox, "t2", &[("a", "a3"), ("c", "c1")]).await;
    assert_eq!(due(outbox, now()).await, ["a1", "b1", "c1"], "only the first row of each chat is due");
    outbox.delivered(keys.first().unwrap()).await.unwrap();
    assert_eq!(due(outbox, now()).await, ["b1", "a2", "c1"], "the next row moves up when the head is gone");
}

async fn a_postponed_head_blocks_only_its_chat(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2"), ("b", "b1")]).await;
    let head = keys.first().unwrap();
    outbox.postpone(head, later(60), "unreachable").await.unwrap();
    assert_eq!(due(outbox, now()).await, ["b1"], "the row behind a postponed head waits, other chats do not");
    assert_eq!(due(outbox, later(59)).await, ["b1"], "not before its time");
    assert_eq!(due(outbox, later(60)).await, ["a1", "b1"], "at its time it is due again");

    outbox.postpone(head, later(120), "unreachable").await.unwrap();
    let rows = outbox.list(100).await.unwrap();
    let row = rows.iter().find(|row| row.delivery.key == *head).unwrap();
    assert_eq!(row.attempts, 2, "each postponing was one try");
    assert_eq!(row.not_before, Some(later(120)), "the last postponing counts");
    let untried = rows.iter().filter(|row| row.delivery.key != *head);
    assert!(untried.into_iter().all(|row| row.attempts == 0), "the others were not tried");
}

async fn parking_frees_the_rows_behind(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2"), ("b", "b1")]).await;
    outbox.park(keys.first().unwrap(), "rejected").await.unwrap();
    assert_eq!(due(outbox, now()).await, ["a2", "b1"], "the row behind a parked one moves up");
    assert_eq!(listed(outbox, 100).await, ["a1", "a2", "b1"], "a parked row is still listed, oldest first");
    let rows = outbox.list(100).await.unwrap();
    let reasons: Vec<_> = rows.iter().map(|row| row.parked.as_deref()).collect();
    assert_eq!(reasons, [Some("rejected"), None, None], "the list says what is parked, and why");
}

async fn a_released_row_is_served_again(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2")]).await;
    let head = keys.first().unwrap();
    outbox.park(head, "rejected").await.unwrap();
    outbox.release(head).await.unwrap();
    assert_eq!(due(outbox, now()).await, ["a1"], "a released row has its old place");
    outbox.postpone(head, later(60), "unreachable").await.unwrap();
    outbox.release(head).await.unwrap();
    let row = outbox.due(now(), 1).await.unwrap().remove(0);
    assert_eq!((row.attempts, row.not_before), (0, None), "a released row is as if it had not been tried");
    outbox.delivered(head).await.unwrap();
    let error = outbox.release(head).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound, "what is gone cannot be taken back");
}

async fn what_was_discarded_is_gone(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2"), ("b", "b1")]).await;
    outbox.park(keys.last().unwrap(), "rejected").await.unwrap();
    assert_eq!(outbox.count().await.unwrap(), 3, "waiting and parked rows count");
    assert!(outbox.discard(keys.first().unwrap(), "expired").await.unwrap(), "it waited");
    assert_eq!(due(outbox, now()).await, ["a2"], "a discarded head frees the row behind it");
    assert_eq!(outbox.count().await.unwrap(), 2);
    assert!(outbox.discard(keys.last().unwrap(), "expired").await.unwrap(), "it was parked");
    for key in [keys.first().unwrap(), keys.last().unwrap()] {
        assert!(!outbox.discard(key, "expired").await.unwrap(), "it was given up before");
    }
    assert_eq!(listed(outbox, 100).await, ["a2"], "what was given up is not listed");
}

async fn what_was_delivered_never_comes_again(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2")]).await;
    for key in &keys {
        outbox.delivered(key).await.unwrap();
        outbox.delivered(key).await.unwrap();
    }
    assert!(due(outbox, later(3600)).await.is_empty(), "delivered rows are not due");
    assert!(listed(outbox, 100).await.is_empty(), "delivered rows are not listed");
}

async fn a_second_closing_adds_no_row(outbox: &(impl Journal + Outbox)) {
    let keys = fill(outbox, "t1", &[("a", "a1"), ("a", "a2")]).await;
    fill(outbox, "t1", &[("a", "a1"), ("a", "a2")]).await;
    assert_eq!(listed(outbox, 100).await, ["a1", "a2"], "a turn closed twice sends once");
    outbox.delivered(keys.first().unwrap()).await.unwrap();
    fill(outbox, "t1", &[("a", "a1"), ("a", "a2")]).await;
    assert_eq!(listed(outbox, 100).await, ["a2"], "a late second closing revives nothing");
}

async fn limits_cut_at_the_young_end(outbox: &(impl Journal + Outbox)) {
    fill(outbox, "t1", &[("a", "a1"), ("b", "b1"), ("c", "c1")]).await;
    let rows = outbox.due(now(), 2).await.unwrap();
    assert_eq!(rows.iter().map(|row| text(&row.delivery)).collect::<Vec<_>>(), ["a1", "b1"]);
    assert_eq!(listed(outbox, 2).await, ["a1", "b1"], "a limit keeps the oldest");
    assert!(outbox.due(now(), 0).await.unwrap().is_empty(), "a limit of nothing gives nothing");
}

async fn chats_of_one_name_on_two_networks_are_two(outbox: &(impl Journal + Outbox)) {
    let mut closed = closing("t1");
    let (mut one, two) = (delivery("t1", 0, "same", "on telegram"), delivery("t1", 1, "same", "on whatsapp"));
    if let Outgoing::Message(message) = &mut one.outgoing {
        message.channel = ChannelName::TELEGRAM;
    }
    closed.deliveries = vec![one, two];
    outbox.close(&closed).await.unwrap();
    assert_eq!(due(outbox, now()).await, ["on telegram", "on whatsapp"], "a chat belongs to its network");
}

async fn a_delivery_comes_back_as_it_was(outbox: &(impl Journal + Outbox)) {
    let mut closed = closing("t1");
    let mut message = delivery("t1", 0, "a", "zwölf\nBoxkämpfer 🥊");
    if let Outgoing::Message(message) = &mut message.outgoing {
        message.media = vec!["/blobs/a picture.jpg".into()];
        message.reply_to = Some(crate::ids::MessageId::new("m1").unwrap());
    }
    let mut reaction = delivery("t1", 1, "b", "");
    reaction.outgoing = Outgoing::Reaction(Reaction {
        channel: ChannelName::WHATSAPP,
        chat: crate::ids::ChatId::new("b").unwrap(),
        message_id: crate::ids::MessageId::new("m2").unwrap(),
        emoji: "👍".to_owned(),
        participant: Some(crate::ids::SenderId::new("49170@s.whatsapp.net").unwrap()),
    });
    closed.deliveries = vec![message, reaction];
    outbox.close(&closed).await.unwrap();
    let rows = outbox.due(now(), 100).await.unwrap();
    let back: Vec<_> = rows.into_iter().map(|row| row.delivery).collect();
    assert_eq!(back, closed.deliveries, "nothing of a delivery is lost on the way");
}
