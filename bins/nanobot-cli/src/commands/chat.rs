//! `chat`: with the daemon of the home if one runs, else with a nanobot inside this process.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use nanobot_channels::ConsoleError;
use nanobot_channels::console::{
    ConsoleInput, ConsoleIo, ConsoleOptions, ConsoleSummary, Interrupts, run_console,
};
use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::ControlOp;
use nanobot_config::Loaded;
use nanobot_config::settings::LogFormat;
use nanobot_core::ids::{ChatId, SessionKey};
use nanobot_core::pipeline::chain;
use nanobotd::lock::{HomeLock, LockError};
use nanobotd::signals::{CtrlC, StopSignals};
use nanobotd::{ChosenModel, Drained, Stop, choose_model, logging};

use super::block_on;
use crate::args::Chat;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{daemon, host, onboard, output};

/// How long the socket of somebody who has just taken the home is waited for: 2 seconds.
const LATE_LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

pub(super) fn run(options: &Chat, place: &Place) -> Result<Code, Failure> {
    let chat = chat_of(&options.session)?;
    block_on(async {
        onboard::make_home_if_missing(place).await?;
        let loaded = place.load()?;
        let mut signals = StopSignals::listen(CtrlC::IsTaken)
            .map_err(|error| Failure::new(Code::No, format!("signals cannot be taken: {error}")))?;
        let (mut host, mut client) = Box::pin(connect(place, loaded)).await?;
        let talked = tokio::select! {
            talked = talk(options, place, chat, &mut client) => talked.map(code_of),
            // What is under way is brought to its end below, as by a daemon.
            () = signals.stop() => Ok(Code::No),
            stop = stops(host.as_mut()) => {
                match stop {
                    Stop::Emergency => output::complain("an owner pressed the emergency stop"),
                    Stop::Broken(task) => {
                        output::complain(&format!("a task in the background broke: {task}"));
                    }
                }
                Ok(Code::No)
            }
        };
        client.close().await;
        let drained = match host {
            Some(host) => host.stop().await,
            None => Drained::Whole,
        };
        match (talked?, drained) {
            (Code::Done, Drained::Cut) => {
                output::complain("not all of this conversation could be kept; the lines above say why");
                Ok(Code::CannotWrite)
            }
            (code, _) => Ok(code),
        }
    })
}

/// Resolves when what this chat serves has to end, as when an owner on a network says so; never for a chat that has
/// joined.
async fn stops(host: Option<&mut host::Host>) -> Stop {
    match host {
        Some(host) => host.stops().await,
        None => std::future::pending().await,
    }
}

/// Joins whoever serves the home, or serves it from here. Of two chats that start at once one serves.
async fn connect(place: &Place, loaded: Loaded) -> Result<(Option<host::Host>, LocalClient), Failure> {
    if let Some(client) = daemon::find(place).await? {
        return Ok((None, client));
    }
    let chosen = choose_model(&loaded)?;
    log_to_the_person(&loaded, &chosen);
    hint_at_unknown_settings(&loaded, &chosen);
    let lock = match HomeLock::take(place.home.root(), &place.home.lock()) {
        Ok(lock) => lock,
        Err(held) => return join_late(place, held).await,
    };
    let (host, client) = host::boot(place, loaded, lock).await?;
    Ok((Some(host), client))
}

/// Somebody else has just taken the home: its socket will be there in a moment, unless it keeps to itself.
async fn join_late(place: &Place, held: LockError) -> Result<(Option<host::Host>, LocalClient), Failure> {
    for _ in 0..LATE_LOOKS {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        if let Some(client) = daemon::find(place).await? {
            return Ok((None, client));
        }
    }
    Err(held.into())
}

/// Without a daemon there is no other log: what goes wrong is told here, in words, or as JSON where the settings
/// ask for that.
fn log_to_the_person(loaded: &Loaded, chosen: &ChosenModel) {
    let mut log = loaded.config.log.clone();
    if log.format == LogFormat::Json {
        "warn".clone_into(&mut log.filter);
        // A filter of one word can always be read.
        let _ = logging::install(&log, None);
        return;
    }
    let info = chosen.info();
    let model = match info.endpoint {
        Some(endpoint) => format!("{} at {endpoint}", info.model),
        None => info.model,
    };
    logging::install_for_chat("nanobot-cli", model);
}

