//! Commands on policies that are made by hand: who may, what changes, what is told.
//!
//! The properties run with 256 cases, which takes a second; `PROPTEST_CASES=10000` asks for more (a minute).

use proptest::prelude::*;

use super::*;
use crate::document::Map;
use crate::document::schema::{
    BlockedSendersOverride, ChannelPolicy, ChatOverride, Policy, TalkMode, WhoCanTalkOverride,
};

const GROUP: &str = "120363047035080773@g.us";
const OWNER: &str = "491510000001";
const ID: &str = "0123456789abcdef0123456789abcdef";

fn owner() -> Speaker<'static> {
    Speaker {
        way: Way::Chat,
        channel: "whatsapp",
        chat: "491510000001@s.whatsapp.net",
        sender: OWNER,
        is_group: false,
        is_owner: true,
    }
}

fn policy() -> Policy {
    let owners = Map::of([("whatsapp", vec![format!("+{OWNER}")]), ("irc", vec!["dimi".to_owned()])]);
    Policy { owners, ..Policy::default() }
}

fn with(change: impl FnOnce(&mut Policy)) -> Document {
    let mut policy = policy();
    change(&mut policy);
    Document::made(policy)
}

fn admin() -> Admin {
    Admin::new(["whatsapp", "irc"].map(str::to_owned).into())
}

/// Everything passes the check but a persona from outside.
fn check(document: &Document) -> Result<(), String> {
    let chats = document.policy().channels.0.values().flat_map(|channel| channel.chats.0.values());
    let is_outside =
        |chat: &ChatOverride| chat.persona_file.as_deref().is_some_and(|file| file.starts_with(".."));
    if chats.into_iter().any(is_outside) { Err("outside".to_owned()) } else { Ok(()) }
}

fn give_as(speaker: &Speaker<'_>, document: &Document, text: &str, facts: &Facts) -> Executed {
    match admin().hear(text, speaker, Ok(document), Duration::ZERO) {
        Heard::Answered(executed) => *executed,
        Heard::Task(task) => task.execute(document, facts, &check),
        heard @ (Heard::NotACommand | Heard::Ignored) => panic!("{text}: {heard:?}"),
    }
}

fn give(document: &Document, text: &str) -> Executed {
    give_as(&owner(), document, text, &Facts::default())
}

fn chat_of<'d>(document: &'d Document, channel: &str, chat: &str) -> &'d ChatOverride {
    document.policy().channels.get(channel).and_then(|channel| channel.chats.get(chat)).unwrap()
}

#[test]
fn who_is_no_owner_is_not_told_that_there_are_commands() {
    let stranger = Speaker { is_owner: false, ..owner() };
    for text in ["/policy help", "/foo", "/policy 'x", "/", "/reset", "/panic", "/approve x"] {
        assert_eq!(
            admin().hear(text, &stranger, Ok(&with(|_| ())), Duration::ZERO),
            Heard::Ignored,
            "{text}"
        );
    }
    assert_eq!(admin().hear("policy help", &owner(), Ok(&with(|_| ())), Duration::ZERO), Heard::NotACommand);
}

#[test]
fn what_others_should_not_read_is_heard_in_direct_chats_alone() {
    let group = Speaker { is_group: true, chat: GROUP, ..owner() };
    for text in ["/policy help", "/panic now", "/deny 1@g.us"] {
        assert_eq!(admin().hear(text, &group, Ok(&with(|_| ())), Duration::ZERO), Heard::Ignored, "{text}");
    }
    for text in ["/commands", "/reset", "/voicemessages", "/foo"] {
        let heard = admin().hear(text, &group, Ok(&with(|_| ())), Duration::ZERO);
        assert_ne!(heard, Heard::Ignored, "{text}");
    }
}

