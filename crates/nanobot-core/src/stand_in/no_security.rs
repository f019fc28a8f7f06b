//! `no_security`: every text and every tool call passes, unchanged.
//!
//! It judges nothing and redacts nothing; a network channel must not be opened with it.

use crate::model::ToolCall;
use crate::ports::{OutputGuard, OutputVerdict, SecurityContext, SecurityGate};
use crate::verdict::SecurityVerdict;

/// A security gate that stands open.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecurity;

impl NoSecurity {
    /// The name by which a configuration chooses it.
    pub const NAME: &'static str = "no_security";

    /// What a chat is told in place of a blocked text: the original's default of
    /// `security.blockUserMessage` (state 2026-02-22). This gate never blocks; the port asks for it all the
    /// same.
    pub const BLOCK_MESSAGE: &'static str = "😂";
}

impl SecurityGate for NoSecurity {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn fingerprint(&self) -> &str {
        Self::NAME
    }

    fn check_input(&self, _text: &str, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn check_tool(&self, _call: &ToolCall, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn check_output(&self, _text: &str, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn open_output(&self, _context: &SecurityContext) -> Box<dyn OutputGuard> {
        Box::new(PassThrough)
    }

    fn block_message(&self) -> &str {
        Self::BLOCK_MESSAGE
    }
}

/// Holds nothing back.
struct PassThrough;

impl OutputGuard for PassThrough {
    fn push(&mut self, chunk: &str) -> String {
        chunk.to_owned()
    }

    fn finish(self: Box<Self>) -> OutputVerdict {
        OutputVerdict { rest: String::new(), verdict: SecurityVerdict::Allow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::contract::{OUTPUT_CORPUS, security_gate_contract};

    #[test]
    fn it_keeps_the_contract_of_a_gate() {
        security_gate_contract(|| NoSecurity, OUTPUT_CORPUS);
    }
}
