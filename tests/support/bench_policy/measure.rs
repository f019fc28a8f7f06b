//! In which order what is measured: sizes take turns within a round, and each case comes right behind its baseline, so
//! that whatever else the machine does meets all of them alike.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use nanobot_core::decision::PolicyDecision;
use nanobot_core::event::InboundEvent;
use nanobot_core::ports::{ChangeTime, PolicyEngine as _, PolicyFile};
use nanobot_core::time::Timestamp;
use nanobot_policy::reload::{Candidate, Outcome, Pace, Reload};
use nanobot_policy::{CheckOptions, CompileOptions, Document, Engine, KNOWN_TOOLS, LexicalPlaces, check};
use nanobot_tests::measured::{Measured, print, real};
use serde_json::Value;

use crate::{policies, timed};

/// Policies of so many chats.
const SIZES: [usize; 3] = [10, 1_000, 10_000];

/// How many messages there are; a run of decisions takes all of them in turn.
const MESSAGES: usize = 4_096;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    rounds: usize,
}

impl Plan {
    /// Rough figures, in seconds.
    pub(crate) const QUICK: Self = Self { rounds: 3 };

    /// Enough for a p99 of single decisions that holds still.
    pub(crate) const FULL: Self = Self { rounds: 25 };
}

/// Measures and prints.
pub(crate) fn run(plan: Plan) -> Result<()> {
    let mut sizes = SIZES.into_iter().map(Size::new).collect::<Result<Vec<_>>>()?;
    for _ in 0..plan.rounds {
        for size in &mut sizes {
            size.round()?;
        }
    }
    let mut all = Vec::new();
    for size in sizes {
        all.extend(size.cases());
    }
    print(&all)
}

/// A policy with so many chats, and what was measured with it.
struct Size {
    file: PolicyFile,
    messages: Vec<InboundEvent>,
    reload: Reload<Loaded>,
    /// What a decision cannot cost less than: the answers, ready, in a table.
    answers: HashMap<String, PolicyDecision>,
    json: Pair,
    compile: Measured,
    reloads: Measured,
    heap: Pair,
    decisions: Pair,
    rates: Pair,
    allocations: Pair,
}

/// A case and its baseline.
struct Pair {
    baseline: Measured,
    case: Measured,
}

impl Pair {
    fn new(baseline: &str, case: &str, chats: usize, unit: &'static str) -> Self {
        let baseline = Measured::new(format!("{baseline}, {chats} chats"), unit);
        let case = Measured::new(format!("{case}, {chats} chats"), unit).against(&baseline);
        Self { baseline, case }
    }
}

/// A policy as the daemon holds it.
struct Loaded {
    engine: Engine,
    /// Kept for explanations and changes.
    _document: Document,
}

impl Size {
    fn new(chats: usize) -> Result<Self> {
        let file = PolicyFile { bytes: policies::text(chats), changed: ChangeTime(0) };
        let messages = policies::messages(chats, MESSAGES)?;
        let reload = Reload::start(Timestamp::UNIX_EPOCH, Some(file.clone()), &load)
            .map_err(|faults| anyhow!("the policy of {chats} chats is none: {}", faults.join("; ")))?;
        let engine = &reload.policy().engine;
        let answers =
            messages.iter().map(|event| (event.chat.as_str().to_owned(), engine.evaluate(event))).collect();
        let json = Pair::new("JSON to a plain value", "load", chats, "ms");
        let beside_json =
            |case: &str| Measured::new(format!("{case}, {chats} chats"), "ms").against(&json.baseline);
        Ok(Self {
            compile: beside_json("compile"),
            reloads: beside_json("full reload"),
            json,
            heap: Pair::new("memory of a plain value", "memory of document and engine", chats, "MiB"),
            decisions: Pair::new("copy of an answer from a table", "decision", chats, "us"),
            rates: Pair::new("copies per second", "decisions per second", chats, "1/s"),
            allocations: Pair::new(
                "allocations of a copy",
                "allocations of a decision",
                chats,
                "allocations",
            ),
            file,
            messages,
            reload,
            answers,
        })
    }

    fn round(&mut self) -> Result<()> {
        self.loading()?;
        self.deciding()
    }

