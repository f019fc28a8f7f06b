//! `security url-guard`.

use std::net::IpAddr;

use nanobot_security::url_guard;
use serde_json::{Value, json};

use super::super::batch::{self, Answer, BadLine};
use crate::exit::{Code, Failure};

/// Judges the address of every line of standard input. Asks no name server: what a name resolves to stands in the
/// line.
pub(super) fn batch() -> Result<Code, Failure> {
    batch::run(|line| {
        let url = line.get("url").and_then(Value::as_str);
        let url = url.ok_or_else(|| BadLine::input("url must be a text"))?;
        let verdict = url_guard::judge(url, &addresses(line)?);
        Ok(Answer::from_iter([
            ("allowed".to_owned(), json!(verdict.allowed)),
            ("reason".to_owned(), json!(verdict.reason)),
        ]))
    })
}

fn addresses(line: &Value) -> Result<Vec<IpAddr>, BadLine> {
    let listed = match line.get("resolves_to") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(BadLine::input("resolves_to must be a list of addresses")),
    };
    let address = |value: &Value| {
        let address = value.as_str().and_then(|text| text.parse().ok());
        address.ok_or_else(|| BadLine::input("resolves_to holds something that is no address"))
    };
    listed.iter().map(address).collect()
}
