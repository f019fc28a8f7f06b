//! Sends the requests of a block when they are due, whatever has become of those before, and waits until all of them
//! are answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nanobot_tests::measured::real;
use tokio::task::JoinSet;

use crate::arm::Form;
use crate::now;
use crate::schedule::Block;
use crate::target::{Exchange, Question, Target};
use crate::timer::ExactTimer;

/// From the making of the requests to the first one.
const LEAD: Duration = Duration::from_millis(5);

/// One request and its answer, in microseconds from the moment at which it should have been sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trip {
    /// Until it was sent.
    pub(crate) late: f64,
    /// Until the first piece of text; none for an answer in one piece.
    pub(crate) first: Option<f64>,
    /// Until all of the answer.
    pub(crate) done: f64,
}

impl Trip {
    pub(crate) fn of(due: Instant, exchange: Exchange) -> Self {
        let since = |at: Instant| at.saturating_duration_since(due).as_secs_f64() * 1e6;
        Self { late: since(exchange.sent), first: exchange.first.map(since), done: since(exchange.done) }
    }
}

/// What came of a block.
pub(crate) struct Load {
    /// The requests that count.
    pub(crate) trips: Vec<Trip>,
    /// Answers a second, from when the first was due until the last was there; at most what was intended.
    pub(crate) rate: Option<f64>,
}

/// Sends a block. `numbers` go on from block to block.
pub(crate) async fn send(
    target: &Arc<Target>,
    form: Form,
    block: Block,
    timer: &ExactTimer,
    numbers: &mut u64,
) -> Result<Load> {
    let questions = (0..block.len()).map(|_| {
        *numbers += 1;
        Question::new(form, *numbers)
    });
    let questions: Vec<Question> = questions.collect();
    let begin = now() + LEAD;
    let mut under_way = JoinSet::new();
    for (number, question) in questions.into_iter().enumerate() {
        let due = begin + block.due(number);
        timer.until(due).await?;
        let target = Arc::clone(target);
        under_way.spawn(async move { Ok((number, due, target.ask(&question).await?)) });
    }
    let mut answers = Vec::with_capacity(block.measured);
    while let Some(ended) = under_way.join_next().await {
        let ended: Result<_> = ended.context("a request broke")?;
        let (number, due, exchange) = ended?;
        if number >= block.warm_up {
            answers.push((due, exchange));
        }
    }
    let last = answers.iter().map(|(_, exchange)| exchange.done).max();
    let rate = last.map(|last| rate(block, last.saturating_duration_since(begin + block.due(block.warm_up))));
    Ok(Load { trips: answers.into_iter().map(|(due, exchange)| Trip::of(due, exchange)).collect(), rate })
}

/// Answers a second of a block whose last answer came so long after its first request was due.
fn rate(block: Block, took: Duration) -> f64 {
    real(block.measured) / took.max(block.due(block.measured)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_request_counts_from_when_it_should_have_been_sent() {
        let due = now();
        let after = |us: u64| due + Duration::from_micros(us);
        let exchange = Exchange { sent: after(40), first: Some(after(300)), done: after(900) };
        let trip = Trip::of(due, exchange);
        let near = |one: f64, other: f64| (one - other).abs() < 0.001;
        assert!(near(trip.late, 40.0) && near(trip.first.unwrap(), 300.0) && near(trip.done, 900.0));
    }

    #[test]
    fn a_rate_is_the_intended_one_unless_answers_come_too_late() {
        let block = Block { rate: 1_000, warm_up: 50, measured: 250 };
        let near = |one: f64, other: f64| (one - other).abs() < 0.001;
        assert!(near(rate(block, Duration::from_millis(249)), 1_000.0));
        assert!(near(rate(block, Duration::from_millis(2_500)), 100.0));
    }
}
