//! In which order what is measured: baselines and loads take turns, so that whatever else the machine does meets all
//! of them alike. A load has the machine to itself: its house is closed, and its files are on the disk, before the
//! next one starts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_tests::baseline::{BareSqlite, RawDisk};
use nanobot_tests::measured::{Measured, print, real};

use crate::house::House;
use crate::traffic::{self, Traffic, Until};

/// How many chats talk at a time.
const LOADS: [usize; 3] = [1, 16, 256];

/// Messages of each chat before the first measured one, so that a prompt holds as much history (50 lines) as it
/// will ever hold.
const HISTORY: usize = 26;

/// Messages of each chat at the start of every round: statements are prepared, files open.
const WARM_UP: usize = 2;

/// Chats that fill a home.
const FILLERS: usize = 250;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    rounds: usize,
    /// Durable writes of each baseline, per round.
    writes: usize,
    /// Per load and round.
    length: Duration,
    /// Messages of each chat before the first round.
    history: usize,
}

impl Plan {
    /// Rough figures, in seconds.
    pub(crate) const QUICK: Self =
        Self { rounds: 2, writes: 200, length: Duration::from_millis(500), history: WARM_UP };

    /// Some thousand messages per load: enough for a p99 that holds still.
    pub(crate) const FULL: Self =
        Self { rounds: 8, writes: 1_000, length: Duration::from_secs(2), history: HISTORY };
}

/// What the disk and the store take by themselves.
struct Baselines {
    disk: RawDisk,
    sqlite: BareSqlite,
    append: Measured,
    commit: Measured,
    rate: Measured,
}

impl Baselines {
    async fn create(folder: &Path) -> Result<Self> {
        Ok(Self {
            disk: RawDisk::create(&folder.join("raw"))?,
            sqlite: BareSqlite::create(&folder.join("bare.db")).await?,
            append: Measured::new("append of 4 KiB and fdatasync", "ms"),
            commit: Measured::new("durable commit, bare SQLite", "ms"),
            rate: Measured::new("durable commits per second, bare SQLite", "1/s"),
        })
    }

    async fn round(&mut self, plan: Plan) -> Result<()> {
        self.append.take(&tokio::task::block_in_place(|| self.disk.run(plan.writes))?);
        let commits = self.sqlite.run(plan.writes).await?;
        self.commit.take(&commits);
        // One after the other, as one connection makes them.
        self.rate.values.push(real(commits.len()) / commits.iter().sum::<Duration>().as_secs_f64());
        Ok(())
    }
}

/// One number of chats, and what was measured with it.
struct Load {
    chats: usize,
    took: Measured,
    rate: Measured,
    commits: Measured,
}

impl Load {
    fn new(chats: usize) -> Self {
        let name = if chats == 1 { "1 chat".to_owned() } else { format!("{chats} chats") };
        Self {
            chats,
            took: Measured::new(format!("append to delivered, {name}"), "ms"),
            rate: Measured::new(format!("messages per second, {name}"), "1/s"),
            commits: Measured::new(format!("durable commits per message, {name}"), "commits"),
        }
    }

    fn home(&self, folder: &Path) -> PathBuf {
        folder.join(format!("home-{}", self.chats))
    }

    async fn round(&mut self, folder: &Path, plan: Plan) -> Result<()> {
        let house = House::open(&self.home(folder)).await?;
        traffic::run(&house, self.chats, Until::Sent(WARM_UP)).await?;
        let Traffic { took, rate, commits } =
            traffic::run(&house, self.chats, Until::Elapsed(plan.length)).await?;
        self.took.take(&took);
        self.rate.values.extend(rate);
        self.commits.values.push(commits);
        house.close().await
    }
}

/// Measures everything that happens inside one process, in files below `folder`, and prints it.
pub(crate) async fn run(folder: &Path, plan: Plan) -> Result<()> {
    let mut baselines = Baselines::create(folder).await?;
    let mut loads = LOADS.map(Load::new);
    for load in &loads {
        let house = House::open(&load.home(folder)).await?;
        traffic::run(&house, load.chats, Until::Sent(plan.history)).await?;
        house.close().await?;
    }
    for _ in 0..plan.rounds {
        baselines.round(plan).await?;
        for load in &mut loads {
            load.round(folder, plan).await?;
        }
    }
    print(&rows(baselines, loads).context("nothing was measured")?)
}

/// All cases, each with what it is compared with: a message alone with as many bare commits as it makes, the rate of
/// many with one commit for each.
fn rows(baselines: Baselines, loads: [Load; 3]) -> Option<Vec<Measured>> {
    let Baselines { append, commit, rate, .. } = baselines;
    let [alone, ..] = &loads;
    let per_message = median(&alone.commits.values)?;
    let mut bare = Measured::new(format!("{per_message:.2} durable commits, bare SQLite"), "ms");
    bare.values = commit.values.iter().map(|took| took * per_message).collect();
    let commit = commit.against(&append);
    let (mut commits, mut took, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for load in loads {
        commits.push(load.commits);
        took.push(load.took.against(&bare));
        rates.push(load.rate.against(&rate));
    }
    Some([vec![append, commit, rate], commits, vec![bare], took, rates].into_iter().flatten().collect())
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// Makes a home whose journal has at least so many closed turns, all of them delivered and in their files.
pub(crate) async fn fill(home: &Path, turns: usize) -> Result<()> {
    let house = House::open(home).await?;
    if turns > 0 {
        traffic::run(&house, FILLERS, Until::Sent(turns.div_ceil(FILLERS))).await?;
    }
    house.close().await
}
