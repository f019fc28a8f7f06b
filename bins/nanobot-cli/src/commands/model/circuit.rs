//! The name of a circuit, taken apart: `PROVIDER/CREDENTIAL#FINGERPRINT`, and `/MODEL` where it is a model's. What the
//! parts mean is the router's business.

/// The parts that people care about.
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
