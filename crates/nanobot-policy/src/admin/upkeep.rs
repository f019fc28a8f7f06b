//! Changes that come from a shell and not from a chat: names of groups as notes, allow lists of an older
//! configuration, quiet notes of one chat. Each makes a new document and tells what it did; saving is not done here.

use std::collections::BTreeMap;

use nanobot_core::text::trim;

use super::target::{Target, WHATSAPP, is_group};
use crate::document::Document;
use crate::document::schema::{NotesMode, NotesOverride, Policy, TalkMode, WhoCanTalkOverride};

/// A note that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// The group.
    pub chat: String,
    /// Its name.
    pub name: String,
}

/// Sets the names of WhatsApp groups as their notes. Groups that the policy does not list are left out; a note that a
/// person wrote stays, unless `overwrite` says otherwise.
pub fn annotate_whatsapp_comments(
    document: &Document,
    names: &BTreeMap<String, String>,
    overwrite: bool,
) -> (Document, Vec<Annotated>) {
    let mut policy = document.policy().clone();
    let mut annotated = Vec::new();
    let chats = policy.channels.0.get_mut(WHATSAPP).into_iter().flat_map(|channel| &mut channel.chats.0);
    for (chat, rules) in chats.filter(|(chat, _)| is_group(chat)) {
        let name = names.get(chat).map(|name| trim(name)).filter(|name| !name.is_empty());
        let is_free = overwrite || rules.comment.as_deref().is_none_or(|comment| trim(comment).is_empty());
        if let Some(name) = name.filter(|name| is_free && rules.comment.as_deref() != Some(*name)) {
            rules.comment = Some(name.to_owned());
            annotated.push(Annotated { chat: chat.clone(), name: name.to_owned() });
        }
    }
    (document.changed(policy), annotated)
}

/// What became of the allow lists of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowLists {
    /// Channels whose list now stands in the policy, with the number of its senders.
    pub moved: Vec<(String, usize)>,
    /// Channels that keep what the policy said, and why.
    pub kept: Vec<(String, &'static str)>,
}

/// Takes over `channels.*.allowFrom` of a configuration as the rule who may talk on a channel. It only ever closes: a
/// channel whose rule is set keeps it, and so does one that is closed for all chats; nobody may talk who could not
/// before. An empty list says nothing, as it did in the configuration.
pub fn migrate_allow_from(
    document: &Document,
    lists: &BTreeMap<String, Vec<String>>,
) -> (Document, AllowLists) {
    let mut policy = document.policy().clone();
    let mut told = AllowLists::default();
    for (channel, list) in lists {
        let mut senders: Vec<String> = Vec::new();
        for sender in list.iter().map(|sender| trim(sender)).filter(|sender| !sender.is_empty()) {
            if !senders.iter().any(|known| known == sender) {
                senders.push(sender.to_owned());
            }
        }
        if senders.is_empty() {
            continue;
        }
        if let Some(why) = refuses(&policy, channel) {
            told.kept.push((channel.clone(), why));
        } else {
            told.moved.push((channel.clone(), senders.len()));
            close(&mut policy, channel, senders);
        }
    }
    (document.changed(policy), told)
}

/// Why a channel keeps its rule.
fn refuses(policy: &Policy, channel: &str) -> Option<&'static str> {
    let rule = policy.channels.get(channel).and_then(|channel| channel.default.who_can_talk.as_ref());
    match (rule, policy.defaults.who_can_talk.mode) {
        (Some(_), _) => Some("whoCanTalk is set for the channel"),
        (None, TalkMode::Allowlist | TalkMode::OwnerOnly) => Some("defaults.whoCanTalk is closed already"),
        (None, TalkMode::Everyone) => None,
    }
}

fn close(policy: &mut Policy, channel: &str, senders: Vec<String>) {
    let outer = policy.defaults.who_can_talk.senders.clone();
    let rules = policy.channels.0.entry(channel.to_owned()).or_default();
    // A chat with a mode and without a list takes the list from outside; it must not become the new one.
    for chat in rules.chats.0.values_mut().filter_map(|chat| chat.who_can_talk.as_mut()) {
        if chat.mode.is_some() && chat.senders.is_none() {
            chat.senders = Some(outer.clone());
        }
    }
    let rule = WhoCanTalkOverride { mode: Some(TalkMode::Allowlist), senders: Some(senders) };
    rules.default.who_can_talk = Some(rule);
}

/// What is said of the quiet notes of one chat; what is none comes from the outer layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotesEdit {
    /// Whether notes are taken.
    pub enabled: Option<bool>,
    /// How.
    pub mode: Option<NotesMode>,
    /// Also from senders who may not talk.
    pub allow_blocked: Option<bool>,
}

