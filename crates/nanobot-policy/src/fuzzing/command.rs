//! Any bytes as what people type to a small policy, one command after the other: answered or not, and whatever it
//! changes lies in the chat that it names.
//!
//! The first byte chooses who speaks, where, and to which policy ([`world`]). A zero byte parts the commands.

mod world;

use std::time::Duration;

use nanobot_core::text::trim;

use self::world::{World, world};
use super::{Broken, CHANNELS, Shape, checked, must, places};
use crate::Document;
use crate::admin::{Admin, Backup, Change, Effect, Executed, Flags, Heard, Kind, Line, Outcome, Way};
use crate::schema::{ChannelPolicy, Policy};

/// So many commands of an input are tried.
const COMMANDS: usize = 8;

/// Between two commands. A minute holds all of them, so that the limit on commands is met.
const PAUSE: Duration = Duration::from_secs(1);

/// Tries the bytes as commands.
///
/// # Errors
/// [`Broken`].
pub fn command(bytes: &[u8]) -> Result<Shape, Broken> {
    let Some((&selector, text)) = bytes.split_first() else { return Ok("nothing".to_owned()) };
    let mut world = world(selector)?;
    let mut admin = Admin::new(CHANNELS.map(str::to_owned).into());
    let mut shape = "nothing".to_owned();
    let mut now = Duration::ZERO;
    for text in String::from_utf8_lossy(text).split('\0').take(COMMANDS) {
        shape = one(text, &mut admin, &mut world, now)?;
        now += PAUSE;
    }
    Ok(shape)
}

fn one(text: &str, admin: &mut Admin, world: &mut World, now: Duration) -> Result<Shape, Broken> {
    let loaded =
        if world.is_broken { Err("line 3, column 1: a colon is expected here") } else { Ok(&world.document) };
    let heard = match world.speaker.way {
        Way::Chat => admin.hear(text, &world.speaker, loaded, now),
        Way::Cli => admin.hear_policy(text, Flags::default(), &world.speaker, loaded, now),
    };
    let is_unheard = matches!(heard, Heard::NotACommand | Heard::Ignored);
    if world.speaker.way == Way::Chat {
        must(is_unheard || world.speaker.is_owner, || "a stranger is answered".to_owned())?;
        let is_text = Line::parse(text).is_none();
        must(is_text == (heard == Heard::NotACommand), || {
            "the slash does not tell what a command is".to_owned()
        })?;
    } else {
        must(!is_unheard, || "a shell gets no answer".to_owned())?;
    }
    let executed = match heard {
        Heard::NotACommand => return Ok("no command".to_owned()),
        Heard::Ignored => return Ok("ignored".to_owned()),
        Heard::Answered(executed) => *executed,
        Heard::Task(task) => {
            let backup = task.needs().backup;
            let is_id = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            must(backup.as_deref().is_none_or(is_id), || format!("a backup is called {backup:?}"))?;
            let check = |document: &Document| checked(document).map_err(|fault| fault.message);
            task.execute(&world.document, &world.facts, &check)
        }
    };
    judge(text, &executed, world)?;
    let tried = if executed.dry_run { ", tried" } else { "" };
    let command = if executed.command.is_empty() { "no word" } else { executed.command };
    let shape = format!("{command}: {}{tried}", executed.outcome.word());
    let speaker = world.speaker;
    let change = executed.change.clone();
    executed.answer(&speaker);
    if let Some(change) = change {
        world.document = change.document;
    }
    Ok(shape)
}

/// Whether an answer keeps the promises.
fn judge(text: &str, executed: &Executed, world: &World) -> Result<(), Broken> {
    let Executed { outcome, kind, effect, hashes, .. } = executed;
    let answers_itself = matches!(effect, Some(Effect::ResetSession));
    must(!executed.reply.is_empty() || answers_itself, || "an answer without a word".to_owned())?;
    let Some(change) = executed.change.as_deref() else { return Ok(()) };
    must(!executed.dry_run, || "a dry run hands out a change".to_owned())?;
    must(!world.is_broken, || "a policy that cannot be read is changed".to_owned())?;
    must(*outcome == Outcome::Applied, || format!("a change that is {}", outcome.word()))?;
    must(hashes.as_ref() == Some(&change.hashes), || "two pairs of hashes".to_owned())?;
    loads(change, &world.document)?;
    match kind {
        Kind::Rollback => brings_back(change, world),
        Kind::Change | Kind::Chat => changes_one_chat(text, change, world),
        Kind::Question => Err(Broken("a question changes the policy".to_owned())),
    }
}

