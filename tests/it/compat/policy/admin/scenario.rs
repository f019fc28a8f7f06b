//! The state of one recorded scenario: the folder of the policy, the log, the sessions, the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nanobot_core::admin::AdminFact;
use nanobot_core::ports::ChangeRow;
use nanobot_core::time::Timestamp;
use nanobot_policy::admin::{
    Admin, Backup, Effect, Executed, Facts, Flags, GroupFact, Hashes, Heard, Kind, Needs, Speaker, Way,
    reset_reply,
};
use nanobot_policy::schema::Policy;
use nanobot_policy::{Asked, CheckOptions, CompileOptions, Document, Engine, LexicalPlaces, check};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::world::{text, texts};

const POLICY: &str = "policy.json";
const LOG: &str = "policy/audit/policy_changes.jsonl";
const ROOT: &str = "/home/oracle-user/policies";
const WHATSAPP: &str = "whatsapp";

/// What a person, the log and the disk saw of a command.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Seen {
    pub(super) status: String,
    pub(super) response: Option<String>,
    pub(super) command: String,
    pub(super) outcome: String,
    pub(super) dry_run: bool,
    pub(super) metrics: Vec<(String, Vec<String>)>,
    pub(super) hashes: Option<(String, String)>,
    pub(super) is_rollback: bool,
    /// SHA-256 of the new file.
    pub(super) saved: Option<String>,
    /// The row in the log, without its time.
    pub(super) row: Option<Vec<Option<String>>>,
    pub(super) panic_seconds: Option<f64>,
}

/// What rules look at.
pub(super) struct Case<'a> {
    pub(super) row: &'a Value,
    pub(super) setup: &'a Value,
    /// The policy on the disk; none when it is no policy.
    pub(super) on_disk: Option<&'a Policy>,
    pub(super) is_missing: bool,
    pub(super) has_strange_rows: bool,
    pub(super) backups: BTreeSet<String>,
    pub(super) changes: BTreeSet<String>,
    /// The words behind the slash, flags left out.
    pub(super) words: Vec<String>,
    /// What each group is called: alias, note, tags, and its name on the bridge.
    pub(super) group_names: Vec<Vec<String>>,
}

pub(super) struct Scenario {
    setup: Value,
    files: BTreeMap<String, String>,
    in_force: Document,
    messages: BTreeMap<String, usize>,
    admin: Admin,
    now: Duration,
    /// What is on the disk at this row.
    on_disk: Option<Document>,
    words: Vec<String>,
}

/// What was said, in a chat or to a shell.
pub(super) fn said(row: &Value) -> &str {
    row["event"]["content"].as_str().or(row["command"].as_str()).unwrap_or_default()
}

fn parse(bytes: &str) -> Option<Document> {
    let places = LexicalPlaces { home: Some("/home/oracle-user".into()) };
    Document::parse(bytes.as_bytes(), &places).ok()
}

/// Ids of ours in place of those that the recording numbered.
fn with_ids(text: &str) -> String {
    let mut text = text.replace("{{ROOT}}", ROOT);
    while let Some((before, rest)) = text.split_once("{{CHANGE:") {
        let (number, behind) = rest.split_once("}}").expect("a number");
        text = format!("{before}{}{behind}", id(number.parse().expect("a number")));
    }
    while let Some((before, rest)) = text.split_once("{{TS:") {
        let (number, behind) = rest.split_once("}}").expect("a number");
        text = format!("{before}{}{behind}", shown_time(number.parse().expect("a number")));
    }
    text
}

fn id(number: usize) -> String {
    format!("{number:032x}")
}

fn time(number: usize) -> Timestamp {
    Timestamp::from_microsecond(1_772_000_000_000_000 + i64::try_from(number).unwrap() * 1_000_001).unwrap()
}

fn shown_time(number: usize) -> String {
    format!("{}+00:00", time(number).strftime("%Y-%m-%dT%H:%M:%S.%6f"))
}