#[test]
fn a_dry_run_goes_the_whole_way_and_says_that_it_was_one() {
    let document = with(|_| ());
    let dry = give(&document, &format!("/policy set-when {GROUP} off --dry-run"));
    assert_eq!(dry.outcome, Outcome::Applied);
    assert_eq!(
        dry.reply,
        format!("Dry run, checked and not saved: Policy updated for {GROUP}: whenToReply=off.")
    );
    assert_eq!(dry.change, None);
    let dry = give(&document, &format!("/policy set-persona {GROUP} ../x --dry-run"));
    assert_eq!((dry.outcome, dry.reply.as_str()), (Outcome::Error, "Failed to apply policy change: outside"));
}

#[test]
fn blocking_one_person_lets_nobody_else_in() {
    let document = with(|policy| policy.defaults.blocked_senders.senders = vec!["eve".to_owned()]);
    let change = give(&document, &format!("/policy block-sender {GROUP} mallory")).change.unwrap();
    let blocked = chat_of(&change.document, "whatsapp", GROUP).blocked_senders.clone().unwrap();
    assert_eq!(blocked.senders.unwrap(), ["eve", "mallory"]);
    let unblocked = give(&document, &format!("/policy unblock-sender {GROUP} @EVE")).change.unwrap();
    let blocked = chat_of(&unblocked.document, "whatsapp", GROUP).blocked_senders.clone().unwrap();
    assert_eq!(blocked, BlockedSendersOverride { senders: Some(Vec::new()) });
    assert_eq!(give(&document, &format!("/policy block-sender {GROUP} eve")).outcome, Outcome::Noop);
    let listed = give(&document, &format!("/policy list-blocked {GROUP}")).reply;
    assert_eq!(listed, format!("{GROUP}: blockedSenders (1, inherited)\n- eve"));
}

#[test]
fn taking_away_what_is_not_there_changes_nothing() {
    for text in ["unblock-sender 9@g.us eve", "clear-persona 9@g.us"] {
        let executed = give(&with(|_| ()), &format!("/policy {text}"));
        assert_eq!((executed.outcome, executed.change), (Outcome::Noop, None), "{text}");
    }
    let voice = give(&with(|_| ()), "/voicemessages inherit");
    assert_eq!((voice.outcome, voice.change, voice.voice), (Outcome::Applied, None, Some("text")));
}

#[test]
fn a_channel_without_a_section_gets_one() {
    let document = with(|policy| policy.channels = Map::default());
    assert!(give(&document, &format!("/policy allow-group {GROUP}")).change.is_some());
    for text in ["list-blocked", "status-group", "explain-group"] {
        assert_eq!(give(&document, &format!("/policy {text} {GROUP}")).outcome, Outcome::Noop, "{text}");
    }
}

#[test]
fn a_group_is_closed_for_all_but_the_owners_and_never_for_them_too() {
    let text = format!("/policy block-group {GROUP}");
    let change = give(&with(|_| ()), &text).change.unwrap();
    let rule = chat_of(&change.document, "whatsapp", GROUP).who_can_talk.clone().unwrap();
    let owners = vec![format!("+{OWNER}")];
    assert_eq!(rule, WhoCanTalkOverride { mode: Some(TalkMode::Allowlist), senders: Some(owners) });
    let executed = give(&with(|policy| policy.owners = Map::default()), &text);
    assert_eq!((executed.outcome, executed.change), (Outcome::Invalid, None));
}

#[test]
fn commands_work_on_every_channel_and_across_them() {
    let dimi = Speaker { channel: "irc", chat: "dimi", sender: "dimi", ..owner() };
    for (text, channel, chat, told) in [
        ("/policy allow-group #ops", "irc", "#ops", "irc:#ops"),
        ("/policy set-when irc:#ops off", "irc", "#ops", "irc:#ops"),
        ("/policy set-when whatsapp:7@g.us off", "whatsapp", "7@g.us", "7@g.us"),
        ("/deny #ops", "irc", "#ops", "irc:#ops"),
    ] {
        let executed = give_as(&dimi, &with(|_| ()), text, &Facts::default());
        assert!(
            executed.reply.starts_with(&format!("Policy updated for {told}: ")),
            "{text}: {}",
            executed.reply
        );
        chat_of(&executed.change.unwrap().document, channel, chat);
    }
    let executed = give_as(&dimi, &with(|_| ()), "/policy status-group #ops", &Facts::default());
    assert!(
        executed.reply.starts_with("irc:#ops\nwhoCanTalk=everyone (source=default)\n"),
        "{}",
        executed.reply
    );
}

