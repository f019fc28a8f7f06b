//! A command that may be given and is understood: what it must know, and what it comes to.

use std::collections::BTreeSet;

use nanobot_core::ports::ChangeRow;
use nanobot_core::text::trim;

use super::chat::{self, VoiceWish};
use super::edit::{self, Edit, reply_mode, sender_name};
use super::executed::{Executed, Kind, Outcome};
use super::groups::{Found, GroupFact, find, known, list, several};
use super::line::Quick;
use super::settle::{Check, Draft, settle};
use super::show;
use super::sub::{Flags, Sub, help, whole_number};
use super::target::{Target, is_group, is_id, is_whatsapp};
use crate::document::Document;
use crate::document::schema::Policy;

/// So many changes are listed unless a number is given.
const HISTORY: usize = 10;

/// At most so many: the answer is a message in a chat.
const MAX_HISTORY: usize = 100;

/// So far back a rollback looks for its change. The log is read whole for it, so it must end somewhere.
const ROLLBACK_REACH: usize = 10_000;

/// The digits of the id of a change.
const CHANGE_ID: usize = 32;

/// What a command must know besides the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// The groups that are known from elsewhere, of this channel.
    pub groups: Option<String>,
    /// So many of the last changes.
    pub history: Option<usize>,
    /// The policy before this change: 32 lower-case hex digits.
    pub backup: Option<String>,
}

/// The policy before a change.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Backup {
    /// Nobody looked, or it is not there.
    #[default]
    Missing,
    /// It is there and is no policy.
    Unreadable,
    /// This one.
    Found(Box<Document>),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Groups from elsewhere.
    pub groups: Vec<GroupFact>,
    /// The last changes, newest first.
    pub history: Vec<ChangeRow>,
    /// The policy before the change that was asked for.
    pub backup: Backup,
}

/// A command that may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    action: Action,
    flags: Flags,
    /// The channel of its sender.
    channel: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Help,
    ListGroups(Option<String>),
    Resolve {
        channel: String,
        wanted: String,
    },
    /// `status-group` and `explain-group`.
    Show(Sub, Reference),
    ListBlocked(Target),
    History(usize),
    Rollback(String),
    Edit {
        command: &'static str,
        target: Target,
        edit: Edit,
    },
    Voice {
        target: Target,
        wish: VoiceWish,
    },
}

/// A chat by its id, or by what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reference {
    Id(Target),
    Name { channel: String, name: String },
}

impl Task {
    /// Reads the arguments of a policy command.
    ///
    /// # Errors
    /// What its sender is told.
    pub(super) fn policy(
        sub: Sub,
        arguments: &[String],
        flags: Flags,
        channel: &str,
        channels: &BTreeSet<String>,
    ) -> Result<Self, String> {
        let action = action(sub, arguments, channel, channels)?;
        Ok(Self { action, flags, channel: channel.to_owned() })
    }

    /// Reads the argument of an answer to the notice of a new chat.
    ///
    /// # Errors
    /// What its sender is told.
    pub(super) fn quick(
        quick: Quick,
        arguments: &[String],
        flags: Flags,
        channel: &str,
        channels: &BTreeSet<String>,
    ) -> Result<Self, String> {
        let usage = || format!("Usage: /{} <chat>", quick.name());
        let [argument] = arguments else { return Err(usage()) };
        let target = Target::announced(argument, channel, channels).ok_or_else(usage)?;
        let action = Action::Edit { command: quick.name(), target, edit: edit::quick(quick) };
        Ok(Self { action, flags, channel: channel.to_owned() })
    }

    /// Spoken answers of a chat: shown, or set.
    pub(super) fn voice(target: Target, wish: VoiceWish) -> Self {
        let channel = target.channel.clone();
        Self { action: Action::Voice { target, wish }, flags: Flags::default(), channel }
    }

    /// What must be looked up before [`execute`](Self::execute).
    pub fn needs(&self) -> Needs {
        let groups = |channel: &str| Needs { groups: Some(channel.to_owned()), ..Needs::default() };
        match &self.action {
            Action::ListGroups(_) => groups(&self.channel),
            Action::Resolve { channel, .. } | Action::Show(_, Reference::Name { channel, .. }) => {
                groups(channel)
            }
            Action::History(limit) => Needs { history: Some(*limit), ..Needs::default() },
            Action::Rollback(change) => Needs {
                history: Some(ROLLBACK_REACH),
                backup: is_change(change).then(|| change.clone()),
                groups: None,
            },
            Action::Help
            | Action::Show(_, Reference::Id(_))
            | Action::ListBlocked(_)
            | Action::Edit { .. }
            | Action::Voice { .. } => Needs::default(),
        }
    }

