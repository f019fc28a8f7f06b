//! The table: who is asked as whom, in whose manner the answer comes, and what has to be read from it.
//!
//! The answers are composed by us. Each follows the form that the vendor's pages give, or what its server is known to
//! write; which one is said at the case, as known in November 2026. All say the same words and call the same tool, so
//! that only the manner differs.

/// The cities that the tool is called for, in order, as far as an answer has calls.
pub(super) const CITIES: [&str; 2] = ["München", "Lima"];

/// Where the account's server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where the registry says: the operator gave a key alone.
    Vendor,
    /// There as well, and the operator gave its address besides.
    WrittenOut(&'static str),
    /// On this machine: the operator gave its address.
    OwnServer,
}

/// One way of being asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    /// What it is called here, and its snapshot.
    pub(super) name: &'static str,
    /// The row of the registry.
    pub(super) account: &'static str,
    pub(super) key: &'static str,
    pub(super) place: Place,
    /// Further headers of the account.
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// Spellings of one model, with the provider's prefix and, where it stays the same model then, without.
    pub(super) models: &'static [&'static str],
    pub(super) answer: &'static str,
    pub(super) call_ids: &'static [&'static str],
    pub(super) deltas: &'static [&'static str],
    /// Tokens: read, of these from the cache and into it; written, of these thoughts.
    pub(super) usage: [Option<u64>; 5],
}

