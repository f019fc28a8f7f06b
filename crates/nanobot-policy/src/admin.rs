//! Commands of owners: who may give them, what they mean, what they come to. The doing is somebody else's.
//!
//! The way of a message: [`Admin::hear`] says whether it is a command that this sender may give here. Most questions
//! are answered at once; what needs more than the policy is a [`Task`] that says what it needs ([`Task::needs`]), and
//! comes to an [`Executed`] once it has that. An [`Executed`] holds the answer, and as data what must be done: a
//! policy to be saved, a session to be cleared, a stop.
//!
//! Whether a sender is an owner, what time it is and where files lie are told from outside.

mod chat;
mod edit;
mod executed;
mod groups;
mod limit;
mod line;
mod settle;
mod show;
mod sub;
mod target;
mod task;
mod upkeep;
mod words;

use std::collections::BTreeSet;
use std::time::Duration;

use nanobot_core::text::trim;

use crate::document::Document;
use edit::sender_name;

pub use chat::reset_reply;
pub use executed::{Change, Effect, Executed, Hashes, Kind, Outcome};
pub use groups::GroupFact;
use limit::Limiter;
pub use line::Line;
use line::{Quick, Verb};
pub use settle::Check;
pub use sub::Flags;
use sub::Sub;
pub use target::Target;
use target::WHATSAPP;
pub use task::{Backup, Facts, Needs, Task};
pub use upkeep::{
    AllowLists, Annotated, NotesEdit, annotate_whatsapp_comments, migrate_allow_from, set_memory_notes,
};
pub use words::Unreadable;

/// Over which way a command comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A message in a chat.
    Chat,
    /// A shell of the machine, whose user may do everything anyway.
    Cli,
}

impl Way {
    /// The word in the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chat => "dm",
            Self::Cli => "cli",
        }
    }
}

/// Who speaks, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker<'a> {
    /// Over which way.
    pub way: Way,
    /// On which channel; `cli` from a shell.
    pub channel: &'a str,
    /// In which chat; `local` from a shell.
    pub chat: &'a str,
    /// Who, as the channel names them.
    pub sender: &'a str,
    /// Several people read it.
    pub is_group: bool,
    /// The sender is an owner on that channel.
    pub is_owner: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It does not begin with a slash and goes its way.
    NotACommand,
    /// It is none for this sender, or not here. It goes its way, and nobody is told that there are commands.
    Ignored,
    /// It is answered.
    Answered(Box<Executed>),
    /// It may be done, once what it needs is there.
    Task(Box<Task>),
}

/// Hears commands. Its only memory is how many each sender gave within the last minute.
#[derive(Debug, Default)]
pub struct Admin {
    /// The channels that a chat may be named with (`irc:#room`).
    channels: BTreeSet<String>,
    limiter: Limiter,
}

/// The policy that a command works on, or one line that says why there is none.
pub type Loaded<'a> = Result<&'a Document, &'a str>;

impl Admin {
    /// For these channels.
    pub fn new(channels: BTreeSet<String>) -> Self {
        Self { channels, limiter: Limiter::default() }
    }

    /// Hears a message of a chat at a monotonic time.
    pub fn hear(&mut self, text: &str, speaker: &Speaker<'_>, loaded: Loaded<'_>, now: Duration) -> Heard {
        let (name, arguments) = match Line::parse(text) {
            None => return Heard::NotACommand,
            Some(Line::Words { name, arguments }) => (name, arguments),
            Some(Line::Unreadable(why)) if speaker.is_owner => {
                return answered(Executed::unknown(format!("Invalid command syntax: {why}")));
            }
            Some(Line::Empty | Line::Unreadable(_)) => return Heard::Ignored,
        };
        let Some(verb) = Verb::named(&name) else {
            return if speaker.is_owner {
                answered(Executed::unknown(format!("Unknown command '/{name}'. Try /commands.")))
            } else {
                Heard::Ignored
            };
        };
        if !speaker.is_owner || (speaker.is_group && verb.is_direct_only()) {
            return Heard::Ignored;
        }
        match verb {
            Verb::Policy => self.policy(arguments, Flags::default(), speaker, loaded, now),
            Verb::Quick(quick) => self.quick(quick, arguments, Flags::default(), speaker, loaded, now),
            Verb::Commands => answered(chat::commands(&arguments, speaker)),
            Verb::Reset => answered(chat::reset(&arguments)),
            Verb::Panic => answered(chat::panic(&arguments, speaker)),
            Verb::VoiceMessages => match (chat::voice_task(&arguments, speaker), loaded) {
                (Err(refused), _) => Heard::Answered(refused),
                (Ok(_), Err(why)) => answered(unloaded("voicemessages", Kind::Chat, why)),
                (Ok(task), Ok(_)) => Heard::Task(Box::new(task)),
            },
        }
    }

