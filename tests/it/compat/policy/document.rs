//! Which texts are policies, what they say when they are saved, and what is wrong with the others, by stage and path.
//!
//! The words of faults are ours; the original's words are compared only for the check at the start, whose faults
//! owners see.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use nanobot_policy::{CheckOptions, Document, Fault, LexicalPlaces, SchemaFault, Step, check};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::super::cases::{Tally, folder, rows};
use super::FOLDER;
use super::world::{text, texts};

/// Where the recorded workspace lay, in shape; nothing here looks at a disk.
const WORKSPACE: &str = "/where/it/was/recorded/ws";
const PARENT: &str = "/where/it/was/recorded";
const NAME: &str = "ws";

/// Deeper than this we do not read; the original gives up somewhat later, and differently.
const DEEPEST: usize = 500;

#[test]
fn recorded_policies_are_saved_as_the_original_saves_them() {
    let judge = Judge::new();
    let mut tally = Tally::new("policy files");
    for row in rows(FOLDER, "policies.jsonl") {
        let file = text(&row, "policy");
        let bytes = fs::read(folder(FOLDER).join("policies").join(file)).expect("a policy");
        let accepted = judge.accepted(&placed_bytes(&bytes), &row["apply_channels"]);
        match accepted.and_then(|document| judge.saved(&document, &row)) {
            Ok(()) => tally.agree(),
            Err(what) => tally.other(format!("{file}: {what}")),
        }
    }
    tally.finish();
}

#[test]
fn recorded_invalid_files_are_refused_at_the_same_places() {
    let judge = Judge::new();
    let mut tally = Tally::new("policy invalid files");
    for row in rows(FOLDER, "invalid.jsonl") {
        let file = text(&row, "file");
        let bytes = fs::read(folder(FOLDER).join("invalid").join(file)).expect("a file");
        judge.count(&mut tally, file, &placed_bytes(&bytes), &row);
    }
    tally.finish();
}

#[test]
fn recorded_schema_matrix_agrees() {
    let judge = Judge::new();
    let mut tally = Tally::new("policy schema matrix");
    for row in rows(FOLDER, "schema_matrix.jsonl") {
        let document = row["document"].to_string();
        judge.count(&mut tally, &document, &placed_bytes(document.as_bytes()), &row);
    }
    tally.finish();
}

/// Recorded files with a few bytes changed, lost or added: whatever comes out, it is a policy or has a fault.
#[test]
fn damaged_policies_are_read_or_refused() {
    let names = fs::read_dir(folder(FOLDER).join("policies")).expect("policies");
    let mut paths: Vec<PathBuf> = names.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("a policy")).collect();
    // Small ones serve as well, and a thousand times more often in the same time.
    let files: Vec<Vec<u8>> = files.into_iter().filter(|file| file.len() < 2_000).collect();
    let piece = proptest::sample::select(vec![
        "", "\"", "{", "}", "]", ",", "\\ud800", "NaN", "-1", "1e9", "null", "\u{e9}", "~x", "_",
    ]);
    let damage = (any::<Index>(), 0_usize..4, piece);
    let damaged = (proptest::sample::select(files), proptest::collection::vec(damage, 1..4));
    let config = ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(4),
        ..ProptestConfig::with_cases(10_000)
    };
    let (read, refused) = (Cell::new(0), Cell::new(0));
    let judge = Judge::new();
    proptest!(config, |((mut file, damages) in damaged)| {
        for (place, lost, piece) in damages {
            let from = place.index(file.len());
            let to = (from + lost).min(file.len());
            file.splice(from..to, piece.bytes());
            // Never empty, so that there is a place.
            file.push(b' ');
        }
        match judge.stage(&file, &serde_json::json!(["telegram", "whatsapp"])) {
            Stage::Accepted(_) | Stage::Validate(..) => read.set(read.get() + 1),
            Stage::Schema(paths) => { prop_assert!(!paths.is_empty()); refused.set(refused.get() + 1); }
            Stage::Json | Stage::Decode => refused.set(refused.get() + 1),
        }
    });
    let (read, refused) = (read.get(), refused.get());
    println!("policy damaged files: {read} read, {refused} refused");
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused: the damage teaches nothing");
}

struct Judge {
    places: LexicalPlaces,
    known_tools: BTreeSet<String>,
}

/// How far a text came.
enum Stage {
    Json,
    Decode,
    Schema(Vec<String>),
    Validate(String, Box<Document>),
    Accepted(Box<Document>),
}

impl Judge {
    fn new() -> Self {
        let meta = &rows(FOLDER, "meta.json")[0];
        let home = meta["home"].as_str().map(PathBuf::from);
        Self { places: LexicalPlaces { home }, known_tools: texts(&meta["known_tools"]) }
    }

    fn count(&self, tally: &mut Tally, name: &str, bytes: &[u8], row: &Value) {
        let stage = self.stage(bytes, &row["apply_channels"]);
        match (self.same(&stage, &row["expect"]), rule(bytes, &stage)) {
            (Ok(()), _) => tally.agree(),
            (Err(_), Some(rule)) => tally.by_rule(rule),
            (Err(what), None) => tally.other(format!("{name}: {what}")),
        }
    }

