//! The way to the policy of a home: through whoever serves it, or by opening it under the home's lock.

use nanobot_channels::console::clean;
use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::PolicyResult;
use nanobot_core::ports::{PolicyAsk, PolicyEdit};
use nanobotd::PolicyAtRest;
use nanobotd::lock::HomeLock;
use serde_json::json;

use crate::args::Edit;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{audit, daemon, output};

/// A way that stays open for one command.
enum Way {
    /// Somebody serves the home.
    Served(LocalClient),
    /// Nobody does, and it is locked meanwhile.
    Locked { policy: Box<PolicyAtRest>, _lock: HomeLock },
}

impl Way {
    async fn to(place: &Place) -> Result<Self, Failure> {
        if let Some(client) = daemon::find(place).await? {
            return Ok(Self::Served(client));
        }
        let folder = place.home.root();
        if !folder.is_dir() {
            let message =
                format!("there is no home in {}; nanobot-cli onboard sets one up", folder.display());
            return Err(Failure::new(Code::No, message));
        }
        let loaded = place.load()?;
        let lock = HomeLock::take(folder, &place.home.lock())?;
        let policy = Box::new(PolicyAtRest::open(&place.home, &loaded).await?);
        Ok(Self::Locked { policy, _lock: lock })
    }
}

/// A change as somebody wants it.
pub(in crate::commands) struct Wish {
    pub(in crate::commands) edit: PolicyEdit,
    pub(in crate::commands) how: Edit,
    pub(in crate::commands) confirm: bool,
}

impl Wish {
    /// One that is never risky.
    pub(in crate::commands) const fn of(edit: PolicyEdit, how: Edit) -> Self {
        Self { edit, how, confirm: false }
    }
}

/// Asks for a change and tells what became of it.
pub(in crate::commands) async fn ask(place: &Place, wish: Wish) -> Result<Code, Failure> {
    let Wish { edit, how, confirm } = wish;
    let ask = PolicyAsk { edit, dry_run: how.dry_run, confirm };
    let result = match Way::to(place).await? {
        Way::Served(client) => {
            let result = client.edit_policy(ask).await;
            client.close().await;
            result?
        }
        Way::Locked { policy, _lock } => policy.edit(&ask, &audit::actor()).await?.into(),
    };
    tell(&result, how.json)
}

fn tell(result: &PolicyResult, as_json: bool) -> Result<Code, Failure> {
    let code = code_of(&result.outcome);
    if as_json {
        let PolicyResult { outcome, reply, command, dry_run, before_hash, after_hash, change } = result;
        output::json(&json!({
            "outcome": outcome,
            "reply": reply,
            "command": command,
            "dry_run": dry_run,
            "before_hash": before_hash,
            "after_hash": after_hash,
            "change": change,
        }))?;
    } else if code == Code::Done {
        output::line(clean(&result.reply))?;
    } else {
        output::say(clean(&result.reply));
    }
    Ok(code)
}

/// Whether it was done, or there was nothing to do.
fn code_of(outcome: &str) -> Code {
    if matches!(outcome, "applied" | "noop") { Code::Done } else { Code::No }
}