    /// Hears a policy command that came over another way than the stage of a chat: from a shell, or from a program
    /// that has asked who its speaker is. There everything is answered, and only policy commands are heard.
    pub fn hear_policy(
        &mut self,
        text: &str,
        flags: Flags,
        speaker: &Speaker<'_>,
        loaded: Loaded<'_>,
        now: Duration,
    ) -> Heard {
        let refused = |why: &dyn std::fmt::Display| {
            let command = Executed::unknown(format!("Invalid command: {why}"));
            answered(Executed { known: true, command: "", kind: Kind::Question, ..command })
        };
        match Line::parse(text) {
            None => refused(&"command must start with '/'"),
            Some(Line::Empty) => refused(&"nothing stands behind the slash"),
            Some(Line::Unreadable(why)) => refused(&why),
            Some(Line::Words { name, arguments }) => match Verb::named(&name) {
                Some(Verb::Policy) => self.policy(arguments, flags, speaker, loaded, now),
                Some(Verb::Quick(quick)) => self.quick(quick, arguments, flags, speaker, loaded, now),
                _ => answered(Executed::unknown(format!("Unknown command '/{name}'. Try /policy help."))),
            },
        }
    }

    fn policy(
        &mut self,
        mut arguments: Vec<String>,
        flags: Flags,
        speaker: &Speaker<'_>,
        loaded: Loaded<'_>,
        now: Duration,
    ) -> Heard {
        let word =
            if arguments.is_empty() { String::new() } else { trim(&arguments.remove(0)).to_lowercase() };
        let Some(sub) = Sub::named(&word) else {
            let unknown = Executed::unknown(format!("Unknown command '/policy {word}'. Try /policy help."));
            return answered(Executed { kind: Kind::Question, ..unknown });
        };
        let (given, arguments) = Flags::take(arguments);
        let flags = flags.or(given);
        let kind = match sub {
            Sub::Rollback => Kind::Rollback,
            sub if sub.changes() => Kind::Change,
            _ => Kind::Question,
        };
        let refuse = |outcome, reply| {
            let refused = Executed::new(sub.name(), kind, outcome, reply);
            answered(Executed { dry_run: flags.dry_run, ..refused })
        };
        let document = match self.admit(speaker, loaded, now) {
            Ok(document) => document,
            Err((outcome, reply)) => return refuse(outcome, reply),
        };
        if sub.is_risky() && !flags.confirm && document.policy().runtime.admin_require_confirm_for_risky {
            let reply = "Risky command requires --confirm (runtime.adminRequireConfirmForRisky=true).";
            return refuse(Outcome::Invalid, reply.to_owned());
        }
        match Task::policy(sub, &arguments, flags, administered(speaker), &self.channels) {
            Ok(task) => Heard::Task(Box::new(task)),
            Err(reply) => {
                let refused = Executed::new(sub.name(), kind, Outcome::Invalid, reply);
                let is_rollback = kind == Kind::Rollback;
                answered(Executed { dry_run: flags.dry_run, is_rollback, ..refused })
            }
        }
    }

    fn quick(
        &mut self,
        quick: Quick,
        arguments: Vec<String>,
        flags: Flags,
        speaker: &Speaker<'_>,
        loaded: Loaded<'_>,
        now: Duration,
    ) -> Heard {
        let (given, arguments) = Flags::take(arguments);
        let flags = flags.or(given);
        let task = self.admit(speaker, loaded, now).and_then(|_| {
            let task = Task::quick(quick, &arguments, flags, administered(speaker), &self.channels);
            task.map_err(|reply| (Outcome::Invalid, reply))
        });
        match task {
            Ok(task) => Heard::Task(Box::new(task)),
            Err((outcome, reply)) => {
                let refused = Executed::new(quick.name(), Kind::Change, outcome, reply);
                answered(Executed { dry_run: flags.dry_run, ..refused })
            }
        }
    }

    /// Whether this speaker may give one more policy command now.
    fn admit<'d>(
        &mut self,
        speaker: &Speaker<'_>,
        loaded: Loaded<'d>,
        now: Duration,
    ) -> Result<&'d Document, (Outcome, String)> {
        if speaker.way == Way::Chat && !speaker.is_owner {
            return Err((Outcome::Denied, "Policy command denied.".to_owned()));
        }
        let document = loaded.map_err(|why| (Outcome::Error, unread(why)))?;
        let limit = &document.policy().runtime.admin_command_rate_limit_per_minute;
        let count = limit.get().map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if speaker.way == Way::Chat && !self.limiter.admits(&sender_name(speaker.sender), now, count) {
            let reply =
                format!("Policy command rate limit exceeded ({}/minute). Try again shortly.", limit.digits());
            return Err((Outcome::Denied, reply));
        }
        Ok(document)
    }
}

/// The channel whose chats a speaker means when he names none.
fn administered<'a>(speaker: &Speaker<'a>) -> &'a str {
    match speaker.way {
        Way::Chat => speaker.channel,
        Way::Cli => WHATSAPP,
    }
}

fn answered(executed: Executed) -> Heard {
    Heard::Answered(Box::new(executed))
}

fn unread(why: &str) -> String {
    format!("Failed to load policy: {why}")
}

fn unloaded(command: &'static str, kind: Kind, why: &str) -> Executed {
    Executed::new(command, kind, Outcome::Error, unread(why))
}

#[cfg(test)]
mod tests;
