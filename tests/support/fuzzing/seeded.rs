//! One seeded run: recorded cases as they are, then mutations of them, until the caller has enough or something does
//! not hold.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::catch_unwind;

use anyhow::Result;

use super::mutate::{index, mutated};
use super::{Target, dictionary};
use crate::crash::Chance;

/// So many inputs are kept to be mutated. There are far fewer shapes.
const MAX_POOL: usize = 10_000;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The target.
    pub name: &'static str,
    /// Gives the same run again.
    pub seed: u64,
    /// So many recorded cases it began with.
    pub recorded: usize,
    /// So many inputs were tried, the recorded ones among them.
    pub cases: u64,
    /// How often each shape came out.
    pub shapes: BTreeMap<String, u64>,
    /// The input that ended the run, if one did.
    pub finding: Option<Finding>,
}

/// An input for which something does not hold that must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The input.
    pub input: Vec<u8>,
    /// What does not hold; for a panic, that it was one. Its message went to stderr.
    pub what: String,
}

/// Runs a target. `goes_on` is asked before each mutation, with the count of inputs so far.
///
/// # Errors
/// When the recorded cases or the dictionary cannot be read.
pub fn run(target: &Target, seed: u64, mut goes_on: impl FnMut(u64) -> bool) -> Result<Report> {
    let words = dictionary::words(target.dictionary)?;
    let mut pool = target.seeds()?;
    let mut report = Report {
        name: target.name,
        seed,
        recorded: pool.len(),
        cases: 0,
        shapes: BTreeMap::new(),
        finding: None,
    };
    for input in &pool {
        report.note(target, input);
        if report.finding.is_some() {
            return Ok(report);
        }
    }
    let mut chance = Chance::of(seed, 0);
    while report.finding.is_none() && goes_on(report.cases) {
        let mut pick = || pool.get(index(pool.len(), &mut chance)).map_or(&[][..], Vec::as_slice);
        let (base, other) = (pick(), pick());
        let input = mutated(base, other, &words, &mut chance);
        let is_new = report.note(target, &input);
        if is_new && pool.len() < MAX_POOL {
            pool.push(input);
        }
    }
    Ok(report)
}

impl Report {
    /// Tries an input; whether its shape was not met before.
    fn note(&mut self, target: &Target, input: &[u8]) -> bool {
        self.cases += 1;
        let what = match catch_unwind(|| (target.body)(input)) {
            Ok(Ok(shape)) => {
                let count = self.shapes.entry(shape).or_default();
                *count += 1;
                return *count == 1;
            }
            Ok(Err(broken)) => broken.to_string(),
            Err(_) => "a panic; its message stands above".to_owned(),
        };
        self.finding = Some(Finding { input: input.to_vec(), what });
        false
    }

    /// How many inputs were of a kind, which is what stands before the first colon of a shape.
    pub fn of_kind(&self, kind: &str) -> u64 {
        self.shapes.iter().filter(|(shape, _)| kind_of(shape) == kind).map(|(_, count)| count).sum()
    }
}

fn kind_of(shape: &str) -> &str {
    shape.split_once(": ").map_or(shape, |(kind, _)| kind)
}

/// For people: counts of each kind, and below it of each shape.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, seed, recorded, cases, shapes, finding } = self;
        let shape_count = shapes.len();
        writeln!(f, "{name}: seed {seed}, {cases} inputs made of {recorded} recorded ones, {shape_count} shapes")?;
        let mut last = "";
        for (shape, count) in shapes {
            let kind = kind_of(shape);
            if kind != last {
                writeln!(f, "{:>12}  {kind}", self.of_kind(kind))?;
                last = kind;
            }
            if kind != shape {
                writeln!(f, "{count:>12}    {}", shape.split_at(kind.len()).1.trim_start_matches([':', ' ']))?;
            }
        }
        match finding {
            Some(Finding { input, what }) => writeln!(f, "FOUND in {} bytes: {what}", input.len()),
            None => writeln!(f, "no finding"),
        }
    }
}
