//! Trees of command lines, faults, limits, and quote removal beside a real shell.

use proptest::prelude::*;

use super::parse;
use crate::ast::{Command, CompoundKind, FaultKind, Separator, Simple};
use crate::{MAX_BYTES, RedirectOperator};

/// The first simple command.
fn simple(text: &str) -> Simple {
    let script = parse(text);
    assert!(script.is_complete(), "{text}: {:?}", script.faults);
    match script.body.pipelines.into_iter().next().unwrap().commands.into_iter().next().unwrap() {
        Command::Simple(simple) => simple,
        other => panic!("{other:?}"),
    }
}

fn words(text: &str) -> Vec<Option<String>> {
    simple(text).words.iter().map(crate::Word::text).collect()
}

#[test]
fn quotes_go_away_and_words_stay_together() {
    let read = |text: &str| words(text).into_iter().map(Option::unwrap).collect::<Vec<_>>();
    assert_eq!(read(r#"a 'b c' "d e" f\ g"#), ["a", "b c", "d e", "f g"]);
    assert_eq!(read(r"r''m \rm 'r'm"), ["rm", "rm", "rm"]);
    assert_eq!(read(r"$'\x72\x6d\n' $'\162m' $'\u00e9'"), ["rm\n", "rm", "é"]);
    assert_eq!(read("a '' \"\""), ["a", "", ""]);
    assert_eq!(read("a\\\nb c"), ["ab", "c"]);
    assert_eq!(read(r#""a\"b\$c\d""#), ["a\"b$c\\d"]);
    assert_eq!(read("ls # rm"), ["ls"]);
    assert_eq!(read("a#b"), ["a#b"]);
}

#[test]
fn a_word_with_an_expansion_has_no_certain_text() {
    assert_eq!(
        words("a $x `b` $(c) \"$d\" ${e:-f} $((1)) <(g)"),
        [Some("a".to_owned()), None, None, None, None, None, None, None]
    );
}

#[test]
fn lists_and_pipelines_keep_their_signs() {
    let script = parse("a && b || c; d & e | f |& g\nh");
    assert!(script.is_complete());
    let signs: Vec<Separator> = script.body.pipelines.iter().map(|pipeline| pipeline.then).collect();
    assert_eq!(
        signs,
        [
            Separator::And,
            Separator::Or,
            Separator::Next,
            Separator::Background,
            Separator::Next,
            Separator::Next
        ]
    );
    assert_eq!(script.body.pipelines[4].commands.len(), 3);
}

#[test]
fn redirections_are_no_words() {
    let read = simple("a >b 2>>c <d &>e >&f 3<>g 2>&1 <<<h {fd}>i");
    let signs: Vec<RedirectOperator> = read.redirections.iter().map(|one| one.operator).collect();
    assert_eq!(read.words.len(), 1);
    assert_eq!(
        signs,
        [
            RedirectOperator::Write,
            RedirectOperator::Append,
            RedirectOperator::Read,
            RedirectOperator::WriteBoth,
            RedirectOperator::WriteBoth,
            RedirectOperator::ReadWrite,
            RedirectOperator::CopyWrite,
            RedirectOperator::HereString,
            RedirectOperator::Write,
        ]
    );
    assert_eq!(read.redirections[1].descriptor, Some(2));
}

#[test]
fn here_documents_are_read_behind_their_line() {
    let script = parse("cat <<A <<-'B' | sort\none $x\nA\n\ttwo $y\n\tB\nls\n");
    assert!(script.is_complete(), "{:?}", script.faults);
    assert_eq!(script.here_docs[0].text(), None);
    assert_eq!(script.here_docs[1].text().unwrap(), "two $y\n");
    assert_eq!(script.body.pipelines.len(), 2);
}

#[test]
fn compound_commands_are_read() {
    for (text, kind) in [
        ("if a; then b; elif c; then d; else e; fi", CompoundKind::If),
        ("while a; do b; done", CompoundKind::Loop),
        ("until a\ndo b\ndone", CompoundKind::Loop),
        ("for x in a b; do c; done", CompoundKind::For),
        ("for x\ndo c; done", CompoundKind::For),
        ("for ((i=0;i<3;i++)); do c; done", CompoundKind::For),
        ("case $x in a|b) c;; (d) e;& *) f; esac", CompoundKind::Case),
        ("{ a; b; }", CompoundKind::Group),
        ("(a; b)", CompoundKind::Subshell),
        ("((a + 1))", CompoundKind::Arithmetic),
        ("((a); b)", CompoundKind::Subshell),
        ("[[ $a =~ ^(b|c)$ && -f d ]]", CompoundKind::Test),
    ] {
        let script = parse(text);
        assert!(script.is_complete(), "{text}: {:?}", script.faults);
        match &script.body.pipelines[0].commands[0] {
            Command::Compound(made) => assert_eq!(made.kind, kind, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in ["f() { a; }", "f () (a)", "function f { a; }", "function f() { a; }", ":(){ :|:& };:"] {
        let script = parse(text);
        assert!(script.is_complete(), "{text}: {:?}", script.faults);
        assert!(matches!(script.body.pipelines[0].commands[0], Command::Function(_)), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_a_fault_and_the_rest_is_read() {
    for text in [
        "echo 'a",
        "echo \"a",
        "echo $(a",
        "echo `a",
        "echo ${a",
        "(a",
        "{ a;",
        "if a; then b",
        "a | | b",
        "a )",
        "fi",
        "case",
        "x <<E\nno end",
        "a > ; b",
        "a\0b",
    ] {
        assert!(!parse(text).is_complete(), "{text}");
    }
    let script = parse("fi; ) rm -rf x");
    let last = script.body.pipelines.last().unwrap();
    assert!(matches!(&last.commands[0], Command::Simple(simple) if simple.words.len() == 3));
}

#[test]
fn limits_are_faults() {
    // `((` is looked through for its end first: there the work may run out before the depth does.
    let is_limit = |kind: FaultKind| matches!(kind, FaultKind::TooDeep | FaultKind::TooMuchWork);
    let nested =
        |text: &str, count: usize| parse(&text.repeat(count)).faults.iter().any(|fault| is_limit(fault.kind));
    for opener in ["$(", "(", "{ ", "\"$(", "${a:-", "if ", "<(", "$[", "f() ", "coproc "] {
        assert!(nested(opener, 10_000), "{opener}");
    }
    assert!(parse(&"a".repeat(MAX_BYTES + 1)).faults.iter().any(|fault| fault.kind == FaultKind::TooLong));
    assert!(parse(&"a ".repeat(MAX_BYTES / 2)).is_complete());
}

/// A word, as somebody may quote it, out of pieces without expansions.
fn spelled() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9_./+:%-]{1,4}",
        "'[ a-z$`\"*#;|&<>()~{}]{0,5}'",
        "\"[ a-z'*#;|&<>()~{}]{0,5}\"",
        r#""(\\\$|\\"|\\`|\\\\|\\a)""#,
        r"\\[ a-z$`'*#;|&<>()~{}]",
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| format!("x{}", pieces.concat()))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a real shell is what quote removal is measured against")]
fn quote_removal_agrees_with_a_real_shell() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let all: Vec<String> = (0..400).map(|_| spelled().new_tree(&mut runner).unwrap().current()).collect();
    // One shell for all of them; a zero byte ends each.
    let line = format!("printf '%s\\0' {}", all.join(" "));
    let output = std::process::Command::new("/bin/sh").arg("-c").arg(&line).output();
    let output = output.unwrap_or_else(|_| panic!("NOT RUN: install a POSIX shell as /bin/sh"));
    let real: Vec<String> =
        String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
    let ours: Vec<String> = words(&line).into_iter().skip(2).map(Option::unwrap).collect();
    assert_eq!(ours.len(), 400);
    for ((ours, real), spelled) in ours.iter().zip(&real).zip(&all) {
        assert_eq!(ours, real, "{spelled}");
    }
    assert_eq!(real.len(), ours.len());
}
