//! What was heard, as the pipeline takes it. Here it gets its time and its id; neither comes from the network.

use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChatId, IdError, MessageId, SenderId};
use nanobot_core::label::Label;
use nanobot_core::ports::{Clock, IdGenerator};

use super::session::Heard;

/// The event.
///
/// # Errors
/// When the source is no identifier: it holds control characters, or is longer than any real one.
pub(super) fn event(heard: Heard, clock: &dyn Clock, ids: &dyn IdGenerator) -> Result<InboundEvent, IdError> {
    let sender = SenderId::new(heard.sender)?;
    let label = if heard.is_owner { Label::Owner } else { Label::Stranger };
    Ok(InboundEvent {
        channel: super::channel_name(),
        account: AccountId::sole(),
        chat: ChatId::new(heard.chat)?,
        chat_kind: heard.kind,
        participant: (heard.kind == ChatKind::Group).then(|| sender.clone()),
        sender,
        // The network has none; this one lets the journal tell a message from its repeat after a retry.
        message_id: Some(MessageId::new(ids.token())?),
        at: clock.now().instant,
        blocks: vec![ContentBlock::text(heard.text, label)],
        mentioned_bot: heard.mentions_us,
        reply: None,
    })
}
