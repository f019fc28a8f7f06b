//! Policies as people have them, only larger: WhatsApp groups with the usual rules of their own, about 620 bytes each.
//! And messages in these groups.

use anyhow::Result;
use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, SenderId};
use nanobot_core::label::Label;
use nanobot_core::time::Timestamp;
use serde_json::{Value, json};

/// The text of a policy with so many groups.
pub(crate) fn text(chats: usize) -> Vec<u8> {
    let groups: serde_json::Map<String, Value> =
        (0..chats).map(|number| (chat(number), group(number))).collect();
    let policy = json!({
        "version": 2,
        "owners": {"whatsapp": ["+4915100000000"], "telegram": []},
        "defaults": {
            "whenToReply": {"mode": "mention_only", "senders": []},
            "blockedSenders": {"senders": ["+4915999999999"]},
        },
        "channels": {"whatsapp": {"default": {"allowedTools": {"mode": "all"}}, "chats": groups}},
    });
    format!("{policy:#}").into_bytes()
}

fn chat(number: usize) -> String {
    format!("{}@g.us", 120_363_000_000_000_000 + number)
}

fn group(number: usize) -> Value {
    let who = match number % 3 {
        0 => json!({"mode": "everyone"}),
        1 => {
            json!({"mode": "allowlist", "senders": [member(number, 0), member(number, 1), "+4915100000000"]})
        }
        _ => json!({"mode": "everyone", "senders": []}),
    };
    json!({
        "comment": format!("Group number {number}"),
        "whoCanTalk": who,
        "whenToReply": {"mode": if number.is_multiple_of(4) { "all" } else { "mention_only" }},
        "blockedSenders": {"senders": [member(number, 9)]},
        "toolAccess": {"exec": {"mode": "owner_only"}},
        "voice": {"output": {"mode": "in_kind"}},
    })
}

fn member(number: usize, member: usize) -> String {
    format!("+49160{number:06}{member}")
}

/// Messages all over the groups, from members, strangers, owners and the blocked, and now and then in a group that
/// the policy does not name.
pub(crate) fn messages(chats: usize, count: usize) -> Result<Vec<InboundEvent>> {
    (0..count).map(|index| message(index * 7_919 % chats, index)).collect()
}

fn message(number: usize, index: usize) -> Result<InboundEvent> {
    let sender = match index % 8 {
        0 => "4915100000000@s.whatsapp.net".to_owned(),
        1 => member(number, 9),
        2 => "4917700000000:3@s.whatsapp.net".to_owned(),
        _ => format!("{}@s.whatsapp.net", member(number, index % 2).trim_start_matches('+')),
    };
    let chat = if index % 16 == 15 { "490000-1@g.us".to_owned() } else { chat(number) };
    Ok(InboundEvent {
        channel: ChannelName::new("whatsapp")?,
        account: AccountId::sole(),
        chat: ChatId::new(chat)?,
        chat_kind: ChatKind::Group,
        sender: SenderId::new(sender)?,
        participant: None,
        message_id: None,
        at: Timestamp::UNIX_EPOCH,
        blocks: vec![ContentBlock::text("A message of some words, as they are.", Label::Stranger)],
        mentioned_bot: !index.is_multiple_of(5),
        reply: None,
    })
}
