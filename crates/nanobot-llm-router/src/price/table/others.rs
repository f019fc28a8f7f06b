//! What DeepSeek, Groq, Moonshot and Zhipu ask, at the addresses of the registry.
//!
//! DeepSeek's `deepseek-chat` and `deepseek-reasoner` are left out: the names were withdrawn, and what is charged for
//! a call that still gets through is not said.

use super::{Page, Row};

/// Twice the price of the quiet hours; a call does not know when it is charged.
const DEEPSEEK: Page = Page::new("deepseek", "DeepSeek, Models & Pricing (peak hours)", "2026-10");
const GROQ: Page = Page::new("groq", "Groq, Pricing", "2026-11");
/// The Llama models, as long as Groq had them: it switched them off on 16 August 2026.
const GROQ_LLAMA: Page = Page::new("groq", "Groq, Pricing", "2026-07");
const MOONSHOT: Page = Page::new("moonshot", "Moonshot AI, Model inference pricing", "2026-11");
const ZHIPU: Page = Page::new("zhipu", "Z.AI, Pricing", "2026-11");

pub(super) const ROWS: &[Row] = &[
    DEEPSEEK.cached(&["deepseek-flash", "deepseek-v4-flash", "deepseek-v4-flash-vision-exp"], 300, 6, 1_200),
    DEEPSEEK.cached(&["deepseek-v4-pro"], 1_320, 44, 3_960),
    GROQ.cached(&["openai/gpt-oss-120b"], 150, 75, 600),
    // $0.0375 for a million cached ones, rounded up.
    GROQ.cached(&["openai/gpt-oss-20b"], 75, 38, 300),
    GROQ_LLAMA.plain(&["llama-3.3-70b-versatile"], 590, 790),
    GROQ_LLAMA.plain(&["llama-3.1-8b-instant"], 50, 80),
    MOONSHOT.cached(&["kimi-k2.5"], 600, 100, 3_000),
    MOONSHOT.cached(&["kimi-k2.6"], 950, 160, 4_000),
    MOONSHOT.written(&["kimi-k3"], 3_000, 300, 3_000, 15_000),
    MOONSHOT.written(&["kimi-k3.1-pro"], 2_000, 200, 2_000, 10_000),
    ZHIPU.plain(&["glm-4.5"], 600, 2_200),
    ZHIPU.plain(&["glm-4.5-air"], 200, 1_100),
    ZHIPU.cached(&["glm-4.6", "glm-4.7"], 600, 110, 2_200),
    ZHIPU.cached(&["glm-5"], 1_000, 200, 3_200),
    ZHIPU.cached(&["glm-5.1", "glm-5.2", "glm-5.3"], 1_400, 260, 4_400),
];
