//! Every fake runs the suite of its port.

use crate::content::Media;
use crate::ids::{ChannelName, ChatId, DeliveryKey, SessionKey};
use crate::intent::SessionRole;
use crate::model::{ModelErrorKind, ToolClass};
use crate::ports::{
    Closing, ControlError, Journal, Outbox, OutboxAdmin, SessionAdmin, SessionStore, VisionModel, Wanted,
};
use crate::stand_in::AllowAll;
use crate::testing::contract::*;
use crate::testing::journal::{append, closing, delivery, line};
use crate::testing::security::PLACEHOLDER;
use crate::testing::*;

#[tokio::test]
async fn the_journal_keeps_the_contract() {
    journal_contract(async || MemoryJournal::new()).await;
    outbox_contract(async || MemoryJournal::new()).await;
    line_queue_contract(async || MemoryJournal::new()).await;
}

#[tokio::test]
async fn the_sessions_keep_the_contract() {
    session_store_contract(async || MemorySessions::new()).await;
    inbound_archive_contract(async || MemoryArchive::new()).await;
    seen_chats_contract(async || MemorySeenChats::new()).await;
    workspace_contract(async || FixedWorkspace::default().with("AGENTS.md", "Be kind.").with("USER.md", ""))
        .await;
}

#[test]
fn the_gate_keeps_the_contract() {
    security_gate_contract(ScriptedGate::new, OUTPUT_CORPUS);
    let sanitizing =
        || ScriptedGate::new().sanitize_output("secret").sanitize_output("aab").sanitize_output("🥊");
    security_gate_contract(sanitizing, OUTPUT_CORPUS);
    let both = || sanitizing().block_output("BEGIN");
    security_gate_contract(both, OUTPUT_CORPUS);
    assert!(!OUTPUT_CORPUS.contains(&PLACEHOLDER));
}

#[test]
fn the_policies_keep_the_contract() {
    policy_engine_contract(|| AllowAll::new(["read_file"]));
    policy_engine_contract(|| ScriptedPolicy::accepting(&["read_file", "exec"]));
    policy_engine_contract(|| ScriptedPolicy::refusing("who_can_talk:nobody"));
    policy_engine_contract(|| ScriptedPolicy::silent("when_to_reply:never"));
}

#[tokio::test]
async fn the_policy_files_keep_the_contract() {
    policy_store_contract(async || MemoryPolicy::new()).await;
    persona_source_contract(async || MemoryPersonas::new(&[("personas/kind.md", "Be kind.")])).await;
}

#[tokio::test]
async fn the_models_keep_the_contract() {
    model_client_contract(async || ScriptedModel::replying(&["Zwölf Boxkämpfer 🥊, thanks."])).await;
    budget_ledger_contract(async || MemoryBudget::new()).await;
    breaker_state_contract(async || MemoryBreakers::new()).await;
}

#[tokio::test]
async fn the_tools_keep_the_contract() {
    let tools = async || ScriptedTools::new().with("a", ToolClass::Pure, "x").with("b", ToolClass::Once, "y");
    tool_executor_contract(tools).await;
    sandbox_contract(async || {
        SANDBOX_COMMANDS.iter().fold(FakeSandbox::new(), |sandbox, (command, code, output)| {
            let takes = if *command == "sleep 30" { 30 } else { 0 };
            sandbox.on_slow(command, *code, output, std::time::Duration::from_secs(takes))
        })
    })
    .await;
}

#[tokio::test]
async fn the_memory_keeps_the_contract() {
    memory_store_contract(async || FakeMemory::new()).await;
    embedder_contract(async || FakeEmbedder::new()).await;
}

#[tokio::test]
async fn the_media_fakes_keep_the_contract() {
    vision_model_contract(async || FakeVision::seeing("A cat."), &Media::default()).await;
    speech_to_text_contract(async || FakeTranscriber::hearing(" two \n words "), &Media::default()).await;
    text_to_speech_contract(async || FakeSpeaker::new()).await;
    blob_store_contract(async || MemoryBlobs::new()).await;
}

#[tokio::test]
async fn a_media_fake_fails_when_it_is_told_to() {
    let vision = FakeVision::seeing("A cat.");
    vision.fail_next(ModelErrorKind::Overloaded);
    assert!(vision.describe(&ChannelName::WHATSAPP, &Media::default()).await.is_err());
    assert!(vision.describe(&ChannelName::WHATSAPP, &Media::default()).await.is_ok());
}

#[tokio::test]
async fn the_records_keep_the_contract() {
    audit_log_contract(async || RecordingAudit::new(), async |log: &RecordingAudit| log.acts()).await;
    chain_heads_contract(async || MemoryChainHeads::new()).await;
    metrics_source_contract(|| FakeMetrics::showing("# HELP a b\na_total{channel=\"cli\"} 1\nb NaN\n"));
    assert!(!telemetry_contract(RecordingTelemetry::new).is_empty());
}

#[tokio::test]
async fn the_channels_keep_the_contract() {
    ingest_contract(async || FakeIngest::new()).await;
    live_sink_contract(RecordingSink::new);
    let make = async || RecordingSender::new(ChannelName::TELEGRAM);
    let chat = ChatId::new("-100").unwrap();
    channel_sender_contract(make, &chat, async |sender: &RecordingSender| sender.texts()).await;
}

#[tokio::test]
async fn the_control_keeps_the_contract() {
    let make = async || {
        let control = FakeControl::new();
        let mut lines = append("cli:default", "hello");
        lines.lines.push(line(SessionRole::Assistant, "good morning"));
        control.sessions.append(&lines, line(SessionRole::User, "").at).await.unwrap();
        let deliveries = vec![delivery("t", 0, "1@g.us", "one"), delivery("t", 1, "1@g.us", "two")];
        let keys: Vec<_> = deliveries.iter().map(|delivery| delivery.key.clone()).collect();
        control.journal.close(&Closing { deliveries, ..closing("t") }).await.unwrap();
        for key in &keys {
            control.journal.park(key, "refused").await.unwrap();
        }
        control
    };
    control_contract(make).await;
    let busy = make().await;
    let key = SessionKey::new("cli:default").unwrap();
    busy.pretend_busy(key.clone());
    assert!(matches!(busy.reset_session(&key, "me").await, Err(ControlError::Busy(_))));

    let outbox = make().await;
    let (first, unknown) = (DeliveryKey::new("t/0").unwrap(), DeliveryKey::new("x/0").unwrap());
    outbox.retry_deliveries(&[unknown, first.clone()], "me").await.unwrap();
    assert_eq!(outbox.handled(), [("retry", first, "me".to_owned())]);
    let parked = outbox.outbox(&Wanted::Parked, 10).await.unwrap();
    assert_eq!(parked.total, 1, "what is taken back is not parked");
}

#[tokio::test]
async fn the_system_fakes_keep_the_contract() {
    clock_contract(async || FakeClock::default().auto()).await;
    id_generator_contract(SequenceIds::new);
}
