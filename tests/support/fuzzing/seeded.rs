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
    let seeds = target.seeds()?;
    let mut report = Report {
        name: target.name,
        seed,
        recorded: seeds.len(),
        cases: 0,
        shapes: BTreeMap::new(),
        finding: None,
    };
    let mut pool = Pool::default();
    for input in seeds {
        let Some(met) = report.note(target, &input) else { return Ok(report) };
        pool.add(input, met);
    }
    let mut chance = Chance::of(seed, 0);
    while goes_on(report.cases) {
        let (base, other) = (pool.pick(&mut chance), pool.pick(&mut chance));
        let input = mutated(base, other, &words, &mut chance);
        let Some(met) = report.note(target, &input) else { break };
        if met.is_new && pool.all.len() < MAX_POOL {
            pool.add(input, met);
        }
    }
    Ok(report)
}

/// How an input came out.
#[derive(Debug, Clone, Copy)]
struct Met {
    /// Its shape was not met before.
    is_new: bool,
    /// It went the whole way through the code.
    is_whole: bool,
}

/// What is mutated.
#[derive(Debug, Default)]
struct Pool {
    all: Vec<Vec<u8>>,
    /// The places of those that went the whole way.
    whole: Vec<usize>,
}

impl Pool {
    fn add(&mut self, input: Vec<u8>, met: Met) {
        if met.is_whole {
            self.whole.push(self.all.len());
        }
        self.all.push(input);
    }

    /// Every other time one that went the whole way: most of what is refused at the gate stays so when it is changed.
    fn pick(&self, chance: &mut Chance) -> &[u8] {
        let of_whole = self.whole.get(index(self.whole.len(), chance)).copied();
        let of_all = index(self.all.len(), chance);
        let place = if chance.once_in(2) { of_whole.unwrap_or(of_all) } else { of_all };
        self.all.get(place).map_or(&[], Vec::as_slice)
    }
}

impl Report {
    /// Tries an input; none when that ends the run.
    fn note(&mut self, target: &Target, input: &[u8]) -> Option<Met> {
        self.cases += 1;
        let what = match catch_unwind(|| (target.body)(input)) {
            Ok(Ok(shape)) => {
                let is_whole = (target.is_whole)(&shape);
                let count = self.shapes.entry(shape).or_default();
                *count += 1;
                return Some(Met { is_new: *count == 1, is_whole });
            }
            Ok(Err(broken)) => broken,
            Err(_) => "a panic; its message stands above".to_owned(),
        };
        self.finding = Some(Finding { input: input.to_vec(), what });
        None
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
        let among = format!("{recorded} recorded ones, {} shapes", shapes.len());
        writeln!(f, "{name}: seed {seed}, {cases} inputs made of {among}")?;
        let mut last = "";
        for (shape, count) in shapes {
            let kind = kind_of(shape);
            if kind != last {
                writeln!(f, "{:>12}  {kind}", self.of_kind(kind))?;
                last = kind;
            }
            if let Some((_, what)) = shape.split_once(": ") {
                writeln!(f, "{count:>12}    {what}")?;
            }
        }
        match finding {
            Some(Finding { input, what }) => writeln!(f, "FOUND in {} bytes: {what}", input.len()),
            None => writeln!(f, "no finding"),
        }
    }
}
