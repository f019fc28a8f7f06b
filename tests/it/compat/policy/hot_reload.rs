//! A policy file that changes while the assistant runs: when it is looked at, and what holds then.
//!
//! `Model` says what a running assistant has in force, in the manner of the original and in ours. The original's
//! manner must give what was recorded; ours must give what the machine does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{ChangeTime, PolicyFile};
use nanobot_core::time::Timestamp;
use nanobot_policy::reload::{Candidate, Look, Pace, Reload};
use nanobot_policy::{CheckOptions, CompileOptions, Document, Engine, LexicalPlaces, check};
use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::FOLDER;
use super::world::{asked, text, texts};

#[test]
fn recorded_reloads_agree() {
    let mut tally = Tally::new("policy hot reload");
    for row in rows(FOLDER, "hot_reload.jsonl") {
        Scenario::new(&row).play(&row, &mut tally);
    }
    tally.finish();
}

/// How a running assistant treats its policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// What cannot be taken up is an error, a file that is gone is the built-in policy, and the switch and the
    /// interval are those of the start.
    Original,
    /// What cannot be taken up changes nothing, and the switch and the interval are those in force.
    Ours,
}

/// What is in force, by the bytes of its file; none is the built-in policy.
struct Model {
    manner: Manner,
    in_force: Option<Vec<u8>>,
    seen: Option<ChangeTime>,
    checked: Timestamp,
    pace: Pace,
}

/// The file could not be taken up.
struct Raised;

impl Model {
    fn evaluate(&mut self, scenario: &Scenario) -> Result<Option<Vec<u8>>, Raised> {
        let since = scenario.now.duration_since(self.checked).unsigned_abs();
        if !self.pace.on_change || since < self.pace.interval {
            return Ok(self.in_force.clone());
        }
        self.checked = scenario.now;
        let file = scenario.disk.as_ref();
        if file.map(|file| file.changed) == self.seen {
            return Ok(self.in_force.clone());
        }
        match scenario.compile(file.map(|file| file.bytes.as_slice())) {
            Ok(_) if file.is_none() && self.manner == Manner::Ours => self.seen = None,
            Ok(candidate) => {
                self.in_force = file.map(|file| file.bytes.clone());
                self.seen = file.map(|file| file.changed);
                if self.manner == Manner::Ours {
                    self.pace = candidate.pace;
                }
            }
            Err(_) if self.manner == Manner::Original => return Err(Raised),
            Err(_) => self.seen = file.map(|file| file.changed),
        }
        Ok(self.in_force.clone())
    }
}

struct Scenario {
    now: Timestamp,
    disk: Option<PolicyFile>,
    known_tools: BTreeSet<String>,
    apply_channels: BTreeSet<String>,
    places: LexicalPlaces,
}

impl Scenario {
    fn new(row: &Value) -> Self {
        let start = row["clock_start"].as_f64().expect("a time");
        Self {
            now: Timestamp::UNIX_EPOCH + Duration::from_secs_f64(start),
            disk: Some(file(&row["initial_policy"].to_string(), &row["initial_mtime_ns"])),
            known_tools: texts(&row["known_tools"]),
            apply_channels: texts(&row["apply_channels"]),
            places: LexicalPlaces { home: Some("/home/oracle-user".into()) },
        }
    }

    fn compile(&self, bytes: Option<&[u8]>) -> Result<Candidate<Engine>, Vec<String>> {
        let document = bytes.map_or_else(
            || Ok(Document::builtin()),
            |bytes| Document::parse(bytes, &self.places).map_err(|fault| vec![fault.to_string()]),
        )?;
        let with = CheckOptions {
            channels: self.apply_channels.clone(),
            known_tools: self.known_tools.clone(),
            workspace: "/workspace".into(),
            places: &self.places,
        };
        check(&document, &with).map_err(|fault| vec![fault.to_string()])?;
        let options = CompileOptions {
            apply_channels: self.apply_channels.clone(),
            known_tools: self.known_tools.clone(),
            source: "policy.json".to_owned(),
        };
        let pace = Pace::of(&document.policy().runtime);
        Ok(Candidate { policy: Arc::new(Engine::compile(&document, &options)), pace })
    }

