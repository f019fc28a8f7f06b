//! The pump over a real (volatile) outbox and recording channels.

use async_trait::async_trait;
use nanobot_core::cancel::CancelSwitch;
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{Closing, Delivery, Journal as _, StoreErrorKind};
use nanobot_core::stand_in::VolatileJournal;
use nanobot_core::testing::journal::{closing, delivery};
use nanobot_core::testing::{FakeClock, MemoryJournal, RecordingSender};
use nanobot_core::time::Timestamp;
use tokio::sync::Semaphore;

use super::*;

fn filled(turn: &str, rows: &[(&str, &str)]) -> Closing {
    let mut closing = closing(turn);
    closing.deliveries =
        rows.iter().enumerate().map(|(index, (chat, text))| delivery(turn, index, chat, text)).collect();
    closing
}

fn clock() -> Arc<FakeClock> {
    Arc::new(FakeClock::at("2026-02-22T12:00:00Z"))
}

fn chat(name: &str) -> ChatId {
    ChatId::new(name).unwrap()
}

/// Holds what goes to chat `slow` until it is let go.
struct Slow {
    gate: Semaphore,
    inner: RecordingSender,
}

#[async_trait]
impl ChannelSender for Slow {
    fn channel(&self) -> ChannelName {
        self.inner.channel()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        if delivery.outgoing.target().1.as_str() == "slow" {
            let _ = self.gate.acquire().await;
        }
        self.inner.send(delivery).await
    }
}

#[test]
fn the_distance_grows_and_stays_bounded() {
    let waits: Vec<Duration> = (0..20).map(|n| backoff(n, "turn/0")).collect();
    assert!(waits.iter().all(|w| *w >= FIRST_RETRY && *w <= LONGEST_RETRY.mul_f64(1.25)));
    assert!(waits[3] > waits[0] && waits[6] > waits[3]);
}

#[tokio::test]
async fn a_chat_that_hangs_holds_no_other_up() {
    let journal = Arc::new(VolatileJournal::new());
    let slow = Arc::new(Slow { gate: Semaphore::new(0), inner: RecordingSender::new(ChannelName::WHATSAPP) });
    let pump = Pump::new(journal.clone(), [slow.clone() as Arc<dyn ChannelSender>], clock());
    journal
        .close(&filled("t1", &[("slow", "s1"), ("slow", "s2"), ("fast", "f1"), ("fast", "f2")]))
        .await
        .unwrap();
    pump.settle(&ChannelName::WHATSAPP, &chat("fast")).await;
    assert_eq!(slow.inner.texts(), ["f1", "f2"]);
    slow.gate.add_permits(2);
    pump.settle_all().await;
    assert_eq!(slow.inner.texts(), ["f1", "f2", "s1", "s2"]);
    assert_eq!(journal.count().await.unwrap(), 0);
}

#[tokio::test]
async fn many_looks_at_once_send_everything_once_and_in_order() {
    let journal = Arc::new(VolatileJournal::new());
    let sender = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock());
    let mut looks = JoinSet::new();
    for turn in 0..50 {
        journal.close(&filled(&format!("t{turn}"), &[("a", &format!("a{turn}")), ("b", "b")])).await.unwrap();
        let pump = pump.clone();
        looks.spawn(async move { pump.settle_all().await });
    }
    looks.join_all().await;
    let texts = sender.texts();
    let of_a: Vec<&String> = texts.iter().filter(|text| text.starts_with('a')).collect();
    assert_eq!(of_a, (0..50).map(|turn| format!("a{turn}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    assert_eq!(texts.len(), 100);
}

#[tokio::test]
async fn what_is_unreachable_waits_its_time_and_comes_again() {
    let journal = Arc::new(VolatileJournal::new());
    let sender = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let clock = clock();
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock.clone());
    journal.close(&filled("t1", &[("a", "one"), ("a", "two")])).await.unwrap();
    sender.fail_next(SendError::Unreachable { wait: Some(Duration::from_secs(30)) });
    pump.settle_all().await;
    assert_eq!(sender.texts(), [""; 0]);
    clock.advance(Duration::from_secs(29));
    pump.settle_all().await;
    assert_eq!(sender.texts(), [""; 0]);
    clock.advance(Duration::from_secs(1));
    pump.settle_all().await;
    assert_eq!(sender.texts(), ["one", "two"]);
}

#[tokio::test]
async fn what_is_refused_is_put_aside() {
    let journal = Arc::new(VolatileJournal::new());
    let sender = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock());
    journal.close(&filled("t1", &[("a", "refused"), ("a", "sent")])).await.unwrap();
    sender.fail_next(SendError::Rejected { code: "too_long".into() });
    pump.settle_all().await;
    assert_eq!(sender.texts(), ["sent"]);
    let left = journal.list(10).await.unwrap();
    assert_eq!(left.iter().map(|row| row.parked.as_deref()).collect::<Vec<_>>(), [Some("too_long")]);
}

