//! The body of a streamed answer: the call and what it says, driven by whoever reads the body, so that a piece is on its
//! way in the very moment in which it comes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use axum::body::{Body, Bytes};
use futures_util::stream;
use nanobot_core::ports::DeltaSink;

use super::wire::Asked;
use super::{Front, wire};

/// The body. Dropping it stops the call.
pub(super) fn body(front: Arc<Front>, asked: Asked) -> Body {
    let said = Said::default();
    let mut deltas = said.clone();
    let mut call = Box::pin(async move {
        match front.answer(&asked, &mut deltas).await {
            Ok(reply) => deltas.say(wire::end(&reply)),
            Err(error) => deltas.say(wire::error(&error.to_string())),
        }
    });
    let mut is_over = false;
    Body::from_stream(stream::poll_fn(move |context| {
        loop {
            if let Some(event) = said.next() {
                return Poll::Ready(Some(Ok::<_, Infallible>(event)));
            }
            if is_over {
                return Poll::Ready(None);
            }
            match call.as_mut().poll(context) {
                Poll::Ready(()) => is_over = true,
                Poll::Pending if said.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }))
}

/// Events that were said and not read yet: what one look at the call brings, which is never much.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<VecDeque<Bytes>>>);

impl Said {
    fn say(&self, event: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(event.into());
    }

    fn next(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl DeltaSink for Said {
    fn text(&mut self, piece: &str) {
        self.say(wire::piece(piece));
    }

    /// Nobody fails here; an answer that begins anew is none that can be measured.
    fn restart(&mut self) {
        self.say(wire::error("the answer begins anew"));
    }
}
