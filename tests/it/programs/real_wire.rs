//! The clients of `nanobot-llm-router` against a real server, by every interface that it speaks. What the programs
//! make of it is in `real_server.rs`.

use std::time::Duration;

use nanobot_core::model::{
    ChatMessage, FinishReason, ModelError, ModelErrorKind, ModelReply, ModelRequest, ToolClass, ToolSpec,
};
use nanobot_core::testing::CollectedDeltas;
use nanobot_core::testing::contract::model_client_contract;
use nanobot_core::{Label, Secret};
use nanobot_llm_router::{
    Alone, ChatProvider, Delivery, EmbeddingClient, Endpoint, Interface, ProviderSettings, provider_for,
};
use serde_json::json;

use super::harness::LlamaServer;

const PATIENCE: Duration = Duration::from_mins(1);
const PONG: &str = "pong from the tiny model";
const WIRES: [(Interface, Delivery); 4] = [
    (Interface::Messages, Delivery::Streamed),
    (Interface::Messages, Delivery::Whole),
    (Interface::ChatCompletions, Delivery::Streamed),
    (Interface::ChatCompletions, Delivery::Whole),
];

fn settings(server: &LlamaServer) -> ProviderSettings {
    ProviderSettings::new("vllm", "tiny", Endpoint::parse(&server.base_url()).unwrap())
}

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Label::Owner.into() }
}

fn request(messages: Vec<ChatMessage>) -> ModelRequest {
    let tools = vec![ToolSpec {
        name: "list_dir".to_owned(),
        description: "Lists a folder.".to_owned(),
        parameters: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
        class: ToolClass::Pure,
    }];
    ModelRequest { messages, tools, ..ModelRequest::default() }
}

async fn ask(
    settings: ProviderSettings,
    request: &ModelRequest,
) -> (Result<ModelReply, ModelError>, Vec<String>) {
    let mut heard = CollectedDeltas::default();
    let reply = provider_for(settings).unwrap().ask(request, PATIENCE, &mut heard).await;
    (reply, heard.0)
}

#[tokio::test]
async fn a_real_tool_loop_runs_by_every_interface_streamed_and_whole() {
    let server = LlamaServer::start("agent");
    for (interface, delivery) in WIRES {
        let mut settings = settings(&server);
        (settings.interface, settings.delivery) = (interface, delivery);
        let start = [ChatMessage::System("Be brief.".to_owned()), user("what is here?")];
        let (called, _) = ask(settings.clone(), &request(start.to_vec())).await;
        let called = called.unwrap();
        assert_eq!((called.finish, called.tool_calls.len()), (FinishReason::ToolCalls, 1), "{called:?}");
        let call = called.tool_calls[0].clone();
        assert_eq!((call.name.as_str(), &call.arguments), ("list_dir", &json!({"path": "."})));
        assert!(called.usage.input.is_some_and(|count| count > 0), "{:?}", called.usage);

        let (id, name) = (call.id.clone(), call.name.clone());
        let asked =
            ChatMessage::Assistant { text: called.text, tool_calls: vec![call], labels: Label::Owner.into() };
        let found = ChatMessage::ToolResult {
            call: id,
            name,
            content: "README.md".to_owned(),
            labels: Label::File.into(),
        };
        let (answered, heard) = ask(settings, &request([start.as_slice(), &[asked, found]].concat())).await;
        let answered = answered.unwrap();
        assert_eq!(
            (answered.text.as_str(), answered.finish),
            ("the folder has been listed", FinishReason::Stop)
        );
        assert_eq!(heard.concat(), answered.text);
        assert_eq!(heard.len() > 1, delivery == Delivery::Streamed, "{interface:?} {delivery:?}: {heard:?}");
        assert_eq!(answered.usage.output, Some(6));
    }
}

#[tokio::test]
async fn every_interface_keeps_the_promises_of_the_port_with_a_real_server() {
    let server = LlamaServer::start("talk");
    for (interface, delivery) in WIRES {
        let mut settings = settings(&server);
        (settings.interface, settings.delivery) = (interface, delivery);
        model_client_contract(async || Alone(provider_for(settings.clone()).unwrap())).await;
    }
}

#[tokio::test]
async fn a_real_server_counts_the_same_by_both_interfaces() {
    let server = LlamaServer::start("talk");
    let mut counted = Vec::new();
    for interface in [Interface::Messages, Interface::ChatCompletions] {
        let mut settings = settings(&server);
        settings.interface = interface;
        let (reply, _) =
            ask(settings, &ModelRequest { messages: vec![user("one")], ..ModelRequest::default() }).await;
        let reply = reply.unwrap();
        assert_eq!(reply.text, PONG);
        counted.push((reply.usage.input, reply.usage.output));
    }
    assert_eq!(counted[0], counted[1], "what was read from the cache is part of what was read");
}

#[tokio::test]
async fn refusals_of_a_real_server_are_typed_by_every_interface() {
    let server = LlamaServer::start_with("talk", &["--api-key", "sk-real"]);
    let long = ModelRequest { messages: vec![user(&"0123456789 ".repeat(5_000))], ..ModelRequest::default() };
    for (interface, delivery) in WIRES {
        let mut settings = settings(&server);
        (settings.interface, settings.delivery) = (interface, delivery);
        settings.key = Some(Secret::new("sk-wrong".to_owned()));
        let (refused, _) = ask(settings.clone(), &long).await;
        assert_eq!(refused.unwrap_err().kind, ModelErrorKind::Auth);
        settings.key = Some(Secret::new("sk-real".to_owned()));
        let (too_long, heard) = ask(settings, &long).await;
        assert_eq!(too_long.unwrap_err().kind, ModelErrorKind::ContextOverflow);
        assert_eq!(heard, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_real_server_gives_vectors_of_unit_length_in_the_order_of_the_texts() {
    let server = LlamaServer::start_with("talk", &["--embeddings", "--pooling", "mean"]);
    let client = EmbeddingClient::new(settings(&server)).unwrap();
    let texts = ["the weather in Lima", "größer 🎉", "the weather in Lima"];
    let read = client.embed(&texts, PATIENCE).await.unwrap();
    assert_eq!((read.vectors.len(), read.vectors[0].len()), (3, 64));
    for vector in &read.vectors {
        let square: f64 = vector.iter().map(|number| f64::from(*number).powi(2)).sum();
        assert!((square - 1.0).abs() < 1e-5, "{square}");
    }
    let alike = |one: usize, other: usize| -> f32 {
        read.vectors[one].iter().zip(&read.vectors[other]).map(|(a, b)| a * b).sum()
    };
    assert!(alike(0, 2) > 0.999 && alike(0, 1) < alike(0, 2), "{} {}", alike(0, 1), alike(0, 2));
    assert!(read.usage.input.is_some_and(|count| count > 0));
}
