//! The fuzz targets as seeded runs of a few seconds: the same inputs each time, on every compiler. The long runs are
//! those of `cargo xtask fuzz`.

use std::collections::BTreeSet;

use nanobot_policy::{Document, LexicalPlaces};
use nanobot_tests::fuzzing::{Report, Target, Tried, run};

const SEED: u64 = 4;

/// Runs a target on its recorded cases and so many mutations.
fn tried(target: &Target, mutations: u64) -> Report {
    let recorded = target.seeds().unwrap().len() as u64;
    let report = run(target, SEED, |cases| cases < recorded + mutations).unwrap();
    println!("{report}");
    report
}

#[test]
fn no_policy_file_breaks_a_promise() {
    let report = tried(&Target::named("policy_document").unwrap(), 5_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["a policy", "no policy", "no JSON", "refused by the check"] {
        assert!(report.of_kind(kind) > 50, "too few are of the kind {kind:?}:\n{report}");
    }
    assert!(report.of_kind("not UTF-8") > 0, "{report}");
}

#[test]
fn no_command_breaks_a_promise() {
    let report = tried(&Target::named("policy_command").unwrap(), 5_000);
    assert_eq!(report.finding, None, "{report}");
    let changing = ["allow-group", "block-group", "set-when", "set-persona", "clear-persona", "block-sender"];
    let others = ["unblock-sender", "rollback", "voicemessages", "approve", "approve-mention", "deny"];
    for command in changing.iter().chain(&others) {
        let applied = report.shapes.get(&format!("{command}: applied")).copied().unwrap_or_default();
        assert!(applied > 0, "no {command} came to a change:\n{report}");
    }
    for kind in ["ignored", "no command", "unknown"] {
        assert!(report.of_kind(kind) > 0, "nothing was {kind}:\n{report}");
    }
}

#[test]
fn no_text_has_readings_that_break_a_promise() {
    let report = tried(&Target::named("security_readings").unwrap(), 2_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["plain", "more"] {
        assert!(report.of_kind(kind) > 50, "too few are of the kind {kind:?}:\n{report}");
    }
}

#[test]
fn no_text_leaves_otherwise_when_it_is_cut_elsewhere() {
    let report = tried(&Target::named("security_scan").unwrap(), 1_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["allow", "block"] {
        assert!(report.of_kind(kind) > 0, "no text came in with {kind:?}:\n{report}");
    }
    let redacted = report.shapes.keys().filter(|shape| !shape.ends_with("; ")).count();
    assert!(redacted > 0, "nothing was replaced:\n{report}");
}

#[test]
fn no_call_breaks_a_promise_and_no_wrapper_frees_a_command() {
    let report = tried(&Target::named("security_tool").unwrap(), 2_000);
    assert_eq!(report.finding, None, "{report}");
    for tool in ["exec", "read_file", "write_file", "edit_file", "spawn", "web_fetch", "unheard_of"] {
        assert!(report.of_kind(tool) > 0, "no call of {tool}:\n{report}");
    }
    assert!(report.shapes.keys().any(|shape| shape.starts_with("exec: block")), "{report}");
}

#[test]
fn no_command_line_breaks_a_promise_of_the_shell_parser() {
    let report = tried(&Target::named("shell_script").unwrap(), 5_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["complete", "it is opened and never closed"] {
        assert!(report.of_kind(kind) > 50, "too few are of the kind {kind:?}:\n{report}");
    }
}

#[test]
fn no_arguments_pass_that_the_schema_does_not_allow() {
    let report = tried(&Target::named("tool_arguments").unwrap(), 5_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["passed", "refused", "no JSON"] {
        assert!(report.of_kind(kind) > 0, "none is of the kind {kind:?}:\n{report}");
    }
}

#[test]
fn no_command_makes_the_guard_change_its_mind() {
    let report = tried(&Target::named("tool_command").unwrap(), 2_000);
    assert_eq!(report.finding, None, "{report}");
    assert!(report.of_kind("passed") > 50 && report.shapes.len() > 3, "{report}");
}

#[test]
fn no_path_opens_what_was_not_allowed() {
    let report = tried(&Target::named("file_paths").unwrap(), 3_000);
    assert_eq!(report.finding, None, "{report}");
    for kind in ["opened", "not opened", "refused", "no path"] {
        assert!(report.of_kind(kind) > 0, "none is of the kind {kind:?}:\n{report}");
    }
    let is_won = |shape: &String| shape.starts_with("not opened: Changed, swapped");
    assert!(report.shapes.keys().any(is_won), "no swap was met:\n{report}");
}

/// A target with a bug: it does not bear some words in a good policy. They stand in no recorded one.
#[expect(clippy::unnecessary_wraps, reason = "this is how a target looks")]
fn planted(bytes: &[u8]) -> Tried {
    let is_policy = Document::parse(bytes, &LexicalPlaces::default()).is_ok();
    let stands = |word: &str| bytes.windows(word.len()).any(|piece| piece == word.as_bytes());
    assert!(!(is_policy && ["nobody", "30.1"].into_iter().any(stands)), "planted");
    Ok(if is_policy { "a policy" } else { "no policy" }.to_owned())
}

#[test]
fn a_planted_bug_is_found_by_mutation_and_one_seed_finds_it_twice() {
    let mut target = Target::named("policy_document").unwrap();
    target.body = planted;
    let seeds: BTreeSet<Vec<u8>> = target.seeds().unwrap().into_iter().collect();
    let once = tried(&target, 50_000);
    let finding = once.finding.clone().expect("the planted bug");
    assert!(!seeds.contains(&finding.input), "a recorded case has it already");
    assert!(finding.what.contains("panic"), "{}", finding.what);
    assert_eq!(tried(&target, 50_000), once);
}