#[test]
fn a_new_chat_is_let_in_or_shut_out_with_one_word() {
    for (word, what) in [
        ("approve", "whoCanTalk=everyone, whenToReply=all."),
        ("approve-mention", "whoCanTalk=everyone, whenToReply=mention_only."),
        ("deny", "whoCanTalk=allowlist (owners only)."),
    ] {
        let executed = give(&with(|_| ()), &format!("/{word} 49151@s.whatsapp.net"));
        assert_eq!(executed.reply, format!("Policy updated for 49151@s.whatsapp.net: {what}"));
        assert!(executed.change.is_some());
        let refused = give(&with(|_| ()), &format!("/{word}"));
        assert_eq!((refused.outcome, refused.reply), (Outcome::Invalid, format!("Usage: /{word} <chat>")));
    }
}

#[test]
fn a_broken_file_is_told_to_the_owner_and_changed_by_nothing() {
    let mut admin = admin();
    for text in ["/policy help", "/policy rollback x", "/voicemessages on", "/approve 1@g.us"] {
        let heard = admin.hear(text, &owner(), Err("line 3: no comma"), Duration::ZERO);
        let Heard::Answered(executed) = heard else { panic!("{text}: {heard:?}") };
        assert_eq!(
            (executed.outcome, executed.reply.as_str()),
            (Outcome::Error, "Failed to load policy: line 3: no comma")
        );
    }
    assert!(
        matches!(admin.hear("/panic", &owner(), Err("x"), Duration::ZERO), Heard::Answered(executed) if executed.effect.is_some())
    );
}

#[test]
fn the_limit_counts_one_person_and_neither_unknown_words_nor_the_shell() {
    let document = with(|policy| policy.runtime.admin_command_rate_limit_per_minute = 1.into());
    let mut admin = admin();
    let mut outcome = |text: &str, speaker: &Speaker<'_>, now: u64| match admin.hear(
        text,
        speaker,
        Ok(&document),
        Duration::from_secs(now),
    ) {
        Heard::Answered(executed) => executed.outcome,
        Heard::Task(task) => task.execute(&document, &Facts::default(), &check).outcome,
        heard @ (Heard::NotACommand | Heard::Ignored) => panic!("{heard:?}"),
    };
    assert_eq!(outcome("/policy nope", &owner(), 0), Outcome::Invalid);
    assert_eq!(outcome("/policy help", &owner(), 0), Outcome::Noop);
    assert_eq!(outcome("/policy help", &owner(), 59), Outcome::Denied);
    assert_eq!(outcome("/approve 1@g.us", &owner(), 59), Outcome::Denied, "they change the policy too");
    let other = Speaker { sender: "49", ..owner() };
    assert_eq!(outcome("/policy help", &other, 59), Outcome::Noop);
    assert_eq!(outcome("/policy help", &Speaker { way: Way::Cli, ..owner() }, 59), Outcome::Noop);
    assert_eq!(outcome("/policy help", &owner(), 60), Outcome::Noop);
}

