//! Quiet notes on messages that are not answered: shared by the access and the no-reply stage.

use crate::decision::NotesPolicy;
use crate::event::ChatKind;
use crate::intent::{Intent, NoteCapture};
use crate::pipeline::PipelineContext;
use crate::ports::SecurityGate;
use crate::telemetry::{NotesOutcome, TelemetryEvent};
use crate::verdict::SecurityVerdict;

/// Gives the message to the note taker, unless the input stage blocks it.
pub(super) fn take(cx: &mut PipelineContext, notes: &NotesPolicy, gate: &dyn SecurityGate) {
    let channel = cx.channel();
    let verdict = gate.check_input(&cx.text, &cx.security("memory_notes_background"));
    if let SecurityVerdict::Block(finding) = verdict {
        cx.report(TelemetryEvent::InputBlocked { channel: channel.clone(), reason: finding.reason });
        cx.report(TelemetryEvent::Notes { channel, outcome: NotesOutcome::DroppedBySecurity });
        return;
    }
    cx.emit(Intent::CaptureMemory(NoteCapture {
        channel: channel.clone(),
        chat: cx.event.chat.clone(),
        sender: cx.event.sender.clone(),
        message_id: cx.event.message_id.clone(),
        content: cx.text.clone(),
        is_group: cx.event.chat_kind == ChatKind::Group,
        mode: notes.mode,
        batch_interval: notes.batch_interval,
        batch_max_messages: notes.batch_max_messages,
        labels: cx.event.labels(),
    }));
    cx.report(TelemetryEvent::Notes { channel, outcome: NotesOutcome::Enqueued });
}
