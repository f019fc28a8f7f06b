//! Whether a provider can have counted what it says. A budget that believed everything would have no end with a
//! provider that counts nothing, and come to its end with one absurd figure.

use nanobot_core::model::{ModelReply, ModelRequest, Usage};

use crate::price::worst_input_tokens;

/// Tokens of an answer whose length was not limited. No published model writes more than 128 Ki (November 2026).
const MOST_OUTPUT: u64 = 1024 * 1024;

/// What a provider may write beyond the limit that it was given: the end of a thought, its template.
const BEYOND_LIMIT: u64 = 1024;

/// The tokens as they were counted, or none of them where they cannot be right. `limit` is how long the answer was
/// allowed to be, if it was told.
pub(super) fn usage(reply: &ModelReply, request: &ModelRequest, limit: Option<u32>) -> Usage {
    let says_something = !reply.text.is_empty() || !reply.tool_calls.is_empty();
    let most_output = limit.map_or(MOST_OUTPUT, |limit| 2 * u64::from(limit) + BEYOND_LIMIT);
    let Usage { input, cached_input, cache_write, output, reasoning } = reply.usage;
    let most_input = worst_input_tokens(request);
    let is_credible = input.is_none_or(|input| (1..=most_input).contains(&input))
        && output.is_none_or(|output| output <= most_output && (output > 0 || !says_something))
        && [cached_input, cache_write].into_iter().flatten().all(|part| part <= most_input)
        && reasoning.is_none_or(|part| part <= most_output);
    if is_credible {
        return reply.usage;
    }
    tracing::warn!(?input, ?output, most_input, most_output, "the provider cannot have counted these tokens");
    Usage::default()
}

#[cfg(test)]
mod tests {
    use nanobot_core::model::FinishReason;

    use super::*;

    fn counted(input: u64, output: u64, limit: Option<u32>) -> bool {
        let reply = ModelReply {
            text: "hello".to_owned(),
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage: Usage { input: Some(input), output: Some(output), ..Usage::default() },
            served: None,
        };
        usage(&reply, &ModelRequest::default(), limit) == reply.usage
    }

    #[test]
    fn figures_that_can_be_are_believed() {
        assert!(counted(1, 1, Some(10)));
        assert!(counted(2_000, 1_044, Some(10)), "a template, and a thought that came to its end");
        assert!(counted(1, 200_000, None), "an answer without a limit");
    }

    #[test]
    fn nothing_for_something_and_absurd_figures_are_not() {
        assert!(!counted(0, 5, None), "nothing was read");
        assert!(!counted(5, 0, None), "nothing was written, and here it is");
        assert!(!counted(2_049, 5, None), "more than there was to read");
        assert!(!counted(5, 1_045, Some(10)), "far beyond its limit");
        assert!(!counted(5, u64::MAX, None));
    }
}
