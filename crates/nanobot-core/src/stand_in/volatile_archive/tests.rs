//! Tests of what the archive forgets; what it promises is in the contract suite.

use super::*;
use crate::testing::contract::inbound_archive_contract;
use crate::testing::sessions::archived;

#[tokio::test]
async fn it_keeps_the_contract() {
    inbound_archive_contract(async || VolatileArchive::new()).await;
}

#[tokio::test]
async fn the_oldest_message_of_a_full_chat_gives_way() {
    let archive = VolatileArchive::new();
    for number in 0..=VolatileArchive::MAX_MESSAGES_PER_CHAT {
        archive.record(&archived("a", &format!("m{number}"), "words")).await.unwrap();
    }
    let (channel, chat) = (ChannelName::WHATSAPP, ChatId::new("a").unwrap());
    let id = |number: usize| MessageId::new(format!("m{number}")).unwrap();
    assert_eq!(archive.find(&channel, &chat, &id(0)).await.unwrap(), None);
    assert!(archive.find(&channel, &chat, &id(1)).await.unwrap().is_some());
    let last = id(VolatileArchive::MAX_MESSAGES_PER_CHAT);
    let before = archive.before(&channel, &chat, &last, usize::MAX).await.unwrap();
    assert_eq!(before.len(), VolatileArchive::MAX_MESSAGES_PER_CHAT - 1);
}

#[tokio::test]
async fn the_chat_written_to_least_recently_gives_way() {
    let archive = VolatileArchive::new();
    for number in 0..VolatileArchive::MAX_CHATS {
        archive.record(&archived(&format!("c{number}"), "m", "words")).await.unwrap();
    }
    archive.record(&archived("c0", "m2", "alive")).await.unwrap();
    archive.record(&archived("new", "m", "words")).await.unwrap();

    let holds = async |chat: &str| {
        let id = MessageId::new("m").unwrap();
        archive.find(&ChannelName::WHATSAPP, &ChatId::new(chat).unwrap(), &id).await.unwrap().is_some()
    };
    assert!(holds("c0").await, "it was written to again");
    assert!(!holds("c1").await, "it was the stalest");
    assert!(holds("c2").await && holds("new").await);
}

#[tokio::test]
async fn long_messages_are_cut_and_old_chats_give_way_to_their_bytes() {
    let archive = VolatileArchive::new();
    let long = "ä".repeat(VolatileArchive::MAX_MESSAGE_CHARS + 1);
    for number in 0..3_000 {
        let (chat, id) = (format!("chat{}", number / 100), format!("m{number}"));
        archive.record(&archived(&chat, &id, &long)).await.unwrap();
    }
    let bytes = hold(&archive.state).bytes;
    assert!(ByteCount::of(bytes) <= VolatileArchive::MAX_TEXT && bytes > 1_000_000, "{bytes}");
    let counted: usize = {
        let state = hold(&archive.state);
        state.chats.values().flat_map(|chat| &chat.messages).map(|message| message.text.len()).sum()
    };
    assert_eq!(bytes, counted);
}
