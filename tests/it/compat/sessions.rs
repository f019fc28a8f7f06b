//! The recorded sessions of the original: what it loads, what a save leaves, what it lists, how files are
//! named. And the way back: what we write satisfies every rule by which the original reads.
//!
//! A wanted difference is a rule with a condition on the bytes that go in. `Original` models how the original
//! reads; it decides nothing about ours.

use std::fs;
use std::path::Path;

use nanobot_core::Label;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::{SessionAppend, SessionLine, SessionRole};
use nanobot_core::ports::{SessionStore, SessionSummary, StoreErrorKind};
use nanobot_core::time::civil;
use nanobot_memory::{JsonlSessions, file_name, inspect, python_json};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cases::{Tally, folder};

const FOLDER: &str = "sessions";

/// Agreement, a rule, or what is different for no reason.
type Verdict = Result<Option<&'static str>, String>;

#[test]
fn recorded_sessions_agree() {
    let mut tally = Tally::new("sessions");
    for row in rows() {
        let verdict = match text(&row, "type") {
            "load" => judge_load(&row),
            "append_save" => judge_append(&row),
            "list_sessions" | "list_sessions_all" => judge_list(&row),
            "delete" => judge_delete(&row),
            "filename" if file_name(text(&row, "key")) == text(&row, "filename") => Ok(None),
            _ => Err("not known, or another name".to_owned()),
        };
        match verdict {
            Ok(None) => tally.agree(),
            Ok(Some(rule)) => tally.by_rule(rule),
            Err(what) => tally.other(format!("{} {}: {what}", row["type"], row["key"])),
        }
    }
    tally.finish();
}

#[test]
fn what_we_write_the_original_can_read() {
    let mut tally = Tally::new("sessions going back");
    for entry in fs::read_dir(folder(FOLDER).join("files")).expect("files") {
        let name = entry.expect("entry").file_name().into_string().expect("UTF-8");
        let bytes = fs::read(folder(FOLDER).join("files").join(&name)).expect("file");
        match judge_way_back(&name, &bytes) {
            Ok(None) => tally.agree(),
            Ok(Some(rule)) => tally.by_rule(rule),
            Err(what) => tally.other(format!("{name}: {what}")),
        }
    }
    tally.finish();
}

fn judge_load(row: &Value) -> Verdict {
    let (key, name) = (text(row, "key"), text(row, "filename"));
    ensure(file_name(key) == name, || format!("the name is {}", file_name(key)))?;
    let home = Home::new();
    let words = home.history(key, 50);
    if row["exists"] == false {
        return ensure(words.is_empty(), || format!("{words:?}")).map(|()| None);
    }
    let bytes = home.put(name);
    let (ours, original) = (inspect(&bytes), Original::read(&bytes));
    let shown: Vec<Value> =
        ours.history.iter().map(|entry| json!({"role": entry.role, "content": entry.content})).collect();
    let through_port = home.history(key, 50);
    let expected_port: Vec<(String, String)> =
        shown.iter().map(|entry| (role_of(&entry["role"]), words_of(&entry["content"]))).collect();
    ensure(through_port == expected_port, || format!("the port gives {through_port:?}"))?;
    let Ok(original) = original else {
        if row["warning"].is_null() && is_too_deep(&bytes) {
            return Ok(Some("deep_line_left_out"));
        }
        ensure(!row["warning"].is_null(), || "the model of the original cannot read it".to_owned())?;
        ensure(!ours.problems.is_empty() || bytes.starts_with(BYTE_ORDER_MARK), || "no problem".to_owned())?;
        let readable = good_lines(&bytes).iter().filter(|line| line["_type"] != "metadata").count();
        ensure(ours.messages == readable, || format!("{} of {readable} messages", ours.messages))?;
        let nothing = row["loaded_messages"] == 0 && row["history"] == json!([]);
        ensure(nothing, || "the original lost nothing".to_owned())?;
        return Ok(Some("torn_line_costs_nothing"));
    };
    ensure(json!(ours.messages) == row["loaded_messages"], || format!("{} messages", ours.messages))?;
    ensure(ours.metadata == row["metadata"], || format!("metadata {}", ours.metadata))?;
    if original.is_incomplete() {
        let refused = row["history_error"] == "KeyError" && row["history"].is_null();
        ensure(refused && !ours.problems.is_empty(), || "no problem".to_owned())?;
        return Ok(Some("incomplete_line_left_out"));
    }
    ensure(json!(shown) == row["history"], || format!("history {shown:?}"))?;
    ensure(ours.problems.is_empty(), || format!("problems {:?}", ours.problems))?;
    if let Some(roles) = row["history_10"].as_array() {
        let ten: Vec<String> = home.history(key, 10).into_iter().map(|(role, _)| role).collect();
        let roles: Vec<String> = roles.iter().map(role_of).collect();
        ensure(ten == roles, || format!("the last ten are {ten:?}"))?;
    }
    let created_at = text(row, "created_at");
    ensure(is_iso(created_at), || "the recorded beginning is no time".to_owned())?;
    match original.created_at.as_deref() {
        None => Ok(Some("created_at_from_file")),
        Some(stated) if !is_written_form(stated) => {
            ensure(stated.get(..10) == created_at.get(..10), || format!("it began on {stated}"))?;
            Ok(Some("created_at_as_stored"))
        }
        Some(_) if ours.created_at.as_deref() != Some(created_at) => Err(format!("{:?}", ours.created_at)),
        Some(_) if has_lone_surrogate(&bytes) => Ok(Some("lone_surrogate_replaced")),
        Some(_) => Ok(None),
    }
}

