//! The keeper with shells that a test steers: who runs, who waits, who is killed, and that nothing is left behind.

use std::sync::atomic::{AtomicUsize, Ordering};

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::testing::system::FakeClock;
use nanobot_core::units::ByteCount;
use tokio::task::JoinHandle;

use super::*;
use crate::pool::Pressure;

/// A session and what its shell shows.
type Key = (char, u8);

/// Shells that do what their commands say: `hang` runs until it is killed, `die` ends the shell, everything else is
/// printed back together with the shell's number.
#[derive(Clone, Default)]
struct Fakes {
    started: Arc<AtomicUsize>,
    living: Arc<AtomicUsize>,
    hanging: Arc<watch::Sender<usize>>,
}

struct Fake {
    number: usize,
    fakes: Fakes,
    killed: watch::Sender<bool>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.fakes.living.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Boxes for Fakes {
    type Shell = Fake;
    type Plan = &'static str;

    async fn start(&self, plan: &'static str) -> Result<Fake, SandboxError> {
        match plan {
            "broken" => return Err(unavailable("broken on purpose")),
            "slow" => std::future::pending().await,
            _ => {}
        }
        self.living.fetch_add(1, Ordering::SeqCst);
        let number = self.started.fetch_add(1, Ordering::SeqCst);
        Ok(Fake { number, fakes: self.clone(), killed: watch::Sender::new(false) })
    }

    async fn holds(&self, _: &Fake, plan: &&'static str) -> bool {
        *plan != "other"
    }
}

#[async_trait]
impl Shell for Fake {
    async fn run(&mut self, command: CellCommand<'_>) -> Result<CellOutput, RunError> {
        match command.command {
            "hang" => {
                self.fakes.hanging.send_modify(|count| *count += 1);
                let _ = self.killed.subscribe().wait_for(|killed| *killed).await;
                Err(RunError::Killed)
            }
            "die" => Err(RunError::Dead { said: "on purpose".to_owned() }),
            "refuse" => Err(RunError::Refused("a command of this kind")),
            text => {
                let output = format!("{} in {}", text, self.number).into_bytes();
                Ok(CellOutput { code: Some(0), output, cut_chars: 0 })
            }
        }
    }

    fn killer(&self) -> Box<dyn Fn() + Send + Sync> {
        let killed = self.killed.clone();
        Box::new(move || {
            killed.send_replace(true);
        })
    }

    async fn kill(self) {}
}

struct Scene {
    keeper: Arc<Keeper<Key, Fakes>>,
    fakes: Fakes,
    clock: Arc<FakeClock>,
}

impl Scene {
    fn new(max_shells: usize) -> Self {
        let fakes = Fakes::default();
        let clock = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
        let settings =
            PoolSettings { max_shells, idle: Duration::from_mins(10), pressure: Pressure::PreemptOldest };
        let keeper = Arc::new(Keeper::new(&settings, clock.clone(), fakes.clone()));
        Self { keeper, fakes, clock }
    }

    async fn run(&self, key: Key, command: &str) -> String {
        self.run_planned(key, "plan", command, &CancelToken::never()).await
    }

    async fn run_planned(&self, key: Key, plan: &'static str, command: &str, cancel: &CancelToken) -> String {
        run(&self.keeper, key, plan, command, cancel).await
    }

    /// Starts a command that hangs, and waits until it does.
    async fn hang(&self, key: Key) -> JoinHandle<String> {
        let before = *self.fakes.hanging.borrow();
        let keeper = Arc::clone(&self.keeper);
        let task =
            tokio::spawn(async move { run(&keeper, key, "plan", "hang", &CancelToken::never()).await });
        self.fakes.hanging.subscribe().wait_for(|count| *count > before).await.unwrap();
        task
    }

