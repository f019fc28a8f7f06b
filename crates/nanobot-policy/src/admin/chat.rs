//! The commands of a chat itself: the list of commands, spoken answers, forgetting, the emergency stop.

use std::time::Duration;

use nanobot_core::text::trim;

use super::Speaker;
use super::edit::Edit;
use super::executed::{Effect, Executed, Kind, Outcome};
use super::settle::{Check, Draft, settle};
use super::show::voice_mode;
use super::sub::{Flags, help};
use super::target::{Target, is_whatsapp};
use super::task::Task;
use crate::document::Document;
use crate::document::schema::SpeechMode;

/// So long an emergency stop waits, so that its answer can leave.
const PANIC_DELAY: Duration = Duration::from_secs(1);

const VOICE: &str = "voicemessages";
const VOICE_USAGE: &str = "Usage: /voicemessages <status|on|off|in_kind|always|text|inherit>";
const COMMANDS: &str = "commands";
const COMMANDS_USAGE: &str = "Usage: /commands [all]";

/// Small letters, as words of a command are compared.
fn small(arguments: &[String]) -> Vec<String> {
    arguments.iter().map(|argument| trim(argument).to_lowercase()).collect()
}

fn answer(command: &'static str, outcome: Outcome, reply: impl Into<String>) -> Executed {
    Executed::new(command, Kind::Chat, outcome, reply)
}

/// `/commands` and `/help`.
pub(super) fn commands(arguments: &[String], speaker: &Speaker<'_>) -> Executed {
    let arguments = small(arguments);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => answer(COMMANDS, Outcome::Applied, listed(speaker)),
        ["all" | "full"] if speaker.is_group => answer(COMMANDS, Outcome::Applied, listed(speaker)),
        ["all" | "full"] => {
            let reply = format!("{}\n\n{}", listed(speaker), help(speaker.channel));
            answer(COMMANDS, Outcome::Applied, reply)
        }
        ["--help" | "-h" | "help"] => answer(COMMANDS, Outcome::Applied, COMMANDS_USAGE),
        _ => answer(COMMANDS, Outcome::Invalid, COMMANDS_USAGE),
    }
}

/// The commands that count in the chat of the speaker. For WhatsApp word for word the original's list.
fn listed(speaker: &Speaker<'_>) -> String {
    let is_whatsapp = is_whatsapp(speaker.channel);
    let mut lines = vec![
        "Available slash commands for this chat:",
        "- /commands [all] — list available commands",
        "- /reset — clear conversation history for this chat",
        "- /voicemessages <status|on|off|in_kind|always|text|inherit>",
    ];
    if is_whatsapp {
        lines.push(
            "- !voice-send <here|chat_id|group_alias> <text> — owner raw voice send (no LLM paraphrase)",
        );
    }
    match (speaker.is_group, is_whatsapp) {
        (true, true) => lines.push("In your DM with Nano: /policy help"),
        (true, false) => lines.push("In a direct chat: /policy help"),
        (false, true) => lines.push("- /panic [now] — emergency stop gateway + WhatsApp bridge"),
        (false, false) => lines.extend([
            "- /approve <chat>, /approve-mention <chat>, /deny <chat> — for a chat that is new",
            "- /panic [now] — emergency stop",
        ]),
    }
    if !speaker.is_group {
        lines.push("- /policy help — policy admin commands");
    }
    lines.join("\n")
}

/// `/reset`.
pub(super) fn reset(arguments: &[String]) -> Executed {
    if !arguments.is_empty() {
        return answer("reset", Outcome::Invalid, "Usage: /reset");
    }
    Executed { effect: Some(Effect::ResetSession), ..answer("reset", Outcome::Applied, "") }
}

/// What is told of a session that was cleared: how many messages it had, and whether its state file went too.
pub fn reset_reply(chat: &str, messages: usize, state_cleared: bool) -> String {
    let state = if state_cleared { " Session state cleared." } else { "" };
    format!("Conversation history cleared for {chat} ({messages} messages).{state}")
}

/// `/panic`.
pub(super) fn panic(arguments: &[String], speaker: &Speaker<'_>) -> Executed {
    let what = if is_whatsapp(speaker.channel) { "gateway and WhatsApp bridge" } else { "the assistant" };
    let engaged = format!("Panic switch engaged. Stopping {what}");
    let (delay, reply) = match small(arguments).iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (PANIC_DELAY, format!("{engaged} (after ack).")),
        ["now"] => (Duration::ZERO, format!("{engaged}.")),
        _ => return answer("panic", Outcome::Invalid, "Usage: /panic [now]"),
    };
    Executed { effect: Some(Effect::Panic { delay }), ..answer("panic", Outcome::Applied, reply) }
}

/// What `/voicemessages` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VoiceWish {
    Show,
    Set(SpeechMode),
    /// As the outer layers say.
    Inherit,
}

/// Reads `/voicemessages`.
///
/// # Errors
/// The answer when it cannot be read.
pub(super) fn voice_task(arguments: &[String], speaker: &Speaker<'_>) -> Result<Task, Box<Executed>> {
    let target = Target { channel: speaker.channel.to_owned(), chat: speaker.chat.to_owned() };
    let arguments: Vec<String> = small(arguments).iter().map(|word| word.replace('-', "_")).collect();
    let wish = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["status"] => Some(VoiceWish::Show),
        ["on"] => Some(VoiceWish::Set(SpeechMode::InKind)),
        ["inherit" | "default"] => Some(VoiceWish::Inherit),
        [word] => SpeechMode::ALL.iter().find(|mode| mode.word() == *word).copied().map(VoiceWish::Set),
        _ => None,
    };
    let wish = wish.ok_or_else(|| Box::new(answer(VOICE, Outcome::Invalid, VOICE_USAGE)))?;
    Ok(Task::voice(target, wish))
}

/// `/voicemessages`: shows or sets how this chat is spoken to. Setting what is set already is no fault.
pub(super) fn voice(document: &Document, target: &Target, wish: VoiceWish, check: Check<'_>) -> Executed {
    let mode = match wish {
        VoiceWish::Show => {
            let mode = voice_mode(document.policy(), target);
            return answer(VOICE, Outcome::Applied, format!("Voice messages for this chat: {mode}."));
        }
        VoiceWish::Set(mode) => Some(mode),
        VoiceWish::Inherit => None,
    };
    let mut policy = document.policy().clone();
    if let Err(why) = Edit::Voice(mode).apply(&mut policy, target) {
        return answer(VOICE, Outcome::Error, why);
    }
    let mode = voice_mode(&policy, target);
    let told = format!("Voice messages updated for this chat: {mode}.");
    let after = document.changed(policy);
    let draft = Draft { command: VOICE, kind: Kind::Chat, told: told.clone(), after, rollback_of: None };
    let mut executed = settle(document, draft, Flags::default(), check);
    if executed.outcome == Outcome::Noop {
        (executed.outcome, executed.reply) = (Outcome::Applied, told);
    }
    executed.voice = (executed.outcome == Outcome::Applied).then_some(mode);
    executed
}
