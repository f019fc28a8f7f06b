//! The rows of the log of policy changes, in the shape in which the original writes and reads them.
//!
//! Compact JSON, one object per line, this order of keys, text beyond ASCII as it is. It knows no file, and it
//! judges no row: what cannot be read is none.

use jiff::tz::Offset;
use nanobot_core::ports::ChangeRow;
use nanobot_core::time::iso_local;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the row of a rollback has in its `error`, before the id of the change that was taken back.
const ROLLBACK: &str = "rollback_target=";

/// Length of a change's id, in hex digits.
const ID_DIGITS: usize = 32;

/// A row as it is stored. The original fixes names and order.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    timestamp: String,
    actor_source: &'a str,
    actor_id: &'a str,
    channel: Option<&'a str>,
    chat_id: Option<&'a str>,
    command_raw: &'a str,
    // Only changes that took effect have a row.
    dry_run: bool,
    result: &'static str,
    before_hash: &'a str,
    after_hash: &'a str,
    backup_ref: String,
    error: Option<String>,
}

/// What is read of a row; what else it holds is of no interest.
#[derive(Deserialize)]
struct Read {
    id: String,
    timestamp: String,
    actor_source: String,
    actor_id: String,
    channel: Option<String>,
    chat_id: Option<String>,
    command_raw: String,
    before_hash: String,
    after_hash: String,
    error: Option<String>,
}

/// A row's line, without the line end.
pub(crate) fn write(row: &ChangeRow) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written {
        id: &row.id,
        timestamp: iso_local(Offset::UTC.to_datetime(row.at)) + "+00:00",
        actor_source: &row.source,
        actor_id: &row.actor,
        channel: row.channel.as_deref(),
        chat_id: row.chat.as_deref(),
        command_raw: &row.command,
        dry_run: false,
        result: "applied",
        before_hash: &row.before_hash,
        after_hash: &row.after_hash,
        backup_ref: format!("backups/{}", backup_name(&row.id)),
        error: row.rollback_of.as_ref().map(|change| format!("{ROLLBACK}{change}")),
    })
}

/// What a line says, if it is a row.
pub(crate) fn read(line: &[u8]) -> Option<ChangeRow> {
    let row: Read = serde_json::from_slice(line).ok()?;
    Some(ChangeRow {
        at: row.timestamp.parse().ok()?,
        id: row.id,
        source: row.actor_source,
        actor: row.actor_id,
        channel: row.channel,
        chat: row.chat_id,
        command: row.command_raw,
        before_hash: row.before_hash,
        after_hash: row.after_hash,
        rollback_of: row.error.as_deref().and_then(|error| error.strip_prefix(ROLLBACK)).map(str::to_owned),
    })
}

/// The id that a line claims, whatever else it holds.
pub(crate) fn id_of(line: &[u8]) -> Option<String> {
    let row: Value = serde_json::from_slice(line).ok()?;
    row.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned)
}

/// Whether a text is the id of a change. Ids are names of files: nothing else may be.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The name of the backup of a change.
pub(crate) fn backup_name(id: &str) -> String {
    format!("{id}.json")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(command: &str) -> ChangeRow {
        ChangeRow {
            id: "0123456789abcdef0123456789abcdef".to_owned(),
            at: "2026-02-22T12:00:00.000250Z".parse().unwrap(),
            source: "dm".to_owned(),
            actor: "491510000001".to_owned(),
            channel: Some("whatsapp".to_owned()),
            chat: None,
            command: command.to_owned(),
            before_hash: "b".repeat(64),
            after_hash: "a".repeat(64),
            rollback_of: None,
        }
    }

    #[test]
    fn a_row_has_the_originals_keys_order_and_spelling() {
        let before = "b".repeat(64);
        let after = "a".repeat(64);
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            write(&row("/policy block-sender 1@g.us \"ü\"\u{1}\u{7f}🐙")).unwrap(),
            format!(
                concat!(
                    r#"{{"id":"{id}","timestamp":"2026-02-22T12:00:00.000250+00:00","actor_source":"dm","#,
                    r#""actor_id":"491510000001","channel":"whatsapp","chat_id":null,"#,
                    r#""command_raw":"/policy block-sender 1@g.us \"ü\"\u0001{del}🐙","dry_run":false,"#,
                    r#""result":"applied","before_hash":"{before}","after_hash":"{after}","#,
                    r#""backup_ref":"backups/{id}.json","error":null}}"#
                ),
                id = id,
                del = '\u{7f}',
                before = before,
                after = after
            )
        );
        let rollback = ChangeRow { rollback_of: Some("9".repeat(32)), ..row("/policy rollback") };
        let line = write(&rollback).unwrap();
        assert!(line.ends_with(&format!(r#""error":"rollback_target={}"}}"#, "9".repeat(32))));
        assert_eq!(read(line.as_bytes()), Some(rollback));
    }

    #[test]
    fn what_is_no_row_is_none() {
        for line in ["", "  ", "[]", "7", "{}", "{\"id\":\"x\"", "{\"id\":7}", "null"] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
            assert_eq!(id_of(line.as_bytes()), None, "{line}");
        }
        assert_eq!(id_of(br#"{"id":"../../x"}"#), None, "an id is never a path");
    }

    proptest! {
        #[test]
        fn any_command_makes_one_line_that_reads_back(command in any::<String>(), actor in any::<String>()) {
            let row = ChangeRow { actor, ..row(&command) };
            let line = write(&row).unwrap();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(read(line.as_bytes()), Some(row));
        }
    }
}
