//! Stage 4: what the message answers, and what was said lately. WhatsApp only, as in the original; other
//! channels join when they bring quotes.
//!
//! Only the message's own chat is searched. The original also looked into other chats of the channel, which
//! could show one chat's words in another (difference `no_lookup_across_chats`).

use std::sync::Arc;

use async_trait::async_trait;

use crate::event::QuotedMessage;
use crate::ids::{ChannelName, MessageId};
use crate::label::Label;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{ArchivedMessage, InboundArchive, StoreError};
use crate::reply_context::{QuoteSource, ReplyContext, WindowLimits, lines};
use crate::telemetry::{StoreName, TelemetryEvent};
use crate::text::trim;

/// Finds quotes and windows.
pub struct ReplyContextStage {
    archive: Option<Arc<dyn InboundArchive>>,
    limits: WindowLimits,
}

impl ReplyContextStage {
    /// Limits below the original's floors (1 message, 32 code points) are raised to them.
    pub fn new(archive: Option<Arc<dyn InboundArchive>>, limits: WindowLimits) -> Self {
        let limits = WindowLimits {
            reply_messages: limits.reply_messages.max(1),
            line_chars: limits.line_chars.max(32),
            ..limits
        };
        Self { archive, limits }
    }

    async fn window(
        &self,
        archive: &dyn InboundArchive,
        cx: &PipelineContext,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let before = archive.before(&cx.event.channel, &cx.event.chat, anchor, limit).await?;
        Ok(lines(&before, self.limits.line_chars))
    }

    async fn look_up(
        &self,
        archive: &dyn InboundArchive,
        cx: &PipelineContext,
    ) -> Result<(ReplyContext, Option<bool>), StoreError> {
        let mut found = from_payload(cx.event.reply.as_ref());
        if let (Some(id), 1..) = (&cx.event.message_id, self.limits.ambient_messages) {
            found.ambient = self.window(archive, cx, id, self.limits.ambient_messages).await?;
        }
        let Some(quoted_id) = found.message_id.clone() else {
            // As in the original: without an id nothing is looked up, and no source is named.
            found.source = None;
            return Ok((found, None));
        };
        let row = archive.find(&cx.event.channel, &cx.event.chat, &quoted_id).await?;
        let hit = row.filter(|row| found.quoted_text.is_some() || !trim(&row.text).is_empty());
        if let Some(row) = &hit {
            self.fill_in(archive, cx, row, &mut found).await?;
        }
        Ok((found, Some(hit.is_some())))
    }

    async fn fill_in(
        &self,
        archive: &dyn InboundArchive,
        cx: &PipelineContext,
        row: &ArchivedMessage,
        found: &mut ReplyContext,
    ) -> Result<(), StoreError> {
        if found.quoted_text.is_none() {
            found.quoted_text = Some(row.text.clone());
            found.source = Some(QuoteSource::Archive);
        }
        // A row without sender is known only as a quote: where it stood in the chat is not known.
        if row.sender.is_some() {
            found.window = self.window(archive, cx, &row.message_id, self.limits.reply_messages).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Stage for ReplyContextStage {
    fn name(&self) -> &'static str {
        "reply_context"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        cx.reply_context = from_payload(cx.event.reply.as_ref());
        if let (Some(archive), true) = (&self.archive, cx.event.channel == ChannelName::WHATSAPP) {
            match self.look_up(archive.as_ref(), cx).await {
                Ok((found, hit)) => {
                    cx.reply_context = found;
                    if let Some(hit) = hit {
                        cx.report(TelemetryEvent::ReplyContext { channel: cx.channel(), hit });
                    }
                }
                Err(error) => cx.report_store(StoreName::Archive, &error),
            }
        } else {
            // As in the original: elsewhere the source of a quote is not named.
            cx.reply_context.source = None;
        }
        label(&mut cx.reply_context);
        Flow::Continue
    }
}

/// What an earlier run of the same turn found.
pub(crate) struct RecordedContext(pub(crate) ReplyContext);

#[async_trait]
impl Stage for RecordedContext {
    fn name(&self) -> &'static str {
        "reply_context"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        cx.reply_context = self.0.clone();
        Flow::Continue
    }
}

fn from_payload(quote: Option<&QuotedMessage>) -> ReplyContext {
    let Some(quote) = quote else { return ReplyContext::default() };
    let quoted_text = quote.text.as_deref().map(trim).filter(|text| !text.is_empty()).map(str::to_owned);
    ReplyContext {
        source: quoted_text.as_ref().map(|_| QuoteSource::Payload),
        message_id: quote.message_id.clone(),
        participant: quote.participant.clone(),
        quoted_text,
        ..ReplyContext::default()
    }
}

/// Who wrote these words is not judged here, so they count as a stranger's.
fn label(found: &mut ReplyContext) {
    if found.quoted_text.is_some() || !found.window.is_empty() || !found.ambient.is_empty() {
        found.labels = Label::Stranger.into();
    }
}