#[test]
fn a_rollback_needs_its_row_and_its_backup() {
    let document = with(|_| ());
    let text = format!("/policy rollback {ID}");
    let executed = give(&document, &text);
    assert_eq!((executed.outcome, executed.reply), (Outcome::Invalid, format!("Unknown change id: {ID}")));
    let mut facts = Facts { history: vec![row()], ..Facts::default() };
    for backup in [Backup::Missing, Backup::Unreadable] {
        facts.backup = backup;
        let executed = give_as(&owner(), &document, &text, &facts);
        assert_eq!((executed.outcome, executed.change.is_none()), (Outcome::Error, true));
        assert!(executed.reply.ends_with("nothing was changed."), "{}", executed.reply);
    }
    let heard = admin().hear("/policy rollback ../../x", &owner(), Ok(&document), Duration::ZERO);
    let Heard::Task(task) = heard else { panic!("{heard:?}") };
    assert_eq!(task.needs().backup, None, "only ids name files");
}

fn row() -> nanobot_core::ports::ChangeRow {
    nanobot_core::ports::ChangeRow {
        id: ID.to_owned(),
        at: "2026-02-22T12:00:00.5Z".parse().unwrap(),
        source: "dm".to_owned(),
        actor: OWNER.to_owned(),
        channel: Some("whatsapp".to_owned()),
        chat: None,
        command: format!("/policy set-persona 1@g.us {}", "ö".repeat(100)),
        before_hash: String::new(),
        after_hash: String::new(),
        rollback_of: None,
    }
}

#[test]
fn history_shows_times_as_the_log_has_them_and_cuts_long_commands() {
    let facts = Facts { history: vec![row()], ..Facts::default() };
    let reply = give_as(&owner(), &with(|_| ()), "/policy history", &facts).reply;
    let line = reply.lines().nth(1).unwrap();
    assert!(
        line.starts_with(&format!("- {ID} | 2026-02-22T12:00:00.500000+00:00 | applied | /policy")),
        "{line}"
    );
    let command = line.rsplit(" | ").next().unwrap();
    assert!(command.chars().count() == 80 && command.ends_with("ö..."), "{command}");
}

#[test]
fn a_name_that_fits_two_groups_is_a_question() {
    let named = |comment: &str| ChatOverride { comment: Some(comment.to_owned()), ..ChatOverride::default() };
    let document = with(|policy| {
        let chats = Map::of([("1@g.us", named("Chess Club")), ("2@g.us", named("Book-Club"))]);
        policy.channels.0.insert("whatsapp".to_owned(), ChannelPolicy { chats, ..ChannelPolicy::default() });
    });
    let reply = |wanted: &str| give(&document, &format!("/policy resolve-group '{wanted}'")).reply;
    assert!(reply("club").starts_with("'club' fits 2 groups."), "{}", reply("club"));
    assert!(reply("bookclub").contains("-> 2@g.us ("), "signs do not count: {}", reply("bookclub"));
    assert!(reply("CHESS CLUB").contains("-> 1@g.us ("));
    assert!(reply("lub").starts_with("No group matched"), "three letters are too few");
}

#[test]
fn a_long_list_of_groups_is_cut_and_says_so() {
    let groups =
        (0..50).map(|id| GroupFact { id: format!("{id}@g.us"), in_log: true, ..GroupFact::default() });
    let facts = Facts { groups: groups.collect(), ..Facts::default() };
    let reply = give_as(&owner(), &with(|_| ()), "/policy groups", &facts).reply;
    assert!(reply.starts_with("Known WhatsApp groups: 50 (showing 40)\n"), "{reply}");
    assert_eq!(reply.lines().count(), 42);
}

#[test]
fn a_change_that_could_not_be_saved_is_told_as_one() {
    let executed = give(&with(|_| ()), &format!("/policy allow-group {GROUP}")).not_saved("the disk is full");
    assert_eq!((executed.outcome, executed.change.is_none()), (Outcome::Error, true));
    assert_eq!(executed.reply, "Failed to write policy: the disk is full");
}

