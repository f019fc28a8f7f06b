//! `session …`: through the daemon if one runs, else on the home's files. Reading needs no lock; forgetting
//! takes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nanobot_channels::local::protocol::ControlOp;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{ControlError, HistoryMessage, SessionAdmin as _};
use nanobot_memory::{JsonlSessions, inspect};
use nanobotd::control::SessionRoom;
use nanobotd::lock::HomeLock;
use nanobotd::system::SystemClock;
use nanobotd::{kept_at, sessions_at};
use serde_json::{Value, json};

use super::block_on;
use crate::args::{Args, ExportFormat, List, Session};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{audit, daemon, onboard, output};

/// The largest file that is inspected.
const INSPECT_LIMIT: u64 = 64 * 1024 * 1024;

pub(super) fn run(command: &Session, args: &Args) -> Result<Code, Failure> {
    // Inspecting files needs no home.
    if let Session::Inspect { files } = command {
        return inspect_files(files);
    }
    let place = Place::of(args)?;
    block_on(async {
        match command {
            Session::List(options) => list(&place, options).await,
            Session::Show { key, lines, json } => {
                show(&place, &find(&place, key).await?, *lines, json.json).await
            }
            Session::Reset { key, yes, dry_run, json } => {
                let asked = if *dry_run {
                    Ask::DryRun
                } else if *yes {
                    Ask::Nothing
                } else {
                    Ask::First
                };
                reset(&place, &find(&place, key).await?, asked, json.json).await
            }
            Session::Export { key, format } => export(&place, &find(&place, key).await?, *format).await,
            Session::Inspect { .. } => Ok(Code::Done),
        }
    })
}

/// The session of a key; a short name means a conversation of the terminal, as in `chat`, unless a session of
/// just that name is there.
async fn find(place: &Place, key: &str) -> Result<SessionKey, Failure> {
    let parse =
        |key: &str| SessionKey::new(key).map_err(|error| Failure::new(Code::Usage, error.to_string()));
    let named = parse(key)?;
    if key.contains(':') || room(place).sessions().await?.iter().any(|summary| summary.session == named) {
        return Ok(named);
    }
    parse(&format!("cli:{key}"))
}

fn room(place: &Place) -> SessionRoom {
    SessionRoom {
        sessions: sessions_at(&place.home),
        kept: None,
        audit: Arc::new(audit::log(place)),
        clock: Arc::new(SystemClock::new()),
        via: "cli",
    }
}

