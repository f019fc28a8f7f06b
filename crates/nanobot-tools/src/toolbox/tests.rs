//! Finding, checking, labelling and stopping.

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::model::ToolClass;
use nanobot_core::testing::contract::tool_executor_contract;
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::tools::context;
use nanobot_core::{Label, Labels};
use serde_json::{Map, Value, json};

use super::*;

/// Repeats its `text` argument, or hangs when told to.
struct Echo(&'static str);

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: self.0.to_owned(),
            description: "Repeats a text.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"text": {"type": "string"}, "hang": {"type": "boolean"}},
                "required": ["text"],
            }),
            class: ToolClass::Pure,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, _context: &ToolContext) -> ToolAnswer {
        if arguments.get("hang") == Some(&Value::Bool(true)) {
            std::future::pending::<()>().await;
        }
        let text = arguments.get("text").and_then(Value::as_str).unwrap_or("nothing");
        ToolAnswer { labels: Label::Web.into(), ..ToolAnswer::done(text) }
    }
}

fn toolbox() -> Toolbox {
    let tools: [Arc<dyn Tool>; 2] = [Arc::new(Echo("zebra")), Arc::new(Echo("ant"))];
    Toolbox::new(tools).unwrap()
}

#[tokio::test]
async fn it_keeps_the_contract() {
    tool_executor_contract(async || toolbox()).await;
    tool_executor_contract(async || Toolbox::default()).await;
}

#[test]
fn the_offer_keeps_the_order_in_which_tools_were_given() {
    assert_eq!(toolbox().names().collect::<Vec<_>>(), ["zebra", "ant"]);
}

#[test]
fn two_tools_of_one_name_do_not_fit() {
    let tools: [Arc<dyn Tool>; 2] = [Arc::new(Echo("ant")), Arc::new(Echo("ant"))];
    let error = Toolbox::new(tools).err().unwrap();
    assert_eq!(error.to_string(), "two tools are called ant");
}

#[tokio::test]
async fn wrong_calls_are_worded_as_in_the_original() {
    let (toolbox, context) = (toolbox(), context(&event::cli("x").build()));
    let outcome = toolbox.execute(&call("c1", "ant", json!({})), &context).await;
    assert_eq!(outcome.content, "Error: Invalid parameters for tool 'ant': missing required text");
    assert!(outcome.failed);
    let outcome = toolbox.execute(&call("c1", "bee", json!({})), &context).await;
    assert_eq!(outcome.content, "Error: Tool 'bee' not found");
    assert!(outcome.failed);
}

#[tokio::test]
async fn an_answer_carries_the_labels_of_the_turn_the_tool_and_its_source() {
    let context = context(&event::wa("x").build());
    let outcome = toolbox().execute(&call("c1", "ant", json!({"text": "hi", "more": 1})), &context).await;
    let expected: Labels = [Label::Stranger, Label::Tool, Label::Web].map(Labels::from).into_iter().collect();
    assert_eq!((outcome.content.as_str(), outcome.labels, outcome.failed), ("hi", expected, false));
    let refused = toolbox().execute(&call("c1", "bee", json!({})), &context).await;
    assert!(refused.labels.contains(Label::Stranger), "also a refusal quotes the turn");
}

#[tokio::test]
async fn a_stopped_turn_ends_a_hanging_tool() {
    let mut context = context(&event::cli("x").build());
    let (switch, token) = CancelSwitch::new();
    context.cancel = token;
    switch.cancel();
    let hanging = call("c1", "ant", json!({"text": "x", "hang": true}));
    let outcome = toolbox().execute(&hanging, &context).await;
    assert_eq!((outcome.content.as_str(), outcome.failed), ("Error: Tool 'ant' was stopped", true));
}