/// Somebody whose settings were misspelt wonders why no model answers.
fn hint_at_unknown_settings(loaded: &Loaded, chosen: &ChosenModel) {
    if let (ChosenModel::Offline, [first, others @ ..]) = (chosen, &loaded.unknown[..]) {
        let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
        output::say(format!("{first}{more}; nanobot-cli config check lists such keys"));
    }
}

/// The first line of a conversation at a terminal: who answers, and how to leave.
async fn greet(client: &LocalClient, chat: &ChatId, color: bool) -> Result<(), Failure> {
    let report = client.control(ControlOp::Status).await?;
    let text = |path: &str| report.pointer(path).and_then(serde_json::Value::as_str).unwrap_or_default();
    let address = match text("/model/endpoint") {
        "" => String::new(),
        address => format!(", {address}"),
    };
    let line = format!(
        "nanobot {} · {} ({}{address}) · cli:{chat} · /help, Ctrl-D leaves",
        text("/version"),
        text("/model/model"),
        text("/model/provider"),
    );
    output::say(if color { format!("\u{1b}[2m{line}\u{1b}[0m") } else { line });
    Ok(())
}

async fn talk(
    options: &Chat,
    place: &Place,
    chat: ChatId,
    client: &mut LocalClient,
) -> Result<ConsoleSummary, Failure> {
    let interactive = options.message.is_none() && io::stdin().is_terminal();
    let input = match &options.message {
        Some(text) => ConsoleInput::Once(text.clone()),
        None if interactive => ConsoleInput::Interactive,
        None => ConsoleInput::Piped(Box::new(tokio::io::stdin())),
    };
    let color = io::stdout().is_terminal() && wants_color(place);
    if interactive {
        greet(client, &chat, color && io::stderr().is_terminal()).await?;
    }
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let console = ConsoleOptions {
        chat,
        input,
        history_file: Some(place.home.root().join("var").join("console_history")),
        color,
    };
    let mut interrupts = Interrupts::listen()
        .map_err(|error| Failure::new(Code::No, format!("Ctrl-C cannot be taken: {error}")))?;
    run_console(client, console, ConsoleIo { out: &mut out, err: &mut err }, &mut interrupts).await.map_err(
        |error| match error {
            ConsoleError::Client(error) => error.into(),
            ConsoleError::Output(error) => Failure::output(&error),
            other => Failure::new(Code::No, chain(&other)),
        },
    )
}

/// `NO_COLOR` (any value, see no-color.org) and terminals that cannot show it.
fn wants_color(place: &Place) -> bool {
    let environment = &place.environment;
    environment.get_non_blank("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb")
}

fn code_of(summary: ConsoleSummary) -> Code {
    match summary {
        ConsoleSummary { unreadable: 1.., .. } => Code::Data,
        ConsoleSummary { failed: 1.., .. } | ConsoleSummary { interrupted: true, .. } => Code::No,
        _ => Code::Done,
    }
}

/// The chat of a session key. Conversations of networks are not for speaking in somebody's place.
fn chat_of(session: &str) -> Result<ChatId, Failure> {
    let usage = |message: String| Failure::new(Code::Usage, message);
    let key = if session.contains(':') { session.to_owned() } else { format!("cli:{session}") };
    let key = SessionKey::new(key).map_err(|error| usage(format!("--session: {error}")))?;
    match key.parts() {
        Some((channel, chat)) if channel.is_operator() => Ok(chat),
        _ => Err(usage(format!(
            "--session {key}: only conversations of the terminal (cli:NAME) can be talked in; read others with \
             nanobot-cli session show {key}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_a_chat_of_the_terminal() {
        assert_eq!(chat_of("cli:work").unwrap().as_str(), "work");
        assert_eq!(chat_of("work").unwrap().as_str(), "work");
        assert_eq!(chat_of("telegram:1").unwrap_err().code, Code::Usage);
        assert_eq!(chat_of("cli:").unwrap_err().code, Code::Usage);
    }
}
