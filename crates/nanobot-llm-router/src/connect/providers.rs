//! Every provider of the registry, from an operator's settings to the wire and back: what is sent, and what becomes of
//! an answer in that vendor's own manner.
//!
//! The requests are in `snapshots/`, one file a case, the answers in `providers/samples/`. Refusals are tested in
//! `http/refusal`, broken and hostile streams beside each wire.
//!
//! Nothing here leaves the machine: a vendor's base is resolved as it is, and only then its host is exchanged for that
//! of a server of ours. The path, the headers and the body are those that the vendor would get.

use std::fmt::Write as _;
use std::time::Duration;

use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{
    AnswerFormat, ChatMessage, FinishReason, ModelReply, ModelRequest, ToolCall, ToolClass, ToolSpec, Usage,
};
use nanobot_core::testing::CollectedDeltas;
use nanobot_core::{Label, Labels, Secret};
use serde_json::{Value, json};

use super::provider_for;
use crate::endpoint::Endpoint;
use crate::registry::{PROVIDERS, provider_named};
use crate::resolve::{ProviderAccount, Resolved, resolve};
use crate::scripted_server::{Act, Recorded, ScriptedServer, response};
use crate::settings::ProviderSettings;
use cases::{CASES, CITIES, Case, Place};

mod cases;

const PATIENCE: Duration = Duration::from_mins(1);
/// What a profile may say of its model.
const PROFILE: Profile = Profile { max_tokens: Some(1000), temperature: Some(0.3) };

#[derive(Clone, Copy)]
struct Profile {
    max_tokens: Option<u32>,
    temperature: Option<f64>,
}

/// An exchange with a provider.
struct Exchange {
    resolved: Resolved,
    asked: Recorded,
    reply: ModelReply,
    deltas: Vec<String>,
}

#[test]
fn every_row_of_the_registry_has_a_case() {
    let has_case = |name: &str| CASES.iter().any(|case| case.account == name);
    let without: Vec<&str> = PROVIDERS.iter().map(|row| row.name).filter(|name| !has_case(name)).collect();
    assert!(without.is_empty(), "nobody knows what goes to {without:?}");
}

#[tokio::test]
async fn every_provider_gets_its_own_request_however_the_model_is_spelled() {
    for case in CASES {
        let sent = page(case, case.models[0]).await;
        for model in &case.models[1..] {
            assert_eq!(page(case, model).await, sent, "{}: {model} makes a difference", case.name);
        }
        let default_base = provider_named(case.account).and_then(|row| row.default_base);
        if let (Place::Vendor, Some(base)) = (case.place, default_base) {
            let written_out = Case { place: Place::WrittenOut(base), ..*case };
            let model = case.models[0];
            assert_eq!(page(&written_out, model).await, sent, "{}: its base makes a difference", case.name);
        }
        insta::assert_snapshot!(case.name, sent);
    }
}

#[tokio::test]
async fn every_providers_answer_is_read_with_its_calls_and_counts() {
    for case in CASES {
        let whole = exchange(case, case.models[0], &turn(), PROFILE, Act::Send).await;
        let [input, cached_input, cache_write, output, reasoning] = case.usage;
        let expected = ModelReply {
            text: "Grüß dich, ich sehe nach.".to_owned(),
            tool_calls: case.call_ids.iter().zip(CITIES).map(|(id, city)| weather_in(city, id)).collect(),
            finish: FinishReason::ToolCalls,
            usage: Usage { input, cached_input, cache_write, output, reasoning },
            served: None,
        };
        assert_eq!(whole.reply, expected, "{}", case.name);
        assert_eq!(whole.deltas, case.deltas, "{}", case.name);
        let trickled = exchange(case, case.models[0], &turn(), PROFILE, Act::Trickle).await;
        assert_eq!((trickled.reply, trickled.deltas), (whole.reply, whole.deltas), "{}", case.name);
    }
}

#[tokio::test]
async fn a_key_goes_into_one_header_and_nowhere_else() {
    for case in CASES {
        let Exchange { asked, .. } = exchange(case, case.models[0], &turn(), PROFILE, Act::Send).await;
        let times = asked.head.matches(case.key).count();
        assert_eq!(times, 1, "{}", case.name);
        assert!(!asked.body.to_string().contains(case.key), "{}", case.name);
    }
}

