//! The promises of [`ToolExecutor`] and [`Sandbox`].
#![expect(clippy::unwrap_used, clippy::panic, reason = "contract suites are test code")]

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cancel::CancelToken;
use crate::ids::SessionKey;
use crate::model::ToolSpec;
use crate::ports::{GrantsSeen, Sandbox, SandboxError, SandboxRequest, SandboxResult, ToolExecutor};
use crate::testing::event;
use crate::testing::models::call;
use crate::testing::tools::context;
use crate::units::ByteCount;

/// Checks the offer, and that wrong calls are outcomes that the model can read. Tools are called only with
/// arguments that lack a required field, so that nothing takes effect.
///
/// # Panics
/// When a promise is broken.
pub async fn tool_executor_contract<T: ToolExecutor>(make: impl AsyncFn() -> T) {
    let tools = make().await;
    let specs = tools.specs();
    let names: HashSet<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names.len(), specs.len(), "every tool has a name of its own");
    assert_eq!(tools.specs(), specs, "the offer stays the same, so that prompt caches hit");
    for spec in &specs {
        well_formed(spec);
        let required = spec.parameters.get("required").and_then(Value::as_array);
        if required.is_some_and(|fields| !fields.is_empty()) {
            wrong_arguments_are_told(&tools, &spec.name).await;
        }
    }
    let unknown = call("c1", "no_such_tool", json!({}));
    let outcome = tools.execute(&unknown, &context(&event::cli("").build())).await;
    assert!(outcome.failed && outcome.content.contains("no_such_tool"), "an unknown tool is told by name");
}

fn well_formed(spec: &ToolSpec) {
    let name = &spec.name;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    assert!(!name.is_empty() && name.len() <= 64 && name.chars().all(plain), "{name:?} is no tool name");
    assert!(!spec.description.trim().is_empty(), "the model is told what {name} does");
    let kind = spec.parameters.get("type").and_then(Value::as_str);
    assert_eq!(kind, Some("object"), "the arguments of {name} are an object");
}

async fn wrong_arguments_are_told(tools: &impl ToolExecutor, name: &str) {
    let wrong = [json!({}), json!({"raw": "{\"path\": "}), json!([]), json!("text"), Value::Null];
    for arguments in wrong {
        let shown = arguments.to_string();
        let outcome = tools.execute(&call("c1", name, arguments), &context(&event::cli("").build())).await;
        assert!(outcome.failed, "{name} cannot run with {shown}");
        assert!(!outcome.content.trim().is_empty(), "the model is told what is wrong with {shown}");
    }
}

/// The command lines that [`sandbox_contract`] runs, with the code and the output that they give: what a fake
/// has to know by heart.
pub const SANDBOX_COMMANDS: &[(&str, i32, &str)] = &[
    ("printf hello", 0, "hello"),
    ("exit 3", 3, ""),
    ("printf 0123456789", 0, "0123456789"),
    ("sleep 30", 0, ""),
];

/// Checks codes, output limit and time limit. `sleep 30` is given 50 ms.
///
/// # Panics
/// When a promise is broken.
pub async fn sandbox_contract<S: Sandbox>(make: impl AsyncFn() -> S) {
    let sandbox = make().await;
    let ended = run(&sandbox, "printf hello", ByteCount::kib(1)).await;
    let hello = SandboxResult { code: Some(0), output: "hello".to_owned(), cut_chars: 0, sees_grants: false };
    assert_eq!(ended, hello);
    let ended = run(&sandbox, "exit 3", ByteCount::kib(1)).await;
    assert_eq!(ended.code, Some(3), "the code is that of the command");
    let cut = run(&sandbox, "printf 0123456789", ByteCount::new(4)).await;
    assert_eq!(
        (cut.output.as_str(), cut.cut_chars),
        ("0123", 6),
        "longer output is cut, and says by how much"
    );

    let slow =
        SandboxRequest { timeout: Duration::from_millis(50), ..request("sleep 30", ByteCount::kib(1)) };
    match sandbox.run(&slow).await {
        Err(SandboxError::TimedOut(limit)) => assert_eq!(limit, slow.timeout, "the limit is named"),
        other => panic!("a command that takes too long is killed and told, got {other:?}"),
    }
    assert!(!sandbox.name().is_empty(), "a sandbox has a name for the status report");
    assert!(!sandbox.protections().await.is_empty(), "a sandbox says what it is made of");
}

fn request(command: &str, output_limit: ByteCount) -> SandboxRequest {
    SandboxRequest {
        session: SessionKey::new("cli:default").unwrap(),
        grants: GrantsSeen::Owners,
        command: command.to_owned(),
        directory: None,
        timeout: Duration::from_secs(20),
        output_limit,
        cancel: CancelToken::never(),
    }
}

async fn run(sandbox: &impl Sandbox, command: &str, limit: ByteCount) -> SandboxResult {
    sandbox.run(&request(command, limit)).await.unwrap()
}
