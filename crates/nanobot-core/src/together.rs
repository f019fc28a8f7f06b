//! Work that is done at once, on the task that waits for it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs every piece of work until all are done; their answers stand in the order of the pieces. Each one is looked at
/// whenever one of them wakes, which is fine for the handful that one step of a turn may ask for.
pub(crate) async fn together<F: Future>(work: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut pieces: Vec<Piece<F>> = work.into_iter().map(|piece| Piece::Open(Box::pin(piece))).collect();
    poll_fn(|cx| {
        let mut is_done = true;
        for piece in &mut pieces {
            if let Piece::Open(open) = piece {
                match open.as_mut().poll(cx) {
                    Poll::Ready(answer) => *piece = Piece::Done(answer),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    pieces.into_iter().filter_map(Piece::answer).collect()
}

enum Piece<F: Future> {
    Open(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Piece<F> {
    fn answer(self) -> Option<F::Output> {
        match self {
            Self::Open(_) => None,
            Self::Done(answer) => Some(answer),
        }
    }
}

// Nothing in a piece is pinned in place: what is, is boxed.
impl<F: Future> Unpin for Piece<F> {}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_that_waits_for_its_neighbour_gets_done_and_answers_keep_their_order() {
        let (first, waits_first) = oneshot::channel();
        let (second, waits_second) = oneshot::channel();
        let slow: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async {
            waits_first.await.unwrap();
            second.send(()).unwrap();
            1
        });
        let quick: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async {
            first.send(()).unwrap();
            waits_second.await.unwrap();
            2
        });
        assert_eq!(together([slow, quick]).await, [1, 2]);
        assert!(together(Vec::<std::future::Ready<u8>>::new()).await.is_empty());
    }
}
