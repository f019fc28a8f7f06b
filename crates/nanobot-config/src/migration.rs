//! `config migrate`: an old file in today's form, first as text, then on disk.
//!
//! The form is the original's full dump, so its programs still open the result. Unlike there, unknown keys
//! stay, names are not changed, and nothing from the environment gets in. No clock: the caller has one.

pub(crate) mod to_env;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::check::faults;
use crate::document::{Document, open_json};
use crate::dump::{Purpose, dump, restore};
use crate::error::{ConfigError, ConfigErrors, Fault, Origin};
use crate::files::{back_up, read_text, replace};
use crate::key_path::KeyPath;
use crate::legacy::{CURRENT_VERSION, Note};
use crate::merged::View;
use crate::render::render;
use crate::settings::table;

/// What a migration would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The file's text as it was read.
    pub text_before: String,
    /// The file's text afterwards; the same when there is nothing to do.
    pub text_after: String,
    /// What changes; empty when there is nothing to do.
    pub changes: Vec<Note>,
    /// Name of the backup beside the file; `None` when there is nothing to do.
    pub backup_name: Option<String>,
}

/// Computes the migration of a `config.json`; `at` goes into the backup's name.
///
/// # Errors
/// Every fault of the document: an invalid file is not migrated.
pub fn migrate(file: &Path, text: &str, at: Timestamp) -> Result<Migration, ConfigErrors> {
    let document = open_valid(file, text)?;
    let text_after = written(&document);
    let changed = text_after != text;
    Ok(Migration {
        text_before: text.to_owned(),
        text_after,
        changes: if changed { changes(document) } else { Vec::new() },
        backup_name: changed.then(|| backup_name(at)),
    })
}

/// Carries a migration out: backup, then replacement in one step, both with mode 0600. Returns the backup's
/// path, or `None` when there was nothing to do.
///
/// # Errors
/// `ChangedMeanwhile` when the file is no longer what the migration was computed from; otherwise what stands
/// in the way of writing. The file is whole at any moment.
pub fn write_migration(file: &Path, migration: &Migration) -> Result<Option<PathBuf>, ConfigError> {
    let Some(name) = &migration.backup_name else { return Ok(None) };
    replace_with_backup(file, &migration.text_before, &migration.text_after, name).map(Some)
}

pub(crate) fn open_valid(file: &Path, text: &str) -> Result<Document, ConfigErrors> {
    let origin = Origin::File(file.to_path_buf());
    let mut document = open_json(text, &origin);
    ConfigErrors::check(faults(&mut document, &origin, View::Whole))?;
    Ok(document)
}

/// The text of the file that holds a document.
pub(crate) fn written(document: &Document) -> String {
    let mut full = dump(table(), &document.tree, Purpose::File);
    restore(&mut full, &document.kept);
    render(&full)
}

pub(crate) fn replace_with_backup(
    file: &Path,
    before: &str,
    after: &str,
    backup: &str,
) -> Result<PathBuf, ConfigError> {
    if read_text(file)?.as_deref() != Some(before) {
        return Err(ConfigError::whole(file, Fault::ChangedMeanwhile));
    }
    let backup = back_up(file, backup, before)?;
    replace(file, after)?;
    Ok(backup)
}

pub(crate) fn backup_name(at: Timestamp) -> String {
    format!("config.backup.{}.json", at.strftime("%Y%m%d-%H%M%S"))
}

fn changes(document: Document) -> Vec<Note> {
    let mut changes = Vec::new();
    if document.version != CURRENT_VERSION {
        let what = format!("version {} becomes {CURRENT_VERSION}", document.version);
        changes.push(Note { path: KeyPath::root().child("configVersion"), what });
    }
    changes.extend(document.moved);
    changes.extend(document.replaced);
    let what = "every key written out, in the usual order and form".to_owned();
    changes.push(Note { path: KeyPath::root(), what });
    changes
}

#[cfg(test)]
mod tests;
