//! The promises of [`ModelClient`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::SessionKey;
use crate::label::Label;
use crate::model::{ChatMessage, FinishReason, ModelCall, ModelRequest};
use crate::ports::ModelClient;
use crate::testing::CollectedDeltas;

/// Checks that what was streamed is the reply. `make` gives a client that is ready to answer one plain
/// question with some words and no tool call.
///
/// # Panics
/// When a promise is broken.
pub async fn model_client_contract<M: ModelClient>(make: impl AsyncFn() -> M) {
    let model = make().await;
    let info = model.info();
    assert!(!info.provider.trim().is_empty() && !info.model.trim().is_empty(), "a model has names");

    let labels = Label::Stranger.into();
    let question = ChatMessage::User { text: "How are you?".to_owned(), images: Vec::new(), labels };
    let messages = vec![ChatMessage::System("You are terse.".to_owned()), question];
    let request = ModelRequest { messages, ..ModelRequest::default() };
    let session = SessionKey::new("cli:default").unwrap();
    let mut deltas = CollectedDeltas::default();
    let reply = model.complete(&ModelCall::reply(&request, &session), &mut deltas).await.unwrap();
    assert!(!reply.text.is_empty(), "the model was made to answer with words");
    assert!(deltas.0.iter().all(|piece| !piece.is_empty()), "a piece is never empty");
    assert_eq!(deltas.0.concat(), reply.text, "the reply is what was streamed");
    assert!(reply.tool_calls.is_empty(), "no tool was on offer, so none is called");
    assert_ne!(reply.finish, FinishReason::ToolCalls, "it does not wait for tools that it did not call");
}
