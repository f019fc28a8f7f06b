//! Counts of tokens as the vendors of chat completions write them: pure.
//!
//! Money is not read, where a provider names some: prices are decided elsewhere.

use nanobot_core::model::Usage;
use serde_json::Value;

/// Takes over the counts that are there; a later count replaces an earlier one.
pub(super) fn counted(before: Usage, counts: &Value) -> Usage {
    let read = |names: &[&str]| names.iter().find_map(|name| counts.pointer(name)?.as_u64());
    let input = read(&["/prompt_tokens"]);
    let written = read(&["/completion_tokens"]);
    let reasoning = read(&["/completion_tokens_details/reasoning_tokens"]);
    let hidden = hidden_tokens(input, written, read(&["/total_tokens"]));
    let output = written.map(|count| count.saturating_add(hidden.unwrap_or(0)));
    // OpenAI and most others; DeepSeek; Moonshot.
    let cached =
        read(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"]);
    // OpenRouter; DashScope; gateways that pass Anthropic's name on.
    let stored = read(&[
        "/prompt_tokens_details/cache_write_tokens",
        "/prompt_tokens_details/cache_creation_input_tokens",
        "/cache_creation_input_tokens",
    ]);
    Usage {
        input: input.or(before.input),
        cached_input: cached.or(before.cached_input),
        cache_write: stored.or(before.cache_write),
        output: output.or(before.output),
        reasoning: reasoning.or(hidden).or(before.reasoning),
    }
}

/// Gemini and xAI leave the tokens of reasoning out of those written, and count them in the total alone.
fn hidden_tokens(input: Option<u64>, written: Option<u64>, total: Option<u64>) -> Option<u64> {
    total?.checked_sub(input?)?.checked_sub(written?).filter(|hidden| *hidden > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn usage(counts: &Value) -> [Option<u64>; 5] {
        let Usage { input, cached_input, cache_write, output, reasoning } = counted(Usage::default(), counts);
        [input, cached_input, cache_write, output, reasoning]
    }

    #[test]
    fn every_vendors_counts_are_read() {
        let openrouter = json!({
            "prompt_tokens": 194, "completion_tokens": 20, "total_tokens": 214, "cost": 0.95,
            "prompt_tokens_details": {"cached_tokens": 7, "cache_write_tokens": 100},
            "completion_tokens_details": {"reasoning_tokens": 12},
        });
        assert_eq!(usage(&openrouter), [Some(194), Some(7), Some(100), Some(20), Some(12)]);
        let deepseek = json!({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4});
        assert_eq!(usage(&deepseek), [Some(9), Some(4), None, Some(2), None]);
        let moonshot = json!({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 3});
        assert_eq!(usage(&moonshot), [Some(9), Some(3), None, Some(2), None]);
        assert_eq!(usage(&json!({"prompt_tokens": null, "completion_tokens": -1})), [None; 5]);
    }

    #[test]
    fn reasoning_that_only_the_total_knows_counts_as_written() {
        let gemini = json!({"prompt_tokens": 8, "completion_tokens": 10, "total_tokens": 120});
        assert_eq!(usage(&gemini), [Some(8), None, None, Some(112), Some(102)]);
        let odd = json!({"prompt_tokens": 8, "completion_tokens": 10, "total_tokens": 5});
        assert_eq!(usage(&odd), [Some(8), None, None, Some(10), None]);
    }

    #[test]
    fn a_later_count_replaces_what_it_names() {
        let first = counted(Usage::default(), &json!({"prompt_tokens": 8, "completion_tokens": 1}));
        let later = counted(first, &json!({"completion_tokens": 5}));
        assert_eq!((later.input, later.output), (Some(8), Some(5)));
    }
}
