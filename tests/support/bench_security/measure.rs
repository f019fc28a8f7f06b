//! In which order what is measured: in each round every stage judges every text, each right behind its baseline, so
//! that whatever else the machine does meets all of them alike.

use std::time::Duration;

use anyhow::Result;
use nanobot_tests::measured::{Measured, print, real};

use crate::stage::{Bench, Stage, Subject, least};
use crate::texts::Kind;
use crate::timed;

/// A chat message, a long answer, a file. In bytes.
const SIZES: [(&str, usize); 3] = [("200 B", 200), ("4 KB", 4 << 10), ("256 KB", 256 << 10)];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    rounds: usize,
    /// So often a case runs in a round, unless its time is over before.
    most: usize,
    /// So long a case runs in a round; once in any case.
    slice: Duration,
}

impl Plan {
    /// Rough figures, in seconds.
    pub(crate) const QUICK: Self = Self { rounds: 2, most: 50, slice: Duration::from_millis(10) };

    /// Enough for a p99 of short texts that holds still.
    pub(crate) const FULL: Self = Self { rounds: 10, most: 400, slice: Duration::from_millis(40) };
}

/// Measures and prints.
pub(crate) fn run(plan: Plan) -> Result<()> {
    let bench = Bench::new()?;
    let mut all: Vec<Growth> = Stage::ALL
        .into_iter()
        .flat_map(|stage| stage.kinds().iter().map(move |kind| Growth::new(stage, kind)))
        .collect();
    for _ in 0..plan.rounds {
        for growth in &mut all {
            growth.round(&bench, plan);
        }
    }
    print(&all.into_iter().flat_map(Growth::cases).collect::<Vec<_>>())
}

/// One kind of text in one stage, in all sizes.
struct Growth {
    sizes: Vec<Case>,
    /// Time per byte of the longest text, as a multiple of that of the middle one.
    growth: Measured,
}

/// In one size.
struct Case {
    subject: Subject,
    stage: Stage,
    baseline: Measured,
    time: Measured,
    rate: Measured,
}

impl Growth {
    fn new(stage: Stage, kind: &Kind) -> Self {
        let sizes = SIZES.map(|(size, bytes)| Case::new(stage, kind, size, bytes)).into();
        let growth = format!("{}, {}: time per byte at 256 KB over 4 KB", stage.name(), kind.name);
        Self { sizes, growth: Measured::new(growth, "times") }
    }

    fn round(&mut self, bench: &Bench, plan: Plan) {
        let fastest: Vec<f64> = self.sizes.iter_mut().map(|size| size.round(bench, plan)).collect();
        if let [_, middle, long] = fastest.as_slice() {
            self.growth.values.push(long / middle);
        }
    }

    fn cases(self) -> Vec<Measured> {
        let sizes = self.sizes.into_iter().flat_map(|size| [size.baseline, size.time, size.rate]);
        sizes.chain([self.growth]).collect()
    }
}

impl Case {
    fn new(stage: Stage, kind: &Kind, size: &str, bytes: usize) -> Self {
        let (name, of) = (stage.name(), format!("{}, {size}", kind.name));
        let baseline = Measured::new(format!("{name}, {of}: {}", stage.least()), "us");
        Self {
            subject: Subject::new((kind.make)(bytes)),
            stage,
            time: Measured::new(format!("{name}, {of}"), "us").against(&baseline),
            rate: Measured::new(format!("{name}, {of}: throughput"), "MB/s"),
            baseline,
        }
    }

    /// Measures for a while; gives back the shortest time per byte, in microseconds.
    fn round(&mut self, bench: &Bench, plan: Plan) -> f64 {
        let bytes = real(self.subject.text.len());
        let (mut spent, mut fastest) = (Duration::ZERO, f64::INFINITY);
        for run in 0..plan.most {
            if run > 0 && spent > plan.slice {
                break;
            }
            let ((), base) = timed(|| least(self.stage, &self.subject));
            let ((), took) = timed(|| bench.judge(self.stage, &self.subject));
            spent += base + took;
            let took = microseconds(took);
            self.baseline.values.push(microseconds(base));
            self.time.values.push(took);
            // Bytes in a microsecond are megabytes in a second.
            self.rate.values.push(bytes / took);
            fastest = fastest.min(took / bytes);
        }
        fastest
    }
}

fn microseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}
