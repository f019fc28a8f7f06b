//! Stage 12: shows that the assistant is busy. WhatsApp only, as in the original; other channels join when
//! they can show it. It is shown at once: an intent that waited for the end of the turn would be pointless.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ids::ChannelName;
use crate::intent::Intent;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{LiveEvent, LiveSink};

/// Switches "is typing" on. The orchestrator switches it off, however the turn ends.
pub struct Typing {
    live: Arc<dyn LiveSink>,
}

impl Typing {
    /// With the sink that shows it.
    pub fn new(live: Arc<dyn LiveSink>) -> Self {
        Self { live }
    }
}

#[async_trait]
impl Stage for Typing {
    fn name(&self) -> &'static str {
        "typing"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        if cx.event.channel == ChannelName::WHATSAPP {
            self.live.show(&cx.live_target(), LiveEvent::Typing(true));
            cx.emit(Intent::SetTyping { channel: cx.channel(), chat: cx.event.chat.clone(), on: true });
        }
        Flow::Continue
    }
}