    fn loading(&mut self) -> Result<()> {
        let bytes = self.file.bytes.as_slice();
        let (value, took) = timed(|| serde_json::from_slice::<Value>(bytes));
        value?;
        self.json.baseline.take(&[took]);
        let (document, took) = timed(|| Document::parse(bytes, &LexicalPlaces::default()));
        self.json.case.take(&[took]);
        let document = document?;
        let (engine, took) = timed(|| compile(&document));
        self.compile.take(&[took]);
        drop((document, engine));
        let file = self.file.clone();
        let (taken, took) = timed(|| self.reload.force(Timestamp::UNIX_EPOCH, Ok(Some(file)), &load));
        ensure!(matches!(taken.outcome, Outcome::Replaced(_)), "the policy was not taken up");
        self.reloads.take(&[took]);
        self.heap.baseline.values.push(mebibytes_of(|| serde_json::from_slice::<Value>(bytes)));
        self.heap.case.values.push(mebibytes_of(|| load(Some(bytes))));
        Ok(())
    }

    fn deciding(&mut self) -> Result<()> {
        let (answers, engine) = (&self.answers, &self.reload.policy().engine);
        let copy = |event: &InboundEvent| drop(black_box(answers.get(event.chat.as_str()).cloned()));
        let decide = |event: &InboundEvent| drop(black_box(engine.evaluate(event)));
        for event in &self.messages {
            let ((), copied) = timed(|| copy(event));
            let ((), decided) = timed(|| decide(event));
            self.decisions.baseline.values.push(microseconds(copied));
            self.decisions.case.values.push(microseconds(decided));
        }
        let per_second = |took: Duration| real(self.messages.len()) / took.as_secs_f64();
        let ((), copied) = timed(|| self.messages.iter().for_each(copy));
        let ((), decided) = timed(|| self.messages.iter().for_each(decide));
        self.rates.baseline.values.push(per_second(copied));
        self.rates.case.values.push(per_second(decided));
        for event in &self.messages {
            let copied = allocation_counter::measure(|| copy(event)).count_total;
            let decided = allocation_counter::measure(|| decide(event)).count_total;
            self.allocations.baseline.values.push(real(usize::try_from(copied)?));
            self.allocations.case.values.push(real(usize::try_from(decided)?));
        }
        Ok(())
    }

    /// All cases, each behind its baseline.
    fn cases(self) -> Vec<Measured> {
        let mut cases = vec![self.json.baseline, self.json.case, self.compile, self.reloads];
        for pair in [self.heap, self.decisions, self.rates, self.allocations] {
            cases.extend([pair.baseline, pair.case]);
        }
        cases
    }
}

/// As the daemon takes a policy up: read, checked, made ready.
fn load(bytes: Option<&[u8]>) -> Result<Candidate<Loaded>, Vec<String>> {
    let places = LexicalPlaces::default();
    let document =
        Document::parse(bytes.unwrap_or(b"{}"), &places).map_err(|fault| vec![fault.to_string()])?;
    let with = CheckOptions {
        channels: BTreeSet::from(["whatsapp".to_owned()]),
        known_tools: known_tools(),
        workspace: "/workspace".into(),
        places: &places,
    };
    check(&document, &with).map_err(|fault| vec![fault.to_string()])?;
    let pace = Pace::of(&document.policy().runtime);
    let engine = compile(&document);
    Ok(Candidate { policy: Arc::new(Loaded { engine, _document: document }), pace })
}

fn compile(document: &Document) -> Engine {
    let options = CompileOptions {
        apply_channels: BTreeSet::from(["whatsapp".to_owned()]),
        known_tools: known_tools(),
        source: "policy.json".to_owned(),
    };
    Engine::compile(document, &options)
}

fn known_tools() -> BTreeSet<String> {
    KNOWN_TOOLS.map(str::to_owned).into()
}

fn microseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

/// What the made thing holds while it lives.
#[expect(clippy::cast_precision_loss, reason = "bytes of a bench stay far below 2^52")]
fn mebibytes_of<T>(make: impl FnOnce() -> T) -> f64 {
    let mut thing = None;
    let held = allocation_counter::measure(|| thing = Some(make()));
    drop(thing);
    held.bytes_current as f64 / f64::from(1 << 20)
}
