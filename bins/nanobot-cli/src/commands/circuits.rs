//! Which circuits are open, by the journal, which the daemon keeps up to date: for commands that show them of a home
//! that nobody serves. What the parts of a name mean is the router's business.

use nanobot_core::ports::{OpenCircuit, PortStatus};
use nanobot_core::time::WallTime;
use nanobot_journal::JournalReader;
use nanobotd::control::LeftAlone;

use crate::exit::Failure;
use crate::home::Place;

/// All open circuits, by name; none where there is no journal yet.
///
/// # Errors
/// When the journal cannot be read.
pub(super) async fn open(place: &Place) -> Result<Option<Vec<OpenCircuit>>, Failure> {
    let path = place.home.journal();
    if !path.exists() {
        return Ok(None);
    }
    let reader = JournalReader::open(&path).await?;
    let open = reader.open_circuits().await;
    reader.close().await;
    let mut open = open?;
    open.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(open))
}

/// As the status of a daemon shows it.
pub(super) fn row(circuit: &OpenCircuit, now: &WallTime) -> PortStatus {
    let name = CircuitName::parse(&circuit.name);
    let alone = LeftAlone {
        provider: name.as_ref().map_or(circuit.name.as_str(), |name| name.provider),
        credential: name.as_ref().map_or("", |name| name.credential),
        model: name.as_ref().and_then(|name| name.model),
        reason: &circuit.reason,
        until: Some(circuit.until),
    };
    alone.row(now)
}

/// A circuit's name, taken apart: `PROVIDER/CREDENTIAL#FINGERPRINT`, and `/MODEL` where it is a model's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CircuitName<'a> {
    pub(super) provider: &'a str,
    pub(super) credential: &'a str,
    /// None for the circuit of the credential itself.
    pub(super) model: Option<&'a str>,
}

impl<'a> CircuitName<'a> {
    /// None for a text that is no such name.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (provider, rest) = name.split_once('/')?;
        // A credential may hold the mark itself; a fingerprint is known by its form.
        let (credential, model) = rest.match_indices('#').find_map(|(at, _)| {
            let (credential, behind) = (rest.get(..at)?, rest.get(at + 1..)?);
            let (fingerprint, model) = match behind.split_once('/') {
                Some((fingerprint, model)) => (fingerprint, Some(model)),
                None => (behind, None),
            };
            is_fingerprint(fingerprint).then_some((credential, model))
        })?;
        Some(Self { provider, credential, model })
    }
}

fn is_fingerprint(text: &str) -> bool {
    text == "none" || (text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_whatever_its_parts_hold() {
        let parts = |name| CircuitName::parse(name).map(|name| (name.provider, name.credential, name.model));
        assert_eq!(parts("openai/main#0a1b2c3d"), Some(("openai", "main", None)));
        assert_eq!(parts("vllm/main#none/qwen3"), Some(("vllm", "main", Some("qwen3"))));
        assert_eq!(
            parts("openrouter/key #2/b#0a1b2c3d/a/b#c"),
            Some(("openrouter", "key #2/b", Some("a/b#c")))
        );
        assert_eq!(parts("openai"), None);
        assert_eq!(parts("openai/main"), None);
    }
}
