//! A recorded row through our orchestrator: the journal's verdict, the real stages, ports that give what the
//! row says.

use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use nanobot_core::admin::{AdminAnswer, AdminVerdict};
use nanobot_core::cancel::CancelToken;
use nanobot_core::decision::PolicyDecision;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, ChatId, TurnId};
use nanobot_core::intent::Intent;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::model::ToolCall;
use nanobot_core::pipeline::{Answer, TurnScope};
use nanobot_core::ports::{
    AdminDesk, InboundArchive, Journal, LiveTarget, OutputGuard, SecurityContext, SecurityGate, Seen,
    SeenChats, StoreError,
};
use nanobot_core::reply_context::{QuoteSource, WindowLimits};
use nanobot_core::responder::{Failure, Responder, Response, TurnInput};
use nanobot_core::stand_in::{NoPersonas, NoSecurity, VolatileArchive, VolatileJournal};
use nanobot_core::testing::{RecordingSink, ScriptedPolicy, SeenLive};
use nanobot_core::time::WallTime;
use nanobot_core::verdict::{Finding, SecurityVerdict, Severity};
use nanobot_core::{Labels, Orchestrator, OrchestratorParts, TurnOutcome};
use nanobot_security::{RuleGate, Settings};
use serde_json::Value;

use super::input::{Said, decision, truthy};
use super::pipeline::counts;
use super::shape;

/// How a responder fails where the recorded one raised.
pub(super) const FAILURE: Failure = Failure::Model(ModelErrorKind::Server);

/// What the responder was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Given {
    pub(super) content: String,
    pub(super) quoted: Option<String>,
    pub(super) source: Option<String>,
    pub(super) window: Vec<String>,
    pub(super) ambient: Vec<String>,
}

/// What one message led to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Led {
    /// The intents, without the closing one.
    pub(super) intents: Vec<Value>,
    /// The outcome that closed the turn.
    pub(super) outcome: TurnOutcome,
    /// What the responder was given, if it was asked.
    pub(super) given: Option<Given>,
    /// What was shown meanwhile.
    pub(super) shown: Vec<(LiveTarget, SeenLive)>,
}

/// Runs the row's messages one after the other. `raises` names those at which the responder fails. A message
/// that no adapter could hand over leads to nothing.
pub(super) async fn run(row: &Value, messages: &[Said], raises: &[bool]) -> Vec<Option<Led>> {
    let decision = decision(&row["decision"]);
    let responder = Arc::new(Told::new(row["responder_reply"].as_str(), decision.clone()));
    let live = Arc::new(RecordingSink::new());
    let orchestrator = Orchestrator::new(OrchestratorParts {
        admin: Arc::new(Desk(row["admin"].clone())),
        personas: Arc::new(NoPersonas),
        policy: Arc::new(ScriptedPolicy::new(decision)),
        security: gate(row),
        responder: responder.clone(),
        live: live.clone(),
        seen_chats: Arc::new(EveryChat),
        archive: truthy(&row["archive"]).then(|| Arc::new(VolatileArchive::new()) as Arc<dyn InboundArchive>),
        windows: WindowLimits::default(),
    });
    let journal = VolatileJournal::new();
    let mut led = Vec::new();
    for (index, said) in messages.iter().enumerate() {
        let Ok(event) = said.event() else {
            led.push(None);
            continue;
        };
        responder.raise(raises.get(index) == Some(&true));
        let mut scope = scope(index, Seen::First);
        scope.seen = seen(&journal, &event, &scope).await;
        let already_shown = live.seen().len();
        let intents = orchestrator.handle(event, scope).await.intents;
        let shown = live.seen().split_off(already_shown);
        led.push(Some(closed(&intents, responder.take(), shown)));
    }
    led
}

/// The gate of the row. The original's own never blocks an answer: where one was blocked, a stub stood in for it,
/// which blocked every answer.
fn gate(row: &Value) -> Arc<dyn SecurityGate> {
    if !truthy(&row["security"]) {
        Arc::new(NoSecurity)
    } else if counts(row, "security_output_blocked") {
        Arc::new(BlocksAnswers)
    } else {
        Arc::new(rules())
    }
}

/// Our gate. Reading its packs takes longer than all the rest of a row.
pub(super) fn rules() -> RuleGate {
    static RULES: LazyLock<RuleGate> = LazyLock::new(|| RuleGate::new(Settings::default()).unwrap());
    RULES.clone()
}

/// The journal's verdict, asked for as the daemon's gateway asks: not for a blank message.
async fn seen(journal: &VolatileJournal, event: &InboundEvent, scope: &TurnScope) -> Seen {
    if event.text().is_empty() && event.blocks.iter().all(|block| block.media().is_none()) {
        return Seen::First;
    }
    journal.ingest(event, &scope.turn, scope.now.instant).await.unwrap().seen
}