/// What is saved is the policy, passes the check, and can be taken back.
fn loads(change: &Change, before: &Document) -> Result<(), Broken> {
    let load = |text: &str| {
        Document::parse(text.as_bytes(), &places())
            .map_err(|fault| Broken(format!("what is to be saved is refused: {fault}")))
    };
    let (after, backup) = (load(&change.text)?, load(&change.backup)?);
    must(after.policy() == change.document.policy(), || "the text is another policy".to_owned())?;
    must(backup.policy() == before.policy(), || "the backup is another policy".to_owned())?;
    let hashes = (after.hash(), backup.hash());
    must(hashes.0 == change.hashes.after && hashes.1 == change.hashes.before, || {
        "the hashes are not those".to_owned()
    })?;
    must(hashes.0 != hashes.1, || "a change changes nothing".to_owned())?;
    checked(&after).map_err(|fault| Broken(format!("a change that the check refuses: {fault}")))
}

fn brings_back(change: &Change, world: &World) -> Result<(), Broken> {
    let Backup::Found(backup) = &world.facts.backup else {
        return Err(Broken("a rollback without a backup".to_owned()));
    };
    must(change.rollback_of.is_some(), || "a rollback of nothing".to_owned())?;
    must(change.document.policy() == backup.policy(), || "a rollback brings something else".to_owned())
}

fn changes_one_chat(text: &str, change: &Change, world: &World) -> Result<(), Broken> {
    let (mut before, mut after) = (world.document.policy().clone(), change.document.policy().clone());
    let changed = changed_chats(&before, &after);
    let [(channel, chat)] = changed.as_slice() else {
        return Err(Broken(format!("{} chats are changed", changed.len())));
    };
    must(is_named(text, channel, chat, world), || format!("{channel}:{chat} is changed and was not named"))?;
    take_away(&mut before, channel, chat);
    take_away(&mut after, channel, chat);
    must(before == after, || "more than one chat is changed".to_owned())
}

/// The chats that have other rules than before.
fn changed_chats(before: &Policy, after: &Policy) -> Vec<(String, String)> {
    let rules = |policy: &'_ Policy, channel: &str, chat: &str| {
        policy.channels.get(channel).and_then(|channel| channel.chats.get(chat)).cloned()
    };
    let mut changed = Vec::new();
    for (channel, section) in before.channels.0.iter().chain(&after.channels.0) {
        for chat in section.chats.0.keys() {
            let place = (channel.clone(), chat.clone());
            if rules(before, channel, chat) != rules(after, channel, chat) && !changed.contains(&place) {
                changed.push(place);
            }
        }
    }
    changed
}

/// A section that says nothing is as good as none: the first chat of a channel brings it.
fn take_away(policy: &mut Policy, channel: &str, chat: &str) {
    let Some(section) = policy.channels.0.get_mut(channel) else { return };
    section.chats.0.shift_remove(chat);
    if *section == ChannelPolicy::default() {
        policy.channels.0.shift_remove(channel);
    }
}

/// Whether the words name the chat: by its id, with its channel in front where it is not the speaker's own; spoken
/// answers are those of the chat where they are asked for.
fn is_named(text: &str, channel: &str, chat: &str, world: &World) -> bool {
    let Some(Line::Words { name, arguments }) = Line::parse(text) else { return false };
    let speaker = &world.speaker;
    if name == "voicemessages" {
        return (channel, chat) == (speaker.channel, speaker.chat);
    }
    let own = if speaker.way == Way::Cli { "whatsapp" } else { speaker.channel };
    arguments.iter().map(|argument| trim(argument)).any(|argument| {
        let elsewhere = argument.strip_prefix(channel).and_then(|rest| rest.strip_prefix(':')).map(trim);
        (channel == own && argument == chat) || elsewhere == Some(chat)
    })
}
