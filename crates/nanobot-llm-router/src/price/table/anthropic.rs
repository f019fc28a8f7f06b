//! What Anthropic asks. Tokens into the cache are those that are kept for five minutes; an hour costs more.
//!
//! Sonnet 4 and 4.5 cost more above 200,000 tokens, which they refuse unless a request asks for it in a header that we
//! do not send. Haiku 5.5 costs more above 100,000 without being asked, so its higher figures stand here.

use super::{Page, Row};

const PAGE: Page = Page::new("anthropic", "Anthropic, Pricing", "2026-11");
/// Models that are retired, as the page last had them. Nobody can be charged for them any more at this provider.
const RETIRED: Page = Page::new("anthropic", "Anthropic, Pricing", "2026-03");

pub(super) const ROWS: &[Row] = &[
    PAGE.written(&["claude-fable-5"], 10_000, 1_000, 12_500, 50_000),
    PAGE.written(&["claude-fable-5-1"], 10_000, 250, 12_500, 50_000),
    PAGE.written(&["claude-opus-5-5"], 4_000, 200, 5_000, 20_000),
    PAGE.written(
        &[
            "claude-opus-4-5",
            "claude-opus-4-5-20251101",
            "claude-opus-4-6",
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-5",
        ],
        5_000,
        500,
        6_250,
        25_000,
    ),
    PAGE.written(&["claude-sonnet-5-5"], 2_000, 100, 2_500, 10_000),
    PAGE.written(&["claude-sonnet-5"], 2_000, 200, 2_500, 10_000),
    PAGE.written(
        &["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4-6"],
        3_000,
        300,
        3_750,
        15_000,
    ),
    PAGE.written(&["claude-haiku-5-5"], 500, 50, 625, 2_500),
    PAGE.written(&["claude-haiku-4-5", "claude-haiku-4-5-20251001"], 1_000, 100, 1_250, 5_000),
    RETIRED.written(
        &["claude-opus-4-0", "claude-opus-4-20250514", "claude-opus-4-1", "claude-opus-4-1-20250805"],
        15_000,
        1_500,
        18_750,
        75_000,
    ),
    RETIRED.written(
        &[
            "claude-sonnet-4-0",
            "claude-sonnet-4-20250514",
            "claude-3-7-sonnet-latest",
            "claude-3-7-sonnet-20250219",
        ],
        3_000,
        300,
        3_750,
        15_000,
    ),
    RETIRED.written(&["claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"], 800, 80, 1_000, 4_000),
];