fn judge_append(row: &Value) -> Verdict {
    let (key, recorded) = (text(row, "key"), text(row, "file_after"));
    let digest = format!("{:x}", Sha256::digest(recorded));
    ensure(digest == text(row, "sha256"), || "the recorded text is not the recorded one".to_owned())?;
    ensure(json!(recorded.lines().count()) == row["lines_after"], || "the recorded lines".to_owned())?;
    let home = Home::new();
    let before = home.put(&file_name(key));
    let recorded_last = recorded.lines().last().unwrap_or_default();
    let added = python_json::parse(recorded_last).map_err(|error| error.to_string())?;
    home.append(key, text(&added, "content"), text(&added, "timestamp").parse().expect("a time"));
    home.refresh();
    let after = without_our_keys(&home.read(&file_name(key)));
    ensure(after.lines().last() == Some(recorded_last), || format!("the last line of {after}"))?;
    let original = Original::read(&before);
    if let Ok(original) = &original {
        ensure(json!(original.messages.len()) == row["messages_before"], || "messages before".to_owned())?;
    }
    let tail = String::from_utf8_lossy(behind_the_first_line(&before)).into_owned();
    let kept = after.split_once('\n').is_some_and(|(_, rest)| rest.starts_with(&tail));
    ensure(kept, || format!("something else than the first line changed: {after}"))?;
    let saved =
        Original::read(recorded.as_bytes()).map_err(|()| "the recorded text is unreadable".to_owned())?;
    if let Ok(after) = Original::read(after.as_bytes()) {
        let same = after.messages == saved.messages && after.metadata == saved.metadata;
        ensure(same, || "the original would load something else".to_owned())?;
    }
    match original {
        Err(()) => {
            ensure(saved.messages.len() == 1, || "the original lost nothing".to_owned())?;
            Ok(Some("torn_line_costs_nothing"))
        }
        Ok(_) if !is_in_written_form(&before) => Ok(Some("append_only")),
        Ok(_) if after == recorded => Ok(None),
        Ok(_) => Err(format!("{after}\nrecorded\n{recorded}")),
    }
}

