//! In which order what is measured: the ways to the vendor take turns, request by request where they are rare, in short
//! blocks where they are many, so that whatever else the machine does meets all of them alike.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_tests::baseline::BareSqlite;
use nanobot_tests::measured::print;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::arm::{Arm, Form};
use crate::load::{self, Load, Trip};
use crate::now;
use crate::processes::{Litellm, Server};
use crate::records::Records;
use crate::schedule::{Block, turns};
use crate::target::{Question, Target};
use crate::timer::ExactTimer;

/// Requests a second where the ways take turns block by block.
const MANY: [u32; 2] = [100, 1_000];
/// Requests of each way and form, one after the other, before anything is measured.
const WARM_UP: usize = 30;
/// Seconds at one request a second that count for nothing.
const WARM_UP_SECONDS: usize = 2;
/// Durable commits in each round of blocks.
const COMMITS: usize = 25;
/// How long all of it may take before it is given up.
const LIMIT: Duration = Duration::from_mins(30);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Seconds at one request a second; the forms take turns.
    seconds: usize,
    /// Blocks of each way and form at each of the other rates.
    rounds: [usize; 2],
    /// As many of them for LiteLLM, which needs seconds for a block that it cannot keep up with.
    litellm_rounds: [usize; 2],
}

impl Plan {
    /// Rough figures, in seconds.
    pub(crate) const QUICK: Self = Self { seconds: 6, rounds: [2, 2], litellm_rounds: [2, 1] };

    /// Thousands of requests where they are many.
    pub(crate) const FULL: Self = Self { seconds: 120, rounds: [25, 20], litellm_rounds: [25, 5] };
}

/// What the bench works with.
pub(crate) struct Scene<'a> {
    /// Where journals are: on a disk.
    pub(crate) folder: &'a Path,
    /// The program of the fake vendor.
    pub(crate) vendor: &'a Path,
    /// Measured beside, where it is there.
    pub(crate) litellm: Option<Litellm>,
}

/// Measures and prints.
pub(crate) async fn run(scene: &Scene<'_>, plan: Plan) -> Result<()> {
    let records = timeout(LIMIT, measured(scene, plan)).await.context("the bench takes too long")??;
    print(&records.rows()?)
}

async fn measured(scene: &Scene<'_>, plan: Plan) -> Result<Records> {
    let vendor = Server::vendor(scene.vendor).await?;
    let mut servers = Vec::new();
    for arm in Arm::OURS {
        if arm != Arm::Direct {
            servers.push((arm, Server::front(arm, vendor.address, scene.folder).await?));
        }
    }
    if let Some(litellm) = &scene.litellm {
        tell("LiteLLM's proxy is starting")?;
        servers.push((Arm::Litellm, Server::litellm(litellm, vendor.address, scene.folder).await?));
    }
    let ways = servers.iter().map(|(arm, server)| (*arm, server.address));
    let ways = [(Arm::Direct, vendor.address)].into_iter().chain(ways);
    let mut bench = Bench {
        targets: ways.map(|(arm, address)| (arm, Arc::new(Target::new(address)))).collect(),
        timer: ExactTimer::new()?,
        numbers: 0,
        records: Records::new(scene.litellm.as_ref().map(|litellm| litellm.version.as_str())),
        sqlite: BareSqlite::create(&scene.folder.join("bare.db")).await?,
    };
    bench.warm_up().await?;
    tell("one request a second")?;
    bench.rare(plan.seconds).await?;
    for ((rate, rounds), litellm_rounds) in MANY.into_iter().zip(plan.rounds).zip(plan.litellm_rounds) {
        tell(&format!("{rate} requests a second"))?;
        for round in 0..rounds {
            bench.round(rate, round, round < litellm_rounds).await?;
        }
    }
    let records = bench.records;
    for (_, server) in servers {
        server.stop().await?;
    }
    vendor.stop().await?;
    Ok(records)
}

struct Bench {
    targets: BTreeMap<Arm, Arc<Target>>,
    timer: ExactTimer,
    /// Every question has another number.
    numbers: u64,
    records: Records,
    sqlite: BareSqlite,
}

impl Bench {
    async fn warm_up(&mut self) -> Result<()> {
        for (arm, form, target) in self.all() {
            for _ in 0..WARM_UP {
                self.numbers += 1;
                let asked = target.ask(&Question::new(form, self.numbers)).await;
                asked.with_context(|| format!("asking {}", arm.word()))?;
            }
        }
        Ok(())
    }

    /// One request a second of each way, spread evenly over the second; the forms take turns. The first two seconds
    /// count for nothing.
    async fn rare(&mut self, seconds: usize) -> Result<()> {
        let ways: Vec<(Arm, Arc<Target>)> =
            self.targets.iter().map(|(arm, target)| (*arm, Arc::clone(target))).collect();
        let gap = Duration::from_secs(1) / u32::try_from(ways.len())?;
        let mut due = now();
        let mut under_way = JoinSet::new();
        for second in 0..seconds + WARM_UP_SECONDS {
            let form = if second.is_multiple_of(2) { Form::Whole } else { Form::Streamed };
            for (arm, target) in turns(&ways, second / Form::ALL.len()) {
                self.numbers += 1;
                let question = Question::new(form, self.numbers);
                due += gap;
                self.timer.until(due).await?;
                under_way.spawn(async move {
                    let asked = target.ask(&question).await;
                    let exchange = asked.with_context(|| format!("asking {} once a second", arm.word()))?;
                    Ok((second, form, arm, Trip::of(due, exchange)))
                });
            }
        }
        while let Some(ended) = under_way.join_next().await {
            let ended: Result<_> = ended.context("a request broke")?;
            let (second, form, arm, trip) = ended?;
            if second >= WARM_UP_SECONDS {
                self.records.take(1, form, arm, Load { trips: vec![trip], rate: None });
            }
        }
        Ok(())
    }

    /// A block of each way and form.
    async fn round(&mut self, rate: u32, round: usize, with_litellm: bool) -> Result<()> {
        let commits = self.sqlite.run(COMMITS).await?;
        self.records.take_commits(commits.into_iter().map(|took| took.as_secs_f64() * 1e6));
        for (arm, form, target) in turns(&self.all(), round) {
            if arm == Arm::Litellm && !with_litellm {
                continue;
            }
            let block = Block::quarter(rate);
            let sent = load::send(&target, form, block, &self.timer, &mut self.numbers).await;
            let load = sent.with_context(|| format!("asking {} {rate} times a second", arm.word()))?;
            self.records.take(rate, form, arm, load);
            if arm.has_book() {
                let began = now();
                target.get("/settled").await?;
                let took = now().duration_since(began);
                self.records.take_behind(rate, form, arm, took.as_secs_f64() * 1_000.0);
            }
        }
        Ok(())
    }

    fn all(&self) -> Vec<(Arm, Form, Arc<Target>)> {
        let ways = Form::ALL.into_iter().flat_map(|form| self.targets.iter().map(move |way| (form, way)));
        ways.map(|(form, (arm, target))| (*arm, form, Arc::clone(target))).collect()
    }
}

fn tell(what: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "bench-router: {what}")?)
}
