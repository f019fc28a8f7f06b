//! Commands through a toolbox over a sandbox that knows them by heart.

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::ports::{
    GrantsSeen, Protection, SandboxError, SandboxResult, StoreError, StoreErrorKind, ToolExecutor,
    ToolOutcome,
};
use nanobot_core::testing::contract::tool_executor_contract;
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::tools::{FakeSandbox, context};
use nanobot_core::{Label, Labels};
use tempfile::TempDir;

use super::*;
use crate::{Toolbox, WorkspaceOnly};

struct Scene {
    _base: TempDir,
    toolbox: Toolbox,
}

fn scene(sandbox: Arc<dyn Sandbox>) -> Scene {
    scene_with(Some(sandbox), &ExecSettings::default())
}

fn scene_with(sandbox: Option<Arc<dyn Sandbox>>, settings: &ExecSettings) -> Scene {
    let base = TempDir::new().unwrap();
    let access = Arc::new(WorkspaceOnly::open(base.path()).unwrap());
    let exec: Arc<dyn Tool> = Arc::new(Exec::new(sandbox, access, settings).unwrap());
    Scene { _base: base, toolbox: Toolbox::new([exec]).unwrap() }
}

impl Scene {
    async fn run(&self, command: &str) -> ToolOutcome {
        self.run_with(json!({"command": command})).await
    }

    async fn run_with(&self, arguments: Value) -> ToolOutcome {
        self.toolbox.execute(&call("c1", "exec", arguments), &context(&event::cli("x").build())).await
    }
}

/// Answers every command alike.
struct Ends(Box<dyn Fn() -> Result<SandboxResult, SandboxError> + Send + Sync>);

#[async_trait]
impl Sandbox for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }

    async fn protections(&self) -> Vec<Protection> {
        Vec::new()
    }

    async fn run(&self, _request: &SandboxRequest) -> Result<SandboxResult, SandboxError> {
        (self.0)()
    }

    async fn sweep(&self) {}

    async fn close(&self) {}
}

async fn told(
    ended: impl Fn() -> Result<SandboxResult, SandboxError> + Send + Sync + 'static,
) -> ToolOutcome {
    scene(Arc::new(Ends(Box::new(ended)))).run("true").await
}

fn result(code: i32, output: &str) -> SandboxResult {
    SandboxResult { code: Some(code), output: output.to_owned(), cut_chars: 0, sees_grants: false }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    tool_executor_contract(async || scene(Arc::new(FakeSandbox::new())).toolbox).await;
}

#[tokio::test]
async fn a_command_reaches_the_box_with_all_that_it_needs() {
    let sandbox = Arc::new(FakeSandbox::new().on("printf hi", 0, "hi"));
    let scene = scene(sandbox.clone());
    let outcome = scene.run_with(json!({"command": "printf hi", "working_dir": "sub"})).await;
    assert_eq!((outcome.content.as_str(), outcome.failed), ("hi", false));
    scene.run_with(json!({"command": "printf hi", "working_dir": ""})).await;
    let requests = sandbox.requests();
    let first = &requests[0];
    assert_eq!((first.command.as_str(), first.directory.as_deref()), ("printf hi", Some("sub")));
    assert_eq!((first.session.as_str(), first.grants), ("cli:default", GrantsSeen::None));
    assert_eq!(first.timeout, Duration::from_mins(1));
    assert_eq!(requests[1].directory, None);
}

#[tokio::test]
async fn answers_are_worded_as_in_the_original() {
    let cases = [
        (result(0, "hi"), "hi".to_owned()),
        (result(0, "\nhi\n\n"), "hi".to_owned()),
        (result(0, ""), "(no output)".to_owned()),
        (result(3, ""), "(no output)\n\nExit code: 3".to_owned()),
        (result(7, "out"), "out\n\nExit code: 7".to_owned()),
        (
            SandboxResult { code: None, ..result(0, "out") },
            "out\n\nExit code: none (it was killed)".to_owned(),
        ),
        (result(0, &"ü".repeat(10_000)), "ü".repeat(10_000)),
        (result(0, &"ü".repeat(12_000)), "ü".repeat(10_000) + "\n... (truncated, 2000 more chars)"),
        (
            SandboxResult { cut_chars: 50, ..result(2, &"a".repeat(10_100)) },
            "a".repeat(10_000) + "\n... (truncated, 150 more chars)\n\nExit code: 2",
        ),
    ];
    for (ended, expected) in cases {
        let outcome = told(move || Ok(ended.clone())).await;
        assert_eq!((outcome.content, outcome.failed), (expected, false));
    }
}

type Failure = Box<dyn Fn() -> SandboxError + Send + Sync>;

