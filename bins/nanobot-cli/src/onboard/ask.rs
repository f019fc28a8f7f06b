//! Questions to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::{Choice, Offer};
use crate::exit::{Code, Failure};
use crate::output;

/// Lets a person choose; none when they would rather not (Ctrl-C, or the end of input).
///
/// # Errors
/// Where nobody can be asked: taking something in silence is no choice.
pub(crate) async fn ask(offers: &[Offer]) -> Result<Option<Choice>, Failure> {
    output::say("What shall answer?");
    for (number, offer) in (1..).zip(offers) {
        output::say(format!("  {number}. {}", offer.label));
    }
    loop {
        let Some(typed) = prompt("Number [1]: ").await? else { return Ok(None) };
        let number = if typed.is_empty() { Ok(1) } else { typed.parse::<usize>() };
        let chosen = number.ok().and_then(|n| offers.get(n.checked_sub(1)?));
        match chosen {
            Some(offer) => return Ok(Some(offer.choice.clone())),
            None => output::say(format!("please type a number from 1 to {}", offers.len())),
        }
    }
}

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks a question that is answered yes or no; no where nobody can be asked.
pub(crate) async fn ask_yes_no(question: &str) -> Result<bool, Failure> {
    if !can_ask() {
        return Ok(false);
    }
    let typed = prompt(&format!("{question} [y/N] ")).await?;
    Ok(matches!(typed.as_deref(), Some("y" | "Y" | "yes")))
}

/// One typed line, trimmed; none at the end of input or after Ctrl-C. The thread that waits for a key press
/// outlives the question, which the runtime's end does not wait for.
async fn prompt(text: &str) -> Result<Option<String>, Failure> {
    let failed = |error: io::Error| Failure::new(Code::No, format!("cannot ask: {error}"));
    {
        let mut err = io::stderr().lock();
        write!(err, "{text}").and_then(|()| err.flush()).map_err(failed)?;
    }
    let typed = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|read| (read > 0).then(|| line.trim().to_owned()))
    });
    let typed = tokio::select! {
        typed = typed => typed.map_err(io::Error::other).and_then(|typed| typed).map_err(failed)?,
        _ = tokio::signal::ctrl_c() => None,
    };
    if typed.is_none() {
        // The cursor stands behind the question.
        output::say("");
    }
    Ok(typed)
}