/// All cases, in the registry's order.
pub(super) const CASES: &[Case] = &[
    // openrouter.ai, "Streaming" (comments), "Reasoning tokens" (`reasoning`, `reasoning_details`), "Usage accounting"
    // (a last piece with an empty delta; costs), "App attribution" (the headers).
    Case {
        name: "openrouter",
        account: "openrouter",
        key: "sk-or-v1-4711",
        place: Place::Vendor,
        headers: &[("HTTP-Referer", "https://nanobot.example"), ("X-Title", "nanobot")],
        models: &["openrouter/anthropic/claude-opus-4.5", "anthropic/claude-opus-4.5"],
        answer: include_str!("samples/openrouter.sse"),
        call_ids: &["toolu_01Or"],
        deltas: &["Grüß dich,", " ich sehe nach."],
        usage: [Some(3420), Some(2048), Some(1024), Some(74), Some(21)],
    },
    // docs.aihubmix.com, "Unified interface": OpenAI's form for every vendor's models, and `APP-Code` for its discount.
    Case {
        name: "aihubmix",
        account: "aihubmix",
        key: "sk-ahm-4711",
        place: Place::Vendor,
        headers: &[("APP-Code", "NANO12")],
        models: &["anthropic/claude-opus-4-5", "claude-opus-4-5"],
        answer: include_str!("samples/aihubmix.sse"),
        call_ids: &["toolu_01Ahm"],
        deltas: &["Grüß dich, ich", " sehe nach."],
        usage: [Some(812), Some(256), None, Some(46), Some(0)],
    },
    // platform.claude.com, "Streaming messages" (pings, thoughts with a signature, input in fragments, counts at both
    // ends) and "Prompt caching" (what was read is told in three parts).
    Case {
        name: "anthropic",
        account: "anthropic",
        key: "sk-ant-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["anthropic/claude-opus-4-5", "claude-opus-4-5"],
        answer: include_str!("samples/anthropic.sse"),
        call_ids: &["toolu_01An"],
        deltas: &["Grüß dich,", " ich sehe nach."],
        usage: [Some(2441), Some(1800), Some(600), Some(88), Some(17)],
    },
    // platform.openai.com, API reference, "Chat completion chunk": counts in a piece without choices, `null` in all
    // others, and `obfuscation`, which only changes the pieces' lengths.
    Case {
        name: "openai",
        account: "openai",
        key: "sk-proj-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["openai/gpt-4o-mini", "gpt-4o-mini"],
        answer: include_str!("samples/openai.sse"),
        call_ids: &["call_Oai7"],
        deltas: &["Grüß", " dich,", " ich sehe nach."],
        usage: [Some(1310), Some(1280), None, Some(25), Some(0)],
    },
    // The same of a model that thinks, and refuses a temperature: "Reasoning models".
    Case {
        name: "openai_reasoning",
        account: "openai",
        key: "sk-proj-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["openai/gpt-5-mini", "gpt-5-mini"],
        answer: include_str!("samples/openai_reasoning.sse"),
        call_ids: &["call_Oai7"],
        deltas: &["Grüß", " dich,", " ich sehe nach."],
        usage: [Some(1310), Some(1280), None, Some(217), Some(192)],
    },
    // api-docs.deepseek.com, "Create chat completion" (counts beside the finish, hits and misses of the cache),
    // "Thinking mode" (`reasoning_content`), "Rate limit" (comments that keep the connection alive).
    Case {
        name: "deepseek",
        account: "deepseek",
        key: "sk-ds-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["deepseek/deepseek-flash", "deepseek-flash"],
        answer: include_str!("samples/deepseek.sse"),
        call_ids: &["call_00_Ds"],
        deltas: &["Grüß dich,", " ich sehe nach."],
        usage: [Some(390), Some(320), None, Some(61), Some(33)],
    },
    // ai.google.dev, "OpenAI compatibility" and "Thought signatures" (`extra_content`). Its server counts in every
    // piece, thoughts in the total alone, writes calls whole, numbers each of them 0, and says `stop` after them.
    Case {
        name: "gemini",
        account: "gemini",
        key: "AIza-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["gemini/gemini-3.5-flash", "gemini-3.5-flash"],
        answer: include_str!("samples/gemini.sse"),
        call_ids: &["function-call-71", "function-call-72"],
        deltas: &["Grüß dich, ich", " sehe nach."],
        usage: [Some(118), None, None, Some(116), Some(78)],
    },
    // docs.z.ai, "Chat completion" and "Streaming messages": a role in every piece, calls whole, counts beside the
    // finish.
    Case {
        name: "zhipu",
        account: "zhipu",
        key: "zai-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["zai/glm-4.6", "glm-4.6"],
        answer: include_str!("samples/zhipu.sse"),
        call_ids: &["call_-75Zh"],
        deltas: &["Grüß dich,", " ich sehe", " nach."],
        usage: [Some(402), Some(128), None, Some(57), Some(19)],
    },
    // alibabacloud.com, Model Studio, "Streaming" (counts in a piece without choices), "Function calling" (fragments
    // with an empty id and without a name), "Context cache" (the count of what was stored).
    Case {
        name: "dashscope",
        account: "dashscope",
        key: "sk-qw-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["dashscope/qwen-plus", "qwen-plus"],
        answer: include_str!("samples/dashscope.sse"),
        call_ids: &["call_Da5f"],
        deltas: &["Grüß dich, ich sehe", " nach."],
        usage: [Some(271), Some(200), Some(64), Some(29), None],
    },
    // platform.moonshot.ai, "Streaming" (counts inside of the choice), "Thinking models" (`reasoning_content`), "Tool
    // use" (ids made of name and number).
    Case {
        name: "moonshot",
        account: "moonshot",
        key: "sk-ms-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["moonshot/kimi-k2.6", "kimi-k2.6"],
        answer: include_str!("samples/moonshot.sse"),
        call_ids: &["get_weather:0"],
        deltas: &["Grüß dich, ich sehe", " nach."],
        usage: [Some(180), Some(150), None, Some(52), None],
    },
    // docs.vllm.ai, "OpenAI-compatible server" and "Reasoning outputs": a role first, `stop_reason` and `token_ids`
    // beside, an empty text where thoughts end, no count of the cache unless asked.
    Case {
        name: "vllm",
        account: "vllm",
        key: "local-4711",
        place: Place::OwnServer,
        headers: &[],
        models: &["hosted_vllm/tiny", "tiny"],
        answer: include_str!("samples/vllm.sse"),
        call_ids: &["chatcmpl-tool-8f"],
        deltas: &["Grüß", " dich,", " ich sehe nach."],
        usage: [Some(231), None, None, Some(39), None],
    },
    // docs.ollama.com, "OpenAI compatibility" and "Thinking": a role in every piece, `reasoning`, calls whole.
    Case {
        name: "ollama",
        account: "vllm",
        key: "ollama-4711",
        place: Place::OwnServer,
        headers: &[],
        models: &["hosted_vllm/llama3.2", "llama3.2"],
        answer: include_str!("samples/ollama.sse"),
        call_ids: &["call_ol9d"],
        deltas: &["Grüß dich,", " ich sehe nach."],
        usage: [Some(166), None, None, Some(31), None],
    },
    // llama.cpp, tools/server/README.md: `reasoning_content`, and `timings` beside the counts. Untouched answers of
    // such a server are in `openai/stream/samples/`.
    Case {
        name: "llama_cpp",
        account: "vllm",
        key: "llama-4711",
        place: Place::OwnServer,
        headers: &[],
        models: &["hosted_vllm/tiny", "tiny"],
        answer: include_str!("samples/llama_cpp.sse"),
        call_ids: &["Lc4Tq8"],
        deltas: &["Grüß", " dich, ich sehe nach."],
        usage: [Some(355), Some(300), None, Some(34), None],
    },
    // console.groq.com, API reference, "Chat completion chunk": calls whole, counts under `x_groq` beside the finish. The
    // copy of them in a piece of its own, which Groq sends since 2025 when asked, is left out.
    Case {
        name: "groq",
        account: "groq",
        key: "gsk-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["groq/llama-3.3-70b-versatile", "llama-3.3-70b-versatile"],
        answer: include_str!("samples/groq.sse"),
        call_ids: &["call_gq5t"],
        deltas: &["Grüß dich, ich", " sehe", " nach."],
        usage: [Some(204), None, None, Some(39), None],
    },
    // The same of a model that thinks, under a name that begins with a vendor's: "Reasoning" (`reasoning`, `channel`).
    Case {
        name: "groq_reasoning",
        account: "groq",
        key: "gsk-4711",
        place: Place::Vendor,
        headers: &[],
        models: &["groq/openai/gpt-oss-120b"],
        answer: include_str!("samples/groq_reasoning.sse"),
        call_ids: &["fc_8d1a"],
        deltas: &["Grüß dich, ich", " sehe", " nach."],
        usage: [Some(204), Some(128), None, Some(66), Some(27)],
    },
];