async fn list(place: &Place, options: &List) -> Result<Code, Failure> {
    let sessions = room(place).sessions().await?;
    let value = |session: &nanobot_core::ports::SessionSummary| {
        json!({
            "session": session.session.as_str(),
            "messages": session.messages,
            "created_at": session.created_at,
            "updated_at": session.updated_at,
            "file": session.file,
        })
    };
    if options.json {
        output::json(&json!({"sessions": sessions.iter().map(value).collect::<Vec<_>>()}))?;
    } else if options.jsonl {
        sessions.iter().try_for_each(|session| output::json_line(&value(session)))?;
    } else if sessions.is_empty() {
        output::say("no conversations yet; start one with nanobot-cli chat");
    } else {
        let row = |session: &nanobot_core::ports::SessionSummary| {
            let used = session.updated_at.clone().unwrap_or_else(|| "-".to_owned());
            vec![session.session.to_string(), session.messages.to_string(), used]
        };
        output::table(&["SESSION", "MESSAGES", "LAST USED"], &sessions.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(Code::Done)
}

async fn show(place: &Place, key: &SessionKey, lines: u32, as_json: bool) -> Result<Code, Failure> {
    let limit = usize::try_from(lines).unwrap_or(usize::MAX);
    let messages = room(place).session(key, limit).await?;
    if as_json {
        let value = |message: &HistoryMessage| {
            json!({
                "role": role(message),
                "content": message.content,
                "labels": message.labels.map(|labels| labels.to_string()),
            })
        };
        let messages: Vec<Value> = messages.iter().map(value).collect();
        output::json(&json!({"session": key.as_str(), "messages": messages}))?;
    } else {
        for message in &messages {
            output::line(format!("{}: {}", role(message), message.content))?;
        }
    }
    Ok(Code::Done)
}

const fn role(message: &HistoryMessage) -> &'static str {
    use nanobot_core::ports::HistoryRole;
    match message.role {
        HistoryRole::User => "user",
        HistoryRole::Assistant => "assistant",
        HistoryRole::System => "system",
        HistoryRole::Tool => "tool",
    }
}

/// How much a person is asked before something is forgotten.
enum Ask {
    First,
    Nothing,
    DryRun,
}

async fn reset(place: &Place, key: &SessionKey, ask: Ask, as_json: bool) -> Result<Code, Failure> {
    let missing = || Err(ControlError::NoSuchSession(key.clone()).into());
    let found = room(place).sessions().await?.into_iter().find(|summary| summary.session == *key);
    let messages = match (&ask, found.map(|summary| summary.messages)) {
        // That a session is not there is found, and written down, where it would be forgotten; but no home is
        // made for that.
        (Ask::Nothing, None) if place.home.root().is_dir() => 0,
        (_, None) => return missing(),
        (_, Some(messages)) => messages,
    };
    if matches!(ask, Ask::DryRun) {
        if as_json {
            output::json(&json!({"session": key.as_str(), "would_forget": messages}))?;
        } else {
            output::line(format!("{messages} messages of {key} would be forgotten"))?;
        }
        return Ok(Code::Done);
    }
    // Whoever has the home is found out before anybody is asked, and keeps it meanwhile.
    let client = daemon::find(place).await?;
    let _lock = match client {
        Some(_) => None,
        None => Some(HomeLock::take(place.home.root(), &place.home.lock())?),
    };
    if matches!(ask, Ask::First)
        && !onboard::ask_yes_no(&format!("Forget {messages} messages of {key}?")).await?
    {
        output::say("nothing was forgotten (use --yes where nobody can be asked)");
        return Ok(Code::No);
    }
    let forgotten = if let Some(client) = client {
        let done = client.control(ControlOp::SessionReset { session: key.to_string() }).await?;
        client.close().await;
        done.get("forgotten").and_then(Value::as_u64).unwrap_or_default()
    } else {
        let room = room(place);
        let kept = kept_at(&place.home, room.sessions.clone()).await?;
        let room = SessionRoom { kept, ..room };
        u64::try_from(room.reset_session(key, &audit::actor()).await?).unwrap_or(u64::MAX)
    };
    if as_json {
        output::json(&json!({"session": key.as_str(), "forgotten": forgotten}))?;
    } else {
        output::line(format!("{forgotten} messages of {key} were forgotten"))?;
    }
    Ok(Code::Done)
}

async fn export(place: &Place, key: &SessionKey, format: ExportFormat) -> Result<Code, Failure> {
    let sessions = room(place).sessions().await?;
    let Some(summary) = sessions.into_iter().find(|summary| summary.session == *key) else {
        return Err(Failure::new(Code::No, format!("there is no session {key}")));
    };
    match format {
        ExportFormat::Jsonl => output::raw(&words_of(place, key, &summary.file).await?)?,
        ExportFormat::Markdown => {
            output::line(format!("# {key}"))?;
            for message in room(place).session(key, summary.messages).await? {
                output::line(format!("\n**{}**\n\n{}", role(&message), message.content))?;
            }
        }
    }
    Ok(Code::Done)
}

/// The file of a session: of the two places the one that is read and written to.
async fn words_of(place: &Place, key: &SessionKey, listed: &str) -> Result<Vec<u8>, Failure> {
    let path = JsonlSessions::new(place.home.root()).file_of(key).await?;
    let path = path.ok_or_else(|| Failure::new(Code::No, format!("{listed} is not the file of {key}")))?;
    read(&path)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(Code::Data, format!("cannot read {}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > INSPECT_LIMIT {
        let limit = nanobot_core::units::ByteCount::new(INSPECT_LIMIT);
        return Err(Failure::new(
            Code::Data,
            format!("{} has {size} bytes, at most {limit} are read", path.display()),
        ));
    }
    std::fs::read(path).map_err(failed)
}

fn inspect_files(files: &[PathBuf]) -> Result<Code, Failure> {
    let mut code = Code::Done;
    for path in files {
        let file = path.display().to_string();
        match read(path) {
            Ok(bytes) => output::json_line(&inspect(&bytes).to_json(&file))?,
            Err(failure) => {
                code = Code::Data;
                let error = json!({"code": "unreadable", "message": failure.to_string()});
                output::json_line(&json!({"file": file, "error": error}))?;
            }
        }
    }
    Ok(code)
}
