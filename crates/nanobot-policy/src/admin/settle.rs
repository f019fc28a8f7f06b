//! The way of every change: made on a copy, compared, checked, and only then handed out to be saved.

use super::executed::{Change, Executed, Hashes, Kind, Outcome};
use super::sub::Flags;
use crate::document::Document;

/// Asks whether a policy may be in force; the error is what a person is told.
pub type Check<'a> = &'a dyn Fn(&Document) -> Result<(), String>;

/// A change that was made on a copy.
pub(super) struct Draft {
    pub(super) command: &'static str,
    pub(super) kind: Kind,
    /// What its sender is told when it is taken.
    pub(super) told: String,
    pub(super) after: Document,
    pub(super) rollback_of: Option<String>,
}

/// Takes a change or refuses it. A dry run goes the same way and ends before anything is handed out, so what it
/// says is what the real run would say.
pub(super) fn settle(before: &Document, draft: Draft, flags: Flags, check: Check<'_>) -> Executed {
    let Draft { command, kind, told, after, rollback_of } = draft;
    let hashes = Hashes { before: before.hash(), after: after.hash() };
    let is_same = hashes.before == hashes.after;
    let mut executed = Executed {
        hashes: Some(hashes.clone()),
        dry_run: flags.dry_run,
        is_rollback: kind == Kind::Rollback,
        ..Executed::new(command, kind, Outcome::Noop, "No policy changes required.")
    };
    if is_same {
        return executed;
    }
    let texts = check(&after).and_then(|()| {
        let text = |document: &Document| document.text().map_err(|error| error.to_string());
        Ok((text(&after)?, text(before)?))
    });
    let (text, backup) = match texts {
        Ok(texts) => texts,
        Err(why) => {
            executed.outcome = Outcome::Error;
            executed.reply = format!("Failed to apply policy change: {why}");
            return executed;
        }
    };
    executed.outcome = Outcome::Applied;
    if flags.dry_run {
        executed.reply = format!("Dry run, checked and not saved: {told}");
        return executed;
    }
    executed.reply = told;
    executed.change = Some(Box::new(Change { document: after, text, backup, hashes, rollback_of }));
    executed
}
