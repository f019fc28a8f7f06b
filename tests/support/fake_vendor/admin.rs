//! What whoever runs the test asks over HTTP: the book, and the mood.
//!
//! `GET /__ledger` (with `?totals` without the single requests), `GET /__mood`, `POST /__mood` with a rule or a list of
//! them, which replace the ones in force.

use std::io::Result;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWrite;

use super::connection::After;
use super::ledger::Ledger;
use super::mood::Rule;
use super::state::State;
use crate::http::{self, Request};

pub(super) async fn answer<W: AsyncWrite + Unpin>(
    to: &mut W,
    request: &Request,
    state: &Arc<State>,
) -> Result<After> {
    let name = &state.options.name;
    let (status, body) = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/__ledger") => ("200 OK", state.ledger().to_json(name)),
        ("GET", "/__ledger?totals") => {
            let book = Ledger { totals: state.totals(), entries: Vec::new() };
            ("200 OK", book.to_json(name))
        }
        ("GET", "/__mood") => ("200 OK", rules(state)),
        ("POST", "/__mood") => match Rule::read_all(&request.json()) {
            Ok(wanted) => {
                state.set_rules(wanted);
                state.gate().until_done().await;
                ("200 OK", rules(state))
            }
            Err(error) => ("400 Bad Request", json!({"error": error.to_string()})),
        },
        _ => ("404 Not Found", json!({"error": "no such path"})),
    };
    http::respond(to, status, "application/json", "", body.to_string().as_bytes()).await?;
    Ok(After::KeepOpen)
}

fn rules(state: &State) -> Value {
    state.rules().iter().map(Rule::to_json).collect()
}
