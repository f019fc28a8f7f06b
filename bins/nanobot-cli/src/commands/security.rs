//! `security …`: asks the security gate. Needs no daemon and no home: the rules are part of the program, and the
//! settings are the defaults, so that the same text gets the same answer everywhere.

mod rules;
mod scan;
mod url_guard;

use nanobot_security::{RuleGate, Settings};

use crate::args::Security;
use crate::exit::{Code, Failure};

pub(super) fn run(command: &Security) -> Result<Code, Failure> {
    match command {
        Security::Scan => scan::batch(&gate()?),
        Security::UrlGuard => url_guard::batch(),
        Security::Rules(options) => rules::list(&gate()?, options),
        Security::Explain(options) => scan::explain(&gate()?, options),
    }
}

fn gate() -> Result<RuleGate, Failure> {
    RuleGate::new(Settings::default())
        .map_err(|error| Failure::new(Code::No, format!("the rules of this build are broken: {error}")))
}
