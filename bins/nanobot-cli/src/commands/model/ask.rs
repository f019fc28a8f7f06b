//! `model test`: one short question to a chain, or to each of its models by itself. Nothing is booked and no circuit is
//! opened for anybody else: what comes of it, only the person who asked sees.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nanobot_config::Loaded;
use nanobot_config::settings::ProfileKind;
use nanobot_core::Label;
use nanobot_core::model::{ChatMessage, ModelCall, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelClient as _, Telemetry};
use nanobot_core::telemetry::{ModelAttempt, TelemetryEvent};
use nanobot_llm_router::{Budgets, Chain, Escalation, Hop, Manners, Router, RouterParts, Routes};
use nanobotd::plan_profile;
use nanobotd::system::{SystemClock, SystemIds};
use serde_json::json;

use super::super::block_on;
use super::report::Tested;
use super::routes;
use crate::args::Ask;
use crate::exit::{Code, Failure};
use crate::output;

const QUESTION: &str = "Say hello in one word.";

/// So much time may go by with attempts that come to nothing: somebody waits in front of a terminal.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn run(loaded: &Loaded, options: &Ask) -> Result<Code, Failure> {
    let profile = profile(loaded, options)?;
    let chain = plan_profile(loaded, &profile)?;
    let hops = chain.as_ref().map(without_stand_in).filter(|hops| !hops.is_empty());
    let Some(each) = hops else { return not_run(&profile, options) };
    let chains = if options.all {
        each.into_iter().map(|hop| Chain::new(vec![hop], Escalation::Forbidden)).collect()
    } else {
        // It was accepted as it is; without the stand-in it is only shorter.
        vec![Chain::new(each, Escalation::Allowed)]
    };
    let mut tested = Vec::new();
    for chain in chains {
        let chain = chain.map_err(|error| Failure::new(Code::Config, error.to_string()))?;
        let manners = manners(loaded, &chain, options);
        let test = block_on(ask(&profile, chain, manners))?;
        if !options.json.json {
            test.lines().iter().try_for_each(output::line)?;
        }
        tested.push(test);
    }
    let is_ok = tested.iter().all(Tested::is_answered);
    if options.json.json {
        let tests: Vec<_> = tested.iter().map(Tested::to_json).collect();
        output::json(&json!({"ok": is_ok, "profile": profile, "tests": tests}))?;
    }
    Ok(if is_ok { Code::Done } else { Code::No })
}

/// The profile that is meant.
fn profile(loaded: &Loaded, options: &Ask) -> Result<String, Failure> {
    let profiles = &loaded.config.models.profiles;
    let wanted = if let Some(profile) = &options.profile {
        profile.clone()
    } else {
        let task = options.task.as_deref().unwrap_or(Ask::USUAL.name());
        let missing = || Failure::new(Code::No, format!("no route leads from task {task:?} to a profile"));
        routes(loaded).of_key(task, None).ok_or_else(missing)?.profile
    };
    let profile = profiles.get(&wanted).ok_or_else(|| {
        let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
        Failure::new(Code::No, format!("there is no profile {wanted:?}; there are {}", known.join(", ")))
    })?;
    if matches!(profile.kind, ProfileKind::Asr | ProfileKind::Tts | ProfileKind::Embedding) {
        let message = format!("profile {wanted} is not asked in words, so there is no question for it");
        return Err(Failure::new(Code::No, message));
    }
    Ok(wanted)
}

/// The models of a chain that are some.
fn without_stand_in(chain: &Chain) -> Vec<Arc<Hop>> {
    let is_model =
        |hop: &&Arc<Hop>| hop.seats.first().is_some_and(|seat| seat.client.info().is_language_model);
    chain.hops().iter().filter(is_model).cloned().collect()
}

fn not_run(profile: &str, options: &Ask) -> Result<Code, Failure> {
    let why = format!(
        "no account serves the model of profile {profile}; set a provider key or run nanobot-cli onboard"
    );
    if options.json.json {
        output::json(&json!({"ok": false, "profile": profile, "not_run": why, "tests": []}))?;
    } else {
        output::line(format!("NOT RUN: {why}"))?;
    }
    Ok(Code::No)
}

/// A model by itself gets one attempt with each of its keys: what is wrong with it is what is asked for.
fn manners(loaded: &Loaded, chain: &Chain, options: &Ask) -> Manners {
    let attempts = if options.all {
        let seats = chain.hops().iter().map(|hop| hop.seats.len()).sum::<usize>();
        u32::try_from(seats).unwrap_or(u32::MAX)
    } else {
        loaded.config.model.max_attempts.get()
    };
    Manners { attempts, ..Manners::default() }
}

async fn ask(profile: &str, chain: Chain, manners: Manners) -> Result<Tested, Failure> {
    let names: Vec<String> =
        chain.hops().iter().map(|hop| format!("{} ({})", hop.model, hop.provider)).collect();
    output::say(format!("asking {}, which costs money ...", names.join(", then ")));
    let seen = Arc::new(Attempts::default());
    let task = Ask::USUAL;
    let router = Router::open(RouterParts {
        routes: Routes {
            routes: BTreeMap::from([(task.name().to_owned(), profile.to_owned())]),
            chats: BTreeMap::new(),
        },
        chains: BTreeMap::from([(profile.to_owned(), chain.clone())]),
        budgets: Budgets::default(),
        manners,
        ledger: None,
        breakers: None,
        telemetry: seen.clone(),
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
    });
    let router = router.await?;
    let request = request();
    let call = ModelCall { request: &request, task, session: None, patience: PATIENCE };
    let answer = router.complete(&call, &mut Unheard).await;
    Ok(Tested { chain, answer, attempts: seen.take() })
}

fn request() -> ModelRequest {
    let question =
        ChatMessage::User { text: QUESTION.to_owned(), images: Vec::new(), labels: Label::Owner.into() };
    ModelRequest { messages: vec![question], ..ModelRequest::default() }
}

/// Takes the words as they come; the router measures when.
struct Unheard;

impl DeltaSink for Unheard {
    fn text(&mut self, _: &str) {}

    fn restart(&mut self) {}
}

/// Remembers the attempts of a call, which the router bounds.
#[derive(Default)]
struct Attempts(Mutex<Vec<ModelAttempt>>);

impl Attempts {
    fn take(&self) -> Vec<ModelAttempt> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Telemetry for Attempts {
    fn record(&self, event: &TelemetryEvent) {
        if let TelemetryEvent::ModelAttempt(attempt) = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(attempt.clone());
        }
    }
}