impl Scenario {
    pub(super) fn new(setup: &Value) -> Self {
        let mut files = BTreeMap::new();
        for (path, content) in setup["files"].as_object().expect("files") {
            files.insert(path.clone(), content.as_str().expect("a text").to_owned());
        }
        let policy = match &setup["policy"] {
            Value::String(text) => with_ids(text),
            policy => with_ids(&policy.to_string()),
        };
        let in_force = parse(&policy).expect("a policy");
        files.insert(POLICY.to_owned(), policy);
        if let Some(raw) = setup["policy_file_replaced_after_start_with"].as_str() {
            files.insert(POLICY.to_owned(), raw.to_owned());
        }
        let counts = setup["session_message_counts"].as_object().expect("counts");
        let count = |count: &Value| usize::try_from(count.as_u64().expect("a count")).unwrap();
        let mut channels = texts(&setup["apply_channels"]);
        channels.insert(WHATSAPP.to_owned());
        Self {
            setup: setup.clone(),
            files,
            in_force,
            messages: counts.iter().map(|(key, value)| (key.clone(), count(value))).collect(),
            admin: Admin::new(channels),
            now: Duration::from_secs(1_000),
            on_disk: None,
            words: Vec::new(),
        }
    }

    /// Takes a row that is no command; whether it is one.
    pub(super) fn prepare(&mut self, row: &Value) -> bool {
        let of = |keys: [&str; 3]| keys.iter().find_map(|key| row[*key].as_str()).map(with_ids);
        let path = || of(["path", "file", "name"]).expect("a path");
        let content = || of(["text", "content", "raw"]).expect("a text");
        match text(row, "kind") {
            "advance" => self.now += Duration::from_secs_f64(row["seconds"].as_f64().expect("seconds")),
            "write_file" => drop(self.files.insert(path(), content())),
            "append_file" => self.files.entry(path()).or_default().push_str(&content()),
            "delete_file" => drop(self.files.remove(&path())),
            "chat" | "cli" => {
                self.now += Duration::from_millis(1);
                self.on_disk = self.files.get(POLICY).and_then(|text| parse(text));
                if let Some(document) = &self.on_disk {
                    self.in_force = document.clone();
                }
                self.words = match nanobot_policy::admin::Line::parse(&with_ids(said(row))) {
                    Some(nanobot_policy::admin::Line::Words { name, mut arguments }) => {
                        arguments.retain(|word| {
                            !["--dry-run", "--confirm"].contains(&word.to_lowercase().as_str())
                        });
                        arguments.insert(0, name);
                        arguments
                    }
                    _ => Vec::new(),
                };
                return true;
            }
            kind => panic!("a row of kind {kind}"),
        }
        false
    }

    pub(super) fn case<'a>(&'a self, row: &'a Value) -> Case<'a> {
        let backups =
            self.files.iter().filter(|(path, text)| path.contains("/backups/") && parse(text).is_some());
        let backups =
            backups.filter_map(|(path, _)| path.rsplit('/').next()?.strip_suffix(".json").map(str::to_owned));
        let log = self.files.get(LOG).map_or("", String::as_str);
        Case {
            row,
            setup: &self.setup,
            on_disk: self.on_disk.as_ref().map(Document::policy),
            is_missing: !self.files.contains_key(POLICY),
            has_strange_rows: log
                .lines()
                .any(|line| serde_json::from_str::<Value>(line).is_ok_and(|row| !row.is_object())),
            backups: backups.collect(),
            changes: self.history().into_iter().map(|row| row.id).collect(),
            words: self.words.clone(),
            group_names: self.group_names(),
        }
    }

