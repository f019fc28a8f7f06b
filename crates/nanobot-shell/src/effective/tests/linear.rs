//! Whatever a command line looks at beside its own reading: twice the text is twice the work.

use super::super::effective;
use crate::effort;
use crate::parse::parse;

/// A line that begins with one text, ends with another, and has many of a third between.
fn line(before: &str, piece: &str, behind: &str, bytes: usize) -> String {
    format!("{before}{}{behind}", piece.repeat(bytes / piece.len()))
}

#[test]
fn twice_the_line_is_at_most_little_more_than_twice_the_work() {
    let long = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    for (before, piece, behind) in [
        ("", "a[;", ""),
        ("", "a[b ", ""),
        ("git x ", "run ", ""),
        ("git x ", "foreach run ", ""),
        ("sed ", "s/a/b/e ", ""),
    ] {
        let effort =
            |bytes: usize| effort::of(|| drop(effective(&parse(&line(before, piece, behind, bytes)))));
        let (few, many) = (effort(4_096), effort(4 * 4_096));
        assert!(many <= 5 * few + 4_096, "{piece:?}: {few} for one, {many} for four");
    }
    // Many looks at one long text: here both grow.
    for (of, piece) in [
        ("x=LONG;", "echo ${x:0:1};"),
        ("x=LONG;", "echo ${x:+a};"),
        ("x=a;IFS=LONG;", "echo $x;"),
        ("set -- LONG;", "export \"$@\";"),
        ("printf '%LONGs'", " ''"),
    ] {
        let effort = |bytes: usize| {
            let text = line(&of.replace("LONG", &long("0", bytes)), piece, "", bytes);
            effort::of(|| drop(effective(&parse(&text))))
        };
        let (few, many) = (effort(8 * 1_024), effort(4 * 8 * 1_024));
        assert!(many <= 5 * few + 4_096, "{of} {piece}: {few} for one, {many} for four");
    }
}

#[test]
fn a_replacement_that_grows_without_end_is_refused() {
    let text = format!("x={};y=${{x//a/{}}}", "a".repeat(40_000), "q".repeat(40_000));
    let effects = effective(&parse(&text));
    assert!(!effects.is_complete());
    let longest = effects.commands.iter().flat_map(|one| &one.assignments).map(|(_, value)| value.text.len());
    assert!(longest.max() < Some(100_000));
}

#[test]
fn what_many_commands_share_is_held_once() {
    let effects = effective(&parse("f() { a | { b; c; }; }"));
    let of = |name: &str| effects.commands.iter().find(|command| command.program() == name).unwrap();
    assert!(std::sync::Arc::ptr_eq(&of("b").functions, &of("c").functions));
    assert!(std::sync::Arc::ptr_eq(&of("b").places, &of("c").places));
    let effects = effective(&parse("echo x | { b; c; }"));
    let inputs: Vec<_> = effects.commands.iter().filter_map(|command| command.input.as_ref()).collect();
    let [first, second] = inputs.as_slice() else { panic!("{inputs:?}") };
    assert!(std::sync::Arc::ptr_eq(first, second));
}
