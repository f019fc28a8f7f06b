//! The commands behind `/policy`, as a table, and the text that lists them.

use nanobot_core::text::trim;

use super::target::is_whatsapp;

/// What stands behind `/policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sub {
    Help,
    ListGroups,
    ResolveGroup,
    StatusGroup,
    ExplainGroup,
    AllowGroup,
    BlockGroup,
    SetWhen,
    SetPersona,
    ClearPersona,
    BlockSender,
    UnblockSender,
    ListBlocked,
    History,
    Rollback,
}

/// The first line of the help.
const TITLE: &str = "Policy commands (owner DM only):";

impl Sub {
    /// In the order of the help.
    const ALL: [Self; 15] = [
        Self::Help,
        Self::ListGroups,
        Self::ResolveGroup,
        Self::StatusGroup,
        Self::ExplainGroup,
        Self::AllowGroup,
        Self::BlockGroup,
        Self::SetWhen,
        Self::SetPersona,
        Self::ClearPersona,
        Self::BlockSender,
        Self::UnblockSender,
        Self::ListBlocked,
        Self::History,
        Self::Rollback,
    ];

    /// By its name, in small letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self::Help),
            "groups" => Some(Self::ListGroups),
            "resume-group" => Some(Self::AllowGroup),
            "pause-group" => Some(Self::BlockGroup),
            name => Self::ALL.into_iter().find(|sub| sub.name() == name),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::ListGroups => "list-groups",
            Self::ResolveGroup => "resolve-group",
            Self::StatusGroup => "status-group",
            Self::ExplainGroup => "explain-group",
            Self::AllowGroup => "allow-group",
            Self::BlockGroup => "block-group",
            Self::SetWhen => "set-when",
            Self::SetPersona => "set-persona",
            Self::ClearPersona => "clear-persona",
            Self::BlockSender => "block-sender",
            Self::UnblockSender => "unblock-sender",
            Self::ListBlocked => "list-blocked",
            Self::History => "history",
            Self::Rollback => "rollback",
        }
    }

    /// What stands behind its name.
    const fn arguments(self) -> &'static str {
        match self {
            Self::Help => "",
            Self::ListGroups => " [query]",
            Self::ResolveGroup => " <name_or_id>",
            Self::StatusGroup
            | Self::ExplainGroup
            | Self::AllowGroup
            | Self::BlockGroup
            | Self::ClearPersona
            | Self::ListBlocked => " <chat_id@g.us>",
            Self::SetWhen => " <chat_id@g.us> <all|mention_only|allowed_senders|owner_only|off>",
            Self::SetPersona => " <chat_id@g.us> <persona_path>",
            Self::BlockSender | Self::UnblockSender => " <chat_id@g.us> <sender_id>",
            Self::History => " [limit]",
            Self::Rollback => " <change_id> [--confirm] [--dry-run]",
        }
    }

    /// Whether it changes the policy.
    pub(super) const fn changes(self) -> bool {
        matches!(
            self,
            Self::AllowGroup
                | Self::BlockGroup
                | Self::SetWhen
                | Self::SetPersona
                | Self::ClearPersona
                | Self::BlockSender
                | Self::UnblockSender
                | Self::Rollback
        )
    }

    /// Whether it may undo much at once, so that `--confirm` can be demanded.
    pub(super) const fn is_risky(self) -> bool {
        matches!(self, Self::Rollback)
    }

    /// How it is used, for a speaker on this channel.
    pub(super) fn usage(self, channel: &str) -> String {
        format!("Usage: /policy {}{}", self.name(), self.arguments_on(channel))
    }

    fn arguments_on(self, channel: &str) -> String {
        let arguments = self.arguments();
        if is_whatsapp(channel) {
            arguments.to_owned()
        } else {
            arguments.replace("<chat_id@g.us>", "<chat>")
        }
    }
}

/// All of them, a line each.
pub(super) fn help(channel: &str) -> String {
    let mut lines = TITLE.to_owned();
    for sub in Sub::ALL {
        lines.push_str("\n/policy ");
        lines.push_str(sub.name());
        lines.push_str(&sub.arguments_on(channel));
        if sub.changes() && !sub.is_risky() {
            lines.push_str(" [--dry-run]");
        }
    }
    if !is_whatsapp(channel) {
        lines.push_str("\n<chat> is a chat of this channel, or `channel:chat`.");
    }
    lines
}

/// What may stand anywhere behind the name of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Say what would be, and change nothing.
    pub dry_run: bool,
    /// Yes, I mean it.
    pub confirm: bool,
}

impl Flags {
    /// Takes the flags out of the arguments.
    pub(super) fn take(arguments: Vec<String>) -> (Self, Vec<String>) {
        let mut flags = Self::default();
        let mut rest = arguments;
        rest.retain(|argument| match argument.to_lowercase().as_str() {
            "--dry-run" => {
                flags.dry_run = true;
                false
            }
            "--confirm" => {
                flags.confirm = true;
                false
            }
            _ => true,
        });
        (flags, rest)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self { dry_run: self.dry_run || other.dry_run, confirm: self.confirm || other.confirm }
    }
}

/// A whole number as the original reads it: blanks around it, a sign, single underscores between digits.
pub(super) fn whole_number(text: &str) -> Option<i128> {
    let text = trim(text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number =
        digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    // What does not fit lies beyond every limit anyway.
    is_number.then(|| sign * digits.replace('_', "").parse().unwrap_or(i128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_their_commands_and_all_names_to_themselves() {
        for (name, sub) in [
            ("", Some(Sub::Help)),
            ("groups", Some(Sub::ListGroups)),
            ("resume-group", Some(Sub::AllowGroup)),
            ("pause-group", Some(Sub::BlockGroup)),
            ("--dry-run", None),
            ("nope", None),
        ] {
            assert_eq!(Sub::named(name), sub, "{name}");
        }
        for sub in Sub::ALL {
            assert_eq!(Sub::named(sub.name()), Some(sub));
        }
    }

    #[test]
    fn flags_stand_anywhere_in_any_case() {
        let given = ["--DRY-run", "a", "--confirm", "--other"].map(str::to_owned).to_vec();
        let (flags, rest) = Flags::take(given);
        assert_eq!(flags, Flags { dry_run: true, confirm: true });
        assert_eq!(rest, ["a", "--other"]);
    }

    #[test]
    fn whole_numbers_are_read_as_the_original_reads_them() {
        for (text, number) in [
            ("10", Some(10)),
            (" 1 ", Some(1)),
            ("-3", Some(-3)),
            ("+5", Some(5)),
            ("1_0", Some(10)),
            ("1__0", None),
            ("_1", None),
            ("abc", None),
            ("", None),
            ("1.0", None),
            ("99999999999999999999999999999999999999999999", Some(i128::MAX)),
        ] {
            assert_eq!(whole_number(text), number, "{text:?}");
        }
    }

    #[test]
    fn other_channels_read_of_chats_and_not_of_group_ids() {
        assert!(help("whatsapp").contains("/policy allow-group <chat_id@g.us> [--dry-run]"));
        assert!(
            help("irc").contains("/policy allow-group <chat> [--dry-run]") && !help("irc").contains("g.us")
        );
        assert_eq!(Sub::StatusGroup.usage("irc"), "Usage: /policy status-group <chat>");
    }
}
