//! What OpenAI asks, in its standard tier.
//!
//! From gpt-5.4 on a prompt above 272,000 tokens costs more, and the whole call with it: these are the higher figures.
//! From gpt-6 on tokens into the cache cost more than others; kept for half an hour, which is what is meant here.

use super::{Page, Row};

const PAGE: Page = Page::new("openai", "OpenAI, Pricing", "2026-11");

pub(super) const ROWS: &[Row] = &[
    PAGE.cached(&["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20"], 2_500, 1_250, 10_000),
    PAGE.plain(&["gpt-4o-2024-05-13"], 5_000, 15_000),
    PAGE.cached(&["gpt-4o-mini", "gpt-4o-mini-2024-07-18"], 150, 75, 600),
    PAGE.cached(&["gpt-4.1", "gpt-4.1-2025-04-14"], 2_000, 500, 8_000),
    PAGE.cached(&["gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"], 400, 100, 1_600),
    PAGE.cached(&["gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"], 100, 25, 400),
    PAGE.cached(&["gpt-5", "gpt-5-2025-08-07"], 1_250, 125, 10_000),
    PAGE.cached(&["gpt-5-mini", "gpt-5-mini-2025-08-07"], 250, 25, 2_000),
    PAGE.cached(&["gpt-5-nano", "gpt-5-nano-2025-08-07"], 50, 5, 400),
    PAGE.cached(&["gpt-5.1", "gpt-5.1-2025-11-13"], 1_250, 125, 10_000),
    PAGE.cached(&["gpt-5.2", "gpt-5.2-2025-12-11"], 1_750, 175, 14_000),
    PAGE.cached(&["gpt-5.4", "gpt-5.4-2026-03-05"], 5_000, 500, 22_500),
    PAGE.cached(&["gpt-5.4-mini", "gpt-5.4-mini-2026-03-17"], 750, 75, 4_500),
    PAGE.cached(&["gpt-5.4-nano", "gpt-5.4-nano-2026-03-17"], 200, 20, 1_250),
    PAGE.cached(&["gpt-5.5", "gpt-5.5-2026-04-23"], 10_000, 1_000, 45_000),
    PAGE.written(&["gpt-6-astra"], 20_000, 2_000, 25_000, 75_000),
    PAGE.written(&["gpt-6-sol"], 4_000, 400, 5_000, 15_000),
    PAGE.written(&["gpt-6-luna"], 200, 20, 250, 750),
    PAGE.written(&["gpt-6.1-sol"], 4_000, 200, 5_000, 15_000),
    PAGE.written(&["gpt-6.1-terra"], 2_000, 100, 2_500, 7_500),
    PAGE.cached(&["o1", "o1-2024-12-17"], 15_000, 7_500, 60_000),
    PAGE.cached(&["o3", "o3-2025-04-16"], 2_000, 500, 8_000),
    PAGE.cached(&["o3-mini", "o3-mini-2025-01-31"], 1_100, 550, 4_400),
    PAGE.cached(&["o4-mini", "o4-mini-2025-04-16"], 1_100, 275, 4_400),
    // Vectors are not tokens: nothing is charged for them.
    PAGE.plain(&["text-embedding-3-small"], 20, 0),
    PAGE.plain(&["text-embedding-3-large"], 130, 0),
];