    fn group_names(&self) -> Vec<Vec<String>> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let chats = self.in_force.policy().channels.get(WHATSAPP).map(|channel| &channel.chats.0);
        for (id, chat) in chats.into_iter().flatten() {
            let tags = chat.group_tags.clone().unwrap_or_default();
            names.entry(id.clone()).or_default().extend(chat.comment.clone().into_iter().chain(tags));
        }
        for group in self.groups() {
            names.entry(group.id).or_default().extend(group.bridge_name);
        }
        for (id, names) in &mut names {
            names.push(format!("g-{}", &format!("{:x}", Sha256::digest(id))[..10]));
        }
        names.into_values().collect()
    }

    fn speaker<'r>(&self, row: &'r Value) -> Speaker<'r> {
        let event = &row["event"];
        if row["kind"] == "cli" {
            let is_dm = row["source"] == "dm";
            return Speaker {
                way: if is_dm { Way::Chat } else { Way::Cli },
                channel: if is_dm { WHATSAPP } else { "cli" },
                chat: "local",
                sender: row["sender_id"].as_str().unwrap_or("localuser"),
                is_group: false,
                is_owner: row["is_owner"].as_bool().unwrap_or(true),
            };
        }
        let options = CompileOptions {
            apply_channels: texts(&self.setup["apply_channels"]),
            known_tools: BTreeSet::new(),
            source: POLICY.to_owned(),
        };
        let (channel, chat, sender) =
            (text(event, "channel"), text(event, "chat_id"), text(event, "sender_id"));
        let is_group = event["is_group"] == true;
        let asked = Asked {
            channel,
            chat,
            sender,
            text: "".into(),
            is_group,
            mentioned_bot: false,
            reply_to_bot: false,
            is_voice: false,
            owner_by_channel: false,
        };
        let is_owner = Engine::compile(&self.in_force, &options).decide(&asked).is_owner;
        Speaker { way: Way::Chat, channel, chat, sender, is_group, is_owner }
    }

    /// What our code does with the row.
    pub(super) fn ours(&mut self, row: &Value) -> Seen {
        let speaker = self.speaker(row);
        let said = with_ids(said(row));
        let (document, files) = (self.in_force.clone(), &self.files);
        // A file that is gone changes nothing, one that is broken stops whoever would change it.
        let loaded = match (&self.on_disk, files.contains_key(POLICY)) {
            (None, true) => Err("it is broken"),
            (Some(_), _) | (None, false) => Ok(&document),
        };
        let heard = if row["kind"] == "cli" {
            let flags = Flags { dry_run: row["dry_run"] == true, confirm: row["confirm"] == true };
            self.admin.hear_policy(&said, flags, &speaker, loaded, self.now)
        } else {
            self.admin.hear(&said, &speaker, loaded, self.now)
        };
        let executed = match heard {
            Heard::NotACommand => return Seen { status: "not_a_command".to_owned(), ..Seen::default() },
            Heard::Ignored => return Seen { status: "ignored".to_owned(), ..Seen::default() },
            Heard::Answered(executed) => *executed,
            Heard::Task(task) => {
                let facts = self.facts(&task.needs());
                let places = LexicalPlaces::default();
                let with = CheckOptions {
                    channels: texts(&self.setup["apply_channels"]),
                    known_tools: texts(&self.setup["known_tools"]),
                    workspace: format!("{ROOT}/workspace").into(),
                    places: &places,
                };
                let check = |document: &Document| check(document, &with).map_err(|fault| fault.message);
                task.execute(&document, &facts, &check)
            }
        };
        self.seen(row, &executed, &speaker)
    }

    fn seen(&self, row: &Value, executed: &Executed, speaker: &Speaker<'_>) -> Seen {
        let is_cli = row["kind"] == "cli";
        let facts = if is_cli { Vec::new() } else { executed.facts(speaker) };
        let response = match &executed.effect {
            Some(Effect::ResetSession) => self.reset(speaker),
            Some(Effect::Panic { .. }) | None => executed.reply.clone(),
        };
        let change = executed.change.as_deref();
        let command = with_ids(said(row));
        let row = change.map(|change| {
            let before = self.on_disk.as_ref().unwrap_or(&self.in_force);
            assert_eq!(change.backup, before.text().unwrap(), "the backup is the policy before");
            let number = self.history().len() + 1;
            let row = change.row(id(number), time(number), speaker, command.trim());
            let hashes = [Some(row.before_hash), Some(row.after_hash)];
            let rest =
                [row.source, row.actor, row.channel.unwrap(), row.chat.unwrap(), row.command].map(Some);
            let target = row.rollback_of.map(|change| format!("rollback_target={change}"));
            rest.into_iter().chain(hashes).chain([target]).collect()
        });
        // The commands of a chat were recorded without hashes.
        let hashes = executed.hashes.clone().filter(|_| executed.kind != Kind::Chat);
        Seen {
            status: if executed.known { "handled" } else { "unknown" }.to_owned(),
            response: Some(response),
            command: executed.command.to_owned(),
            outcome: executed.outcome.word().to_owned(),
            dry_run: executed.dry_run,
            metrics: facts.iter().map(|fact| metric(fact, speaker.channel)).collect(),
            is_rollback: executed.is_rollback(),
            saved: change.map(|change| format!("{:x}", Sha256::digest(&change.text))),
            panic_seconds: executed.effect.as_ref().and_then(|effect| match effect {
                Effect::Panic { delay } => Some(delay.as_secs_f64()),
                Effect::ResetSession => None,
            }),
            row,
            hashes: hashes.map(|Hashes { before, after }| (before, after)),
        }
    }

    fn facts(&self, needs: &Needs) -> Facts {
        let backup =
            needs.backup.as_ref().and_then(|id| self.files.get(&format!("policy/audit/backups/{id}.json")));
        Facts {
            groups: needs.groups.iter().flat_map(|_| self.groups()).collect(),
            history: self.history().into_iter().rev().take(needs.history.unwrap_or(0)).collect(),
            backup: match backup.map(|text| parse(text)) {
                None => Backup::Missing,
                Some(None) => Backup::Unreadable,
                Some(Some(document)) => Backup::Found(Box::new(document)),
            },
        }
    }

    /// The rows of the log that can be read, the oldest first.
    fn history(&self) -> Vec<ChangeRow> {
        let lines = self.files.get(LOG).map_or("", String::as_str).lines();
        lines.filter_map(|line| change_row(&serde_json::from_str(line).ok()?)).collect()
    }

    /// The groups that the recorded assistant would have found in its folders.
    fn groups(&self) -> Vec<GroupFact> {
        let mut groups: BTreeMap<String, GroupFact> = BTreeMap::new();
        let mut group = |id: &str, change: &dyn Fn(&mut GroupFact)| {
            let fact = GroupFact { id: id.to_owned(), ..GroupFact::default() };
            change(groups.entry(id.to_owned()).or_insert(fact));
        };
        for path in self.files.keys() {
            let name = path.strip_prefix("sessions/whatsapp_").and_then(|name| name.strip_suffix(".jsonl"));
            if let Some(id) = name.filter(|id| id.ends_with("@g.us")) {
                let changed = whole_seconds(&self.setup["mtimes"][path]);
                group(id, &|group| group.session_changed = Some(changed));
            }
        }
        for piece in self.files.get("logs/gateway.log").map_or("", String::as_str).split("chat=").skip(1) {
            let end = piece.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(piece.len());
            if end > 0 && piece[end..].starts_with("@g.us") {
                group(&format!("{}@g.us", &piece[..end]), &|group| group.in_log = true);
            }
        }
        for (id, name) in self.setup["bridge_subjects"].as_object().expect("names") {
            group(id, &|group| group.bridge_name = name.as_str().map(str::to_owned));
        }
        groups.into_values().collect()
    }

    fn reset(&self, speaker: &Speaker<'_>) -> String {
        let count = self.messages.get(&format!("{}:{}", speaker.channel, speaker.chat)).copied().unwrap_or(0);
        reset_reply(speaker.chat, count, self.files.contains_key(&state_file(speaker)))
    }

    /// What was recorded, with our ids.
    pub(super) fn recorded(row: &Value) -> Seen {
        let (expect, result) = (&row["expect"], &row["expect"]["result"]);
        let execution = &expect["execution"];
        let status = match text(expect, "kind") {
            "not_a_command" => "not_a_command",
            "exception" => "raised",
            _ if !result.is_object() && execution["unknown_command"] == true => "unknown",
            _ => result["status"].as_str().unwrap_or("handled"),
        };
        let (first, second) = if result.is_object() { (result, "response") } else { (execution, "message") };
        let metrics = result["metric_events"].as_array().into_iter().flatten().map(|metric| {
            let labels = metric["labels"].as_array().unwrap().iter();
            let labels = labels.map(|label| with_ids(label[1].as_str().unwrap())).collect();
            (text(metric, "name").to_owned(), labels)
        });
        let hash = |key: &str| execution[key].as_str().map(str::to_owned);
        let row = expect["audit_rows"].as_array().and_then(|rows| rows.first()).map(|row| {
            let keys = [
                "actor_source",
                "actor_id",
                "channel",
                "chat_id",
                "command_raw",
                "before_hash",
                "after_hash",
                "error",
            ];
            keys.iter().map(|key| row[key].as_str().map(with_ids)).collect()
        });
        Seen {
            status: status.to_owned(),
            response: first[second].as_str().map(with_ids),
            // Without a name the pipeline says `unknown`.
            command: match first["command_name"].as_str().unwrap_or_default() {
                "" if status == "unknown" => "unknown".to_owned(),
                name => name.to_owned(),
            },
            outcome: match first["outcome"].as_str().unwrap_or_default() {
                "" if status == "unknown" => "invalid".to_owned(),
                outcome => outcome.to_owned(),
            },
            dry_run: first["dry_run"] == true,
            metrics: metrics.collect(),
            hashes: hash("before_hash").zip(hash("after_hash")),
            is_rollback: execution["is_rollback"] == true,
            saved: expect["policy_after_text_sha256"].as_str().map(str::to_owned),
            row,
            panic_seconds: expect["panic_delay_seconds"].as_f64(),
        }
    }

    /// Makes the state the recorded one.
    pub(super) fn go_on(&mut self, row: &Value) {
        let expect = &row["expect"];
        let before = self.on_disk.as_ref().unwrap_or(&self.in_force).text().unwrap();
        for recorded in expect["audit_rows"].as_array().into_iter().flatten() {
            let number = self.history().len() + 1;
            assert_eq!(recorded["id"].as_str().map(with_ids), Some(id(number)), "rows are numbered in order");
            self.files.insert(format!("policy/audit/backups/{}.json", id(number)), before.clone());
            let log = self.files.entry(LOG.to_owned()).or_default();
            log.push_str(&with_ids(&format!("{recorded}\n")));
        }
        if expect["policy_after"].is_object() {
            let after = parse(&with_ids(&expect["policy_after"].to_string())).expect("a policy");
            self.files.insert(POLICY.to_owned(), after.text().unwrap());
        }
        if self.words == ["reset"] && expect["result"]["outcome"] == "applied" {
            let speaker = self.speaker(row);
            self.messages.remove(&format!("{}:{}", speaker.channel, speaker.chat));
            let state = state_file(&speaker);
            self.files.remove(&state);
        }
    }
}