fn judge_list(row: &Value) -> Verdict {
    let home = Home::new();
    let excluded = row["excluded_files"].as_array().cloned().unwrap_or_default();
    let (mut skipped, mut undated) = (Vec::new(), false);
    for entry in fs::read_dir(folder(FOLDER).join("files")).expect("files") {
        let name = entry.expect("entry").file_name().into_string().expect("UTF-8");
        if excluded.iter().any(|stem| stem.as_str() == name.strip_suffix(".jsonl")) {
            continue;
        }
        match Original::first_line(&home.put(&name)) {
            Some(first) => undated |= first["updated_at"].is_null(),
            None => skipped.push(name),
        }
    }
    let listed = home.list();
    let dates: Vec<Option<&String>> = listed.iter().map(|summary| summary.updated_at.as_ref()).collect();
    ensure(dates.is_sorted_by(|a, b| a >= b), || format!("not in order: {dates:?}"))?;
    if row["error"] == "TypeError" && undated {
        return Ok(Some("sort_undated_last"));
    }
    // Equal times stand in the order of the folder, which is none.
    let in_order = |mut items: Vec<Value>| {
        items.sort_by(|a, b| {
            let date = |item: &Value| item["updated_at"].as_str().map(str::to_owned);
            date(b).cmp(&date(a)).then_with(|| a["file"].to_string().cmp(&b["file"].to_string()))
        });
        items
    };
    let ours = listed.iter().filter(|summary| !skipped.contains(&summary.file)).map(|summary| {
        json!({
            "key": summary.session.as_str(),
            "created_at": summary.created_at,
            "updated_at": summary.updated_at,
            "file": summary.file,
        })
    });
    let (ours, recorded) = (in_order(ours.collect()), row["items"].as_array().cloned().unwrap_or_default());
    ensure(ours == in_order(recorded), || format!("{ours:?}"))?;
    Ok(if skipped.is_empty() { None } else { Some("every_file_is_listed") })
}

fn judge_delete(row: &Value) -> Verdict {
    let (home, key) = (Home::new(), text(row, "key"));
    if folder(FOLDER).join("files").join(file_name(key)).exists() {
        home.put(&file_name(key));
        home.reset(key).map_err(|kind| kind.to_string())?;
        return Ok(Some("reset_keeps_the_first_line"));
    }
    ensure(row["result"] == false && home.reset(key) == Err(StoreErrorKind::NotFound), || {
        "it is there".to_owned()
    })
    .map(|()| None)
}

/// An append, a refresh and a reset, each followed by a reading as the original reads.
fn judge_way_back(name: &str, bytes: &[u8]) -> Verdict {
    let Ok(before) = Original::read(bytes) else {
        // What the original could not read before, it need not read after; but nothing of it may be gone.
        let home = Home::new();
        home.put(name);
        home.append(&guessed_key(name), "more", civil::date(2026, 2, 22).at(12, 0, 0, 0));
        home.refresh();
        let after = home.bytes(name);
        let kept = behind_the_first_line(bytes);
        ensure(after.windows(kept.len().max(1)).any(|window| window == kept), || {
            "bytes are gone".to_owned()
        })?;
        return Ok(Some("torn_line_costs_nothing"));
    };
    let (home, key) = (Home::new(), guessed_key(name));
    home.put(name);
    let now = civil::date(2026, 2, 22).at(12, 0, 0, 0);
    home.append(&key, "Grüße\r\n\u{2028}🎉\u{85}", now);
    let read =
        |step: &str| Original::read(&home.bytes(name)).map_err(|()| format!("unreadable after {step}"));
    let appended = read("the append")?;
    ensure(appended.messages.len() == before.messages.len() + 1, || "a message is gone".to_owned())?;
    ensure(appended.messages.starts_with(&before.messages), || "a message changed".to_owned())?;
    home.refresh();
    let refreshed = read("the refresh")?;
    ensure(refreshed.messages == appended.messages, || "a message changed".to_owned())?;
    let mut metadata = refreshed.metadata.clone();
    if let Some(object) = metadata.as_object_mut() {
        object.shift_remove("nanobot_key");
    }
    ensure(metadata == before.metadata || before.metadata.is_null(), || format!("metadata is {metadata}"))?;
    let first = Original::first_line(&home.bytes(name)).ok_or("the original does not list it")?;
    ensure(first["updated_at"] == "2026-02-22T12:00:00", || "the update time is old".to_owned())?;
    home.reset(&key).map_err(|kind| kind.to_string())?;
    ensure(read("the reset")?.messages.is_empty(), || "messages are left".to_owned())?;
    Ok(None)
}

