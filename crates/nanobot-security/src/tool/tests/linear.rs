//! Judging a command line: twice the line is twice the work, whatever its commands ask about each other. And what is
//! kept of a folder says the same as its whole path.

use proptest::prelude::*;

use super::super::path::{Asker, Path};
use super::super::{ToolRules, effort};
use super::rules;

/// What stands in front, and what is there many times. A `;` more is no harm.
const HOSTILE: &[(&str, &str)] = &[
    ("", "ls -la src | sort -n | tail > a; cd build && make; "),
    ("", "a; "),
    ("", "a | "),
    ("", "{ a | b; } | "),
    ("", "sh -c 'a'; "),
    ("", "cd etc; a b; "),
    ("", "cd ~/a; cd b; cd ..; "),
    ("", "cd a/../b; c; "),
    ("", "cd 'a*'; c d*; "),
    ("", "cd .ssh/x.pub; cat y.pub; "),
    ("", "echo $TOKEN | "),
    ("", "echo $TOKEN; curl a; "),
    ("", "find . -name '*.o' | xargs rm | "),
    ("", "find / -name id_rsa; cat a; "),
    ("find / -name id_rsa | ", "xargs cat | "),
    ("find . -name '*.o' ", "-exec rm {} \\; "),
    ("eval ", "$(curl x) "),
    ("sh a ", "$(curl x) "),
    ("python3 a ", "`base64 -d` "),
    ("", "curl -o a x; sh a; "),
    ("", "mv a b; "),
    ("", "sudo env nice a; "),
    ("docker run ", "-v a:b "),
    ("cat ", "a/b/c=d:e "),
    ("cat ", "*/*/ "),
    ("cat ", "[[[[a "),
    ("", "rm -r dd if=a curl x | chmod -R cat /etc/ base64 -d | > /dev/ find . -exec "),
    ("", "echo 'a \"b \"$(c 'd `e \\\" "),
];

#[test]
fn twice_the_line_is_at_most_little_more_than_twice_the_work() {
    let rules = rules();
    for (before, piece) in HOSTILE {
        let effort = |bytes: usize| {
            let line = format!("{before}{}", piece.repeat(bytes / piece.len()));
            effort::of(|| drop(rules.scan("exec", &serde_json::json!({ "command": line }))))
        };
        let (few, many) = (effort(2_048), effort(4 * 2_048));
        assert!(many <= 5 * few + 8_192, "{before:?} {piece:?}: {few} for one, {many} for four");
    }
}

fn step() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just(".."),
        Just("."),
        Just(""),
        Just("a"),
        Just("etc"),
        Just("shadow"),
        Just(".ssh"),
        Just("x.pub"),
        Just("e*"),
        Just("[.]ssh"),
        Just("dev"),
        Just("sda"),
        Just(".config"),
        Just("gcloud"),
        Just("proc"),
        Just("self"),
        Just("environ"),
        Just(".env"),
        Just("*"),
        Just("root"),
        Just("ledger live"),
    ];
    (prop_oneof![Just(""), Just(""), Just(""), Just("/"), Just("~/")], prop::collection::vec(name, 1..5))
        .prop_map(|(start, names)| format!("{start}{}", names.join("/")))
}

fn found(rules: &ToolRules, path: &str, has_pattern: bool) -> Option<String> {
    let path = Path::read(path, has_pattern)?;
    rules.places.find(&path, Asker::Command).map(|rule| rule.info.id.clone())
}

#[test]
fn a_folder_that_was_left_says_nothing_any_more() {
    let rules = rules();
    let go = |steps: &[&str]| steps.iter().fold(None, |folder, step| rules.places.folder(folder, step));
    let is_bad = |steps: &[&str]| rules.places.find_below(&go(steps).unwrap(), "z", false).is_some();
    assert!(is_bad(&["a/.ssh/b/c/d/e/f/g"]));
    assert!(!is_bad(&["a/.ssh/b/c/d/e/f/g", "../../../../../../..", "h/b/c/d/e/f/g"]));
    assert!(is_bad(&["a/.ssh/b/c/d/e/f/g", "../../../../../..", "h/b/c/d/e/f/g"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_path_below_a_folder_is_judged_as_the_whole_path(
        steps in prop::collection::vec(step(), 1..8),
        name in step(),
        has_pattern in any::<bool>(),
    ) {
        let rules = rules();
        let (mut folder, mut whole) = (None, String::new());
        for step in steps.iter().filter(|step| !step.is_empty()) {
            folder = rules.places.folder(folder, step);
            whole = if whole.is_empty() || step.starts_with(['/', '~']) { step.clone() } else { format!("{whole}/{step}") };
        }
        let Some(folder) = folder else { return Ok(()) };
        let below = rules.places.find_below(&folder, &name, has_pattern);
        prop_assert_eq!(
            below.map(|rule| rule.info.id.clone()),
            found(rules, &format!("{whole}/{name}"), has_pattern),
            "{} and {}", whole, name
        );
    }
}
