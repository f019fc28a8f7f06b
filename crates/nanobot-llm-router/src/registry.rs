//! The table of known providers, in the original's order, which is the order of preference.
//!
//! Names, keywords, prefixes and detection rules are the original's and decide which
//! account serves a model. The base addresses that the original left to its library are ours; each names its
//! source. Nothing here looks at accounts: see `resolve.rs`.

/// What kind of party a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Passes requests on to many vendors.
    Gateway,
    /// Serves its own models.
    Standard,
    /// A server of the operator's own.
    Local,
}

/// The interface that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// OpenAI's chat completions.
    ChatCompletions,
    /// Anthropic's messages.
    Messages,
}

/// How an answer of a given shape is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructuredOutput {
    /// The server takes a JSON Schema and keeps to it as well as it can.
    Schema,
    /// The server promises JSON in general; the schema is told to the model in words. Beside tools words have to do
    /// alone, since some servers refuse both in one request (Groq).
    Object,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Provider {
    /// Its name: the key below `providers` in the configuration.
    pub name: &'static str,
    /// What kind of party it is.
    pub kind: ProviderKind,
    /// Words in a lower-cased model name that mean this provider.
    pub keywords: &'static [&'static str],
    /// The environment variable of its key. Read by `nanobot-config`; named here for onboarding.
    pub key_variable: &'static str,
    /// The first segment that routed model names get, without the slash.
    pub prefix: Option<&'static str>,
    /// Models that start like this get no prefix.
    pub unprefixed: &'static [&'static str],
    /// Of a model's name, only the part behind the last slash counts.
    pub last_segment_only: bool,
    /// A key that starts like this is the provider's, whichever account holds it.
    pub key_start: Option<&'static str>,
    /// A base that contains this is the provider's, whichever account holds it.
    pub base_part: Option<&'static str>,
    /// Where its interface is; none when only the operator knows.
    pub default_base: Option<&'static str>,
    /// A model of its own to begin with: capable, and not the dearest. From the vendor's list, November 2026.
    pub suggested_model: Option<&'static str>,
    /// A part of lower-cased model names, and the only temperature that those models accept.
    pub fixed_temperature: Option<(&'static str, f64)>,
    /// The interface of its own server.
    pub interface: Interface,
    /// How it is asked for JSON: what its own pages document for all of its models, as known in November 2026.
    pub structured_output: StructuredOutput,
}

/// What most rows have in common.
const PLAIN: Provider = Provider {
    name: "",
    kind: ProviderKind::Standard,
    keywords: &[],
    key_variable: "",
    prefix: None,
    unprefixed: &[],
    last_segment_only: false,
    key_start: None,
    base_part: None,
    default_base: None,
    suggested_model: None,
    fixed_temperature: None,
    interface: Interface::ChatCompletions,
    structured_output: StructuredOutput::Object,
};

/// The name of the row for servers of the operator's own: llama.cpp, Ollama, vLLM and their like.
pub(crate) const LOCAL_PROVIDER: &str = "vllm";

