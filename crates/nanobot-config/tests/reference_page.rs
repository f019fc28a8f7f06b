//! Holds the reference part of `docs/configuration.md` against the table of settings.

const PAGE: &str = include_str!("../../../docs/configuration.md");

#[test]
fn the_page_lists_every_setting_as_it_is() {
    let (_, rest) = PAGE.split_once("<!-- reference -->\n").expect("the first mark");
    let (listed, _) = rest.split_once("<!-- end of reference -->").expect("the second mark");
    assert!(
        listed.trim() == nanobot_config::reference().trim(),
        "out of date: put the output of `cargo run -p nanobot-config --example reference` between the marks"
    );
}