    fn living(&self) -> usize {
        self.fakes.living.load(Ordering::SeqCst)
    }
}

async fn run(
    keeper: &Keeper<Key, Fakes>,
    key: Key,
    plan: &'static str,
    command: &str,
    cancel: &CancelToken,
) -> String {
    let command = CellCommand {
        command,
        directory: "/workspace",
        timeout: Duration::from_secs(20),
        output_limit: ByteCount::kib(1),
        cancel,
    };
    match keeper.run(&key, plan, command).await {
        Ok(ended) => String::from_utf8(ended.output).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_session_keeps_its_shell_and_others_have_their_own() {
    let scene = Scene::new(5);
    assert_eq!(scene.run(('a', 0), "one").await, "one in 0");
    assert_eq!(scene.run(('a', 0), "two").await, "two in 0");
    assert_eq!(scene.run(('b', 0), "three").await, "three in 1");
    assert_eq!((scene.keeper.live(), scene.living()), (2, 2));
}

#[tokio::test]
async fn a_changed_view_gets_a_new_shell_and_the_old_one_dies() {
    let scene = Scene::new(5);
    scene.run(('a', 0), "one").await;
    assert_eq!(scene.run(('a', 1), "two").await, "two in 1");
    assert_eq!((scene.keeper.live(), scene.living()), (1, 1));
}

#[tokio::test]
async fn a_shell_that_no_longer_is_what_it_was_is_replaced() {
    let scene = Scene::new(5);
    scene.run(('a', 0), "one").await;
    let never = CancelToken::never();
    assert_eq!(scene.run_planned(('a', 0), "other", "two", &never).await, "two in 1");
    assert_eq!((scene.keeper.live(), scene.living()), (1, 1));
}

#[tokio::test]
async fn a_shell_that_dies_is_replaced_and_one_that_refuses_lives_on() {
    let scene = Scene::new(5);
    assert_eq!(scene.run(('a', 0), "die").await, "the box died: on purpose");
    assert_eq!(scene.living(), 0);
    assert_eq!(scene.run(('a', 0), "refuse").await, "a command of this kind");
    assert_eq!(scene.run(('a', 0), "one").await, "one in 1");
}

#[tokio::test]
async fn the_oldest_command_is_interrupted_when_there_is_no_room() {
    let scene = Scene::new(1);
    let first = scene.hang(('a', 0)).await;
    assert_eq!(scene.run(('b', 0), "two").await, "two in 1");
    let said = first.await.unwrap();
    assert_eq!(said, "the command was interrupted: preempted by capacity policy");
    assert_eq!((scene.keeper.live(), scene.living()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_the_time_limit_is_told_so() {
    let scene = Scene::new(5);
    let first = scene.hang(('a', 0)).await;
    assert_eq!(scene.run(('a', 0), "two").await, "the command took longer than 20s");
    assert!(!first.is_finished(), "the one that runs is let be");
    scene.keeper.close().await;
    first.await.unwrap();
}

#[tokio::test]
async fn the_line_before_a_shell_is_bounded() {
    let scene = Scene::new(5);
    let mut tasks = vec![scene.hang(('a', 0)).await];
    for _ in 1..MOST_USERS {
        let keeper = Arc::clone(&scene.keeper);
        let wait = async move { run(&keeper, ('a', 0), "plan", "late", &CancelToken::never()).await };
        tasks.push(tokio::spawn(wait));
    }
    tokio::task::yield_now().await;
    assert_eq!(scene.run(('a', 0), "one too many").await, "too many commands wait for this shell");
    scene.keeper.close().await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), "the command was interrupted: the sandbox is closed");
    }
    assert_eq!(scene.living(), 0);
}

#[tokio::test]
async fn who_stops_while_waiting_leaves_the_shell_to_the_others() {
    let scene = Scene::new(5);
    let first = scene.hang(('a', 0)).await;
    let (switch, cancel) = CancelSwitch::new();
    switch.cancel();
    assert_eq!(scene.run_planned(('a', 0), "plan", "two", &cancel).await, "the command was stopped");
    assert!(!first.is_finished());
    scene.keeper.close().await;
    first.await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_the_shell_with_it() {
    let scene = Scene::new(5);
    let first = scene.hang(('a', 0)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!((scene.keeper.live(), scene.living()), (0, 0));
    assert_eq!(scene.run(('a', 0), "two").await, "two in 1");
}

#[tokio::test]
async fn who_waited_for_a_shell_that_died_gets_a_new_one() {
    let scene = Scene::new(5);
    let first = scene.hang(('a', 0)).await;
    let keeper = Arc::clone(&scene.keeper);
    let second =
        tokio::spawn(async move { run(&keeper, ('a', 0), "plan", "two", &CancelToken::never()).await });
    tokio::task::yield_now().await;
    first.abort();
    assert_eq!(second.await.unwrap(), "two in 1");
    assert_eq!((scene.keeper.live(), scene.living()), (1, 1));
}

#[tokio::test]
async fn a_start_that_fails_or_is_stopped_leaves_nothing() {
    let scene = Scene::new(5);
    let never = CancelToken::never();
    assert_eq!(scene.run_planned(('a', 0), "broken", "one", &never).await, "broken on purpose");
    assert_eq!(scene.keeper.live(), 0);
    let (switch, cancel) = CancelSwitch::new();
    let keeper = Arc::clone(&scene.keeper);
    let starting = tokio::spawn(async move { run(&keeper, ('a', 0), "slow", "one", &cancel).await });
    tokio::task::yield_now().await;
    switch.cancel();
    assert_eq!(starting.await.unwrap(), "the command was stopped");
    assert_eq!((scene.keeper.live(), scene.living()), (0, 0));
}

#[tokio::test]
async fn sweeping_kills_idle_shells_only() {
    let scene = Scene::new(5);
    scene.run(('a', 0), "one").await;
    let busy = scene.hang(('b', 0)).await;
    scene.clock.advance(Duration::from_mins(10));
    scene.keeper.sweep(scene.clock.now().instant).await;
    assert_eq!((scene.keeper.live(), scene.living()), (1, 1));
    assert!(!busy.is_finished());
    scene.keeper.close().await;
    busy.await.unwrap();
}

#[tokio::test]
async fn after_closing_nothing_lives_and_nothing_is_started() {
    let scene = Scene::new(5);
    scene.run(('a', 0), "one").await;
    let busy = scene.hang(('b', 0)).await;
    scene.keeper.close().await;
    assert_eq!(busy.await.unwrap(), "the command was interrupted: the sandbox is closed");
    assert_eq!((scene.keeper.live(), scene.living()), (0, 0));
    assert_eq!(scene.run(('a', 0), "two").await, "the sandbox is closed");
    assert_eq!(scene.fakes.started.load(Ordering::SeqCst), 2);
}