    /// What it comes to.
    pub fn execute(self, document: &Document, facts: &Facts, check: Check<'_>) -> Executed {
        let Self { action, flags, channel } = self;
        let policy = document.policy();
        let mut executed = match action {
            Action::Help => question(Sub::Help, help(&channel)),
            Action::ListGroups(query) => {
                let groups = known(policy, &channel, &facts.groups);
                question(Sub::ListGroups, list(&groups, &channel, query.as_deref()))
            }
            Action::Resolve { channel, wanted } => {
                match find(&known(policy, &channel, &facts.groups), &wanted) {
                    Found::One(group) => question(Sub::ResolveGroup, group.resolved(&wanted)),
                    Found::None => {
                        let reply = format!("No group matched '{wanted}'. Try /policy list-groups.");
                        invalid(Sub::ResolveGroup, reply)
                    }
                    Found::Several(groups) => invalid(Sub::ResolveGroup, several(&groups, &wanted)),
                }
            }
            Action::Show(sub, reference) => show_chat(sub, reference, policy, facts),
            Action::ListBlocked(target) => question(Sub::ListBlocked, show::list_blocked(policy, &target)),
            Action::History(limit) => {
                question(Sub::History, show::history(facts.history.get(..limit).unwrap_or(&facts.history)))
            }
            Action::Rollback(change) => return rollback(document, change, facts, flags, check),
            Action::Edit { command, target, edit } => {
                return change(document, command, &target, &edit, flags, check);
            }
            Action::Voice { target, wish } => return chat::voice(document, &target, wish, check),
        };
        executed.dry_run = flags.dry_run;
        executed
    }
}

fn question(sub: Sub, reply: String) -> Executed {
    Executed::new(sub.name(), Kind::Question, Outcome::Noop, reply)
}

fn invalid(sub: Sub, reply: String) -> Executed {
    Executed::new(sub.name(), Kind::Question, Outcome::Invalid, reply)
}

fn show_chat(sub: Sub, reference: Reference, policy: &Policy, facts: &Facts) -> Executed {
    let target = match reference {
        Reference::Id(target) => target,
        Reference::Name { channel, name } => match find(&known(policy, &channel, &facts.groups), &name) {
            Found::One(group) => Target { channel, chat: group.id },
            Found::None => return invalid(sub, wrong(sub, &format!("unknown group reference: {name}"))),
            Found::Several(groups) => return invalid(sub, wrong(sub, &several(&groups, &name))),
        },
    };
    let reply = match sub {
        Sub::ExplainGroup => show::explain(policy, &target),
        _ => show::status(policy, &target),
    };
    question(sub, reply)
}

fn change(
    document: &Document,
    command: &'static str,
    target: &Target,
    edit: &Edit,
    flags: Flags,
    check: Check<'_>,
) -> Executed {
    let mut policy = document.policy().clone();
    if let Err(why) = edit.apply(&mut policy, target) {
        let reply = format!("Invalid {command} arguments: {why}");
        let executed = Executed::new(command, Kind::Change, Outcome::Invalid, reply);
        return Executed { dry_run: flags.dry_run, ..executed };
    }
    let after = document.changed(policy);
    let draft = Draft { command, kind: Kind::Change, told: edit.told(target), after, rollback_of: None };
    settle(document, draft, flags, check)
}

/// Brings back the policy from before a change. Without its backup nothing is changed: any other policy in its place
/// could lock the owner out.
fn rollback(document: &Document, change: String, facts: &Facts, flags: Flags, check: Check<'_>) -> Executed {
    let refused = |outcome, reply| Executed {
        dry_run: flags.dry_run,
        is_rollback: true,
        ..Executed::new(Sub::Rollback.name(), Kind::Rollback, outcome, reply)
    };
    if !facts.history.iter().any(|row| row.id == change) {
        return refused(Outcome::Invalid, format!("Unknown change id: {change}"));
    }
    let after = match &facts.backup {
        Backup::Found(document) => (**document).clone(),
        Backup::Missing => {
            let reply = format!("The backup of change {change} is missing; nothing was changed.");
            return refused(Outcome::Error, reply);
        }
        Backup::Unreadable => {
            let reply = format!("The backup of change {change} cannot be read; nothing was changed.");
            return refused(Outcome::Error, reply);
        }
    };
    let told = format!("Rollback applied from change {change}.");
    let (command, rollback_of) = (Sub::Rollback.name(), Some(change));
    settle(document, Draft { command, kind: Kind::Rollback, told, after, rollback_of }, flags, check)
}

