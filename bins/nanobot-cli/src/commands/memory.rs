//! `memory …`: what is remembered of chats. Today that is which of them are noted quietly.

use nanobot_core::ports::{NotesEdit, PolicyEdit};
use nanobot_policy::{Asked, NotesSource};
use serde_json::json;

use super::block_on;
use super::policy::{AtHome, Wish, ask_for, is_operators, notes_source};
use crate::args::{Memory, Notes};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(command: &Memory, place: &Place) -> Result<Code, Failure> {
    let Memory::Notes(command) = command;
    match command {
        Notes::Status { chat, is_dm, json, .. } => {
            let kind = if *is_dm { Kind::Direct } else { Kind::Group };
            status(place, &chat.channel, &chat.chat_id, kind, json.json)
        }
        Notes::Set { chat, enabled, mode, allow_blocked, edit } => {
            let notes = NotesEdit {
                channel: chat.channel.clone(),
                chat: chat.chat_id.clone(),
                enabled: enabled.set(),
                mode: mode.set().map(str::to_owned),
                allow_blocked: allow_blocked.set(),
            };
            block_on(ask_for(place, Wish::of(PolicyEdit::Notes(notes), *edit)))
        }
    }
}

/// What a chat is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Group,
    Direct,
}

fn status(place: &Place, channel: &str, chat: &str, kind: Kind, as_json: bool) -> Result<Code, Failure> {
    let (_, engine) = AtHome::of(place)?.engine()?;
    // Notes ask neither who writes nor what.
    let asked = Asked {
        channel,
        chat,
        sender: "",
        text: "".into(),
        is_group: kind == Kind::Group,
        mentioned_bot: false,
        reply_to_bot: false,
        is_voice: false,
        owner_by_channel: is_operators(channel),
    };
    let notes = engine.decide(&asked).notes;
    let source = engine.notes_source(&asked);
    let (mode, seconds) = (notes.mode.name(), notes.batch_interval.as_secs());
    if as_json {
        output::json(&json!({
            "channel": channel,
            "chatId": chat,
            "isGroup": kind == Kind::Group,
            "enabled": notes.enabled,
            "mode": mode,
            "allowBlockedSenders": notes.allow_blocked_senders,
            "batchIntervalSeconds": seconds,
            "batchMaxMessages": notes.batch_max_messages,
            "source": notes_source(&source),
        }))?;
        return Ok(Code::Done);
    }
    let NotesSource { enabled, mode: by_mode, allow_blocked_senders } = source;
    let row = |what: &str, value: &str, by: Option<String>| {
        vec![what.to_owned(), value.to_owned(), by.unwrap_or_else(|| "-".to_owned())]
    };
    let batch = format!("{} messages or {seconds} s", notes.batch_max_messages);
    let rows = [
        row("enabled", on_or_off(notes.enabled), Some(enabled)),
        row("mode", mode, by_mode),
        row("blocked senders", on_or_off(notes.allow_blocked_senders), allow_blocked_senders),
        row("batch", &batch, Some("memoryNotes.batch".to_owned())),
    ];
    output::table(&["NOTES", "VALUE", "SAID BY"], &rows)?;
    Ok(Code::Done)
}

const fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}