/// Sets all that the policy says of the notes of one chat. An edit without anything takes the chat's entry away.
pub fn set_memory_notes(document: &Document, target: &Target, edit: NotesEdit) -> Document {
    let mut policy = document.policy().clone();
    let channels = &mut policy.memory_notes.channels.0;
    if edit == NotesEdit::default() {
        if let Some(channel) = channels.get_mut(&target.channel) {
            channel.chats.0.shift_remove(&target.chat);
        }
    } else {
        let NotesEdit { enabled, mode, allow_blocked } = edit;
        let channel = channels.entry(target.channel.clone()).or_default();
        let notes = NotesOverride { enabled, mode, allow_blocked_senders: allow_blocked };
        channel.chats.0.insert(target.chat.clone(), notes);
    }
    document.changed(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Map;
    use crate::document::schema::ChatOverride;

    fn lists(channel: &str, senders: &[&str]) -> BTreeMap<String, Vec<String>> {
        [(channel.to_owned(), senders.iter().map(|&sender| sender.to_owned()).collect())].into()
    }

    fn with(change: impl FnOnce(&mut Policy)) -> Document {
        let mut policy = Policy::default();
        change(&mut policy);
        Document::made(policy)
    }

    #[test]
    fn names_become_notes_only_where_nobody_wrote_one() {
        let note = |comment: Option<&str>| ChatOverride {
            comment: comment.map(str::to_owned),
            ..ChatOverride::default()
        };
        let document = with(|policy| {
            let chats = [
                ("1@g.us", None),
                ("2@g.us", Some("mine")),
                ("3@g.us", Some("  ")),
                ("4@s.whatsapp.net", None),
            ];
            policy.channels.0["whatsapp"].chats = Map::of(chats.map(|(chat, comment)| (chat, note(comment))));
        });
        let names = ["1@g.us", "2@g.us", "3@g.us", "4@s.whatsapp.net", "5@g.us"]
            .map(|chat| (chat.to_owned(), format!(" N{chat} ")));
        let chats = |annotated: Vec<Annotated>| annotated.into_iter().map(|one| one.chat).collect::<Vec<_>>();
        let (after, annotated) = annotate_whatsapp_comments(&document, &names.clone().into(), false);
        assert_eq!(chats(annotated), ["1@g.us", "3@g.us"]);
        let group = &after.policy().channels.0["whatsapp"].chats.0["1@g.us"];
        assert_eq!(group.comment.as_deref(), Some("N1@g.us"));
        let (_, annotated) = annotate_whatsapp_comments(&document, &names.into(), true);
        assert_eq!(chats(annotated), ["1@g.us", "2@g.us", "3@g.us"]);
    }

    #[test]
    fn an_allow_list_closes_a_channel_that_was_open() {
        let (after, told) =
            migrate_allow_from(&Document::builtin(), &lists("discord", &[" 7 ", "", "7", "8"]));
        assert_eq!(told, AllowLists { moved: vec![("discord".to_owned(), 2)], kept: Vec::new() });
        let rule = after.policy().channels.0["discord"].default.who_can_talk.clone().unwrap();
        assert_eq!(
            (rule.mode, rule.senders.unwrap()),
            (Some(TalkMode::Allowlist), vec!["7".to_owned(), "8".to_owned()])
        );
        let (after, told) = migrate_allow_from(&Document::builtin(), &lists("telegram", &["", " "]));
        assert_eq!((after, told), (Document::builtin(), AllowLists::default()));
    }

    #[test]
    fn an_allow_list_never_opens_what_is_closed() {
        let closed = with(|policy| policy.defaults.who_can_talk.mode = TalkMode::OwnerOnly);
        let ruled = with(|policy| {
            policy.channels.0["telegram"].default.who_can_talk = Some(WhoCanTalkOverride::default());
        });
        for document in [closed, ruled] {
            let (after, told) = migrate_allow_from(&document, &lists("telegram", &["7"]));
            assert_eq!((&after, told.kept.len()), (&document, 1));
        }
        let rule = WhoCanTalkOverride { mode: Some(TalkMode::Allowlist), senders: None };
        let chat = ChatOverride { who_can_talk: Some(rule), ..ChatOverride::default() };
        let nobody = with(|policy| policy.channels.0["telegram"].chats = Map::of([("1", chat)]));
        let (after, _) = migrate_allow_from(&nobody, &lists("telegram", &["7"]));
        let rule = after.policy().channels.0["telegram"].chats.0["1"].who_can_talk.clone().unwrap();
        assert_eq!(rule.senders, Some(Vec::new()), "a chat where nobody may talk stays one");
    }

    #[test]
    fn notes_of_a_chat_are_set_and_taken_away_again() {
        let target = Target { channel: "telegram".to_owned(), chat: "-7".to_owned() };
        let edit = NotesEdit { enabled: Some(false), mode: Some(NotesMode::Hybrid), allow_blocked: None };
        let after = set_memory_notes(&Document::builtin(), &target, edit);
        let notes = &after.policy().memory_notes.channels.0["telegram"].chats.0["-7"];
        assert_eq!(
            (notes.enabled, notes.mode, notes.allow_blocked_senders),
            (Some(false), Some(NotesMode::Hybrid), None)
        );
        assert_eq!(set_memory_notes(&after, &target, NotesEdit::default()), Document::builtin());
    }
}
