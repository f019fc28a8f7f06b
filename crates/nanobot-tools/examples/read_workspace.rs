//! The crate alone: a toolbox over a folder, four calls that work and three that do not.
//!
//! Run it with `cargo run -p nanobot-tools --example read_workspace`. It needs no network and cleans up.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::{ChannelName, ChatId, SenderId, SessionKey, ToolCallId, TurnId};
use nanobot_core::model::ToolCall;
use nanobot_core::ports::{FileAccess, ToolContext, ToolExecutor};
use nanobot_core::{Label, Labels};
use nanobot_tools::{Toolbox, WorkspaceOnly, file_tools};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let folder = home.path().join("workspace");
    std::fs::create_dir_all(folder.join("recipes"))?;
    std::fs::write(folder.join("recipes/bread.md"), "flour, water, salt, time\n")?;
    std::fs::write(home.path().join("secret.txt"), "not for the model\n")?;

    let workspace: Arc<dyn FileAccess> = Arc::new(WorkspaceOnly::open(&folder)?);
    let toolbox = Toolbox::new(file_tools(&workspace))?;
    let context = context()?;
    let calls = [
        ("list_dir", json!({"path": "."})),
        ("write_file", json!({"path": "recipes/soup/leek.md", "content": "leek, water\n"})),
        ("edit_file", json!({"path": "recipes/bread.md", "old_text": "water", "new_text": "beer"})),
        ("read_file", json!({"path": "recipes/bread.md"})),
        ("read_file", json!({"path": "../secret.txt"})),
        ("read_file", json!({})),
        ("write_file", json!({"path": "x"})),
    ];
    for (index, (tool, arguments)) in calls.into_iter().enumerate() {
        let call = call(index, tool, arguments)?;
        let outcome = toolbox.execute(&call, &context).await;
        println!("{tool} {} -> [{}] {}", call.arguments, outcome.labels, outcome.content.trim_end());
        let is_expected_to_fail = index >= 4;
        if outcome.failed != is_expected_to_fail {
            return Err("a call did not end as it should".into());
        }
    }
    Ok(())
}

fn context() -> Result<ToolContext, Box<dyn Error>> {
    let chat = ChatId::new("default")?;
    Ok(ToolContext {
        turn: TurnId::new("turn-1")?,
        key: "turn-1/0".to_owned(),
        session: SessionKey::of(&ChannelName::CLI, &chat),
        channel: ChannelName::CLI,
        chat,
        sender: SenderId::new("local:uid=1000")?,
        is_owner: true,
        labels: Labels::from(Label::Owner),
        cancel: CancelToken::never(),
    })
}

fn call(index: usize, tool: &str, arguments: Value) -> Result<ToolCall, Box<dyn Error>> {
    Ok(ToolCall { id: ToolCallId::new(format!("call-{index}"))?, name: tool.to_owned(), arguments })
}
