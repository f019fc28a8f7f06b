//! The recorded cases of the original, as inputs of the targets.

mod security;

pub(super) use security::{arguments, calls, command_lines, paths, seeded_texts, texts};

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;

/// The first byte of an input of commands chooses who speaks, and to which policy: these four are the owner, who has
/// all facts, in each of the policies.
const OWNER: [u8; 4] = [0, 16, 32, 48];

/// What the original does not have, or what was recorded for groups that are not here.
const OURS: [&str; 11] = [
    "/approve 1@g.us",
    "/approve-mention 2@g.us",
    "/deny 1@g.us",
    "/policy allow-group irc:#x",
    "/policy block-group 1@g.us",
    "/policy set-when whatsapp:2@g.us off",
    "/policy set-persona 1@g.us personas/a.md",
    "/policy clear-persona 2@g.us",
    "/policy block-sender 1@g.us eve",
    "/policy unblock-sender 1@g.us +4977",
    "/policy rollback 0123456789abcdef0123456789abcdef --confirm",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compat")
}

/// Policy files, good and broken, and the documents of the schema matrix.
pub(super) fn documents() -> Result<Vec<Vec<u8>>> {
    let mut documents = Vec::new();
    for kind in ["policies", "invalid"] {
        let folder = folder().join("policy").join(kind);
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let path = entry?.path();
            documents.push(fs::read(&path).with_context(|| format!("read {}", path.display()))?);
        }
    }
    let matrix = rows("policy/schema_matrix.jsonl.gz")?;
    documents.extend(matrix.iter().filter_map(|row| Some(row.get("document")?.to_string().into_bytes())));
    Ok(documents)
}

/// What was said in the recorded scenarios: each line by an owner, and each scenario as one; and a few of ours.
pub(super) fn commands() -> Result<Vec<Vec<u8>>> {
    let rows = rows("policy/admin_commands.jsonl.gz")?;
    let said = |row: &Value| {
        let text = row.pointer("/event/content").or(row.get("command"))?.as_str()?;
        Some(placed(text).into_bytes())
    };
    let mut commands = Vec::new();
    for (number, text) in rows.iter().filter_map(said).enumerate() {
        let owner = OWNER.get(number % OWNER.len()).copied().unwrap_or_default();
        commands.push([&[owner][..], &text].concat());
    }
    commands.extend(OURS.iter().map(|text| [&OWNER[1..2], text.as_bytes()].concat()));
    let scenarios = rows.chunk_by(|one, next| one.get("scenario") == next.get("scenario"));
    for scenario in scenarios {
        let texts: Vec<Vec<u8>> = scenario.iter().filter_map(said).collect();
        commands.push([&OWNER[1..2], &texts.join(&0)].concat());
    }
    Ok(commands)
}

/// The recorded ids of groups and changes are those of the small worlds here, or nobody would be found.
fn placed(text: &str) -> String {
    let text = text.replace("120363047035080773@g.us", "1@g.us").replace("120363060430591129@g.us", "2@g.us");
    match text.split_once("{{CHANGE:") {
        Some((before, _)) => format!("{before}0123456789abcdef0123456789abcdef"),
        None => text,
    }
}

fn rows(file: &str) -> Result<Vec<Value>> {
    let path = folder().join(file);
    let file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
    let rows = serde_json::Deserializer::from_reader(GzDecoder::new(file)).into_iter();
    let rows = rows.collect::<Result<Vec<Value>, _>>().with_context(|| format!("read {}", path.display()))?;
    ensure!(!rows.is_empty(), "{} holds no case", path.display());
    Ok(rows)
}
