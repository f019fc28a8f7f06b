//! Holds `docs/metrics.md` against the catalogue.

const PAGE: &str = include_str!("../../../docs/metrics.md");

#[test]
fn the_page_lists_every_metric_as_it_is() {
    assert!(
        PAGE == nanobot_telemetry::metrics_page(),
        "out of date: put the output of `cargo run -p nanobot-telemetry --example metrics -- --page` there"
    );
}
