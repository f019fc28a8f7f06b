//! `exec`: a command line in the closed box.
//!
//! The guard reads it first; the box decides what it can do. Nothing here starts a process, and no setting makes a
//! command run outside of the box.

mod answer;
mod guard;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::{FileAccess, GrantsSeen, Sandbox, SandboxRequest, ToolContext};
use nanobot_core::units::ByteCount;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::blocking::BlockingPool;
use crate::tool::{Tool, ToolAnswer, broken};

pub use guard::{Ground, Guard, GuardError, GuardSettings, Objection};

/// A command line has at most so many characters: as much as a model writes in one go, and more.
const MAX_COMMAND_CHARS: usize = 64 * 1024;

/// As much of the output is asked for as can be shown: characters have at most four bytes.
const OUTPUT_LIMIT: ByteCount = ByteCount::kib(40);

/// The box keeps the time limit of a command. So much longer it may take to say so, to start, or to wait for the
/// shell of the session; then it counts as broken.
const GRACE: Duration = Duration::from_mins(1);

/// How commands are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecSettings {
    /// How long a command may take (the original: `tools.exec.timeout`, 60 s).
    pub timeout: Duration,
    /// What is refused before it runs.
    pub guard: GuardSettings,
}

impl Default for ExecSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_mins(1), guard: GuardSettings::default() }
    }
}

/// Runs command lines.
pub struct Exec {
    sandbox: Option<Arc<dyn Sandbox>>,
    access: Arc<dyn FileAccess>,
    guard: Arc<Guard>,
    timeout: Duration,
    pool: BlockingPool,
}

/// The tool, where there is a box; without one it is not offered.
///
/// # Errors
/// [`GuardError`] when the guard's lists cannot be used.
pub fn exec_tool(
    sandbox: Option<Arc<dyn Sandbox>>,
    access: &Arc<dyn FileAccess>,
    settings: &ExecSettings,
) -> Result<Option<Arc<dyn Tool>>, GuardError> {
    let Some(sandbox) = sandbox else { return Ok(None) };
    Ok(Some(Arc::new(Exec::new(Some(sandbox), Arc::clone(access), settings)?)))
}

impl Exec {
    /// The name of the tool.
    pub const NAME: &'static str = "exec";

    /// With this box. Without one every call is refused in the original's words.
    ///
    /// # Errors
    /// [`GuardError`] when the guard's lists cannot be used.
    pub fn new(
        sandbox: Option<Arc<dyn Sandbox>>,
        access: Arc<dyn FileAccess>,
        settings: &ExecSettings,
    ) -> Result<Self, GuardError> {
        Ok(Self {
            sandbox,
            access,
            guard: Arc::new(Guard::new(&settings.guard)?),
            timeout: settings.timeout,
            pool: BlockingPool::new(),
        })
    }

    async fn judged(
        &self,
        command: String,
        directory: Option<String>,
        is_owner: bool,
    ) -> Result<(), ToolAnswer> {
        let (access, guard) = (Arc::clone(&self.access), Arc::clone(&self.guard));
        let judged = self.pool.run(move || {
            let grants = access.grants(is_owner).into_iter().map(|grant| grant.container);
            let ground = Ground::new(&access.workspace(), directory.as_deref(), grants);
            guard.judge(&command, &ground)
        });
        match judged.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(objection)) => Err(ToolAnswer::failed(objection.to_string())),
            Err(none) => Err(broken(Self::NAME, none)),
        }
    }
}

#[async_trait]
impl Tool for Exec {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description:
                "Runs a shell command in a closed box and shows what it prints. The workspace is /workspace \
                          there; the shell keeps its state between calls."
                    .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "command": {
                        "type": "string",
                        "description": "The command line, for a POSIX shell",
                        "maxLength": MAX_COMMAND_CHARS,
                    },
                    "working_dir": {
                        "type": "string",
                        "description": "Where it starts: a folder of the workspace, else the workspace itself",
                    },
                },
                "required": ["command"],
            }),
            class: ToolClass::Once,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer {
        let text = |name| arguments.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (command, directory) = (text("command"), text("working_dir"));
        let directory = (!directory.is_empty()).then_some(directory);
        if let Err(refused) = self.judged(command.clone(), directory.clone(), context.is_owner).await {
            return refused;
        }
        let Some(sandbox) = &self.sandbox else {
            return ToolAnswer::failed(answer::HOST_EXEC_DISABLED);
        };
        let request = SandboxRequest {
            session: context.session.clone(),
            grants: seen(&command, directory.as_deref(), context.is_owner),
            command,
            directory,
            timeout: self.timeout,
            output_limit: OUTPUT_LIMIT,
            cancel: context.cancel.clone(),
        };
        // Once for the command before it in the same shell, once for itself.
        let limit = self.timeout.saturating_mul(2).saturating_add(GRACE);
        match timeout(limit, sandbox.run(&request)).await {
            Ok(ended) => answer::told(ended),
            Err(_) => answer::unavailable("the sandbox does not answer"),
        }
    }
}

/// A command that names no grant sees none, so that what it prints is nobody else's. The model is told where grants
/// are by the paths that people and tools name; a command that puts such a path together does not find it.
fn seen(command: &str, directory: Option<&str>, is_owner: bool) -> GrantsSeen {
    const FOLDER: &str = "/grants";
    match command.contains(FOLDER) || directory.is_some_and(|folder| folder.starts_with(FOLDER)) {
        false => GrantsSeen::None,
        true if is_owner => GrantsSeen::Owners,
        true => GrantsSeen::Everybodys,
    }
}

#[cfg(test)]
mod tests;
