//! `version`.

use serde_json::json;

use crate::exit::{Code, Failure};
use crate::output;

pub(super) fn run(as_json: bool) -> Result<Code, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if as_json {
        output::json(&json!({"name": "nanobot", "version": version}))?;
    } else {
        output::line(format!("nanobot {version}"))?;
    }
    Ok(Code::Done)
}