/// All known providers, best first.
///
/// Bases marked *original* are the original's (state of 2026-02-22). The others are the bases that the
/// vendors' own pages on OpenAI compatibility give, as known in November 2026; the page is named.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "openrouter",
        kind: ProviderKind::Gateway,
        keywords: &["openrouter"],
        key_variable: "OPENROUTER_API_KEY",
        prefix: Some("openrouter"),
        key_start: Some("sk-or-"),
        base_part: Some("openrouter"),
        // Original.
        default_base: Some("https://openrouter.ai/api/v1"),
        // With a dot: OpenRouter's own spelling, and the one that has a price.
        suggested_model: Some("anthropic/claude-opus-4.5"),
        // openrouter.ai, "Structured outputs".
        structured_output: StructuredOutput::Schema,
        ..PLAIN
    },
    Provider {
        name: "aihubmix",
        kind: ProviderKind::Gateway,
        keywords: &["aihubmix"],
        key_variable: "OPENAI_API_KEY",
        prefix: Some("openai"),
        last_segment_only: true,
        base_part: Some("aihubmix"),
        // Original.
        default_base: Some("https://aihubmix.com/v1"),
        ..PLAIN
    },
    Provider {
        name: "anthropic",
        keywords: &["anthropic", "claude"],
        key_variable: "ANTHROPIC_API_KEY",
        // platform.claude.com, "Messages".
        default_base: Some("https://api.anthropic.com/v1"),
        suggested_model: Some("anthropic/claude-opus-4-5"),
        interface: Interface::Messages,
        // platform.claude.com, "Structured outputs": every model since Claude 4.5.
        structured_output: StructuredOutput::Schema,
        ..PLAIN
    },
    Provider {
        name: "openai",
        keywords: &["openai", "gpt"],
        key_variable: "OPENAI_API_KEY",
        // platform.openai.com, API reference.
        default_base: Some(OPENAI_BASE),
        suggested_model: Some("openai/gpt-4o-mini"),
        // platform.openai.com, "Structured model outputs".
        structured_output: StructuredOutput::Schema,
        ..PLAIN
    },
    Provider {
        name: "deepseek",
        keywords: &["deepseek"],
        key_variable: "DEEPSEEK_API_KEY",
        prefix: Some("deepseek"),
        unprefixed: &["deepseek/"],
        // api-docs.deepseek.com, "Your first API call".
        default_base: Some("https://api.deepseek.com/v1"),
        suggested_model: Some("deepseek/deepseek-flash"),
        ..PLAIN
    },
    Provider {
        name: "gemini",
        keywords: &["gemini"],
        key_variable: "GEMINI_API_KEY",
        prefix: Some("gemini"),
        unprefixed: &["gemini/"],
        // ai.google.dev, "OpenAI compatibility".
        default_base: Some("https://generativelanguage.googleapis.com/v1beta/openai"),
        suggested_model: Some("gemini/gemini-3.5-flash"),
        // ai.google.dev, "OpenAI compatibility", structured output.
        structured_output: StructuredOutput::Schema,
        ..PLAIN
    },
    Provider {
        name: "zhipu",
        keywords: &["zhipu", "glm", "zai"],
        key_variable: "ZAI_API_KEY",
        prefix: Some("zai"),
        unprefixed: &["zhipu/", "zai/", "openrouter/", "hosted_vllm/"],
        // docs.z.ai, "Chat completion".
        default_base: Some("https://api.z.ai/api/paas/v4"),
        suggested_model: Some("zai/glm-4.6"),
        ..PLAIN
    },
    Provider {
        name: "dashscope",
        keywords: &["qwen", "dashscope"],
        key_variable: "DASHSCOPE_API_KEY",
        prefix: Some("dashscope"),
        unprefixed: &["dashscope/", "openrouter/"],
        // alibabacloud.com, Model Studio, "OpenAI compatible"; the international region.
        default_base: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        suggested_model: Some("dashscope/qwen-plus"),
        ..PLAIN
    },
    Provider {
        name: "moonshot",
        keywords: &["moonshot", "kimi"],
        key_variable: "MOONSHOT_API_KEY",
        prefix: Some("moonshot"),
        unprefixed: &["moonshot/", "openrouter/"],
        // Original.
        default_base: Some("https://api.moonshot.ai/v1"),
        // Of kimi-k2.5 the original knew; those after it refuse any other value as well.
        fixed_temperature: Some(("kimi-k2.", 1.0)),
        suggested_model: Some("moonshot/kimi-k2.6"),
        ..PLAIN
    },
    Provider {
        name: LOCAL_PROVIDER,
        kind: ProviderKind::Local,
        keywords: &["vllm"],
        key_variable: "HOSTED_VLLM_API_KEY",
        prefix: Some("hosted_vllm"),
        // llama.cpp, Ollama and vLLM constrain what the model writes; LM Studio knows nothing else.
        structured_output: StructuredOutput::Schema,
        ..PLAIN
    },
    Provider {
        name: "groq",
        keywords: &["groq"],
        key_variable: "GROQ_API_KEY",
        prefix: Some("groq"),
        unprefixed: &["groq/"],
        // console.groq.com, "OpenAI compatibility".
        default_base: Some("https://api.groq.com/openai/v1"),
        suggested_model: Some("groq/openai/gpt-oss-120b"),
        ..PLAIN
    },
];

/// OpenAI's own address, where the newer field for the limit of tokens is due.
pub(crate) const OPENAI_BASE: &str = "https://api.openai.com/v1";

/// First segments of routed model names that say who is asked, and are no part of the name on the wire.
pub(crate) const ROUTING_SEGMENTS: &[&str] = &[
    "openrouter",
    "openai",
    "anthropic",
    "deepseek",
    "gemini",
    "zai",
    "dashscope",
    "moonshot",
    "hosted_vllm",
    "groq",
];

/// The row of that name.
pub fn provider_named(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}

impl Provider {
    /// Whether a lower-cased model name mentions the provider.
    pub(crate) fn is_meant_by(&self, lower_model: &str) -> bool {
        self.keywords.iter().any(|word| lower_model.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    #[test]
    fn every_default_base_is_an_encrypted_address() {
        for provider in PROVIDERS {
            if let Some(base) = provider.default_base {
                assert!(Endpoint::parse(base).unwrap().is_encrypted(), "{}", provider.name);
            }
        }
    }

    #[test]
    fn every_prefix_is_a_routing_segment() {
        for prefix in PROVIDERS.iter().filter_map(|p| p.prefix) {
            assert!(ROUTING_SEGMENTS.contains(&prefix), "{prefix}");
        }
        assert!(provider_named(LOCAL_PROVIDER).is_some_and(|p| p.kind == ProviderKind::Local));
    }
}