#[tokio::test]
async fn failures_are_worded_as_in_the_original() {
    let reason = || "Sandbox capacity reached".to_owned();
    let cases: [(Failure, &str); 7] = [
        (
            Box::new(|| SandboxError::NotClosed { missing: "seccomp".to_owned() }),
            "Error: Exec isolation unavailable: the sandbox is not closed: seccomp",
        ),
        (
            Box::new(move || SandboxError::Unavailable { reason: reason() }),
            "Error: Exec isolation unavailable: Sandbox capacity reached",
        ),
        (
            Box::new(|| SandboxError::TimedOut(Duration::from_secs(1))),
            "Error: Command timed out after 1 seconds",
        ),
        (
            Box::new(|| SandboxError::Preempted { reason: "preempted by capacity policy".to_owned() }),
            "Error: Command interrupted due to sandbox preemption (preempted by capacity policy)",
        ),
        (
            Box::new(|| SandboxError::OverLimit { limit: "more than 64 processes".to_owned() }),
            "Error: Command was killed: more than 64 processes",
        ),
        (Box::new(|| SandboxError::Cancelled), "Error: Command was stopped"),
        (
            Box::new(|| SandboxError::Backend(StoreError::new(StoreErrorKind::Busy, "asking the box"))),
            "Error executing command: ",
        ),
    ];
    for (failure, expected) in cases {
        let outcome = told(move || Err(failure())).await;
        assert!(outcome.failed && outcome.content.starts_with(expected), "{}", outcome.content);
    }
}

#[tokio::test]
async fn what_the_guard_refuses_never_reaches_the_box() {
    let sandbox = Arc::new(FakeSandbox::new());
    let scene = scene(sandbox.clone());
    let cases = [
        ("rm -rf x", "Error: Command blocked by safety guard (dangerous pattern detected)"),
        ("cat ../x", "Error: Command blocked by safety guard (path traversal detected)"),
        ("cat /etc/hosts", "Error: Command blocked by safety guard (path outside working dir)"),
    ];
    for (command, expected) in cases {
        let outcome = scene.run(command).await;
        assert_eq!((outcome.content.as_str(), outcome.failed), (expected, true));
    }
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn the_workspace_may_be_named_as_the_host_names_it() {
    let sandbox = Arc::new(FakeSandbox::new());
    let base = TempDir::new().unwrap();
    let access: Arc<dyn FileAccess> = Arc::new(WorkspaceOnly::open(base.path()).unwrap());
    let exec = exec_tool(Some(sandbox.clone()), &access, &ExecSettings::default()).unwrap().unwrap();
    let toolbox = Toolbox::new([exec]).unwrap();
    let command = format!("cat {}/a.txt", access.workspace().display());
    toolbox
        .execute(&call("c1", "exec", json!({"command": command})), &context(&event::cli("x").build()))
        .await;
    assert_eq!(sandbox.requests().len(), 1);
}

#[test]
fn only_a_command_that_names_a_grant_sees_any() {
    assert_eq!(seen("true", None, true), GrantsSeen::None);
    assert_eq!(seen("cat /grants/docs/x", None, true), GrantsSeen::Owners);
    assert_eq!(seen("cat x", Some("/grants/docs"), false), GrantsSeen::Everybodys);
}

#[tokio::test]
async fn what_a_shell_with_grants_prints_is_labelled_as_a_file_of_nobody() {
    let own: Labels = [Label::Owner, Label::Tool].map(Labels::from).into_iter().collect();
    assert_eq!(told(|| Ok(result(0, "x"))).await.labels, own);
    let outcome = told(|| Ok(SandboxResult { sees_grants: true, ..result(0, "x") })).await;
    assert_eq!(outcome.labels, own.join(Label::File.into()));
}

#[tokio::test]
async fn without_a_box_there_is_no_tool_and_no_command_runs() {
    let base = TempDir::new().unwrap();
    let access: Arc<dyn FileAccess> = Arc::new(WorkspaceOnly::open(base.path()).unwrap());
    assert!(exec_tool(None, &access, &ExecSettings::default()).unwrap().is_none());
    let outcome = scene_with(None, &ExecSettings::default()).run("printf hi").await;
    let expected = "Error: Host exec is disabled by configuration (set tools.exec.allowHostExecution=true to enable \
                    unsafe host execution)";
    assert_eq!((outcome.content.as_str(), outcome.failed), (expected, true));
}

#[tokio::test(start_paused = true)]
async fn a_box_that_hangs_is_given_up() {
    struct Hangs;
    #[async_trait]
    impl Sandbox for Hangs {
        fn name(&self) -> &'static str {
            "hangs"
        }
        async fn protections(&self) -> Vec<Protection> {
            Vec::new()
        }
        async fn run(&self, _request: &SandboxRequest) -> Result<SandboxResult, SandboxError> {
            std::future::pending().await
        }
        async fn sweep(&self) {}
        async fn close(&self) {}
    }
    let outcome = scene(Arc::new(Hangs)).run("true").await;
    assert_eq!(outcome.content, "Error: Exec isolation unavailable: the sandbox does not answer");
}

#[tokio::test]
async fn the_box_learns_when_the_turn_is_stopped() {
    let sandbox = Arc::new(FakeSandbox::new());
    let scene = scene(sandbox.clone());
    let (switch, token) = CancelSwitch::new();
    let mut context = context(&event::cli("x").build());
    context.cancel = token;
    scene.toolbox.execute(&call("c1", "exec", json!({"command": "true"})), &context).await;
    let request = sandbox.requests().pop().unwrap();
    assert!(!request.cancel.is_cancelled());
    switch.cancel();
    assert!(request.cancel.is_cancelled());
}

#[tokio::test]
async fn a_command_line_has_a_limit() {
    let scene = scene(Arc::new(FakeSandbox::new()));
    let outcome = scene.run(&"x".repeat(MAX_COMMAND_CHARS + 1)).await;
    let expected = "Error: Invalid parameters for tool 'exec': command must have at most 65536 characters";
    assert_eq!(outcome.content, expected);
}
