//! Number 5: labels join and never fall off, also on disk.

use std::sync::Arc;

use nanobot_core::content::{AudioKind, Body, ContentBlock, Media};
use nanobot_core::event::{InboundEvent, QuotedMessage};
use nanobot_core::ids::{ChannelName, MessageId};
use nanobot_core::label::{Label, Labels};
use nanobot_core::model::{ChatMessage, ModelErrorKind, ModelReply, ModelRequest, ToolClass};
use nanobot_core::ports::{HistoryRole, ToolExecutor, ToolOutcome};
use nanobot_core::stand_in::AllowAll;
use nanobot_core::testing::event::wa;
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobot_core::testing::{RecordingSender, ScriptedModel, ScriptedTools};
use nanobotd::{Adapters, App, Drained, sessions_at};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Log, PATIENCE, TestHome, cases, network, until};

/// A message, and what the tools say that the model calls for it.
#[derive(Debug, Clone)]
struct Said {
    blocks: Vec<Labels>,
    quoted: bool,
    tools: Vec<Labels>,
    fails: bool,
}

fn labels() -> impl Strategy<Value = Labels> {
    prop::collection::vec(prop::sample::select(&Label::ALL[..]), 0..3)
        .prop_map(|labels| labels.into_iter().map(Labels::from).collect())
}

fn said() -> impl Strategy<Value = Said> {
    let blocks = prop::collection::vec(labels(), 1..4);
    let tools = prop::collection::vec(labels(), 0..3);
    (blocks, prop::bool::weighted(0.3), tools, prop::bool::weighted(0.1))
        .prop_map(|(blocks, quoted, tools, fails)| Said { blocks, quoted, tools, fails })
}

fn event(number: usize, said: &Said) -> InboundEvent {
    let mut event = wa("").group("1@g.us").id(&format!("m{number}"));
    for (index, labels) in said.blocks.iter().enumerate() {
        let body = match index {
            0 => Body::Text(format!("tools={} fails={}", said.tools.len(), said.fails)),
            1 => Body::Image(Media { caption: Some("look".to_owned()), ..Media::default() }),
            _ => Body::Audio(
                Media { transcript: Some("listen".to_owned()), ..Media::default() },
                AudioKind::Recording,
            ),
        };
        event = event.block(ContentBlock { body, labels: *labels });
    }
    if said.quoted {
        event = event.quoting(QuotedMessage {
            message_id: Some(MessageId::new("elsewhere").unwrap()),
            text: Some("somebody's words".to_owned()),
            ..QuotedMessage::default()
        });
    }
    event.build()
}

/// Calls a tool as often as the question says, then answers.
fn answer(request: &ModelRequest) -> Result<ModelReply, ModelErrorKind> {
    let question = request.messages.iter().rposition(|message| matches!(message, ChatMessage::User { .. }));
    let behind = &request.messages[question.unwrap()..];
    let ChatMessage::User { text, .. } = &behind[0] else { unreachable!("it was looked for") };
    let own = text.split("\n\n[Re").next().unwrap();
    let used = behind.iter().filter(|message| matches!(message, ChatMessage::ToolResult { .. })).count();
    if own.contains("fails=true") {
        return Err(ModelErrorKind::Overloaded);
    }
    if (used + 1..=2).any(|more| own.contains(&format!("tools={more}"))) {
        return Ok(call_reply(vec![call(&format!("c{used}"), "look", json!({"round": used}))]));
    }
    Ok(text_reply("this is what I make of it"))
}

/// Says everything one after the other. Answers, for each message, what the last prompt of its turn held.
async fn converse(home: &TestHome, said: &[Said]) -> Vec<Labels> {
    let boot = home.boot();
    let model = Arc::new(ScriptedModel::answering(answer));
    let tools = Arc::new(ScriptedTools::new().with("look", ToolClass::Pure, "nothing"));
    let whatsapp = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let adapters = Adapters {
        tools: tools.clone(),
        policy: Arc::new(AllowAll::new(["look"])),
        networks: vec![network(whatsapp.clone())],
        ..home.adapters(&boot, model.clone()).await
    };
    let app = App::start_with(boot, adapters).await.unwrap();
    let mut held = Vec::new();
    for (number, said) in said.iter().enumerate() {
        for labels in &said.tools {
            tools.push("look", ToolOutcome { content: "seen".to_owned(), labels: *labels, failed: false });
        }
        app.ingest().receive(event(number, said)).await.unwrap();
        until(|| whatsapp.sent().len() == number + 1).await;
        let requests = model.requests();
        let last = requests.last().unwrap();
        let mut held_by_last: Labels = last.messages.iter().map(ChatMessage::labels).collect();
        if said.fails {
            // A notice of our own: it is made of the question only, and none of its tools ran.
            held_by_last = event(number, said).labels();
            take_back(&tools, said).await;
        }
        held.push(held_by_last);
    }
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
    held
}

/// Takes the answers back that a failed turn did not ask for.
async fn take_back(tools: &ScriptedTools, said: &Said) {
    for _ in &said.tools {
        let context = nanobot_core::testing::tools::context(&event(0, said));
        tools.execute(&call("c", "look", json!({})), &context).await;
    }
}

fn covers(stored: Labels, held: Labels) -> bool {
    held.iter().all(|label| stored.contains(label))
}

proptest! {
    #![proptest_config(cases(48))]

    // Invariant 5.
    #[test]
    fn a_stored_line_carries_every_label_of_what_it_is_made_of(said in prop::collection::vec(said(), 1..6)) {
        let home = TestHome::new("");
        let held = Log::default().run(converse(&home, &said));
        // Read anew, by another process, so to say.
        let sessions = sessions_at(&nanobot_config::Home::at(home.root(), None));
        let session = event(0, &said[0]).session();
        let lines = Log::default().run(sessions.history(&session, 100)).unwrap();
        prop_assert_eq!(lines.len(), 2 * said.len());
        for (number, pair) in lines.chunks(2).enumerate() {
            let (asked, answered) = (&pair[0], &pair[1]);
            prop_assert_eq!((asked.role, answered.role), (HistoryRole::User, HistoryRole::Assistant));
            let of_event = event(number, &said[number]).labels();
            prop_assert_eq!(asked.labels.unwrap_or_default(), of_event, "what somebody said, message {}", number);
            let stored = answered.labels.unwrap_or_default();
            prop_assert!(covers(stored, held[number]), "message {}: stored {}, held {}", number, stored, held[number]);
            if !said[number].fails {
                let tools: Labels = said[number].tools.iter().copied().collect();
                prop_assert!(covers(stored, tools), "message {}: stored {}, tools {}", number, stored, tools);
            }
        }
    }
}