/// All that a provider is sent: a turn with tools, a document, and a document beside tools. Vendors get a limit of tokens
/// each time: without one, what is sent depends on whether the server is on this machine, which it only is here.
async fn page(case: &Case, model: &str) -> String {
    let Exchange { resolved, asked, .. } = exchange(case, model, &turn(), PROFILE, Act::Send).await;
    let base = match case.place {
        Place::Vendor | Place::WrittenOut(_) => resolved.base.as_str(),
        Place::OwnServer => "a server of the operator's own",
    };
    let mut page = format!("of {base}, as {}\n{}\n", resolved.provider, head(&asked, case.key));
    _ = writeln!(page, "\n{}", serde_json::to_string_pretty(&asked.body).unwrap());
    let max_tokens = PROFILE.max_tokens.filter(|_| case.place != Place::OwnServer);
    let silent = Profile { max_tokens, temperature: None };
    for (what, request) in [
        ("a document, without a temperature", document(Vec::new())),
        ("a document beside tools", document(tools())),
    ] {
        let Exchange { asked, .. } = exchange(case, model, &request, silent, Act::Send).await;
        _ = writeln!(page, "\n{what}: {}", asked.body);
    }
    page
}

/// Asks for one answer, as a configuration with nothing but this account would.
async fn exchange(
    case: &Case,
    model: &str,
    request: &ModelRequest,
    profile: Profile,
    written: fn(Vec<u8>) -> Act,
) -> Exchange {
    let server = ScriptedServer::start([written(response("200 OK", "text/event-stream", case.answer))]).await;
    let base = match case.place {
        Place::Vendor => None,
        Place::WrittenOut(base) => Some(base.to_owned()),
        Place::OwnServer => Some(server.base().to_string()),
    };
    let account = ProviderAccount {
        name: case.account.to_owned(),
        key: Some(Secret::new(case.key.to_owned())),
        base,
        headers: case.headers.iter().map(|(k, v)| ((*k).to_owned(), Secret::new((*v).to_owned()))).collect(),
    };
    let resolved = resolve(model, &[account]).unwrap();
    let mut settings = ProviderSettings::for_resolved(model, &resolved, profile.temperature).unwrap();
    settings.max_tokens = profile.max_tokens;
    settings.endpoint = at(&server, &settings.endpoint);
    let mut deltas = CollectedDeltas::default();
    let asked = provider_for(settings).unwrap().ask(request, PATIENCE, &mut deltas).await;
    let reply = asked.unwrap_or_else(|error| panic!("{}: {error}: {:?}", case.name, error.source));
    Exchange { resolved, asked: server.requests().remove(0), reply, deltas: deltas.0 }
}

/// The same path at a server of ours.
fn at(server: &ScriptedServer, vendor: &Endpoint) -> Endpoint {
    let (vendor, ours) = (vendor.to_string(), server.base().to_string());
    let path = vendor.splitn(4, '/').nth(3).unwrap();
    Endpoint::parse(&format!("{}/{path}", ours.strip_suffix("/v1").unwrap())).unwrap()
}

/// Request line and headers without what differs from run to run.
fn head(asked: &Recorded, key: &str) -> String {
    let differs = ["host:", "user-agent:", "content-length:"];
    let mut lines: Vec<&str> =
        asked.head.lines().filter(|line| !differs.iter().any(|name| line.starts_with(name))).collect();
    if let Some(headers) = lines.get_mut(1..) {
        headers.sort_unstable();
    }
    lines.join("\n").replace(key, "<key>")
}

/// The second step of a turn: instructions at the start and later on, a call that was answered, and tools.
fn turn() -> ModelRequest {
    ModelRequest {
        messages: vec![
            ChatMessage::System("Be brief.".to_owned()),
            ChatMessage::System("Today is Friday.".to_owned()),
            user("How is the weather in Oslo?"),
            ChatMessage::Assistant {
                text: String::new(),
                tool_calls: vec![weather_in("Oslo", "call_0")],
                labels: Labels::NONE,
            },
            ChatMessage::ToolResult {
                call: ToolCallId::new("call_0").unwrap(),
                name: "get_weather".to_owned(),
                content: "snow".to_owned(),
                labels: Labels::NONE,
            },
            ChatMessage::System("Answer in German.".to_owned()),
            user("And in Munich?"),
        ],
        tools: tools(),
        ..ModelRequest::default()
    }
}

/// A request for JSON of a shape that every decoder can promise.
fn document(tools: Vec<ToolSpec>) -> ModelRequest {
    let schema = json!({
        "type": "object",
        "properties": {"degrees": {"type": "integer"}},
        "required": ["degrees"],
        "additionalProperties": false,
    });
    ModelRequest {
        messages: vec![ChatMessage::System("Read this.".to_owned()), user("It snows, at -4 degrees.")],
        tools,
        format: AnswerFormat::Json { name: "forecast".to_owned(), schema },
    }
}

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Label::Owner.into() }
}

fn tools() -> Vec<ToolSpec> {
    vec![ToolSpec {
        name: "get_weather".to_owned(),
        description: "Tells the weather.".to_owned(),
        parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}}),
        class: ToolClass::Pure,
    }]
}

fn weather_in(city: &str, id: &str) -> ToolCall {
    let arguments = Value::Object([("city".to_owned(), city.into())].into_iter().collect());
    ToolCall { id: ToolCallId::new(id).unwrap(), name: "get_weather".to_owned(), arguments }
}
