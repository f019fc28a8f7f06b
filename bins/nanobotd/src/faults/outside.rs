//! The ports to the outside world with fault points around them: model, tools, networks.

use async_trait::async_trait;
use nanobot_core::ids::ChannelName;
use nanobot_core::model::{ModelCall, ModelError, ModelReply, ToolCall, ToolSpec};
use nanobot_core::ports::{
    ChannelSender, Delivery, DeltaSink, ModelClient, ModelInfo, SendError, ToolContext, ToolExecutor,
    ToolOutcome,
};

use crate::points::Call;
use crate::stores::Fused;

#[async_trait]
impl ModelClient for Fused<dyn ModelClient> {
    fn info(&self) -> ModelInfo {
        self.inner.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.fuse.around(Call::Model, self.inner.complete(call, deltas)).await
    }
}

#[async_trait]
impl ToolExecutor for Fused<dyn ToolExecutor> {
    fn specs(&self) -> Vec<ToolSpec> {
        self.inner.specs()
    }

    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome {
        self.fuse.around(Call::Tool, self.inner.execute(call, context)).await
    }
}

#[async_trait]
impl ChannelSender for Fused<dyn ChannelSender> {
    fn channel(&self) -> ChannelName {
        self.inner.channel()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        self.fuse.around(Call::Send, self.inner.send(delivery)).await
    }
}