/// What the original makes of a file; any fault makes it refuse the whole.
struct Original {
    messages: Vec<Value>,
    metadata: Value,
    created_at: Option<String>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Original {
    fn read(bytes: &[u8]) -> Result<Self, ()> {
        let text = std::str::from_utf8(bytes).map_err(|_| ())?;
        let mut read = Self { messages: Vec::new(), metadata: json!({}), created_at: None };
        for line in text.split(['\n', '\r']).map(strip).filter(|line| !line.is_empty()) {
            let value = python_json::parse(line).map_err(|_| ())?;
            let object = value.as_object().ok_or(())?;
            if object.get("_type") != Some(&json!("metadata")) {
                read.messages.push(value);
                continue;
            }
            read.metadata = object.get("metadata").cloned().unwrap_or_else(|| json!({}));
            read.created_at = match object.get("created_at") {
                Some(Value::String(stated)) if stated.is_empty() => None,
                Some(Value::String(stated)) if is_iso(stated) => Some(stated.clone()),
                Some(Value::Null | Value::Bool(false)) | None => None,
                Some(value) if [json!(0), json!(0.0), json!([]), json!({})].contains(value) => None,
                Some(_) => return Err(()),
            };
        }
        Ok(read)
    }

    /// Whether asking for the history fails.
    fn is_incomplete(&self) -> bool {
        let from = self.messages.len().saturating_sub(50);
        self.messages[from..].iter().any(|line| line.get("role").is_none() || line.get("content").is_none())
    }

    /// The metadata that a listing finds: in the very first line or nowhere. Text is decoded in pieces of 8 KiB.
    fn first_line(bytes: &[u8]) -> Option<Value> {
        let piece = &bytes[..bytes.len().min(8192)];
        if std::str::from_utf8(piece).is_err_and(|error| error.error_len().is_some()) {
            return None;
        }
        let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
        let value = python_json::parse(strip(std::str::from_utf8(line).ok()?)).ok()?;
        (value["_type"] == "metadata").then_some(value)
    }
}

/// An ISO 8601 time: a date, perhaps a time of day, perhaps a distance from UTC.
fn is_iso(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let shape = shape.strip_suffix('Z').or(shape.strip_suffix("+99:99")).unwrap_or(&shape);
    let shape = shape.strip_suffix("-99:99").unwrap_or(shape);
    let whole = shape.split_once(['.', ',']).map_or(shape, |(whole, _)| whole);
    let (day, clock) = whole.split_once(['T', ' ']).unwrap_or((whole, "99"));
    matches!(day, "9999-99-99" | "99999999")
        && matches!(clock, "99" | "99:99" | "99:99:99" | "9999" | "999999")
        && text.get(..day.len()).is_some_and(|date| date.parse::<civil::Date>().is_ok())
}

/// Whether a time stands in the form in which the original writes it.
fn is_written_form(text: &str) -> bool {
    is_iso(text) && text.len() >= 19 && text.contains('T') && !text.ends_with('Z')
}

/// Whether a file is, byte for byte, what the original would save.
fn is_in_written_form(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Some(lines) = text.strip_suffix('\n') else { return false };
    lines.split('\n').enumerate().all(|(index, line)| {
        let Ok(value) = python_json::parse(line) else { return false };
        let keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let is_first = keys == ["_type", "created_at", "updated_at", "metadata"]
            && value["created_at"].as_str().is_some_and(is_written_form);
        python_json::encode(&value) == line
            && if index == 0 { is_first } else { value["_type"] != "metadata" }
    })
}

fn has_lone_surrogate(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .any(|line| serde_json::from_str::<Value>(line).is_err() && line.to_lowercase().contains("\\ud"))
}

/// Whether a line nests deeper than the 128 levels that are read here.
fn is_too_deep(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| {
        let depths = line.iter().scan(0_i32, |depth, byte| {
            *depth += i32::from(matches!(byte, b'[' | b'{')) - i32::from(matches!(byte, b']' | b'}'));
            Some(*depth)
        });
        depths.max().is_some_and(|deepest| deepest >= 128)
    })
}