/// Words of commands, ids and signs, in any order.
fn any_command() -> impl Strategy<Value = String> {
    let words = [
        "/policy",
        "/voicemessages",
        "/approve",
        "/deny",
        "/approve-mention",
        "set-when",
        "allow-group",
        "block-group",
        "set-persona",
        "clear-persona",
        "block-sender",
        "unblock-sender",
        "rollback",
        "--dry-run",
        "off",
        "all",
        "on",
        "inherit",
        "1@g.us",
        "2@g.us",
        "irc:#x",
        "irc:",
        "''",
        "'",
        "\\",
        "eve",
        "@",
        "../x",
        "list-groups",
        "history",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..6)
        .prop_map(|words| words.join(" "))
}

fn any_document() -> impl Strategy<Value = Document> {
    let senders = || proptest::option::of(proptest::collection::vec("[a-c]", 0..3));
    let chat =
        (senders(), senders(), proptest::option::of("[ab].md")).prop_map(|(who, blocked, persona_file)| {
            ChatOverride {
                who_can_talk: who.map(|senders| WhoCanTalkOverride { mode: None, senders: Some(senders) }),
                blocked_senders: blocked.map(|senders| BlockedSendersOverride { senders: Some(senders) }),
                persona_file,
                ..ChatOverride::default()
            }
        });
    let chats = proptest::collection::btree_map("[12]@g.us|#x|#y", chat, 0..4);
    proptest::collection::btree_map("whatsapp|irc", chats, 0..3).prop_map(|channels| {
        with(|policy| {
            let channel = |chats| ChannelPolicy { chats: Map::of(chats), ..ChannelPolicy::default() };
            policy.channels = Map::of(channels.into_iter().map(|(name, chats)| (name, channel(chats))));
        })
    })
}

proptest! {
    #[test]
    fn any_text_is_heard_without_harm(text in "\\PC{0,40}|/(policy|approve|reset|panic) [ -~]{0,40}") {
        let heard = admin().hear(&text, &owner(), Ok(&with(|_| ())), Duration::ZERO);
        if let Heard::Task(task) = heard {
            task.execute(&with(|_| ()), &Facts::default(), &check);
        }
        admin().hear_policy(&text, Flags::default(), &owner(), Err("x"), Duration::ZERO);
    }

    #[test]
    fn a_command_never_changes_another_chat_than_the_one_it_names(
        document in any_document(),
        text in any_command(),
    ) {
        let heard = admin().hear(&text, &owner(), Ok(&document), Duration::ZERO);
        let Heard::Task(task) = heard else { return Ok(()) };
        let Some(change) = task.execute(&document, &Facts::default(), &check).change else { return Ok(()) };
        let (mut before, mut after) = (document.policy().clone(), change.document.policy().clone());
        let mut named = 0;
        for channel in ["whatsapp", "irc"] {
            let chats = |policy: &mut Policy| policy.channels.0.shift_remove(channel).unwrap_or_default();
            let (mut old, mut new) = (chats(&mut before), chats(&mut after));
            for chat in ["1@g.us", "2@g.us", "#x", "#y", owner().chat] {
                let is_named = text.contains(chat) || (chat == owner().chat && text.starts_with("/voice"));
                let (old, new) = (old.chats.0.shift_remove(chat), new.chats.0.shift_remove(chat));
                prop_assert!(old == new || is_named, "{}: {} changed", text, chat);
                named += usize::from(old != new);
            }
            prop_assert_eq!(old, new);
        }
        prop_assert_eq!(before, after);
        prop_assert_eq!(named, 1, "{}", text);
    }

    #[test]
    fn a_rollback_restores_the_hash(document in any_document(), later in any_document()) {
        let facts = Facts {
            history: vec![row()],
            backup: Backup::Found(Box::new(document.clone())),
            ..Facts::default()
        };
        let executed = give_as(&owner(), &later, &format!("/policy rollback {ID}"), &facts);
        if let Some(change) = executed.change {
            prop_assert_eq!(&change.hashes.after, &document.hash());
            prop_assert_eq!(&change.document.hash(), &document.hash());
            prop_assert_eq!(change.backup, later.text().unwrap());
        } else {
            prop_assert_eq!(later.hash(), document.hash());
        }
    }
}
