//! Wanted differences of commands. Each looks at what was given (the command, the file, the log), and says what ours
//! is then; `docs/compatibility.md` gives the reasons.

use nanobot_policy::schema::{ChatOverride, Policy};

use super::super::world::{text, texts};
use super::scenario::{Case, Seen, said};

/// Makes of a recorded answer the one that is expected of us.
pub(super) type Rule = fn(&Case<'_>, &Seen, &mut Seen);

/// In the order in which they are tried.
pub(super) const RULES: [(&str, Rule); 17] = [
    ("broken_policy_keeps_the_last", broken_file),
    ("deleted_policy_keeps_the_last", deleted_file),
    ("admin_on_any_channel", any_channel),
    ("admin_knows_the_tools", known_tools),
    ("dry_run_checks_and_says_so", dry_run),
    ("nothing_to_take_away_changes_nothing", nothing_to_take_away),
    ("blocking_one_unblocks_nobody", inherited_blocks_stay),
    ("inherited_blocks_are_shown", inherited_blocks_are_shown),
    ("rollback_needs_its_backup", rollback_without_backup),
    ("strange_audit_rows_are_skipped", strange_rows),
    ("missing_channel_section_is_made", missing_section),
    ("unknown_names_are_no_labels", unknown_names),
    ("reset_usage_is_named", reset_usage),
    ("reset_always_has_sessions", sessions_are_there),
    ("quick_commands_for_new_chats", quick_commands),
    ("every_change_is_audited", voice_is_audited),
    ("replies_in_our_words", our_words),
];

impl Case<'_> {
    fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word.trim())
    }

    /// The command behind `/policy`.
    fn sub(&self) -> String {
        if self.word(0) == "policy" { self.word(1).to_lowercase() } else { String::new() }
    }

    fn is_dry_run(&self) -> bool {
        self.row["dry_run"] == true || said(self.row).to_lowercase().contains("--dry-run")
    }

    fn policy(&self) -> Policy {
        self.on_disk.cloned().unwrap_or_default()
    }

    fn chat(&self, id: &str) -> Option<ChatOverride> {
        self.policy().channels.get("whatsapp")?.chats.get(id).cloned()
    }

    /// Whether a name is a piece of what several groups are called.
    fn fits_several(&self, name: &str) -> bool {
        let bare =
            |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let fits = |names: &&Vec<String>| names.iter().any(|other| bare(other).contains(&bare(name)));
        self.group_names.iter().filter(fits).count() > 1
    }

    /// The senders that are blocked from outside of the named chat, when it has no list of its own.
    fn inherited_blocks(&self) -> Option<Vec<String>> {
        let of =
            |chat: &ChatOverride| chat.blocked_senders.as_ref().and_then(|blocked| blocked.senders.clone());
        if self.chat(self.word(2)).as_ref().and_then(of).is_some() {
            return None;
        }
        let policy = self.policy();
        let channel = policy.channels.get("whatsapp").and_then(|channel| of(&channel.default));
        Some(channel.unwrap_or(policy.defaults.blocked_senders.senders))
    }
}

/// What takes the place of the recorded answer: ours, as far as a rule lets it.
fn ours_instead(ours: &Seen, recorded: &mut Seen) {
    recorded.clone_from(ours);
}

fn broken_file(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if case.on_disk.is_none() && !case.is_missing {
        assert!(ours.saved.is_none() && ours.row.is_none(), "a broken file is not written over");
        ours_instead(ours, recorded);
    }
}

fn deleted_file(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if case.is_missing {
        ours_instead(ours, recorded);
    }
}

fn any_channel(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let event = &case.row["event"];
    let is_elsewhere = event.is_object() && text(event, "channel") != "whatsapp";
    let channels = texts(&case.setup["apply_channels"]);
    let names_channel = case
        .word(2)
        .split_once(':')
        .is_some_and(|(channel, _)| channels.contains(channel) || channel == "whatsapp");
    if (is_elsewhere && said(case.row).trim().starts_with('/')) || names_channel {
        ours_instead(ours, recorded);
    }
}

fn known_tools(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let fails = recorded.response.as_deref().is_some_and(|response| response.contains("unknown tools in "));
    if case.setup["gateway_wiring"] == true && fails {
        ours_instead(ours, recorded);
    }
}

fn dry_run(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    const REFUSED: &str = "Failed to apply policy change: ";
    if !case.is_dry_run() || recorded.outcome != "applied" {
        return;
    }
    if ours.outcome == "error"
        && ours.response.as_deref().is_some_and(|response| response.starts_with(REFUSED))
    {
        recorded.outcome.clone_from(&ours.outcome);
        recorded.response.clone_from(&ours.response);
        recorded.metrics.clone_from(&ours.metrics);
    } else {
        recorded.response =
            recorded.response.take().map(|told| format!("Dry run, checked and not saved: {told}"));
    }
}

