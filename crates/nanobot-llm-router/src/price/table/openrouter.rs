//! What OpenRouter asks: what the vendor asks. "OpenRouter passes through the pricing of the underlying providers"
//! (FAQ). Its fee is for putting money into the account, 5.5 % of it, and is no part of these figures.
//!
//! Only models that no third party hosts: open ones cost what whoever serves them asks, which differs from call to
//! call. Names are OpenRouter's own, with a dot where Anthropic has a dash.

use super::{Page, Row};

const PAGE: Page = Page::new("openrouter", "OpenRouter, FAQ and the pages of the models", "2026-11");

pub(super) const ROWS: &[Row] = &[
    PAGE.written(&["anthropic/claude-opus-5.5"], 4_000, 200, 5_000, 20_000),
    PAGE.written(
        &[
            "anthropic/claude-opus-4.5",
            "anthropic/claude-opus-4.6",
            "anthropic/claude-opus-4.7",
            "anthropic/claude-opus-4.8",
            "anthropic/claude-opus-5",
        ],
        5_000,
        500,
        6_250,
        25_000,
    ),
    PAGE.written(&["anthropic/claude-sonnet-5.5"], 2_000, 100, 2_500, 10_000),
    PAGE.written(&["anthropic/claude-sonnet-5"], 2_000, 200, 2_500, 10_000),
    PAGE.written(&["anthropic/claude-sonnet-4.6"], 3_000, 300, 3_750, 15_000),
    // Above 200,000 tokens, which it accepts without being asked.
    PAGE.written(&["anthropic/claude-sonnet-4.5"], 6_000, 600, 7_500, 22_500),
    PAGE.written(&["anthropic/claude-haiku-5.5"], 500, 50, 625, 2_500),
    PAGE.written(&["anthropic/claude-haiku-4.5"], 1_000, 100, 1_250, 5_000),
    PAGE.cached(&["openai/gpt-4o"], 2_500, 1_250, 10_000),
    PAGE.cached(&["openai/gpt-4o-mini"], 150, 75, 600),
    PAGE.cached(&["openai/gpt-4.1"], 2_000, 500, 8_000),
    PAGE.cached(&["openai/gpt-4.1-mini"], 400, 100, 1_600),
    PAGE.cached(&["openai/gpt-4.1-nano"], 100, 30, 400),
    PAGE.cached(&["openai/gpt-5", "openai/gpt-5.1"], 1_250, 125, 10_000),
    PAGE.cached(&["openai/gpt-5-mini"], 250, 25, 2_000),
    PAGE.cached(&["openai/gpt-5-nano"], 50, 5, 400),
    PAGE.cached(&["openai/gpt-5.2"], 1_750, 175, 14_000),
    PAGE.cached(&["openai/o3"], 2_000, 500, 8_000),
    PAGE.cached(&["openai/o3-mini"], 1_100, 550, 4_400),
    PAGE.cached(&["openai/o4-mini"], 1_100, 275, 4_400),
    PAGE.cached(&["google/gemini-2.5-pro"], 2_500, 250, 15_000),
    PAGE.cached(&["google/gemini-2.5-flash"], 300, 30, 2_500),
    PAGE.cached(&["google/gemini-2.5-flash-lite"], 100, 10, 400),
];
