//! `chat`: with the daemon of the home if one runs, else with a nanobot inside this process.

use std::io::{self, IsTerminal as _};

use nanobot_channels::ConsoleError;
use nanobot_channels::console::{
    ConsoleInput, ConsoleIo, ConsoleOptions, ConsoleSummary, Interrupts, run_console,
};
use nanobot_channels::local::LocalClient;
use nanobot_core::ids::{ChatId, SessionKey};
use nanobot_core::pipeline::chain;

use super::block_on;
use crate::args::Chat;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{daemon, host, onboard};

pub(super) fn run(options: &Chat, place: &Place) -> Result<Code, Failure> {
    let chat = chat_of(&options.session)?;
    onboard::make_home_if_missing(place)?;
    let mut loaded = place.load()?;
    let level = if io::stdout().is_terminal() { "error" } else { "warn" };
    quiet_log(&loaded, level);
    block_on(async {
        let (host, mut client) = if let Some(client) = daemon::find(place).await? {
            (None, client)
        } else {
            if let Some(model) = onboard::model_of_own_server(&loaded).await? {
                loaded = place.load_with_model(&model)?;
            }
            let (host, client) = host::boot(place, loaded).await?;
            (Some(host), client)
        };
        let talked = talk(options, place, chat, &mut client).await;
        client.close().await;
        if let Some(host) = host {
            host.stop().await;
        }
        talked.map(code_of)
    })
}

/// In a chat the screen belongs to the conversation: only what is wrong is logged.
fn quiet_log(loaded: &nanobot_config::Loaded, level: &str) {
    let mut log = loaded.config.log.clone();
    level.clone_into(&mut log.filter);
    // A filter of one word can always be read.
    let _ = nanobotd::logging::install(&log);
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
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let console = ConsoleOptions {
        chat,
        input,
        history_file: Some(place.home.root().join("var").join("console_history")),
        color: io::stdout().is_terminal() && wants_color(place),
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