fn nothing_to_take_away(case: &Case<'_>, _ours: &Seen, recorded: &mut Seen) {
    let chat = case.word(2);
    let sender = |sender: &str| sender.trim().trim_start_matches('@').to_lowercase();
    let is_nothing = match case.sub().as_str() {
        "unblock-sender" => case
            .inherited_blocks()
            .is_some_and(|blocked| !blocked.iter().any(|other| sender(other) == sender(case.word(3)))),
        "clear-persona" => case.chat(chat).is_none(),
        _ => false,
    };
    if is_nothing && recorded.outcome == "applied" {
        recorded.outcome = "noop".to_owned();
        recorded.response = Some("No policy changes required.".to_owned());
        recorded.hashes = recorded.hashes.take().map(|(before, _)| (before.clone(), before));
        (recorded.saved, recorded.row) = (None, None);
        for (_, labels) in &mut recorded.metrics {
            for label in labels.iter_mut().filter(|label| *label == "applied") {
                "noop".clone_into(label);
            }
        }
    }
    let is_inherit = ["inherit", "default"].contains(&case.word(1).to_lowercase().as_str());
    if case.word(0) == "voicemessages"
        && is_inherit
        && case.chat(text(&case.row["event"], "chat_id")).is_none()
    {
        recorded.saved = None;
    }
}

fn inherited_blocks_stay(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let is_inherited = case.inherited_blocks().is_some_and(|blocked| !blocked.is_empty());
    if is_inherited && matches!(case.sub().as_str(), "block-sender" | "unblock-sender") {
        ours_instead(ours, recorded);
    }
}

fn inherited_blocks_are_shown(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let is_inherited = case.inherited_blocks().is_some_and(|blocked| !blocked.is_empty());
    if is_inherited && case.sub() == "list-blocked" && recorded.outcome == "noop" {
        recorded.response.clone_from(&ours.response);
    }
}

fn rollback_without_backup(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let change = case.word(2);
    if case.sub() == "rollback" && case.changes.contains(change) && !case.backups.contains(change) {
        assert!(ours.saved.is_none() && ours.outcome == "error", "nothing changes without a backup");
        ours_instead(ours, recorded);
    }
}

fn strange_rows(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if case.has_strange_rows
        && recorded.status == "raised"
        && ["history", "rollback"].contains(&case.sub().as_str())
    {
        ours_instead(ours, recorded);
    }
}

fn missing_section(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let is_missing = case.on_disk.is_some_and(|policy| policy.channels.get("whatsapp").is_none());
    if is_missing && recorded.status == "raised" {
        ours_instead(ours, recorded);
    }
}

/// Whatever somebody types would be a label of a metric.
fn unknown_names(_case: &Case<'_>, _ours: &Seen, recorded: &mut Seen) {
    if recorded.status == "unknown" && recorded.command != "unknown" {
        for (_, labels) in &mut recorded.metrics {
            for label in labels.iter_mut().filter(|label| **label == recorded.command) {
                "unknown".clone_into(label);
            }
        }
        "unknown".clone_into(&mut recorded.command);
    }
}

fn reset_usage(case: &Case<'_>, _ours: &Seen, recorded: &mut Seen) {
    if case.word(0) == "reset" && case.words.len() > 1 && recorded.status == "handled" {
        "reset".clone_into(&mut recorded.command);
        "invalid".clone_into(&mut recorded.outcome);
    }
}

fn sessions_are_there(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if case.word(0) == "reset" && case.setup["session_manager"] == false && recorded.status != "ignored" {
        ours_instead(ours, recorded);
    }
}

fn quick_commands(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if ["approve", "approve-mention", "deny"].contains(&case.word(0)) && recorded.status == "unknown" {
        ours_instead(ours, recorded);
    }
}

fn voice_is_audited(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    if case.word(0) == "voicemessages" && recorded.saved.is_some() && recorded.saved == ours.saved {
        recorded.row.clone_from(&ours.row);
    }
}

/// Answers whose words nobody needs again: an ambiguous name, an empty history, no groups, no owners to keep.
fn our_words(case: &Case<'_>, ours: &Seen, recorded: &mut Seen) {
    let is_free = match case.sub().as_str() {
        "resolve-group" | "status-group" | "explain-group" => case.fits_several(case.word(2)),
        "history" => case.changes.is_empty(),
        "list-groups" | "groups" => case.group_names.is_empty(),
        "block-group" | "pause-group" => case.policy().owners.get("whatsapp").is_none_or(Vec::is_empty),
        _ => false,
    };
    if is_free && ours.outcome == recorded.outcome {
        recorded.response.clone_from(&ours.response);
    }
}
