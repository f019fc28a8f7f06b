//! Lanes, with channels in place of turns.

use super::*;
use tokio::sync::{mpsc, oneshot};

fn key(name: &str) -> SessionKey {
    SessionKey::new(name).unwrap()
}

fn lanes(queue: usize, lanes: usize) -> Lanes {
    Lanes::new(LaneLimits { queue, lanes })
}

#[tokio::test]
async fn one_session_runs_in_order() {
    let lanes = lanes(16, 4);
    let (sent, mut seen) = mpsc::unbounded_channel();
    for n in 0..8 {
        let sent = sent.clone();
        lanes.promise(&key("a:1")).unwrap().fill(move |_| async move {
            tokio::task::yield_now().await;
            sent.send(n).unwrap();
        });
    }
    lanes.idle().await;
    let order: Vec<i32> = std::iter::from_fn(|| seen.try_recv().ok()).collect();
    assert_eq!(order, (0..8).collect::<Vec<_>>());
}

#[tokio::test]
async fn sessions_do_not_wait_for_each_other() {
    let lanes = lanes(16, 4);
    let (open, gate) = oneshot::channel::<()>();
    lanes.promise(&key("slow:1")).unwrap().fill(move |_| async move { gate.await.unwrap() });
    let (done, finished) = oneshot::channel();
    lanes.promise(&key("fast:1")).unwrap().fill(move |_| async move { done.send(()).unwrap() });
    finished.await.unwrap();
    assert!(lanes.is_busy(&key("slow:1")));
    open.send(()).unwrap();
    lanes.idle().await;
}

#[tokio::test]
async fn a_full_lane_refuses_and_others_do_not() {
    let lanes = lanes(2, 4);
    let first = lanes.promise(&key("a:1")).unwrap();
    let _second = lanes.promise(&key("a:1")).unwrap();
    assert!(matches!(lanes.promise(&key("a:1")), Err(IngestError::QueueFull { waiting: 2 })));
    assert!(lanes.promise(&key("b:1")).is_ok());
    drop(first);
    assert!(lanes.promise(&key("a:1")).is_ok());
}

#[tokio::test]
async fn places_that_are_given_back_leave_no_lane() {
    let lanes = lanes(2, 1);
    drop(lanes.promise(&key("a:1")).unwrap());
    assert!(lanes.promise(&key("b:1")).is_ok());
    lanes.idle().await;
}

#[tokio::test]
async fn cancel_reaches_the_turn_that_runs_and_only_that() {
    let lanes = lanes(4, 4);
    let (started, running) = oneshot::channel();
    lanes.promise(&key("a:1")).unwrap().fill(move |token| async move {
        started.send(()).unwrap();
        token.cancelled().await;
    });
    let (next, second) = oneshot::channel();
    lanes.promise(&key("a:1")).unwrap().fill(move |token| async move {
        next.send(token.is_cancelled()).unwrap();
    });
    running.await.unwrap();
    assert!(lanes.cancel(&key("a:1")));
    assert!(!second.await.unwrap());
    lanes.idle().await;
    assert!(!lanes.cancel(&key("a:1")));
}

#[tokio::test]
async fn closed_lanes_take_nothing_and_finish_what_they_have() {
    let lanes = lanes(4, 4);
    let (done, finished) = oneshot::channel();
    lanes.promise(&key("a:1")).unwrap().fill(move |_| async move { done.send(()).unwrap() });
    lanes.close();
    assert!(matches!(lanes.promise(&key("a:1")), Err(IngestError::Draining)));
    lanes.idle().await;
    finished.await.unwrap();
}