fn scope(index: usize, seen: Seen) -> TurnScope {
    TurnScope {
        beside: false,
        turn: TurnId::new(format!("turn-{index}")).unwrap(),
        now: WallTime::utc("2026-02-20T12:00:00Z".parse().unwrap()),
        seen,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    }
}

/// Takes the closing intent off the end, where the one and only must stand.
fn closed(intents: &[Intent], given: Option<Given>, shown: Vec<(LiveTarget, SeenLive)>) -> Led {
    let closings = intents.iter().filter(|intent| matches!(intent, Intent::Close(_))).count();
    let Some((Intent::Close(outcome), others)) = intents.split_last().filter(|_| closings == 1) else {
        panic!("exactly one closing intent, and it is the last: {intents:?}");
    };
    let intents = others.iter().flat_map(shape::intents).map(shape::plain).collect();
    Led { intents, outcome: *outcome, given, shown }
}

/// Answers what the row says and remembers what it was given.
struct Told {
    reply: Option<String>,
    decision: PolicyDecision,
    state: Mutex<(bool, Option<Given>)>,
}

impl Told {
    fn new(reply: Option<&str>, decision: PolicyDecision) -> Self {
        Self { reply: reply.map(str::to_owned), decision, state: Mutex::default() }
    }

    fn raise(&self, raises: bool) {
        self.state.lock().unwrap().0 = raises;
    }

    fn take(&self) -> Option<Given> {
        self.state.lock().unwrap().1.take()
    }
}

#[async_trait]
impl Responder for Told {
    async fn respond(&self, turn: &TurnInput<'_>) -> Response {
        assert_eq!(turn.decision, &self.decision, "the responder is given the policy's decision");
        let mut state = self.state.lock().unwrap();
        let again = state.1.replace(Given {
            content: turn.text.to_owned(),
            quoted: turn.context.quoted_text.clone(),
            source: turn.context.source.map(QuoteSource::name).map(str::to_owned),
            window: turn.context.window.clone(),
            ambient: turn.context.ambient.clone(),
        });
        assert_eq!(again, None, "the responder is asked once");
        match &self.reply {
            _ if state.0 => Response::Failed(FAILURE),
            Some(reply) => Response::Answer(Answer { text: reply.clone(), labels: Labels::NONE }),
            None => Response::Nothing,
        }
    }
}

/// Says of every message what the row says.
struct Desk(Value);

#[async_trait]
impl AdminDesk for Desk {
    fn is_urgent(&self, _event: &InboundEvent) -> bool {
        false
    }

    fn unrecorded(self: Arc<Self>, _event: &InboundEvent, _turn: &TurnId) {}

    async fn take(
        &self,
        _event: &InboundEvent,
        _text: &str,
        _turn: &TurnId,
        _now: &WallTime,
    ) -> AdminVerdict {
        let text = |key: &str| self.0[key].as_str().unwrap_or_default().to_owned();
        let command = Some(text("command_name")).filter(|name| !name.is_empty());
        let command = command.unwrap_or_else(|| "unknown".to_owned());
        if let Some(reply) = self.0.as_str() {
            let (known, reply) = (true, reply.to_owned());
            return AdminVerdict::Answered(AdminAnswer { command, known, reply, facts: Vec::new() });
        }
        match text("status").as_str() {
            "ignored" => AdminVerdict::Ignored { command },
            status @ ("handled" | "unknown") => AdminVerdict::Answered(AdminAnswer {
                command,
                known: status == "handled",
                reply: text("response"),
                facts: Vec::new(),
            }),
            _ => AdminVerdict::NotACommand,
        }
    }
}

/// The owners have been told of every chat.
struct EveryChat;

#[async_trait]
impl SeenChats for EveryChat {
    async fn contains(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn remember(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A gate that blocks every answer, as the recorded stub did.
struct BlocksAnswers;

impl SecurityGate for BlocksAnswers {
    fn name(&self) -> &'static str {
        "stub"
    }

    fn fingerprint(&self) -> &str {
        self.name()
    }

    fn check_input(&self, _text: &str, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn check_tool(&self, _call: &ToolCall, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn check_output(&self, _text: &str, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Block(Finding { reason: "r".to_owned(), severity: Severity::High, tags: Vec::new() })
    }

    fn open_output(&self, _context: &SecurityContext) -> Box<dyn OutputGuard> {
        unreachable!("nothing is streamed here")
    }

    fn block_message(&self) -> &str {
        NoSecurity::BLOCK_MESSAGE
    }
}
