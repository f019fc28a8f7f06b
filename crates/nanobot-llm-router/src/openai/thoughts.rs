//! What a vendor wants back of its model's thoughts when a conversation goes on: pure.
//!
//! Thoughts are not kept. Some vendors refuse a conversation whose earlier answers come without any, so that a turn with
//! tools would end at its second step; each of them takes a word for "there are none". The model then thinks anew.

use serde::Serialize;

/// What stands for the thoughts that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thoughts {
    /// Nobody asks for them.
    Unasked,
    /// The field `reasoning_content` beside each answer that calls tools.
    Blank,
    /// A signature on the first call of each answer that is known to stand for none.
    Unsigned,
}

/// What OpenAI's interface has no field for.
#[derive(Debug, Serialize)]
pub(super) struct ExtraContent {
    google: GoogleContent,
}

#[derive(Debug, Serialize)]
struct GoogleContent {
    thought_signature: &'static str,
}

impl Thoughts {
    /// What the model of a provider needs.
    ///
    /// - DeepSeek, "Thinking mode", and Moonshot, "Thinking models": an answer that calls tools must come with its
    ///   thoughts. Others need not, and earlier models of DeepSeek refuse them there.
    /// - Gemini, "Thought signatures", since Gemini 3: the first call of each step must be signed.
    ///
    /// All as known in November 2026.
    pub(super) fn wanted_by(provider: &str, wire_model: &str) -> Self {
        match provider {
            "deepseek" | "moonshot" => Self::Blank,
            "gemini" if !is_older_gemini(wire_model) => Self::Unsigned,
            _ => Self::Unasked,
        }
    }

    /// Beside an answer that calls tools. A blank rather than nothing, which may be taken for a missing field.
    pub(super) fn reasoning_content(self) -> Option<&'static str> {
        (self == Self::Blank).then_some(" ")
    }

    /// Beside the call of that place in its answer. The word is Google's own, for calls that come from elsewhere.
    pub(super) fn extra_content(self, place: usize) -> Option<ExtraContent> {
        let google = GoogleContent { thought_signature: "skip_thought_signature_validator" };
        (self == Self::Unsigned && place == 0).then_some(ExtraContent { google })
    }
}

fn is_older_gemini(wire_model: &str) -> bool {
    ["gemini-1", "gemini-2"].iter().any(|start| wire_model.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vendors_that_ask_for_thoughts_get_a_word_for_none() {
        for (provider, model, expected) in [
            ("deepseek", "deepseek-flash", Thoughts::Blank),
            ("moonshot", "kimi-k2.6", Thoughts::Blank),
            ("gemini", "gemini-3.5-flash", Thoughts::Unsigned),
            ("gemini", "gemini-2.5-flash", Thoughts::Unasked),
            ("openrouter", "google/gemini-3.5-flash", Thoughts::Unasked),
            ("vllm", "deepseek-r1", Thoughts::Unasked),
        ] {
            assert_eq!(Thoughts::wanted_by(provider, model), expected, "{provider} {model}");
        }
    }

    #[test]
    fn of_several_calls_the_first_alone_is_signed() {
        assert!(
            Thoughts::Unsigned.extra_content(0).is_some() && Thoughts::Unsigned.extra_content(1).is_none()
        );
        assert!(
            Thoughts::Blank.extra_content(0).is_none() && Thoughts::Unsigned.reasoning_content().is_none()
        );
    }
}
