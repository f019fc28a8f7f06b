//! The policy as an operator changes it, with or without a daemon: the command line uses the same code on a home that
//! it has locked.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nanobot_core::ports::{
    ControlError, NotesEdit, PolicyAdmin, PolicyAnswer, PolicyAsk, PolicyEdit, StoreError, StoreErrorKind,
};
use nanobot_policy::Document;
use nanobot_policy::admin::{
    Flags, Heard, NotesEdit as Notes, Outcome, Speaker, Target, Way, annotate_whatsapp_comments,
    migrate_allow_from, set_memory_notes,
};
use nanobot_policy::schema::NotesMode;

use super::room::{Act, Edited, PolicyRoom};
use super::work::change_id;

/// Where commands from a shell come from, as the original names it.
const CHANNEL: &str = "cli";
const CHAT: &str = "local";

#[async_trait]
impl PolicyAdmin for PolicyRoom {
    async fn edit_policy(&self, ask: &PolicyAsk, actor: &str) -> Result<PolicyAnswer, ControlError> {
        let now = self.now();
        let speaker = Speaker {
            way: Way::Cli,
            channel: CHANNEL,
            chat: CHAT,
            sender: actor,
            is_group: false,
            is_owner: true,
        };
        let id = change_id(&self.new_id());
        let act = |command| Act { id: id.clone(), command, speaker, at: now };
        match &ask.edit {
            PolicyEdit::Command(text) => {
                let flags = Flags { dry_run: ask.dry_run, confirm: ask.confirm };
                Ok(self.command(&act(text), flags).await)
            }
            PolicyEdit::Notes(edit) => {
                let (target, notes) = match notes(edit) {
                    Ok(read) => read,
                    Err(why) => return Ok(refused("memory-notes", ask, why)),
                };
                let command = format!("memory notes set {target}");
                let make = move |before: &Document| set_memory_notes(before, &target, notes);
                let edited = self.edit(&act(&command), ask.dry_run, make).await;
                Ok(answer("memory-notes", ask, edited, "Notes of the chat are set."))
            }
            PolicyEdit::NameGroups { names, overwrite } => {
                let names: BTreeMap<String, String> = names.iter().cloned().collect();
                let overwrite = *overwrite;
                let make = move |before: &Document| annotate_whatsapp_comments(before, &names, overwrite).0;
                let edited = self.edit(&act("policy annotate-whatsapp-comments"), ask.dry_run, make).await;
                Ok(answer("annotate-whatsapp-comments", ask, edited, "Names stand beside their groups."))
            }
            PolicyEdit::MigrateAllowFrom(lists) => {
                let lists: BTreeMap<String, Vec<String>> = lists.iter().cloned().collect();
                let make = move |before: &Document| migrate_allow_from(before, &lists).0;
                let edited = self.edit(&act("policy migrate-allowfrom"), ask.dry_run, make).await;
                Ok(answer("migrate-allowfrom", ask, edited, "The lists stand in the policy."))
            }
        }
    }
}

impl PolicyRoom {
    async fn command(&self, act: &Act<'_>, flags: Flags) -> PolicyAnswer {
        let heard = self
            .act(act, |admin, loaded, now| admin.hear_policy(act.command, flags, &act.speaker, loaded, now))
            .await;
        let executed = match heard {
            Heard::Answered(executed) => executed,
            Heard::NotACommand | Heard::Ignored | Heard::Task(_) => {
                return PolicyAnswer {
                    outcome: Outcome::Invalid.word().to_owned(),
                    reply: "This is no policy command.".to_owned(),
                    command: "unknown".to_owned(),
                    dry_run: flags.dry_run,
                    before_hash: None,
                    after_hash: None,
                    change: None,
                };
            }
        };
        let (before_hash, after_hash) =
            executed.hashes.clone().map(|hashes| (hashes.before, hashes.after)).unzip();
        let is_saved = executed.outcome == Outcome::Applied && before_hash.is_some() && !executed.dry_run;
        PolicyAnswer {
            outcome: executed.outcome.word().to_owned(),
            reply: executed.reply.clone(),
            command: executed.command.to_owned(),
            dry_run: executed.dry_run,
            before_hash,
            after_hash,
            change: is_saved.then(|| act.id.clone()),
        }
    }
}

fn notes(edit: &NotesEdit) -> Result<(Target, Notes), String> {
    let target = Target { channel: edit.channel.clone(), chat: edit.chat.clone() };
    let mode = match &edit.mode {
        None => None,
        Some(word) => {
            let known = NotesMode::ALL.iter().copied().find(|mode| mode.word() == word);
            let words: Vec<&str> = NotesMode::ALL.iter().map(|mode| mode.word()).collect();
            Some(
                known
                    .ok_or_else(|| format!("the mode of notes is one of {}, not {word}", words.join(", ")))?,
            )
        }
    };
    Ok((target, Notes { enabled: edit.enabled, mode, allow_blocked: edit.allow_blocked }))
}

fn refused(command: &str, ask: &PolicyAsk, why: String) -> PolicyAnswer {
    PolicyAnswer {
        outcome: Outcome::Invalid.word().to_owned(),
        reply: why,
        command: command.to_owned(),
        dry_run: ask.dry_run,
        before_hash: None,
        after_hash: None,
        change: None,
    }
}

fn answer(command: &str, ask: &PolicyAsk, edited: Result<Edited, String>, told: &str) -> PolicyAnswer {
    let edited = match edited {
        Ok(edited) => edited,
        Err(why) => {
            let reply = format!("Failed to apply policy change: {why}");
            return PolicyAnswer {
                outcome: Outcome::Error.word().to_owned(),
                ..refused(command, ask, reply)
            };
        }
    };
    let is_same = edited.before_hash == edited.after_hash;
    let (outcome, reply) = match (is_same, ask.dry_run) {
        (true, _) => (Outcome::Noop, "No policy changes required.".to_owned()),
        (false, true) => (Outcome::Applied, format!("Dry run, checked and not saved: {told}")),
        (false, false) => (Outcome::Applied, told.to_owned()),
    };
    PolicyAnswer {
        outcome: outcome.word().to_owned(),
        reply,
        command: command.to_owned(),
        dry_run: ask.dry_run,
        before_hash: Some(edited.before_hash),
        after_hash: Some(edited.after_hash),
        change: edited.change,
    }
}

/// The policy cannot be opened for this act.
impl From<super::RoomError> for ControlError {
    fn from(error: super::RoomError) -> Self {
        match error {
            super::RoomError::Store(error) => Self::Store(error),
            super::RoomError::Faults(faults) => Self::Store(StoreError::new(
                StoreErrorKind::Corrupt,
                format!("reading the policy: {}", faults.join("; ")),
            )),
        }
    }
}
