//! `sandbox run`: one command in the home's box, for the operator, who has what an owner's turn has. The guard and the
//! gate, which judge what a model wants, are not asked.

use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{GrantsSeen, Sandbox as _, SandboxError, SandboxRequest, SandboxResult};
use nanobot_core::units::ByteCount;
use nanobot_sandbox::Network;
use serde_json::json;

use super::{How, OpenBox, patiently};
use crate::args::Run;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// So much of the output is kept. A person reads it or pipes it on; whoever wants more writes a file.
const OUTPUT_LIMIT: ByteCount = ByteCount::mib(4);

pub(super) async fn run(place: &Place, options: &Run) -> Result<Code, Failure> {
    let network = options.network.then_some(Network::Host);
    let opened = OpenBox::of(place, place.load()?.config, How { network, ..How::default() }).await?;
    let (switch, cancel) = CancelSwitch::new();
    let request = SandboxRequest {
        session: options.session.clone(),
        grants: GrantsSeen::Owners,
        command: line(&options.command),
        directory: None,
        timeout: opened.timeout,
        output_limit: OUTPUT_LIMIT,
        cancel,
    };
    let ended = {
        let running = patiently("the command runs; Ctrl-C stops it", opened.sandbox.run(&request));
        tokio::pin!(running);
        tokio::select! {
            ended = &mut running => ended,
            _ = tokio::signal::ctrl_c() => {
                switch.cancel();
                running.await
            }
        }
    };
    opened.sandbox.close().await;
    told(&ended.map_err(|error| failure(&error))?, options.json.json)
}

/// What the operator typed, for the shell: one word is a line of it, several are words and nothing else.
fn line(words: &[String]) -> String {
    match words {
        [line] => line.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn told(result: &SandboxResult, as_json: bool) -> Result<Code, Failure> {
    let SandboxResult { code, output, cut_chars, sees_grants } = result;
    if as_json {
        output::json(&json!({
            "code": code, "output": output, "cut_chars": cut_chars, "sees_grants": sees_grants,
        }))?;
    } else {
        output::raw(output.as_bytes())?;
        if *cut_chars > 0 {
            output::say(format!("{cut_chars} characters more were printed and are cut"));
        }
        if code.is_none() {
            output::say("the shell was killed");
        }
    }
    // A shell ends with a byte; what was killed by a signal has none, and has failed.
    let passed = code.and_then(|code| u8::try_from(code).ok());
    Ok(passed.map_or(Code::No, Code::Passed))
}

fn failure(error: &SandboxError) -> Failure {
    let code = match error {
        SandboxError::NotClosed { .. } | SandboxError::Unavailable { .. } => Code::Unavailable,
        _ => Code::No,
    };
    Failure::new(code, chain(error))
}

/// A command that shows whether the box answers at all.
pub(super) async fn trial(opened: &OpenBox) -> Result<(), String> {
    let request = SandboxRequest {
        session: nanobot_core::ids::SessionKey::new("cli:selftest").map_err(|error| error.to_string())?,
        grants: GrantsSeen::Owners,
        command: "printf '%s' \"$((6 * 7))\"".to_owned(),
        directory: None,
        timeout: opened.timeout,
        output_limit: ByteCount::kib(4),
        cancel: CancelToken::never(),
    };
    match opened.sandbox.run(&request).await {
        Ok(SandboxResult { code: Some(0), output, .. }) if output == "42" => Ok(()),
        Ok(result) => Err(format!("it answered something else, with exit code {:?}", result.code)),
        Err(error) => Err(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_a_line_and_several_stay_words() {
        let typed = |words: &[&str]| line(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(typed(&["ls | wc -l; exit 3"]), "ls | wc -l; exit 3");
        assert_eq!(typed(&["echo", "a  b", "&&", "it's", ""]), r"echo 'a  b' '&&' 'it'\''s' ''");
    }
}