/// Ids of ours name files, so nothing else is looked for.
fn is_change(id: &str) -> bool {
    id.len() == CHANGE_ID && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn wrong(sub: Sub, why: &str) -> String {
    format!("Invalid {} arguments: {why}", sub.name())
}

/// What a policy command means.
fn action(
    sub: Sub,
    arguments: &[String],
    channel: &str,
    channels: &BTreeSet<String>,
) -> Result<Action, String> {
    let usage = || sub.usage(channel);
    let target = |argument: &str| Target::parse(argument, channel, channels).map_err(|why| wrong(sub, why));
    let edit = |argument: &str, edit: Edit| {
        Ok(Action::Edit { command: sub.name(), target: target(argument)?, edit })
    };
    match (sub, arguments) {
        (Sub::Help, _) => Ok(Action::Help),
        (Sub::ListGroups, []) => Ok(Action::ListGroups(None)),
        (Sub::ListGroups, [query]) => Ok(Action::ListGroups(Some(query.clone()))),
        (Sub::ResolveGroup, [wanted]) => {
            let (channel, wanted) = Target::split(wanted, channel, channels);
            Ok(Action::Resolve { channel: channel.to_owned(), wanted: wanted.to_owned() })
        }
        (Sub::StatusGroup | Sub::ExplainGroup, [wanted]) => {
            let (channel, wanted) = Target::split(wanted, channel, channels);
            reference(channel, wanted)
                .map(|reference| Action::Show(sub, reference))
                .map_err(|why| wrong(sub, why))
        }
        (Sub::AllowGroup, [chat]) => edit(chat, Edit::Allow),
        (Sub::BlockGroup, [chat]) => edit(chat, Edit::Block),
        (Sub::ClearPersona, [chat]) => edit(chat, Edit::ClearPersona),
        (Sub::ListBlocked, [chat]) => Ok(Action::ListBlocked(target(chat)?)),
        (Sub::SetWhen, [chat, mode]) => {
            let target = target(chat)?;
            let modes = "mode must be one of: all, mention_only, allowed_senders, owner_only, off";
            let edit = Edit::When(reply_mode(mode).ok_or_else(|| wrong(sub, modes))?);
            Ok(Action::Edit { command: sub.name(), target, edit })
        }
        (Sub::SetPersona, [chat, path]) => {
            let target = target(chat)?;
            let path = some(path).ok_or_else(|| wrong(sub, "persona_path cannot be empty"))?;
            Ok(Action::Edit { command: sub.name(), target, edit: Edit::Persona(path) })
        }
        (Sub::BlockSender | Sub::UnblockSender, [chat, sender]) => {
            let target = target(chat)?;
            let is_nobody = sender_name(sender).is_empty();
            let sender =
                some(sender).filter(|_| !is_nobody).ok_or_else(|| wrong(sub, "sender_id cannot be empty"))?;
            let edit =
                if sub == Sub::BlockSender { Edit::BlockSender(sender) } else { Edit::UnblockSender(sender) };
            Ok(Action::Edit { command: sub.name(), target, edit })
        }
        (Sub::History, []) => Ok(Action::History(HISTORY)),
        (Sub::History, [limit]) => {
            let limit = whole_number(limit).ok_or_else(usage)?.clamp(1, MAX_HISTORY as i128);
            Ok(Action::History(usize::try_from(limit).unwrap_or(HISTORY)))
        }
        (Sub::Rollback, [change]) => Ok(Action::Rollback(trim(change).to_owned())),
        (
            Sub::ListGroups
            | Sub::ResolveGroup
            | Sub::StatusGroup
            | Sub::ExplainGroup
            | Sub::AllowGroup
            | Sub::BlockGroup
            | Sub::SetWhen
            | Sub::SetPersona
            | Sub::ClearPersona
            | Sub::BlockSender
            | Sub::UnblockSender
            | Sub::ListBlocked
            | Sub::History
            | Sub::Rollback,
            _,
        ) => Err(usage()),
    }
}

/// A chat that is looked at: by its id, or by what people call it. Elsewhere than on WhatsApp an id looks like any
/// word, so aliases are tried before.
fn reference(channel: &str, wanted: &str) -> Result<Reference, &'static str> {
    if wanted.is_empty() {
        return Err("chat id cannot be empty");
    }
    let is_one =
        if is_whatsapp(channel) { is_group(wanted) } else { is_id(wanted) && !wanted.starts_with("g-") };
    Ok(if is_one {
        Reference::Id(Target { channel: channel.to_owned(), chat: wanted.to_owned() })
    } else {
        Reference::Name { channel: channel.to_owned(), name: wanted.to_owned() }
    })
}

fn some(text: &str) -> Option<String> {
    let text = trim(text);
    (!text.is_empty()).then(|| text.to_owned())
}
