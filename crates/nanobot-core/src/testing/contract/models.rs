//! The promises of [`ModelClient`], [`BudgetLedger`] and [`BreakerState`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::time::Duration;

use crate::ids::SessionKey;
use crate::label::Label;
use crate::model::{ChatMessage, FinishReason, ModelRequest};
use crate::ports::{BreakerState, BudgetLedger, BudgetRefusal, ModelClient, Reservation};
use crate::testing::CollectedDeltas;
use crate::testing::event::SENT_AT;
use crate::time::Timestamp;

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
    let request = ModelRequest { messages, tools: Vec::new() };
    let mut deltas = CollectedDeltas::default();
    let reply = model.complete(&request, &mut deltas).await.unwrap();
    assert!(!reply.text.is_empty(), "the model was made to answer with words");
    assert!(deltas.0.iter().all(|piece| !piece.is_empty()), "a piece is never empty");
    assert_eq!(deltas.0.concat(), reply.text, "the reply is what was streamed");
    assert!(reply.tool_calls.is_empty(), "no tool was on offer, so none is called");
    assert_ne!(reply.finish, FinishReason::ToolCalls, "it does not wait for tools that it did not call");
}

/// Checks that money is never promised beyond a limit. `make` gives a ledger whose only limit is that many
/// micro dollars a day.
///
/// # Panics
/// When a promise is broken.
pub async fn budget_ledger_contract<B: BudgetLedger>(make: impl AsyncFn(u64) -> B) {
    unsettled_reservations_count_in_full(&make(100).await).await;
    settling_frees_what_was_not_spent(&make(100).await).await;
    a_call_may_cost_more_than_was_reserved(&make(100).await).await;
    refusals_promise_nothing(&make(100).await).await;
}

async fn reserve(ledger: &impl BudgetLedger, amount: u64) -> Option<Reservation> {
    let session = SessionKey::new("cli:default").unwrap();
    let at: Timestamp = SENT_AT.parse().unwrap();
    match ledger.reserve(&session, "chat", amount, at).await {
        Ok(reservation) => {
            assert_eq!(reservation.micro_dollars, amount, "the promise is what was asked for");
            Some(reservation)
        }
        Err(BudgetRefusal::Exhausted { .. }) => None,
        Err(BudgetRefusal::Store(error)) => panic_on(&error),
    }
}

#[expect(clippy::panic, reason = "contract suites are test code")]
fn panic_on(error: &dyn std::error::Error) -> ! {
    panic!("the ledger itself failed: {error}")
}

async fn unsettled_reservations_count_in_full(ledger: &impl BudgetLedger) {
    let first = reserve(ledger, 60).await.unwrap();
    assert_eq!(reserve(ledger, 41).await, None, "what is promised counts before it is spent");
    let second = reserve(ledger, 40).await.unwrap();
    assert_ne!(first.id, second.id, "each promise has a number of its own");
    assert_eq!(reserve(ledger, 1).await, None, "exactly the limit is promised");
}

async fn settling_frees_what_was_not_spent(ledger: &impl BudgetLedger) {
    let worst_case = reserve(ledger, 100).await.unwrap();
    ledger.settle(worst_case, 30).await.unwrap();
    assert_eq!(reserve(ledger, 71).await, None, "what was spent stays spent");
    assert!(reserve(ledger, 70).await.is_some(), "the rest is free again");
}

async fn a_call_may_cost_more_than_was_reserved(ledger: &impl BudgetLedger) {
    let reservation = reserve(ledger, 50).await.unwrap();
    ledger.settle(reservation, 90).await.unwrap();
    assert_eq!(reserve(ledger, 11).await, None, "the real cost counts, not the promise");
}

async fn refusals_promise_nothing(ledger: &impl BudgetLedger) {
    assert_eq!(reserve(ledger, 101).await, None, "more than the limit is never promised");
    assert_eq!(reserve(ledger, u64::MAX).await, None, "nor does a sum wrap around");
    assert!(reserve(ledger, 100).await.is_some(), "a refusal took nothing");
    assert_eq!(reserve(ledger, u64::MAX).await, None, "nor does a sum wrap around");
}

/// Checks that circuits open and close one by one.
///
/// # Panics
/// When a promise is broken.
pub async fn breaker_state_contract<B: BreakerState>(make: impl AsyncFn() -> B) {
    let breakers = make().await;
    let until: Timestamp = SENT_AT.parse().unwrap();
    let later = until.checked_add(Duration::from_mins(1)).unwrap();
    let open_until = async |circuit: &str| breakers.open_until(circuit).await.unwrap();

    assert_eq!(open_until("openai").await, None, "an unknown circuit is closed");
    breakers.set("openai", Some(until)).await.unwrap();
    assert_eq!(open_until("openai").await, Some(until));
    assert_eq!(open_until("anthropic").await, None, "another circuit stays closed");
    breakers.set("openai", Some(later)).await.unwrap();
    assert_eq!(open_until("openai").await, Some(later), "the last setting counts");
    breakers.set("openai", None).await.unwrap();
    breakers.set("openai", None).await.unwrap();
    assert_eq!(open_until("openai").await, None, "a closed circuit is closed");
}