/// The lines that can be read by themselves.
fn good_lines(bytes: &[u8]) -> Vec<Value> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let texts = lines.filter_map(|line| std::str::from_utf8(line).ok());
    texts.filter_map(|line| python_json::parse(strip(line)).ok()).filter(Value::is_object).collect()
}

/// What stands behind the metadata that a file begins with, if it does.
fn behind_the_first_line(bytes: &[u8]) -> &[u8] {
    let body = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start();
    let end = body.iter().position(|byte| *byte == b'\n').map_or(body.len(), |at| at + 1);
    let first = std::str::from_utf8(&body[..end]).ok().and_then(|line| python_json::parse(strip(line)).ok());
    if first.is_some_and(|first| first["_type"] == "metadata") { &body[end..] } else { body }
}

fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}'))
}

/// A file of ours without what we add to the format: the label of a line and the owner of a file.
fn without_our_keys(text: &str) -> String {
    let mut plain = String::new();
    for line in text.split_inclusive('\n') {
        let cut = [", \"nanobot_label\": \"", ", \"nanobot_key\": \"", "\"nanobot_key\": \""]
            .iter()
            .find_map(|key| line.split_once(key));
        match cut.and_then(|(head, tail)| Some((head, tail.split_once('"')?.1))) {
            Some((head, tail)) => plain.extend([head, tail]),
            None => plain.push_str(line),
        }
    }
    plain
}

fn role_of(role: &Value) -> String {
    match role.as_str() {
        Some(known @ ("assistant" | "system" | "tool")) => known.to_owned(),
        _ => "user".to_owned(),
    }
}

fn words_of(content: &Value) -> String {
    match content {
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.as_str().or(part["text"].as_str())).collect()
        }
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn guessed_key(name: &str) -> String {
    name.trim_end_matches(".jsonl").replace('_', ":")
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} in {row}"))
}

/// The rows. Not strict JSON: one holds half a surrogate pair, as Python writes it.
fn rows() -> Vec<Value> {
    let text = fs::read_to_string(folder(FOLDER).join("expectations.jsonl")).expect("expectations");
    text.lines()
        .map(|line| python_json::parse(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

/// A home with sessions in it.
struct Home {
    folder: tempfile::TempDir,
    sessions: JsonlSessions,
    runtime: tokio::runtime::Runtime,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let sessions = JsonlSessions::new(folder.path());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        Self { folder, sessions, runtime }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("sessions").join(name)
    }

    /// Copies a recorded file into the home.
    fn put(&self, name: &str) -> Vec<u8> {
        let from: &Path = &folder(FOLDER).join("files").join(name);
        let bytes = fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        fs::create_dir_all(self.path("")).expect("folder");
        fs::write(self.path(name), &bytes).expect("file");
        bytes
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("file")
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.bytes(name)).into_owned()
    }

    fn history(&self, key: &str, limit: usize) -> Vec<(String, String)> {
        let history = self.runtime.block_on(self.sessions.history(&session(key), limit)).expect("history");
        let role = |role| format!("{role:?}").to_lowercase();
        history.into_iter().map(|message| (role(message.role), message.content)).collect()
    }

    fn append(&self, key: &str, content: &str, at: civil::DateTime) {
        let line = SessionLine {
            role: SessionRole::User,
            content: content.to_owned(),
            at,
            labels: Label::Owner.into(),
        };
        let append = SessionAppend { session: session(key), lines: vec![line] };
        self.runtime.block_on(self.sessions.append(&append, at)).expect("append");
    }

    fn refresh(&self) {
        self.runtime.block_on(self.sessions.refresh()).expect("refresh");
    }

    fn list(&self) -> Vec<SessionSummary> {
        self.runtime.block_on(self.sessions.list()).expect("list")
    }

    fn reset(&self, key: &str) -> Result<usize, StoreErrorKind> {
        let now = civil::date(2026, 2, 22).at(13, 0, 0, 0);
        self.runtime.block_on(self.sessions.reset(&session(key), now)).map_err(|error| error.kind)
    }
}

fn session(key: &str) -> SessionKey {
    SessionKey::new(key).expect("a session key")
}
