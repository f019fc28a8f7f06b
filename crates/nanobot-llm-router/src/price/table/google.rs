//! What Google asks in the paid tier of the Gemini API, for text and pictures. Sound costs more; none is sent.
//!
//! The Pro models cost more above 200,000 tokens: these are the higher figures. The Flash models from 3.6 on are left
//! out: what is asked for them ends with the year 2026.

use super::{Page, Row};

const PAGE: Page = Page::new("gemini", "Google, Gemini Developer API pricing", "2026-11");
/// Models that were switched off on 1 June 2026, as the page last had them.
const RETIRED: Page = Page::new("gemini", "Google, Gemini Developer API pricing", "2026-05");

pub(super) const ROWS: &[Row] = &[
    PAGE.cached(&["gemini-2.5-pro"], 2_500, 250, 15_000),
    PAGE.cached(&["gemini-2.5-flash"], 300, 30, 2_500),
    PAGE.cached(&["gemini-2.5-flash-lite"], 100, 10, 400),
    PAGE.cached(&["gemini-3.1-pro-preview"], 4_000, 400, 18_000),
    PAGE.cached(&["gemini-3-flash-preview"], 500, 50, 3_000),
    PAGE.cached(&["gemini-3.1-flash-lite"], 250, 25, 1_500),
    PAGE.cached(&["gemini-3.5-flash"], 1_500, 150, 9_000),
    PAGE.cached(&["gemini-3.5-flash-lite"], 300, 30, 2_500),
    RETIRED.cached(&["gemini-2.0-flash"], 100, 25, 400),
    RETIRED.plain(&["gemini-2.0-flash-lite"], 75, 300),
];
