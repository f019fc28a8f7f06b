//! Stage 3: the message, and the words that it quotes, go into the archive, whatever the policy will say.
//!
//! A failing archive costs context, not the answer.

use std::sync::Arc;

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{ArchivedMessage, InboundArchive};
use crate::telemetry::StoreName;
use crate::text::trim;

/// Writes the archive.
pub struct Archive {
    archive: Option<Arc<dyn InboundArchive>>,
}

impl Archive {
    /// Without an archive the stage does nothing.
    pub fn new(archive: Option<Arc<dyn InboundArchive>>) -> Self {
        Self { archive }
    }
}

#[async_trait]
impl Stage for Archive {
    fn name(&self) -> &'static str {
        "archive"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(archive) = &self.archive else { return Flow::Continue };
        // The message first: what it quotes must not show up as said just before it.
        for message in own(cx).into_iter().chain(quoted(cx)) {
            if let Err(error) = archive.record(&message).await {
                cx.report_store(StoreName::Archive, &error);
            }
        }
        Flow::Continue
    }
}

fn own(cx: &PipelineContext) -> Option<ArchivedMessage> {
    Some(ArchivedMessage {
        channel: cx.event.channel.clone(),
        chat: cx.event.chat.clone(),
        message_id: cx.event.message_id.clone()?,
        participant: cx.event.participant.clone(),
        sender: Some(cx.event.sender.clone()),
        text: cx.text.clone(),
        at: cx.event.at,
    })
}

/// The quoted message, so that it can be found later. It is known only as a quote: it has no sender.
fn quoted(cx: &PipelineContext) -> Option<ArchivedMessage> {
    let quote = cx.event.reply.as_ref()?;
    let text = trim(quote.text.as_deref()?);
    (!text.is_empty()).then_some(())?;
    Some(ArchivedMessage {
        channel: cx.event.channel.clone(),
        chat: cx.event.chat.clone(),
        message_id: quote.message_id.clone()?,
        participant: quote.participant.clone(),
        sender: None,
        text: text.to_owned(),
        at: cx.event.at,
    })
}