    fn stage(&self, bytes: &[u8], channels: &Value) -> Stage {
        let document = match Document::parse(bytes, &self.places) {
            Ok(document) => document,
            Err(Fault::NotUtf8 { .. }) => return Stage::Decode,
            Err(Fault::Schema(faults)) => return Stage::Schema(faults.iter().map(path).collect()),
            Err(_) => return Stage::Json,
        };
        let with = CheckOptions {
            channels: texts(channels),
            known_tools: self.known_tools.clone(),
            workspace: WORKSPACE.into(),
            places: &self.places,
        };
        match check(&document, &with) {
            Ok(()) => Stage::Accepted(Box::new(document)),
            Err(fault) => Stage::Validate(fault.message, Box::new(document)),
        }
    }

    fn accepted(&self, bytes: &[u8], channels: &Value) -> Result<Box<Document>, String> {
        match self.stage(bytes, channels) {
            Stage::Accepted(document) => Ok(document),
            Stage::Validate(message, _) => Err(message),
            Stage::Schema(paths) => Err(format!("faults at {paths:?}")),
            Stage::Json | Stage::Decode => Err("no JSON".to_owned()),
        }
    }

    fn same(&self, stage: &Stage, expect: &Value) -> Result<(), String> {
        let is = |stage: &str| {
            let same = expect["stage"] == stage;
            ensure(same, || format!("{stage} instead of {} {}", expect["stage"], expect["errors"]))
        };
        match stage {
            Stage::Json => is("json"),
            Stage::Decode => is("decode"),
            Stage::Schema(paths) => {
                is("schema")?;
                let recorded = expect["errors"].as_array().expect("errors");
                let recorded: Vec<&str> = recorded.iter().map(|error| text(error, "path")).collect();
                ensure(*paths == recorded, || format!("{paths:?} instead of {recorded:?}"))
            }
            Stage::Validate(message, document) => {
                is("validate")?;
                let recorded: BTreeSet<String> =
                    texts(&expect["messages_any_of"]).iter().map(|text| placed(text)).collect();
                ensure(recorded.contains(message), || format!("{message} instead of {recorded:?}"))?;
                self.saved(document, expect)
            }
            Stage::Accepted(document) => {
                is("ok")?;
                self.saved(document, expect)
            }
        }
    }

    /// Compares the text and the hash, as far as they were recorded.
    fn saved(&self, document: &Document, expect: &Value) -> Result<(), String> {
        let hash = expect["policy_hash"].as_str();
        if hash.is_some_and(|hash| hash.starts_with("error:")) {
            return ensure(document.text().is_err(), || "it can be written".to_owned());
        }
        let saved = document.text().map_err(|error| error.to_string())?;
        if let Some(hash) = hash {
            ensure(document.hash() == hash, || format!("{} instead of {hash}:\n{saved}", document.hash()))?;
        }
        let again = Document::parse(saved.as_bytes(), &self.places).map_err(|fault| fault.to_string())?;
        ensure(again.policy() == document.policy(), || {
            "loading what was saved gives something else".to_owned()
        })?;
        if expect["normalized"].is_object() {
            let recorded = placed(&expect["normalized"].to_string());
            // Both through one library, in their own order of keys.
            let ours: Value = serde_json::from_str(&saved).map_err(|error| error.to_string())?;
            let printed = ours.to_string();
            ensure(printed == recorded, || format!("{ours} instead of {recorded}"))?;
            let laid_out = serde_json::to_string_pretty(&ours).expect("JSON");
            let same = without_numbers(&laid_out) == without_numbers(&saved);
            ensure(same, || format!("laid out as {saved}"))?;
        }
        Ok(())
    }
}

/// The wanted difference that the input asks for, if any.
fn rule(bytes: &[u8], stage: &Stage) -> Option<&'static str> {
    let refused = !matches!(stage, Stage::Accepted(_));
    if refused && names_unknown_home(&String::from_utf8_lossy(bytes)) {
        return Some("unknown_home_is_a_fault");
    }
    (matches!(stage, Stage::Json) && nests_deeper(bytes)).then_some("deep_nesting_is_no_json")
}

/// Whether a text in it begins with `~` and a name: the only home here is the one of `~` itself.
pub(super) fn names_unknown_home(text: &str) -> bool {
    text.split('"').skip(1).any(|piece| {
        let user = piece.trim_start().strip_prefix('~').and_then(|behind| behind.chars().next());
        user.is_some_and(|first| first != '/')
    })
}

fn nests_deeper(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > DEEPEST
}

/// The library spells large numbers and small fractions its own way; the hash has looked at them.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_digit() && !"+-.e".contains(*character)).collect()
}

fn path(fault: &SchemaFault) -> String {
    let steps = fault.path.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

fn placed(text: &str) -> String {
    text.replace("{{WORKSPACE}}", WORKSPACE)
        .replace("{{WORKSPACE_PARENT}}", PARENT)
        .replace("{{WSNAME}}", NAME)
}

/// What is no UTF-8 stays as it is.
fn placed_bytes(bytes: &[u8]) -> Vec<u8> {
    str::from_utf8(bytes).map_or_else(|_| bytes.to_vec(), |text| placed(text).into_bytes())
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
