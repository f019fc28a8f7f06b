//! Commands that would run, whatever they are wrapped in.

mod linear;

use super::{Link, effective};
use crate::parse::parse;

/// Every command as one text.
fn lines(text: &str) -> Vec<String> {
    let effects = effective(&parse(text));
    assert!(effects.is_complete(), "{text}: {:?}", effects.faults);
    effects
        .commands
        .iter()
        .map(|command| command.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_is_certain_is_worked_out() {
    for (text, runs) in [
        ("X=rm; $X -rf /", "rm -rf /"),
        ("$(echo rm) -rf /", "rm -rf /"),
        ("$(printf '\\x72m') x", "rm x"),
        ("{rm,-rf,/}", "rm -rf /"),
        ("rm$IFS-rf${IFS}/", "rm -rf /"),
        ("r$@m x", "rm x"),
        ("${X:-rm} x", "rm x"),
        ("X=abrmcd; ${X:2:2} x", "rm x"),
        ("X=mr; $(rev <<< $X) x", "rm x"),
        ("X=RM; ${X,,} x", "rm x"),
        ("X=r_m; ${X/_/} x", "rm x"),
        ("X=a.rm; ${X##*.} x", "rm x"),
        ("X=Y; Y=rm; ${!X} x", "rm x"),
        ("set -- rm x; $1 $2", "rm x"),
        ("echo cm0gLXJmIC8= | base64 -d | sh", "rm -rf /"),
        ("echo 726d2078 | xxd -r -p | sh", "rm x"),
        ("echo 'ez k' | tr a-z n-za-m | sh", "rm x"),
        ("eval \"r\"m x", "rm x"),
        ("bash -lc 'rm x'", "rm x"),
        ("bash <<< 'rm x'", "rm x"),
        ("sh <<E\nrm x\nE\n", "rm x"),
        ("env -u A B=c rm x", "rm x"),
        ("sudo -u root nice -n 5 timeout 3 rm x", "rm x"),
        ("busybox rm x", "rm x"),
        ("find . -exec rm {} \\;", "rm {}"),
        ("echo x | xargs rm", "rm x"),
        ("echo x | xargs -I@ rm @", "rm x"),
        ("watch -n 1 rm x", "rm x"),
        ("ssh -p 22 host rm x", "rm x"),
        ("su - bob -c 'rm x'", "rm x"),
        ("f() { rm \"$1\"; }; f x", "rm x"),
        ("f() { \"$@\"; }; f rm x", "rm x"),
        ("echo 'rm x' > a; sh a", "rm x"),
        ("printf 'rm x' | tee a; . ./a", "rm x"),
        ("for v in x; do rm $v; done", "rm x"),
        ("read v <<< x; rm $v", "rm x"),
        ("trap 'rm x' EXIT", "rm x"),
        ("c=(rm -r x); \"${c[@]}\"", "rm -r x"),
        ("echo '* * * * * rm x' | crontab -", "rm x"),
        ("alias l='rm x'", "rm x"),
    ] {
        let found = lines(text);
        assert!(found.iter().any(|line| line == runs), "{text}: {found:?}");
    }
}

#[test]
fn what_other_programs_run_is_followed() {
    for text in [
        "script -qc 'rm x' /dev/null",
        "man -P 'rm x' ls",
        "npm exec -c 'rm x'",
        "git -c alias.y='!rm x' y",
        "git -c core.pager='rm x' log",
        "git bisect run rm x",
        "GIT_EDITOR='rm x' git commit",
        "env PAGER='rm x' man ls",
        "tar cf a b --checkpoint-action=exec='rm x'",
        "rsync -e 'rm x' a: b",
        "ssh -o ProxyCommand='rm x' host",
        "sed '1e rm x' f",
        "vim -c ':!rm x'",
        "ed -s <<< '!rm x'",
        "gdb -batch -ex 'shell rm x'",
        "sqlite3 db '.shell rm x'",
        "psql -c '\\! rm x'",
        "make -f - <<< $'all:\\n\\trm x'",
        "hash -p /bin/rm ok; ok x",
        "cp /bin/rm ./ok; ./ok x",
        "alias ok=rm; ok x",
        "set -- rm x; \"$@\"",
        "mapfile -t c <<< 'rm x'; eval \"${c[@]}\"",
        "bash -c '$0 $1' rm x",
        "/lib64/ld-linux-x86-64.so.2 rm x",
        "capsh -- -c 'rm x'",
    ] {
        let runs = lines(text);
        assert!(runs.iter().any(|line| line == "rm x" || line == "/bin/rm x"), "{text}: {runs:?}");
    }
}

#[test]
fn a_text_that_may_be_data_is_no_fault() {
    for text in ["man -P 'less (' ls", "git -c core.pager='x \"' log", "vim -c ':!echo )'"] {
        assert!(effective(&parse(text)).is_complete(), "{text}");
    }
}

#[test]
fn what_is_not_known_says_so() {
    let effects = effective(&parse("cat $(date) a*"));
    let outer = &effects.commands[0];
    assert!(outer.words[1..].iter().any(|word| !word.is_certain));
    assert!(outer.words.last().unwrap().is_pattern);
    assert_eq!(effects.commands[1].parent, Some((0, Link::Substitution)));
}

#[test]
fn pipelines_background_and_functions_are_noted() {
    let effects = effective(&parse("a | b &\n:(){ :|:& };:"));
    assert_eq!(effects.commands[1].places[0].stage, 1);
    assert!(effects.commands[0].is_background);
    let is_bomb = |command: &super::Effective| {
        command.functions.contains(&":".to_owned()) && command.is_background && command.program() == ":"
    };
    assert!(effects.commands.iter().any(is_bomb));
}

#[test]
fn texts_in_texts_come_to_an_end() {
    let mut text = "rm x".to_owned();
    for _ in 0..6 {
        text = format!("sh -c '{}'", text.replace('\'', "'\\''"));
    }
    assert!(lines(&text).iter().any(|line| line == "rm x"));
    for text in [
        "f() { f; f; }; f",
        "f() { g; g; }; g() { h; h; }; h() { f; f; }; f",
        "echo 'sh a; sh a' > a; sh a",
        "X=$X$X$X; eval \"$X\"",
        &"sudo ".repeat(500),
        &"x=$x$x;".repeat(2_000),
    ] {
        let _effects = effective(&parse(text));
    }
}

/// On a thread as small as those of a server.
#[test]
fn deep_nesting_needs_little_room() {
    for (open, close) in [
        ("$(", ")"),
        ("(", " )"),
        ("{ ", "; }"),
        ("\"$(", ")\""),
        ("${a:-", "}"),
        ("if a; then ", "; fi"),
        ("<(", ")"),
        ("f() { ", "; }"),
        ("x=$(", ")"),
        ("eval \"$(echo ", ")\""),
    ] {
        for levels in [28, 60, 100] {
            let text = format!("a {}ls{}", open.repeat(levels), close.repeat(levels));
            let text = if open.starts_with(['{', '(', 'i', 'f', 'e', 'x']) {
                text.get(2..).unwrap_or_default().to_owned()
            } else {
                text
            };
            let made = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
                let script = parse(&text);
                effective(&script).commands.len()
            });
            assert!(made.unwrap().join().is_ok(), "{open} {levels}");
        }
    }
}

#[test]
fn faults_of_inner_texts_are_faults() {
    assert!(!effective(&parse("sh -c 'echo \"a'")).is_complete());
    assert!(!effective(&parse(&"a;".repeat(5_000))).is_complete());
}