fn change_row(row: &Value) -> Option<ChangeRow> {
    let of = |key: &str| row[key].as_str().map(str::to_owned);
    Some(ChangeRow {
        id: of("id")?,
        at: of("timestamp")?.parse().ok()?,
        source: of("actor_source").unwrap_or_default(),
        actor: of("actor_id").unwrap_or_default(),
        channel: of("channel"),
        chat: of("chat_id"),
        command: of("command_raw").unwrap_or_default(),
        before_hash: of("before_hash").unwrap_or_default(),
        after_hash: of("after_hash").unwrap_or_default(),
        rollback_of: of("error").and_then(|error| error.strip_prefix("rollback_target=").map(str::to_owned)),
    })
}

/// A recorded time of a file, which may have a fraction.
fn whole_seconds(time: &Value) -> i64 {
    time.as_f64().and_then(|seconds| format!("{seconds:.0}").parse().ok()).unwrap_or(0)
}

fn state_file(speaker: &Speaker<'_>) -> String {
    format!("workspace/memory/session-state/{}_{}.md", speaker.channel, speaker.chat)
}

fn metric(fact: &AdminFact, channel: &str) -> (String, Vec<String>) {
    let (name, labels) = match fact {
        AdminFact::Executed { outcome, source, command } => {
            ("policy_admin_execute_total", vec![(*outcome).to_owned(), (*source).to_owned(), command.clone()])
        }
        AdminFact::Mutation { command, dry_run } => {
            ("policy_admin_mutation_total", vec![command.clone(), dry_run.to_string()])
        }
        AdminFact::Rollback { outcome } => ("policy_admin_rollback_total", vec![(*outcome).to_owned()]),
        AdminFact::SessionReset => ("session_reset_total", vec![channel.to_owned()]),
        AdminFact::Panic => ("panic_switch_total", vec![channel.to_owned()]),
        AdminFact::VoiceMessages { mode } => {
            ("voice_messages_set_total", vec![channel.to_owned(), mode.clone()])
        }
    };
    (name.to_owned(), labels)
}
