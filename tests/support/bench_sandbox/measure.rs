//! In which order what is measured: a bare process and each command in a box take turns, so that whatever else the
//! machine does meets all of them alike.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use nanobot_core::ports::Sandbox as _;
use nanobot_sandbox::BubblewrapSandbox;
use nanobot_tests::measured::{Measured, print};

use crate::scene::{Scene, Shows, run};
use crate::timed;

/// What a shell that has just come up says first.
const FIRST: (&str, &str) = ("echo ready", "ready\n");

/// A command that does nothing.
const NOTHING: (&str, &str) = ("true", "");

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Boxes that are started for each case.
    cold: usize,
    /// Commands in a shell that is there, for each case.
    warm: usize,
}

impl Plan {
    /// Rough figures, in seconds.
    pub(crate) const QUICK: Self = Self { cold: 5, warm: 50 };

    /// Enough for a p99 that holds still.
    pub(crate) const FULL: Self = Self { cold: 50, warm: 1_000 };
}

/// Measures and prints.
pub(crate) async fn measure(plan: Plan) -> Result<()> {
    let scene = Scene::make()?;
    let mut all = cold(&scene, plan.cold).await?;
    all.extend(warm(&scene, plan.warm).await?);
    print(&all)
}

/// From the request to the answer, with a box to be started.
async fn cold(scene: &Scene, rounds: usize) -> Result<Vec<Measured>> {
    let mut bare = Measured::new("bare process: sh -c 'echo ready'", "ms");
    let mut cases = Shows::BOTH.map(|shows| {
        Measured::new(format!("first command of a session, {}", shows.words()), "ms").against(&bare)
    });
    for _ in 0..rounds {
        bare.take(&[process(FIRST).await?]);
        for (shows, case) in Shows::BOTH.into_iter().zip(&mut cases) {
            let sandbox = scene.sandbox(shows)?;
            case.take(&[in_box(&sandbox, FIRST).await?]);
            sandbox.close().await;
        }
    }
    Ok([bare].into_iter().chain(cases).collect())
}

/// In a shell that is there.
async fn warm(scene: &Scene, rounds: usize) -> Result<Vec<Measured>> {
    let mut bare = Measured::new("bare process: sh -c true", "ms");
    let mut cases = Shows::BOTH.map(|shows| Warm::new(shows, &bare));
    let mut boxes = Vec::new();
    for shows in Shows::BOTH {
        let sandbox = scene.sandbox(shows)?;
        in_box(&sandbox, FIRST).await?;
        boxes.push(sandbox);
    }
    for _ in 0..rounds {
        let alone = process(NOTHING).await?;
        bare.take(&[alone]);
        for (sandbox, case) in boxes.iter().zip(&mut cases) {
            case.take(in_box(sandbox, NOTHING).await?, alone);
        }
    }
    for sandbox in boxes {
        sandbox.close().await;
    }
    let cases = cases.into_iter().flat_map(|Warm { time, more }| [time, more]);
    Ok([bare].into_iter().chain(cases).collect())
}

/// A warm command, and by how much it took longer than the bare process right before it.
struct Warm {
    time: Measured,
    more: Measured,
}

impl Warm {
    fn new(shows: Shows, bare: &Measured) -> Self {
        let case = format!("command in a warm shell, {}", shows.words());
        Self {
            more: Measured::new(format!("{case}: more than bare"), "ms"),
            time: Measured::new(case, "ms").against(bare),
        }
    }

    fn take(&mut self, took: Duration, alone: Duration) {
        self.time.take(&[took]);
        self.more.values.push((took.as_secs_f64() - alone.as_secs_f64()) * 1_000.0);
    }
}

async fn in_box(sandbox: &BubblewrapSandbox, (command, says): (&str, &str)) -> Result<Duration> {
    let (done, took) = timed(run(sandbox, command, says)).await;
    done.map(|()| took)
}

/// The same command by a shell of the host, as plainly as it goes.
#[expect(clippy::disallowed_methods, reason = "the process that boxes are compared with")]
async fn process((command, says): (&str, &str)) -> Result<Duration> {
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null());
    let (ended, took) = timed(shell.output()).await;
    let ended = ended?;
    ensure!(ended.status.success() && ended.stdout == says.as_bytes(), "`{command}` did something else");
    Ok(took)
}