#[tokio::test]
async fn a_terminal_that_comes_back_gets_its_answer() {
    let (journal, clock) = (Arc::new(VolatileJournal::new()), clock());
    let sender = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock.clone());
    journal.close(&filled("t1", &[("a", "late")])).await.unwrap();
    sender.fail_next(SendError::NobodyThere);
    pump.settle_all().await;
    assert_eq!(journal.count().await.unwrap(), 1);
    clock.advance(ABSENCE);
    pump.settle_all().await;
    assert_eq!(sender.texts(), ["late"]);
}

#[tokio::test]
async fn what_nobody_takes_for_half_a_minute_expires() {
    let (journal, clock) = (Arc::new(VolatileJournal::new()), clock());
    let sender = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock.clone());
    journal.close(&filled("t1", &[("a", "lost"), ("a", "behind")])).await.unwrap();
    for _ in 0..=MAX_ABSENCES {
        assert_eq!(journal.count().await.unwrap(), 2);
        sender.fail_next(SendError::NobodyThere);
        pump.settle_all().await;
        clock.advance(ABSENCE);
    }
    assert_eq!(sender.texts(), ["behind"]);
    assert_eq!(journal.count().await.unwrap(), 0);
}

/// Breaks on every delivery.
struct Breaking(std::sync::atomic::AtomicU32);

#[async_trait]
impl ChannelSender for Breaking {
    fn channel(&self) -> ChannelName {
        ChannelName::WHATSAPP
    }

    async fn send(&self, _delivery: &Delivery) -> Result<(), SendError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::panic::resume_unwind(Box::new("broken on request"))
    }
}

#[tokio::test]
async fn a_sender_that_breaks_is_tried_again_at_a_distance() {
    let journal = Arc::new(VolatileJournal::new());
    let sender = Arc::new(Breaking(0.into()));
    let pump = Pump::new(journal.clone(), [sender.clone() as Arc<dyn ChannelSender>], clock());
    journal.close(&filled("t1", &[("a", "one")])).await.unwrap();
    pump.settle_all().await;
    pump.settle_all().await;
    assert_eq!(sender.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(journal.list(1).await.unwrap().first().map(|row| row.attempts), Some(1));
}

/// Lets the courier that is under way finish while the outbox is being read.
struct SlowReading {
    inner: VolatileJournal,
    sender: Arc<Slow>,
}

#[async_trait]
impl Outbox for SlowReading {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        let due = self.inner.due(now, limit).await?;
        self.sender.gate.add_permits(1);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        Ok(due)
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.delivered(key).await
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        self.inner.postpone(key, until, why).await
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.inner.park(key, why).await
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.release(key).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError> {
        self.inner.discard(key, why).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.inner.count().await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.list(limit).await
    }
}

#[tokio::test]
async fn settled_means_that_nothing_is_left_also_when_a_courier_ends_during_the_look() {
    let slow = Arc::new(Slow { gate: Semaphore::new(0), inner: RecordingSender::new(ChannelName::WHATSAPP) });
    let journal = Arc::new(SlowReading { inner: VolatileJournal::new(), sender: slow.clone() });
    let pump = Pump::new(journal.clone(), [slow.clone() as Arc<dyn ChannelSender>], clock());
    let rows: Vec<(&str, &str)> = vec![("slow", "x"); 12];
    journal.inner.close(&filled("t1", &rows)).await.unwrap();
    pump.settle_all().await;
    assert_eq!(slow.inner.texts().len(), 12);
}

/// Lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// How many hold these words.
    fn with(&self, words: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(words)).count()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn an_outbox_that_cannot_be_read_is_told_once_until_that_changes_and_looked_at_less_and_less() {
    let (lines, journal) = (Lines::default(), Arc::new(MemoryJournal::default()));
    let written = lines.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || written.clone()).finish();
    let _log = tracing::subscriber::set_default(log);
    // After 0, 1, 3, 7, 15 and 31 seconds, then every half minute.
    let in_five_minutes = 14;
    for _ in 0..in_five_minutes {
        journal.trouble.fail_next_in("due", StoreErrorKind::Busy);
    }
    journal.trouble.fail_next_in("due", StoreErrorKind::Full);
    let (switch, cancel) = CancelSwitch::new();
    let running =
        tokio::spawn(Pump::new(journal.clone(), None::<Arc<dyn ChannelSender>>, clock()).run(cancel));

    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(journal.trouble.pending(), 1);
    assert_eq!(lines.with("the outbox cannot be read"), 1);
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(lines.with("the outbox cannot be read"), 2, "it is another trouble now");
    assert_eq!(lines.with("the outbox can be read again"), 1);
    switch.cancel();
    running.await.unwrap();
}
