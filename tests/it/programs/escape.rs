//! The escape campaign in short: every attempt against the closed box, by root and by an ordinary user, and a sample of
//! them shown to be able to succeed. The long form is `cargo xtask escape`.

use std::process::Command;

use super::harness::{daemon_program, escape_campaign, operator_program};

/// Another seed shows others; this one is as good as any.
const SEED: &str = "20250711";
/// So many for each user.
const SAMPLE: &str = "12";
/// Stands in the campaign and in no program that is shipped.
const WEAKENED: &[u8] = b"--nanobot-weakened-for-the-escape-campaign";

#[test]
fn nothing_gets_out_of_the_sandbox() {
    let mut campaign = Command::new(escape_campaign());
    campaign.args(["--seed", SEED, "--sample", SAMPLE]);
    if !rustix::process::geteuid().is_root() {
        campaign.args(["--as", "user"]);
    }
    let ended = campaign.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{told}");
    let rows = said.lines().filter(|line| line.starts_with("root ") || line.starts_with("user ")).count();
    assert!(rows >= 66, "{said}");
}

#[test]
fn no_part_of_the_sandbox_can_be_left_out_in_programs_that_are_shipped() {
    let holds = |path| std::fs::read(path).unwrap().windows(WEAKENED.len()).any(|bytes| bytes == WEAKENED);
    assert!(holds(escape_campaign()), "the word to look for has changed");
    assert!(!holds(daemon_program()), "nanobotd");
    assert!(!holds(operator_program()), "nanobot-cli");
}