    fn play(mut self, row: &Value, tally: &mut Tally) {
        let start = self.compile(self.disk.as_ref().map(|file| file.bytes.as_slice())).expect("a policy");
        let mut reload =
            Reload::start(self.now, self.disk.clone(), &|bytes| self.compile(bytes)).expect("a policy");
        let model = |manner| Model {
            manner,
            in_force: self.disk.as_ref().map(|file| file.bytes.clone()),
            seen: self.disk.as_ref().map(|file| file.changed),
            checked: self.now,
            pace: start.pace,
        };
        let (mut original, mut mended) = (model(Manner::Original), model(Manner::Ours));
        for (index, step) in row["steps"].as_array().expect("steps").iter().enumerate() {
            match step["op"].as_str() {
                Some("write") => self.disk = Some(file(&step["policy"].to_string(), &step["mtime_ns"])),
                Some("write_raw") => self.disk = Some(file(text(step, "text"), &step["mtime_ns"])),
                Some("delete") => self.disk = None,
                Some("advance") => {
                    self.now += Duration::from_secs_f64(step["seconds"].as_f64().expect("seconds"));
                }
                Some("evaluate") => match self.judge(step, &mut original, &mut mended, &mut reload) {
                    Ok(None) => tally.agree(),
                    Ok(Some(rule)) => tally.by_rule(rule),
                    Err(what) => tally.other(format!("{} step {index}: {what}", row["id"])),
                },
                other => tally.other(format!("{} step {index}: {other:?} is no step", row["id"])),
            }
        }
    }

    fn judge(
        &self,
        step: &Value,
        original: &mut Model,
        mended: &mut Model,
        reload: &mut Reload<Engine>,
    ) -> Result<Option<&'static str>, String> {
        let (event, expected) = (&step["event"], &step["expect"]);
        if reload.is_due(self.now)
            && reload.look(self.now, self.disk.as_ref().map(|file| file.changed)) == Look::Read
        {
            reload.read(self.now, Ok(self.disk.clone()), &|bytes| self.compile(bytes));
        }
        let ours = shown(reload.policy(), event);
        let recorded = match original.evaluate(self) {
            Ok(bytes) => self.decided(bytes.as_deref(), event),
            Err(Raised) if expected["error"].is_string() => Value::Null,
            Err(Raised) => return Err("the original took the file up".to_owned()),
        };
        if expected["error"].is_null() && recorded != *expected {
            return Err(format!("the model of the original gives {recorded}, recorded {expected}"));
        }
        let wanted = mended.evaluate(self).map(|bytes| self.decided(bytes.as_deref(), event));
        if wanted.is_ok_and(|wanted| wanted != ours) {
            return Err(format!("ours {ours}, recorded {expected}"));
        }
        if ours == *expected {
            return Ok(None);
        }
        Ok(Some(if expected["error"].is_string() {
            "broken_policy_keeps_the_last"
        } else if original.in_force.is_none() {
            "deleted_policy_keeps_the_last"
        } else if original.pace != mended.pace {
            "reload_switch_follows_the_file"
        } else {
            return Err(format!("ours {ours}, recorded {expected}"));
        }))
    }

    fn decided(&self, bytes: Option<&[u8]>, event: &Value) -> Value {
        shown(&self.compile(bytes).expect("it is in force").policy, event)
    }
}

fn file(text: &str, changed: &Value) -> PolicyFile {
    let changed = changed.as_i64().expect("nanoseconds");
    PolicyFile { bytes: text.as_bytes().to_vec(), changed: ChangeTime(changed.into()) }
}

/// A decision as the rows show it.
fn shown(engine: &Engine, event: &Value) -> Value {
    let decision = engine.decide(&asked(event));
    json!({
        "error": null,
        "accept_message": decision.accept,
        "should_respond": decision.respond,
        "reason": decision.reason,
        "allowed_tools": *decision.allowed_tools,
        "is_owner": decision.is_owner,
    })
}
