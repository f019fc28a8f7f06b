//! The client's request about the policy.

use nanobot_core::ports::PolicyAsk;

use super::LocalClient;
use crate::error::ClientError;
use crate::local::protocol::{ControlOp, PolicyResult};

impl LocalClient {
    /// Changes the policy, or says what would change.
    ///
    /// # Errors
    /// As for [`send`](Self::send); nothing was changed then.
    pub async fn edit_policy(&self, ask: PolicyAsk) -> Result<PolicyResult, ClientError> {
        let PolicyAsk { edit, dry_run, confirm } = ask;
        self.typed(ControlOp::PolicyEdit { edit: edit.into(), dry_run, confirm }).await
    }
}
